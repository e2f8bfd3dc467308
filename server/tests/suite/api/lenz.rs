use axum::http::StatusCode;
use serde_json::json;
use testkit::app::TestApp;

#[tokio::test]
async fn reads_one_or_all_anew() {
    let app = TestApp::reference().await;
    let all = app.post("/api/lenz/refresh", &[], "").await;
    assert_eq!(all.status, StatusCode::OK);
    assert_eq!(all.json()["refreshed"].as_array().unwrap().len(), 9);
    assert_eq!(all.json()["failed"], json!([]));
    assert_eq!(all.json()["timestamp"], "2026-02-18T12:09:40Z");
    let one = app.get("/api/lenz/refresh?name=deriv").await;
    assert_eq!(one.json()["refreshed"], json!(["TB-Derivatives"]));
    assert_eq!(app.post("/api/lenz/refresh?name=nope", &[], "").await.status, StatusCode::NOT_FOUND);
}
