//! What a turn did is a trace of its asker's project.

use crate::models::patient;
use crate::support::{question, today};
use futures::StreamExt;
use model::ask::{AskEvent, Response, TurnRef};
use model::telemetry::view::{AgentQuery, SpanDetail, TimeRange, TraceQuery, TraceRow};
use model::telemetry::{CostSource, Operation, SpanStatus, TraceId, UnixNanos, Value, Verdict};
use model::{Actor, Clock, Origin};
use serde_json::json;
use service::settings::{ModelSettings, Price, TokenPrice};
use service::{Presented, Service, Settings, SourceSettings};
use std::path::PathBuf;
use std::time::Duration;
use testkit::model_server::{Answer, ModelServer};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A trace as it is read again.
struct Trace {
    row: TraceRow,
    /// Names of spans, models and agents.
    names: Vec<String>,
    spans: Vec<SpanDetail>,
}

/// A service whose telemetry is open, and who owns it.
struct Watched {
    service: Service,
    owner: Actor,
    data: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

async fn watched(model: Option<ModelSettings>) -> Watched {
    open(tempfile::tempdir().unwrap(), model).await
}

async fn open(data: tempfile::TempDir, model: Option<ModelSettings>) -> Watched {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testkit/fixtures/estate.json"));
    let mut settings = Settings::new(SourceSettings::File(file), "TEST", data.path().to_owned());
    settings.model = model;
    let clock = Clock::frozen("2026-02-18T12:09:40Z".parse().unwrap());
    let service = Service::open(settings, clock).await.unwrap();
    service.refresh_catalog(&Actor::local_owner(), None).await.unwrap();
    let owner = service.identify(Presented::Nothing, None, Origin::default()).await.unwrap().actor;
    let (stop, stopped) = oneshot::channel();
    let served = service.clone();
    let running = tokio::spawn(async move {
        // It also ends with the test.
        served.run(async { drop(stopped.await) }).await;
    });
    Watched { service, owner, data, stop, running }
}

impl Watched {
    /// How the turn ends, and the trace that tells of it once it is stored.
    async fn traced(&self, text: &str) -> (TurnRef, Response, Trace) {
        let turn = self.service.ask(&self.owner, question(text), today()).await.unwrap();
        let AskEvent::Response(response) = self.end(&turn).await else { panic!("no answer") };
        let trace = self.trace(response.data.trace_id.unwrap()).await;
        (turn, *response.data, trace)
    }

    async fn end(&self, turn: &TurnRef) -> AskEvent {
        let events = self.service.follow_turn(&self.owner, &turn.thread_id, turn.turn_id, 0).await.unwrap();
        let events: Vec<_> = events.collect().await;
        (*events.last().unwrap().1).clone()
    }

    async fn trace(&self, id: TraceId) -> Trace {
        let stored = async {
            loop {
                if let Ok(trace) = self.service.get_trace(&self.owner, id, None).await {
                    return trace;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let view = tokio::time::timeout(Duration::from_secs(10), stored).await.expect("the turn is stored");
        let mut spans = Vec::new();
        for row in &view.spans {
            spans.push(self.service.get_span(&self.owner, id, row.id).await.unwrap());
        }
        Trace { row: view.trace, names: view.names, spans }
    }
}

fn all_traces() -> TraceQuery {
    TraceQuery { range: TimeRange::between(UnixNanos(0), UnixNanos(i64::MAX)), ..TraceQuery::default() }
}

fn text<'a>(span: &'a SpanDetail, key: &str) -> &'a str {
    match value(span, key) {
        Some(Value::Text(text)) => text,
        other => panic!("{key} of {}: {other:?}", span.name),
    }
}

fn value<'a>(span: &'a SpanDetail, key: &str) -> Option<&'a Value> {
    span.attributes.iter().find(|attribute| attribute.key == key).map(|attribute| &attribute.value)
}

/// The one span of that name.
fn span<'a>(trace: &'a Trace, name: &str) -> &'a SpanDetail {
    let mut found = trace.spans.iter().filter(|span| span.name == name);
    let one = found.next().unwrap_or_else(|| panic!("{name} is not in {:?}", names(trace)));
    assert!(found.next().is_none(), "{name} stands twice in {:?}", names(trace));
    one
}

