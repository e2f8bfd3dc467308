use axum::body::BodyDataStream;
use axum::http::{HeaderName, StatusCode};
use futures::StreamExt;
use testkit::app::TestApp;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The next piece of the stream as text.
async fn next(body: &mut BodyDataStream) -> String {
    String::from_utf8(body.next().await.unwrap().unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn begins_with_the_current_board() {
    let app = TestApp::reference().await;
    let (status, headers, mut body) = app.follow("/api/live?date=2026-02-18", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "text/event-stream");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(!headers.contains_key("content-encoding"));
    assert_eq!(next(&mut body).await, "retry: 2000\n\n");
    let event = next(&mut body).await;
    let id = app.get("/api/essentials").await.json()["snapshot_id"].as_u64().unwrap();
    assert!(event.starts_with(&format!("id: {id}\nevent: snapshot\ndata: {{")), "{event}");
    assert!(event.ends_with("}\n\n"), "{event}");
}

#[tokio::test]
async fn who_has_the_current_board_is_not_told_again() {
    let app = TestApp::reference().await;
    let id = app.get("/api/essentials").await.json()["snapshot_id"].to_string();
    let (_, _, mut body) = app.follow("/api/live", &[(LAST_EVENT_ID, &id)]).await;
    assert_eq!(next(&mut body).await, "retry: 2000\n\n");
    // Nothing was missed, so the next thing that can come is the end.
    app.shut_down();
    assert!(body.next().await.is_none_or(|piece| !piece.unwrap().starts_with(b"id: ")));
}

#[tokio::test]
async fn an_id_that_is_not_known_starts_over() {
    let app = TestApp::reference().await;
    for id in ["1", "no number"] {
        let (_, _, mut body) = app.follow("/api/live", &[(LAST_EVENT_ID, id)]).await;
        next(&mut body).await;
        let event = next(&mut body).await;
        assert!(event.contains("event: snapshot\n"), "{id}: {event}");
    }
}

#[tokio::test]
async fn streams_end_with_the_server() {
    let app = TestApp::reference().await;
    let (_, _, body) = app.follow("/api/live", &[]).await;
    app.shut_down();
    let pieces = tokio::time::timeout(std::time::Duration::from_secs(5), body.count()).await;
    assert!(pieces.is_ok(), "the stream goes on");
}

#[tokio::test]
async fn is_never_compressed() {
    let app = TestApp::reference().await;
    let accept = (axum::http::header::ACCEPT_ENCODING, "gzip, br");
    let (_, headers, mut body) = app.follow("/api/live", &[accept]).await;
    assert!(!headers.contains_key("content-encoding"));
    assert_eq!(next(&mut body).await, "retry: 2000\n\n");
}

#[tokio::test]
async fn telemetry_that_was_stored_is_told() {
    let app = TestApp::reference().await;
    let (status, headers, mut body) = app.follow("/api/live/telemetry", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "text/event-stream");
    assert!(!headers.contains_key("content-encoding"));
    assert_eq!(next(&mut body).await, "retry: 2000\n\n");
    assert_eq!(next(&mut body).await, "event: heartbeat\ndata: {}\n\n");
    let json = [(axum::http::header::CONTENT_TYPE, "application/json")];
    let sent = app.post("/api/v1/metrics", &json, r#"{"agent_id":"planner","latency_ms":1}"#).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    assert_eq!(next(&mut body).await, "event: change\ndata: {}\n\n");
    app.shut_down();
    assert!(body.next().await.is_none(), "it ends with the server");
}
