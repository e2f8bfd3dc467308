//! A service at noon, agents that send to it, and people who look at it.

use model::ask::Amount;
use model::identity::{KeyId, Project, ProjectId, Slug, UserId};
use model::telemetry::TelemetryPolicy;
use model::telemetry::view::{AgentQuery, InvalidQuery, TimeRange};
use model::telemetry::{AgentId, SpanId, TraceId, UnixNanos};
use model::{Actor, Clock, Identity, Role, Scope};
use serde_json::{Value, json};
use service::telemetry::Sent;
use service::{Error, Service, Settings, SourceSettings};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A thousand tokens sent and five hundred answered cost 0.02 of `alpha` and 0.002 of `beta`.
const PRICES: &str = r#"
[[list]]
source = "a price list"
valid_from = 2026-01-01

[list.models]
alpha = { input = 10, output = 20 }
beta = { input = 1, output = 2 }
"#;

pub(crate) struct Home {
    pub(crate) service: Service,
    _data: tempfile::TempDir,
}

impl std::ops::Deref for Home {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

fn in_project(name: &str, identity: Identity, role: Option<Role>) -> Actor {
    let project = Project {
        id: ProjectId::new(name),
        slug: Slug::parse(name).unwrap(),
        name: name.to_owned(),
        has_estate: false,
        archived_at: None,
        version: 1,
        telemetry: TelemetryPolicy::default(),
        redacted: 0,
    };
    Actor { project: Some(Arc::new(project)), role, ..Actor::of(identity) }
}

/// Somebody who may look at a project.
pub(crate) fn viewer(project: &str) -> Actor {
    let identity = Identity::User { id: UserId::new("ada"), email: "ada@example.org".to_owned() };
    in_project(project, identity, Some(Role::Viewer))
}

fn sender(project: &str) -> Actor {
    let identity = Identity::Key {
        id: KeyId::new("key"),
        name: "agents".to_owned(),
        scopes: BTreeSet::from([Scope::Ingest]),
    };
    in_project(project, identity, None)
}

impl Home {
    pub(crate) async fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let prices = data.path().join("prices.toml");
        std::fs::write(&prices, PRICES).unwrap();
        let mut settings = Settings::new(SourceSettings::Demo { seed: 1 }, "TEST", data.path().join("data"));
        settings.telemetry.prices = Some(prices);
        let clock = Clock::frozen("2026-02-18T12:00:00Z".parse().unwrap());
        let service = Service::open(settings, clock).await.unwrap();
        let runner = service.clone();
        tokio::spawn(async move { runner.run(std::future::pending()).await });
        Self { service, _data: data }
    }

    fn sent(&self, sender: &Actor, body: &Value) -> Sent {
        let body = body.to_string().into_bytes();
        let room = self.admit(sender, body.len()).unwrap();
        Sent {
            content_type: Some("application/json".to_owned()),
            content_encoding: None,
            body: body.into(),
            room,
        }
    }

    /// Spans of an agent, with what it says of itself.
    pub(crate) async fn spans_in(&self, project: &str, agent: &[(&str, &str)], spans: Vec<Span>) {
        let resource: Vec<Value> =
            agent.iter().map(|(key, value)| attribute(key, json!({ "stringValue": value }))).collect();
        let count = spans.len();
        let spans: Vec<Value> = spans.into_iter().map(|span| span.0).collect();
        let body = json!({ "resourceSpans": [{
            "resource": { "attributes": resource }, "scopeSpans": [{ "spans": spans }],
        }] });
        let sender = sender(project);
        let taken = self.ingest_spans(&sender, self.sent(&sender, &body)).await.unwrap();
        assert_eq!(taken.rejected, 0, "of {count}: {}", taken.message);
    }

    pub(crate) async fn spans(&self, agent: &[(&str, &str)], spans: Vec<Span>) {
        self.spans_in("rates", agent, spans).await;
    }

    /// A record of metrics.
    pub(crate) async fn record(&self, record: Value) {
        let sender = sender("rates");
        self.record_metrics(&sender, self.sent(&sender, &record)).await.unwrap();
    }

    /// The id of an agent.
    pub(crate) async fn id_of(&self, agent: &str) -> AgentId {
        self.find_agent(&viewer("rates"), agent).await.unwrap()
    }
}

/// A span as it is sent.
pub(crate) struct Span(Value);

fn attribute(key: &str, value: Value) -> Value {
    json!({ "key": key, "value": value })
}

impl Span {
    /// Begins at a time of UTC and takes so long. The span of number 0 is none: who happened in it is a root.
    pub(crate) fn new((trace, id, parent): (u8, u8, u8), name: &str, start: &str, ms: i64) -> Self {
        let start = at(start).0;
        let mut span = json!({
            "traceId": trace_id(trace).to_string(), "spanId": span_id(id).to_string(), "name": name,
            "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + ms * 1_000_000).to_string(),
            "attributes": [],
        });
        if parent > 0 {
            span["parentSpanId"] = json!(span_id(parent).to_string());
        }
        Self(span)
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.0["attributes"].as_array_mut().unwrap().push(attribute(key, value));
        self
    }

    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        self.with(key, json!({ "stringValue": value }))
    }

    pub(crate) fn number(self, key: &str, value: f64) -> Self {
        self.with(key, json!({ "doubleValue": value }))
    }

    pub(crate) fn count(self, key: &str, value: i64) -> Self {
        self.with(key, json!({ "intValue": value.to_string() }))
    }

    /// A call of a model: a thousand tokens sent, five hundred answered.
    pub(crate) fn call(self, model: &str) -> Self {
        self.call_without_tokens(model)
            .count("gen_ai.usage.input_tokens", 1000)
            .count("gen_ai.usage.output_tokens", 500)
    }

    pub(crate) fn call_without_tokens(self, model: &str) -> Self {
        self.text("gen_ai.operation.name", "chat").text("gen_ai.request.model", model)
    }

    pub(crate) fn failed(mut self, error_type: &str, message: &str) -> Self {
        self.0["status"] = json!({ "code": 2, "message": message });
        self.text("error.type", error_type)
    }
}

pub(crate) fn trace_id(number: u8) -> TraceId {
    TraceId::from_bytes(&[number; 16]).unwrap()
}

pub(crate) fn span_id(number: u8) -> SpanId {
    SpanId::from_bytes(&[number; 8]).unwrap()
}

/// A time of UTC.
pub(crate) fn at(text: &str) -> UnixNanos {
    text.parse::<model::Timestamp>().unwrap().into()
}

pub(crate) fn money(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

pub(crate) fn range(from: &str) -> TimeRange {
    let query: Result<_, InvalidQuery> = AgentQuery::parse([("from", from)]);
    query.unwrap().range
}

/// The parameter that an error names.
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> &'static str {
    match answer {
        Err(Error::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn is_not_found<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::NotFound { .. }))
}

pub(crate) fn check_near(value: Option<f64>, expect: f64) {
    let value = value.unwrap();
    assert!((value - expect).abs() <= expect.abs() * 0.011, "{value} is not about {expect}");
}
