use crate::api::chat::with_model;
use crate::problems::sources_down;
use axum::http::StatusCode;
use serde_json::json;
use testkit::app::TestApp;
use testkit::model_server::ModelServer;

#[tokio::test]
async fn one_check_a_source() {
    let app = TestApp::reference().await;
    let answer = app.get("/api/health").await;
    let health = answer.json();
    let checks = health["checks"].as_object().unwrap();
    assert_eq!(
        checks.keys().collect::<Vec<_>>(),
        ["airflow_database", "azure_openai", "fgw_database", "lenz_api"]
    );
    assert_eq!(checks["fgw_database"]["state"], "up");
    assert_eq!(checks["fgw_database"]["age_s"], 0);
    assert_eq!(checks["fgw_database"]["last_error"], json!(null));
    assert!(checks["fgw_database"]["latency_ms"].is_u64());
    assert_eq!(checks["azure_openai"]["state"], "not_configured");
    let all_up = checks.values().all(|check| check["state"] == "up" || check["state"] == "not_configured");
    let expect = if all_up { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "degraded") };
    assert_eq!((answer.status, health["status"].as_str().unwrap()), expect);
}

#[tokio::test]
async fn a_source_that_is_down_degrades_the_whole() {
    let app = sources_down().await;
    // The first reader makes the first calls.
    app.get("/api/essentials").await;
    app.post("/api/lenz/refresh?name=UPC", &[], "").await;
    let answer = app.get("/api/health").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let health = answer.json();
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["checks"]["lenz_api"]["state"], "down");
    assert!(health["checks"]["lenz_api"]["last_error"].is_string());
    assert_eq!(health["checks"]["lenz_api"]["age_s"], json!(null));
}

#[tokio::test]
async fn a_model_that_is_down_is_shown_with_since_when() {
    let model = ModelServer::start([]).await;
    let app = with_model(&model).await;
    let check = async || {
        let answer = app.get("/api/health").await;
        // Questions are answered all the same.
        assert_eq!((answer.status, &answer.json()["status"]), (StatusCode::OK, &json!("ok")));
        answer.json()["checks"]["azure_openai"].clone()
    };
    let starting = check().await;
    assert_eq!(starting["state"], "starting");
    assert!(starting.get("down_since").is_none() && starting.get("paused_until").is_none(), "{starting}");
    for asked in 1..=4 {
        app.post("/api/chat", &[], json!({ "message": "What failed in 6G?" }).to_string()).await;
        let down = check().await;
        assert_eq!((&down["state"], &down["age_s"]), (&json!("down"), &json!(null)));
        assert_eq!(down["last_error"], "the model's server failed (HTTP 500)");
        assert_eq!(down["down_since"], "2026-02-18T12:09:40Z");
        let is_paused = asked >= 3;
        assert_eq!(down.get("paused_until"), is_paused.then_some(&json!("2026-02-18T12:10:10Z")));
        assert_eq!(model.questions().len(), asked.min(3));
    }
}
