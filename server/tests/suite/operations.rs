use axum::http::StatusCode;
use serde_json::json;
use testkit::app::TestApp;

#[tokio::test]
async fn alive_and_ready() {
    let app = TestApp::reference().await;
    assert_eq!(app.get("/healthz").await.text(), "ok\n");
    let ready = app.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    assert_eq!(ready.json()["ready"], true);
    assert!(!ready.json()["not_ready"].as_array().unwrap().contains(&json!("fgw_database")));
}

#[tokio::test]
async fn metrics_count_requests_by_route() {
    let app = TestApp::reference().await;
    app.get("/api/status/DERIV").await;
    app.get("/api/status/nope-nope").await;
    let (_, _, live) = app.follow("/api/live", &[]).await;
    let metrics = app.get("/metrics").await;
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4");
    let text = metrics.text();
    for line in [
        "sentry_http_requests_total{method=\"GET\",route=\"/api/status/{name}\",status=\"2xx\"}",
        "sentry_http_requests_total{method=\"GET\",route=\"/api/status/{name}\",status=\"4xx\"}",
        "sentry_http_request_duration_seconds_bucket{route=\"/api/status/{name}\",le=\"0.01\"}",
        "sentry_poll_duration_seconds_bucket{le=",
        "sentry_source_calls_total{source=\"fgw_database\"}",
        "sentry_sse_clients ",
        "sentry_board_age_seconds ",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    drop(live);
}