fn names(trace: &Trace) -> Vec<&str> {
    trace.spans.iter().map(|span| span.name.as_str()).collect()
}

fn ended(span: &SpanDetail) -> i64 {
    span.started.0 + i64::try_from(span.duration_ns).unwrap()
}

#[tokio::test]
async fn a_turn_is_a_trace_of_its_steps_tools_and_calls() {
    let read = |text: &str| TokenPrice::per_million(text).unwrap();
    let price = Price { input: read("5"), cached_input: Some(read("2.5")), output: read("15") };
    let server = ModelServer::start([Answer::says("Step 3 failed.").with_usage(1000, 800, 500)]).await;
    let home = watched(patient(server.url()).map(|model| model.with_price(price))).await;
    let (turn, answer, trace) = home.traced("What failed in FR2052A? Give me the RCA.").await;

    let root = span(&trace, "invoke_agent sentry-assistant");
    assert_eq!((root.parent_id, root.operation, root.status), (None, Operation::Agent, SpanStatus::Unset));
    assert_eq!(root.session.as_deref(), Some(turn.thread_id.as_str()));
    assert_eq!(root.user.as_deref(), Some("local"));
    let asked = text(root, "gen_ai.input.messages");
    assert!(asked.contains("What failed in FR2052A? Give me the RCA."), "{asked}");
    assert_eq!(value(root, "sentry.answer.tier"), Some(&Value::Int(1)));

    let steps =
        ["context_loader", "intent_classifier", "batch_resolver", "data_fetcher", "response_synthesizer"];
    for name in steps {
        let step = span(&trace, name);
        assert_eq!(step.parent_id, Some(root.id), "{name}");
        assert!(root.started <= step.started && ended(step) <= ended(root), "{name}");
    }
    let tools: Vec<_> = trace.spans.iter().filter(|span| span.operation == Operation::Tool).collect();
    assert_eq!(tools.len(), answer.tool_calls.len());
    for (tool, told) in tools.into_iter().zip(&answer.tool_calls) {
        assert_eq!(tool.name, format!("execute_tool {}", told.tool));
        assert_eq!(tool.parent_id, Some(span(&trace, "data_fetcher").id));
        let rows = Value::Int(told.row_count.unwrap() as i64);
        assert_eq!(value(tool, "sentry.row_count"), Some(&rows));
        let arguments: serde_json::Value =
            serde_json::from_str(text(tool, "gen_ai.tool.call.arguments")).unwrap();
        assert_eq!(arguments, json!(told.input));
    }

    let call = span(&trace, "chat m");
    assert_eq!(call.parent_id, Some(span(&trace, "response_synthesizer").id));
    assert_eq!(call.operation, Operation::Model);
    assert_eq!(call.provider.as_deref(), Some("openai"));
    assert_eq!(call.model.as_deref(), Some(Answer::MODEL));
    let usage = call.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.output), (1000, 800, 500));
    let cost = call.cost.unwrap();
    assert_eq!((cost.amount.to_string().as_str(), cost.source), ("0.0105", CostSource::Reported));
    assert_eq!(Some(cost.amount), answer.usage.unwrap().cost, "as the reader is told");
    assert_eq!((trace.row.spend.calls, trace.row.spend.cost), (1, cost.amount));

    // Names of today only: none had to be understood as another one.
    for span in &trace.spans {
        for reading in &span.readings {
            let is_today = matches!(reading.verdict, Verdict::Recognised | Verdict::Ignored)
                || reading.key == "gen_ai.request.model";
            assert!(is_today, "{reading:?}");
        }
    }
    assert!(trace.names.iter().any(|name| name == "sentry-assistant"), "{:?}", trace.names);
    let list = home.service.list_agents(&home.owner, &AgentQuery::default()).await.unwrap();
    assert_eq!(list.agents.iter().map(|card| card.name.as_str()).collect::<Vec<_>>(), ["sentry-assistant"]);
}

