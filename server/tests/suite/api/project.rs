//! What is done with a project's telemetry: shown, switched, counted.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use model::telemetry::EventBody;
use serde_json::{Value, json};
use service::telemetry::ListQuery;
use testkit::app::{Answer, TestApp, request};

const PATH: &str = "/api/v1/project";
const JSON: &str = "application/json";

async fn edit(app: &TestApp, body: Value) -> Answer {
    let headers = [(header::CONTENT_TYPE, JSON)];
    app.send(request(Method::PATCH, PATH, &headers, Body::from(body.to_string()))).await
}

/// Sends an event with an address in it, and says what is stored of it.
async fn stored(app: &TestApp, id: &str) -> String {
    let event = json!({
        "eventId": id, "type": "log", "sdk": {"name": "test", "version": "1"},
        "context": {"agent": "scribe"}, "body": {"level": "info", "message": "for ada@example.org"},
    });
    let answer = app.post("/v1/events", &[(header::CONTENT_TYPE, JSON)], event.to_string()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let actor = app
        .service
        .identify(service::Presented::Nothing, None, model::Origin::default())
        .await
        .unwrap()
        .actor;
    let query = ListQuery { from: None, until: None, agent: None, limit: 100, after: None };
    let events = app.service.list_events(&actor, query, None, None).await.unwrap().items;
    let event =
        events.into_iter().map(|priced| priced.event).find(|event| event.id.to_string() == id).unwrap();
    let EventBody::Log { message, .. } = event.body else { panic!("{:?}", event.body) };
    message
}

#[tokio::test]
async fn redaction_is_on_until_it_is_switched_off_and_counted() {
    let app = TestApp::reference().await;
    let project = app.get(PATH).await.json();
    assert_eq!((&project["redaction"], &project["redacted"]), (&json!("on"), &json!(0)));
    let days = json!({"spans": 90, "metrics": 90, "logs": 90, "events": 90, "minutes": 90, "rollups": 365});
    assert_eq!(project["retention"], days);
    let version = project["version"].as_i64().unwrap();

    let check = async |id: &str, expect: &str| assert_eq!(stored(&app, id).await, expect);
    check("00000000-0000-4000-8000-000000000001", "for [redacted:email]").await;
    let off = edit(&app, json!({"version": version, "redaction": "off"})).await;
    assert_eq!((off.status, &off.json()["redaction"]), (StatusCode::OK, &json!("off")), "{}", off.text());
    check("00000000-0000-4000-8000-000000000002", "for ada@example.org").await;
    let on = edit(&app, json!({"version": version + 1, "redaction": "on"})).await;
    assert_eq!(on.status, StatusCode::OK, "{}", on.text());
    check("00000000-0000-4000-8000-000000000003", "for [redacted:email]").await;

    // What was counted is written at the end, and each minute before.
    app.service.close_telemetry().await;
    let project = app.get(PATH).await.json();
    assert_eq!((&project["redacted"], &project["version"]), (&json!(2), &json!(version + 2)));
    let metrics = app.get("/metrics").await;
    let line =
        format!("sentry_telemetry_redactions_total{{project=\"{}\"}}", project["slug"].as_str().unwrap());
    assert!(metrics.text().contains(&line), "{line}");
}

#[tokio::test]
async fn days_are_changed_one_by_one() {
    let app = TestApp::reference().await;
    let version = app.get(PATH).await.json()["version"].as_i64().unwrap();
    let check = async |body: Value, status: StatusCode| {
        let answer = edit(&app, body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        answer.json()
    };
    let spans = |days: i64| json!({"version": version, "retention": {"spans": days}});
    for days in [0, 3651, 70_000, -1] {
        check(spans(days), StatusCode::BAD_REQUEST).await;
    }
    for body in [json!({}), json!({"version": "1"}), json!({"version": version, "redaction": "maybe"})] {
        check(body, StatusCode::BAD_REQUEST).await;
    }
    check(json!({"version": version, "retention": {"all": 1}}), StatusCode::BAD_REQUEST).await;
    let changed = check(spans(7), StatusCode::OK).await;
    assert_eq!((&changed["retention"]["spans"], &changed["retention"]["logs"]), (&json!(7), &json!(90)));
    assert_eq!(changed["redaction"], "on");
    // Somebody has read the version before.
    check(spans(8), StatusCode::CONFLICT).await;
    assert_eq!(app.get(PATH).await.json()["retention"]["spans"], 7);
}
