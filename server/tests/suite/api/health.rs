use crate::problems::sources_down;
use axum::http::StatusCode;
use serde_json::json;
use testkit::app::TestApp;

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
