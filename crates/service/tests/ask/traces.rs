//! What a turn did is a trace of its asker's project.

use crate::models::patient;
use crate::support::{question, today};
use futures::StreamExt;
use model::ask::{AskEvent, Response, TurnRef};
use model::telemetry::{
    Attribute, CostSource, Operation, Span, SpanStatus, TraceId, UnixNanos, Value, Verdict,
};
use model::{Actor, Clock, Origin};
use serde_json::json;
use service::settings::{ModelSettings, Price, TokenPrice};
use service::telemetry::{Order, PricedSpan, RecordQuery, TimeRange, Trace, TraceQuery};
use service::{Presented, Service, Settings, SourceSettings};
use std::path::PathBuf;
use std::time::Duration;
use testkit::model_server::{Answer, ModelServer};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

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
                if let Ok(trace) = self.service.get_trace(&self.owner, id).await {
                    return trace;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), stored).await.expect("the turn is stored")
    }
}

fn all_traces() -> TraceQuery {
    TraceQuery::of(RecordQuery {
        range: TimeRange { from: UnixNanos(0), until: UnixNanos(i64::MAX) },
        agent: None,
        order: Order::OldestFirst,
        limit: 10,
        cursor: None,
    })
}

fn text<'a>(span: &'a Span, key: &str) -> &'a str {
    match value(&span.attributes, key) {
        Some(Value::Text(text)) => text,
        other => panic!("{key} of {}: {other:?}", span.name),
    }
}

fn value<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key == key).map(|attribute| &attribute.value)
}

/// The one span of that name.
fn span<'a>(trace: &'a Trace, name: &str) -> &'a PricedSpan {
    let mut found = trace.spans.iter().filter(|priced| priced.span.name == name);
    let one = found.next().unwrap_or_else(|| panic!("{name} is not in {:?}", names(trace)));
    assert!(found.next().is_none(), "{name} stands twice in {:?}", names(trace));
    one
}

fn names(trace: &Trace) -> Vec<&str> {
    trace.spans.iter().map(|priced| priced.span.name.as_str()).collect()
}

#[tokio::test]
async fn a_turn_is_a_trace_of_its_steps_tools_and_calls() {
    let read = |text: &str| TokenPrice::per_million(text).unwrap();
    let price = Price { input: read("5"), cached_input: Some(read("2.5")), output: read("15") };
    let server = ModelServer::start([Answer::says("Step 3 failed.").with_usage(1000, 800, 500)]).await;
    let home = watched(patient(server.url()).map(|model| model.with_price(price))).await;
    let (turn, answer, trace) = home.traced("What failed in FR2052A? Give me the RCA.").await;

    let root = &span(&trace, "invoke_agent sentry-assistant").span;
    assert_eq!((root.parent_id, root.operation, root.status), (None, Operation::Agent, SpanStatus::Unset));
    assert_eq!(root.session.as_deref(), Some(turn.thread_id.as_str()));
    assert_eq!(root.user.as_deref(), Some("local"));
    let asked = text(root, "gen_ai.input.messages");
    assert!(asked.contains("What failed in FR2052A? Give me the RCA."), "{asked}");
    assert_eq!(value(&root.attributes, "sentry.answer.tier"), Some(&Value::Int(1)));

    let steps =
        ["context_loader", "intent_classifier", "batch_resolver", "data_fetcher", "response_synthesizer"];
    for name in steps {
        let step = &span(&trace, name).span;
        assert_eq!(step.parent_id, Some(root.span_id), "{name}");
        assert!(root.started <= step.started && step.ended <= root.ended, "{name}");
    }
    let tools: Vec<_> =
        trace.spans.iter().filter(|priced| priced.span.operation == Operation::Tool).collect();
    assert_eq!(tools.len(), answer.tool_calls.len());
    for (stored, told) in tools.iter().zip(&answer.tool_calls) {
        let tool = &stored.span;
        assert_eq!(tool.name, format!("execute_tool {}", told.tool));
        assert_eq!(tool.parent_id, Some(span(&trace, "data_fetcher").span.span_id));
        let rows = Value::Int(told.row_count.unwrap() as i64);
        assert_eq!(value(&tool.attributes, "sentry.row_count"), Some(&rows));
        let arguments: serde_json::Value =
            serde_json::from_str(text(tool, "gen_ai.tool.call.arguments")).unwrap();
        assert_eq!(arguments, json!(told.input));
    }

    let call = span(&trace, "chat m");
    assert_eq!(call.span.parent_id, Some(span(&trace, "response_synthesizer").span.span_id));
    assert_eq!(call.span.operation, Operation::Model);
    assert_eq!(call.span.provider.as_deref(), Some("openai"));
    assert_eq!(call.span.model.as_deref(), Some(Answer::MODEL));
    let usage = call.span.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.output), (1000, 800, 500));
    let cost = call.cost.unwrap();
    assert_eq!((cost.amount.to_string().as_str(), cost.source), ("0.0105", CostSource::Reported));
    assert_eq!(Some(cost.amount), answer.usage.unwrap().cost, "as the reader is told");
    assert_eq!(
        (trace.summary.spend.calls, trace.summary.spend.cost_picos),
        (1, i64::try_from(cost.amount.picos()).unwrap())
    );

    // Names of today only: none had to be understood as another one.
    for priced in &trace.spans {
        for reading in &priced.span.readings {
            let is_today = matches!(reading.verdict, Verdict::Recognised | Verdict::Ignored)
                || reading.key == "gen_ai.request.model";
            assert!(is_today, "{reading:?}");
        }
        assert_eq!(priced.span.agent.name.as_str(), "sentry-assistant");
    }
    let agents = home.service.list_agents(&home.owner).await.unwrap();
    assert_eq!(agents.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>(), ["sentry-assistant"]);
}

#[tokio::test]
async fn a_secret_in_a_question_is_not_stored() {
    let home = watched(None).await;
    let (_, _, trace) = home.traced("What failed in FR2052A? I am ada@example.org.").await;
    let root = &span(&trace, "invoke_agent sentry-assistant").span;
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
    let call = &span(&trace, "chat m").span;
    assert_eq!((call.status, call.error_type.as_deref()), (SpanStatus::Error, Some("unavailable")));
    assert_eq!(trace.summary.errors, 1);

    // Nobody knows what it took: listed, not free.
    let silent = r#"{"choices":[{"index":0,"message":{"content":"Step 3."},"finish_reason":"stop"}]}"#;
    let server = ModelServer::start([Answer::raw("application/json", &[silent])]).await;
    let home = watched(patient(server.url())).await;
    let (_, _, trace) = home.traced("What failed in FR2052A?").await;
    assert_eq!((trace.summary.spend.calls, trace.summary.spend.without_tokens), (1, 1));
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
            let traces = home.service.list_traces(&home.owner, all_traces()).await.unwrap().items;
            if let [only] = &traces[..] {
                return only.clone();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let summary = tokio::time::timeout(Duration::from_secs(10), stored).await.expect("the turn is stored");
    assert_eq!(summary.errors, 0);
    let trace = home.trace(summary.trace_id).await;
    let root = &span(&trace, "invoke_agent sentry-assistant").span;
    assert_eq!(value(&root.attributes, "sentry.turn.cancelled"), Some(&Value::Bool(true)));
    assert_eq!(span(&trace, "response_synthesizer").span.ended, root.ended, "it waited to the end");
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
        assert!(next.service.get_trace(&owner, id).await.is_ok(), "{id}");
    }
}
