//! The OpenAPI document against the server: what it says is so, and nothing that is asked makes the
//! server fail.

use axum::http::header;
use model::telemetry::UnixNanos;
use server::serve::serve;
use server::state::Shutdown;
use testkit::app::{REFERENCE_NOW, TestApp};
use testkit::schemathesis::check_description;
use testkit::telemetry::{Fleet, json, otlp};
use tokio::net::TcpListener;

/// All but what follows something without an end: `/api/live`, and the answer to a question.
const PATHS: &str = "^/(v1|api/(v1|essentials|status|runs|failures|health|lenz|audit|openapi))";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_does_what_its_description_says() {
    let app = TestApp::reference().await;
    // Answers with something in them.
    let now: UnixNanos = REFERENCE_NOW.parse::<model::Timestamp>().unwrap().into();
    let mut fleet = Fleet::new(4);
    let earlier = UnixNanos(now.0 - 600_000_000_000);
    let spans = otlp::traces(&fleet.trace(earlier));
    let metric = json::metric(&fleet.metric(earlier));
    let event = serde_json::json!({
        "type": "log", "sdk": {"name": "test", "version": "1"}, "context": {"agent": "scribe", "session": "s1"},
        "body": {"level": "info", "message": "hello"},
    });
    for (path, content_type, body) in [
        ("/v1/traces", "application/x-protobuf", spans),
        ("/api/v1/metrics", "application/json", metric.into()),
        ("/api/v1/events", "application/json", event.to_string().into()),
    ] {
        let answer = app.post(path, &[(header::CONTENT_TYPE, content_type)], body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (switch, shutdown) = Shutdown::new();
    let server = tokio::spawn(serve(listener, app.router(), shutdown));

    let checked = tokio::task::spawn_blocking(move || check_description(&format!("http://{address}"), PATHS));
    let output = checked.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("passed"), "something was asked: {said}");

    switch.send_replace(true);
    server.await.unwrap();
}