#[tokio::test]
async fn a_secret_in_a_question_is_not_stored() {
    let home = watched(None).await;
    let (_, _, trace) = home.traced("What failed in FR2052A? I am ada@example.org.").await;
    let root = span(&trace, "invoke_agent sentry-assistant");
    let asked = text(root, "gen_ai.input.messages");
    assert!(asked.contains("What failed in FR2052A? I am [redacted:email]."), "{asked}");
    assert_eq!(root.redactions, 1);
    assert!(!format!("{:?}", trace.spans).contains("ada@"), "{:?}", trace.spans);
}

#[tokio::test]
async fn what_goes_wrong_is_in_the_trace() {
    let server = ModelServer::start([Answer::error(400, json!({ "message": "no" }))]).await;
    let home = watched(patient(server.url())).await;
    let (_, answer, trace) = home.traced("What failed in FR2052A?").await;
    assert!(!answer.error, "it is answered all the same");
    let call = span(&trace, "chat m");
    assert_eq!((call.status, call.error_type.as_deref()), (SpanStatus::Error, Some("unavailable")));
    assert_eq!(trace.row.errors, 1);

    // Nobody knows what it took: listed, not free.
    let silent = r#"{"choices":[{"index":0,"message":{"content":"Step 3."},"finish_reason":"stop"}]}"#;
    let server = ModelServer::start([Answer::raw("application/json", &[silent])]).await;
    let home = watched(patient(server.url())).await;
    let (_, _, trace) = home.traced("What failed in FR2052A?").await;
    assert_eq!((trace.row.spend.calls, trace.row.spend.unpriced), (1, 1));
}

#[tokio::test]
async fn a_turn_that_is_stopped_is_a_trace_without_a_fault() {
    let server = ModelServer::start([Answer::says("late").never_comes()]).await;
    let home = watched(patient(server.url())).await;
    let turn = home.service.ask(&home.owner, question("What failed in FR2052A?"), today()).await.unwrap();
    while server.questions().is_empty() {
        tokio::task::yield_now().await;
    }
    home.service.cancel_turn(&home.owner, &turn.thread_id, turn.turn_id).await.unwrap();
    assert!(matches!(home.end(&turn).await, AskEvent::Error(error) if error.cancelled));
    let stored = async {
        loop {
            let traces = home.service.list_traces(&home.owner, &all_traces()).await.unwrap().traces;
            if let [only] = &traces[..] {
                return only.clone();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let summary = tokio::time::timeout(Duration::from_secs(10), stored).await.expect("the turn is stored");
    assert_eq!(summary.errors, 0);
    let trace = home.trace(summary.trace_id).await;
    let root = span(&trace, "invoke_agent sentry-assistant");
    assert_eq!(value(root, "sentry.turn.cancelled"), Some(&Value::Bool(true)));
    assert_eq!(ended(span(&trace, "response_synthesizer")), ended(root), "it waited to the end");
}

#[tokio::test]
async fn where_essentials_are_kept_from_some_a_trace_does_not_say_what_was_asked() {
    let home = watched(None).await;
    home.service.set_essential_access(&home.owner, "6G-FR2052a-E2E", "liquidity").await.unwrap();
    let (_, answer, trace) = home.traced("What failed in FR2052A?").await;
    assert!(!answer.tool_calls.is_empty() && trace.spans.len() > answer.tool_calls.len());
    let told = format!("{:?}", trace.spans);
    for secret in ["FR2052", "6G-", "6g_"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[tokio::test]
async fn turns_of_the_last_moment_are_stored_before_the_end() {
    let home = watched(None).await;
    let mut ids = Vec::new();
    for text in ["how is SNU doing?", "what failed in 6G?", "how is SECFIN doing?"] {
        let turn = home.service.ask(&home.owner, question(text), today()).await.unwrap();
        let AskEvent::Response(response) = home.end(&turn).await else { panic!("no answer") };
        ids.push(response.data.trace_id.unwrap());
    }
    let Watched { service, owner, data, stop, running } = home;
    stop.send(()).unwrap();
    running.await.unwrap();
    service.close_telemetry().await;
    drop(service);
    let next = open(data, None).await;
    for id in ids {
        assert!(next.service.get_trace(&owner, id, None).await.is_ok(), "{id}");
    }
}
