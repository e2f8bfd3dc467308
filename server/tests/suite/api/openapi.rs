use serde_json::Value;
use std::collections::BTreeSet;
use testkit::app::TestApp;

#[tokio::test]
async fn lists_every_route_under_api() {
    let app = TestApp::reference().await;
    let description = app.get("/api/openapi.json").await.json();
    let paths = description["paths"].as_object().unwrap();
    let listed: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let expect = BTreeSet::from(
        [
            "GET /api/audit.csv",
            "GET /api/audit.jsonl",
            "GET /api/chat/{thread}/{turn}/events",
            "GET /api/essentials",
            "GET /api/failures",
            "GET /api/health",
            "GET /api/lenz/refresh",
            "GET /api/live",
            "GET /api/live/telemetry",
            "GET /api/openapi.json",
            "GET /api/runs",
            "GET /api/runs/export.csv",
            "GET /api/runs/export.json",
            "GET /api/runs/{run_id}/tasks",
            "GET /api/status/{name}",
            "GET /api/v1/agents",
            "GET /api/v1/agents/{id}",
            "GET /api/v1/costs",
            "GET /api/v1/events",
            "GET /api/v1/export",
            "GET /api/v1/metrics",
            "GET /api/v1/project",
            "GET /api/v1/sessions",
            "GET /api/v1/stats/events-by-type",
            "GET /api/v1/stats/overview",
            "GET /api/v1/stats/timeseries",
            "GET /api/v1/stats/tokens",
            "GET /api/v1/traces",
            "GET /api/v1/traces/{id}",
            "GET /api/v1/traces/{id}/spans/{span}",
            "PATCH /api/v1/project",
            "POST /api/chat",
            "POST /api/chat/stream",
            "POST /api/chat/{thread}/{turn}/cancel",
            "POST /api/lenz/refresh",
            "POST /api/v1/events",
            "POST /api/v1/events/batch",
            "POST /api/v1/export",
            "POST /api/v1/metrics",
            "POST /v1/events",
            "POST /v1/events/batch",
            "POST /v1/logs",
            "POST /v1/metrics",
            "POST /v1/traces",
        ]
        .map(str::to_owned),
    );
    assert_eq!(listed, expect);
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    fn check(description: &Value, value: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                    let place = reference.strip_prefix('#').unwrap();
                    assert!(description.pointer(place).is_some(), "{reference}");
                }
                object.values().for_each(|value| check(description, value));
            }
            Value::Array(values) => values.iter().for_each(|value| check(description, value)),
            _ => {}
        }
    }
    let app = TestApp::reference().await;
    let description = app.get("/api/openapi.json").await.json();
    assert_eq!(description["info"]["title"], "SENTRY");
    assert!(description["components"]["schemas"]["EssentialsJson"].is_object());
    check(&description, &description);
}
