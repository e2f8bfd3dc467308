//! Records for tests.

use model::ask::Amount;
use model::telemetry::{
    AgentIdentity, AgentName, Attribute, Cost, CostSource, Event, EventBody, EventId, LogLevel, LogRecord,
    MetricId, MetricName, MetricPoint, MetricRecord, Operation, Reading, Span, SpanEvent, SpanId, SpanLink,
    SpanStatus, TokenUsage, TraceId, UnixNanos, Value, Verdict,
};
use std::sync::Arc;
use telemetry::store::{PricedEvent, PricedSpan};

/// So many seconds after the tests' beginning, a whole day.
pub(crate) fn at(seconds: i64) -> UnixNanos {
    UnixNanos((1_790_812_800 + seconds) * 1_000_000_000)
}

pub(crate) fn agent(name: &str) -> Arc<AgentIdentity> {
    Arc::new(AgentIdentity { name: AgentName::new(name), id: None, metadata: Vec::new() })
}

pub(crate) fn text(key: &str, value: &str) -> Attribute {
    Attribute { key: key.into(), value: Value::Text(value.into()) }
}

pub(crate) fn trace_id(number: u64) -> TraceId {
    TraceId::from_bytes(&u128::from(number).to_be_bytes()).unwrap()
}

pub(crate) fn span_id(number: u64) -> SpanId {
    SpanId::from_bytes(&number.to_be_bytes()).unwrap()
}

/// Span `id` of a trace, a second long and begun `id` seconds after the beginning, in `parent` unless that is 0.
pub(crate) fn span(trace: u64, id: u64, parent: u64) -> PricedSpan {
    let span = Span {
        trace_id: trace_id(trace),
        span_id: span_id(id),
        parent_id: (parent != 0).then(|| span_id(parent)),
        agent: agent("writer"),
        name: format!("step {id}"),
        operation: Operation::Other,
        started: at(id as i64),
        ended: at(id as i64 + 1),
        status: SpanStatus::Unset,
        status_message: String::new(),
        error_type: None,
        model: None,
        provider: None,
        usage: None,
        reported_cost: None,
        user: None,
        session: None,
        first_token_ms: None,
        attributes: vec![text("server.address", "api.example.org")],
        events: Vec::new(),
        links: Vec::new(),
        readings: [Reading { key: "server.address".into(), verdict: Verdict::Ignored }].into(),
        redactions: 0,
    };
    PricedSpan { span, cost: None, gap: None }
}

/// The same with tokens, and a cost of one pico for each.
pub(crate) fn call(trace: u64, id: u64, parent: u64, tokens: u64) -> PricedSpan {
    let mut priced = span(trace, id, parent);
    priced.span.operation = Operation::Model;
    priced.span.model = Some("gpt-4o".into());
    priced.span.provider = Some("openai".into());
    priced.span.usage = Some(TokenUsage { input: tokens, ..TokenUsage::default() });
    priced.span.user = Some("ada".into());
    priced.span.session = Some("talk".into());
    priced.cost = Some(Cost { amount: Amount::from_picos(tokens), source: CostSource::Priced });
    priced
}

/// A span that has something of everything.
pub(crate) fn full_span(trace: u64, id: u64, parent: u64) -> PricedSpan {
    let mut priced = call(trace, id, parent, 12);
    let nested = Value::Map(vec![
        Attribute { key: "list".into(), value: Value::List(vec![Value::Int(-1), Value::Bool(true)]) },
        Attribute { key: "bytes".into(), value: Value::Bytes(vec![0, 255]) },
    ]);
    let span = &mut priced.span;
    span.agent =
        Arc::new(AgentIdentity { metadata: vec![text("team", "blue")], ..(*agent("writer")).clone() });
    span.status = SpanStatus::Error;
    span.status_message = "it was late".to_owned();
    span.error_type = Some("Timeout".into());
    span.reported_cost = Some(Amount::from_picos(5));
    span.first_token_ms = Some(12.5);
    span.attributes = vec![text("a", "1"), Attribute { key: "b".into(), value: nested }, text("a", "2")];
    span.events =
        vec![SpanEvent { at: at(2), name: "exception".to_owned(), attributes: vec![text("c", "3")] }];
    span.links = vec![SpanLink { trace_id: trace_id(9), span_id: span_id(8), attributes: Vec::new() }];
    span.readings = Arc::new([
        Reading { key: "a".into(), verdict: Verdict::Renamed("z".to_owned()) },
        Reading { key: "b".into(), verdict: Verdict::Overruled("z says the same".to_owned()) },
    ]);
    span.redactions = 3;
    priced
}

/// A record of one number.
pub(crate) fn record(name: &str, seconds: i64, metric: MetricName, value: f64) -> MetricRecord {
    MetricRecord {
        id: MetricId::from_bytes(((seconds as u128) << 64 | u128::from(value.to_bits())).to_be_bytes()),
        agent: agent(name),
        at: at(seconds),
        values: vec![(metric, value)],
        custom: vec![text("region", "north")],
    }
}

pub(crate) fn point(seconds: i64, value: f64, count: u64) -> MetricPoint {
    MetricPoint {
        agent: agent("writer"),
        name: MetricName::GpuPercent,
        sent_name: "DCGM_FI_DEV_GPU_UTIL".to_owned(),
        unit: "%".to_owned(),
        at: at(seconds),
        value,
        count,
        running_since: None,
        attributes: vec![text("gpu", "0")],
    }
}

pub(crate) fn log(seconds: i64, level: LogLevel, message: &str) -> LogRecord {
    LogRecord {
        agent: agent("writer"),
        at: at(seconds),
        level,
        message: message.to_owned(),
        trace_id: Some(trace_id(1)),
        span_id: Some(span_id(2)),
        event_name: Some("said".to_owned()),
        attributes: vec![text("line", "7")],
        redactions: 1,
    }
}

pub(crate) fn event(id: u8, seconds: i64, body: EventBody) -> PricedEvent {
    let event = Event {
        id: EventId::from_bytes([id; 16]),
        agent: agent("writer"),
        at: at(seconds),
        sdk_name: "sentryai".to_owned(),
        sdk_version: "1.0".to_owned(),
        trace_id: Some(trace_id(1)),
        user: Some("ada".to_owned()),
        session: Some("talk".to_owned()),
        context: vec![text("host", "box")],
        body,
        redactions: 2,
    };
    PricedEvent { event, cost: None, gap: None }
}
