//! What stands in which column of an export.

use crate::api::telemetry::attributes;
use crate::api::telemetry::events::{body, cost_usd};
use crate::api::telemetry::metrics::{RECORDED, field};
use crate::api::telemetry::query::money;
use model::telemetry::{
    Attribute, CostSource, EventKind, LogLevel, LogRecord, MetricPoint, MetricRecord, SpanStatus, UnixNanos,
};
use serde_json::{Value, json};
use service::telemetry::{
    AgentSummary, CostGap, CostRecord, ExportKind, PricedEvent, PricedSpan, Records, SessionSummary, Spend,
    TraceSummary,
};

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: &'static str,
    /// What stands in its cells.
    pub(super) kind: Kind,
}

/// What stands in a column's cells, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    Double,
    Time,
    Json,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Text(String),
    Int(i64),
    Double(f64),
    Time(UnixNanos),
    Json(Value),
}

/// The cells of a row, one for each column.
pub(super) type Row = Vec<Cell>;

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text }
}
const fn int(name: &'static str) -> Column {
    Column { name, kind: Kind::Int }
}
const fn double(name: &'static str) -> Column {
    Column { name, kind: Kind::Double }
}
const fn time(name: &'static str) -> Column {
    Column { name, kind: Kind::Time }
}
const fn object(name: &'static str) -> Column {
    Column { name, kind: Kind::Json }
}

const METRICS: [Column; 11] = [
    text("metric_id"),
    text("agent_id"),
    time("timestamp"),
    double("latency_ms"),
    double("throughput_req_per_min"),
    double("cost_per_request"),
    double("cpu_usage_percent"),
    double("gpu_usage_percent"),
    double("memory_usage_mb"),
    object("custom_metrics"),
    text("agent_name"),
];

const POINTS: [Column; 10] = [
    text("agent_id"),
    text("agent_name"),
    time("timestamp"),
    text("metric_type"),
    text("sent_name"),
    text("unit"),
    double("value"),
    int("count"),
    time("running_since"),
    object("attributes"),
];

const EVENTS: [Column; 14] = [
    text("event_id"),
    text("agent_id"),
    text("agent_name"),
    time("timestamp"),
    text("type"),
    text("sdk_name"),
    text("sdk_version"),
    text("trace_id"),
    text("user"),
    text("session"),
    double("estimated_cost_usd"),
    object("body"),
    object("context"),
    int("redactions"),
];

const SPANS: [Column; 30] = [
    text("trace_id"),
    text("span_id"),
    text("parent_id"),
    text("agent_id"),
    text("agent_name"),
    text("name"),
    text("operation"),
    time("start_time"),
    time("end_time"),
    double("duration_ms"),
    text("status"),
    text("status_message"),
    text("error_type"),
    text("model"),
    text("provider"),
    int("input_tokens"),
    int("output_tokens"),
    int("cache_read_tokens"),
    int("cache_write_tokens"),
    int("reasoning_tokens"),
    double("cost_usd"),
    text("cost_source"),
    text("cost_gap"),
    text("user"),
    text("session"),
    double("first_token_ms"),
    object("attributes"),
    object("events"),
    object("links"),
    int("redactions"),
];

const TRACES: [Column; 18] = [
    text("trace_id"),
    text("agent_name"),
    text("name"),
    time("start_time"),
    time("end_time"),
    double("duration_ms"),
    int("spans"),
    int("span_errors"),
    text("user"),
    text("session"),
    int("calls"),
    int("call_errors"),
    int("input_tokens"),
    int("output_tokens"),
    int("cache_read_tokens"),
    int("cache_write_tokens"),
    double("cost_usd"),
    int("unpriced_calls"),
];

const LOGS: [Column; 10] = [
    text("agent_id"),
    text("agent_name"),
    time("timestamp"),
    text("level"),
    text("message"),
    text("trace_id"),
    text("span_id"),
    text("event_name"),
    object("attributes"),
    int("redactions"),
];

const SESSIONS: [Column; 14] = [
    text("session_id"),
    text("agent_name"),
    text("user"),
    time("start_time"),
    time("last_seen"),
    int("traces"),
    int("calls"),
    int("call_errors"),
    int("input_tokens"),
    int("output_tokens"),
    int("cache_read_tokens"),
    int("cache_write_tokens"),
    double("cost_usd"),
    int("unpriced_calls"),
];

const COSTS: [Column; 11] = [
    time("day"),
    text("agent_name"),
    text("model"),
    int("calls"),
    int("call_errors"),
    int("input_tokens"),
    int("output_tokens"),
    int("cache_read_tokens"),
    int("cache_write_tokens"),
    double("cost_usd"),
    int("unpriced_calls"),
];

const AGENTS: [Column; 6] = [
    text("agent_id"),
    text("name"),
    text("status"),
    time("created_at"),
    time("last_seen"),
    object("metadata"),
];

/// The columns of an export, in order.
pub(super) fn columns(kind: ExportKind) -> &'static [Column] {
    match kind {
        ExportKind::Metrics => &METRICS,
        ExportKind::Points => &POINTS,
        ExportKind::Events => &EVENTS,
        ExportKind::Spans => &SPANS,
        ExportKind::Traces => &TRACES,
        ExportKind::Logs => &LOGS,
        ExportKind::Sessions => &SESSIONS,
        ExportKind::Costs => &COSTS,
        ExportKind::Agents => &AGENTS,
    }
}

/// The rows of some records, in the order of [`columns`].
pub(super) fn rows(records: Records) -> Vec<Row> {
    fn each<T, const N: usize>(records: Vec<T>, row: fn(T) -> [Cell; N]) -> Vec<Row> {
        records.into_iter().map(|record| row(record).into()).collect()
    }
    match records {
        Records::Metrics(records) => each(records, metric),
        Records::Points(points) => each(points, point),
        Records::Events(events) => each(events, event),
        Records::Spans(spans) => each(spans, span),
        Records::Traces(traces) => each(traces, trace),
        Records::Logs(logs) => each(logs, log),
        Records::Sessions(sessions) => each(sessions, session),
        Records::Costs(costs) => each(costs, cost),
        Records::Agents(agents) => each(agents, agent),
    }
}

fn named(name: impl ToString) -> Cell {
    Cell::Text(name.to_string())
}

fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Cell) -> Cell {
    value.map_or(Cell::Null, cell)
}

fn number(count: u64) -> Cell {
    Cell::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn attributes(list: Vec<Attribute>) -> Cell {
    Cell::Json(attributes::object(list))
}

fn metric(record: MetricRecord) -> [Cell; METRICS.len()] {
    let values = record.values;
    let value = |place: usize| {
        maybe(values.iter().find(|(name, _)| *name == RECORDED[place]), |(_, value)| Cell::Double(*value))
    };
    [
        named(record.id),
        maybe(record.agent.id, named),
        Cell::Time(record.at),
        value(0),
        value(1),
        value(2),
        value(3),
        value(4),
        value(5),
        attributes(record.custom),
        named(&record.agent.name),
    ]
}

fn point(point: MetricPoint) -> [Cell; POINTS.len()] {
    [
        maybe(point.agent.id, named),
        named(&point.agent.name),
        Cell::Time(point.at),
        named(field(&point.name)),
        Cell::Text(point.sent_name),
        Cell::Text(point.unit),
        Cell::Double(point.value),
        number(point.count),
        maybe(point.running_since, Cell::Time),
        attributes(point.attributes),
    ]
}

fn event(PricedEvent { event, cost, gap: _ }: PricedEvent) -> [Cell; EVENTS.len()] {
    [
        named(event.id),
        maybe(event.agent.id, named),
        named(&event.agent.name),
        Cell::Time(event.at),
        word::<EventKind>(event.body.kind()),
        Cell::Text(event.sdk_name),
        Cell::Text(event.sdk_version),
        maybe(event.trace_id, named),
        maybe(event.user, Cell::Text),
        maybe(event.session, Cell::Text),
        maybe(cost, |cost| Cell::Double(cost_usd(cost))),
        Cell::Json(body(event.body)),
        attributes(event.context),
        Cell::Int(event.redactions.into()),
    ]
}

/// The word that a plain enumeration is on the wire.
fn word<T: serde::Serialize>(value: T) -> Cell {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Cell::Text(word),
        _ => Cell::Null,
    }
}

fn span(PricedSpan { span, cost, gap }: PricedSpan) -> [Cell; SPANS.len()] {
    let usage = span.usage;
    let tokens =
        |count: fn(&model::telemetry::TokenUsage) -> u64| maybe(usage.as_ref(), |usage| number(count(usage)));
    let events = span.events.into_iter().map(|event| {
        let attributes = attributes::object(event.attributes);
        json!({"time": event.at.timestamp(), "name": event.name, "attributes": attributes})
    });
    let links = span.links.into_iter().map(|link| {
        let attributes = attributes::object(link.attributes);
        json!({"trace_id": link.trace_id, "span_id": link.span_id, "attributes": attributes})
    });
    [
        named(span.trace_id),
        named(span.span_id),
        maybe(span.parent_id, named),
        maybe(span.agent.id, named),
        named(&span.agent.name),
        Cell::Text(span.name),
        named(span.operation.as_str()),
        Cell::Time(span.started),
        Cell::Time(span.ended),
        Cell::Double(millis(span.started, span.ended)),
        word::<SpanStatus>(span.status),
        Cell::Text(span.status_message),
        maybe(span.error_type, named),
        maybe(span.model, named),
        maybe(span.provider, named),
        tokens(|usage| usage.input),
        tokens(|usage| usage.output),
        tokens(|usage| usage.cache_read),
        tokens(|usage| usage.cache_write),
        tokens(|usage| usage.reasoning),
        maybe(cost, |cost| Cell::Double(cost_usd(cost))),
        maybe(cost, |cost| word::<CostSource>(cost.source)),
        maybe(gap, |gap| {
            named(match gap {
                CostGap::NoPrice => "no_price",
                CostGap::NoTokens => "no_tokens",
            })
        }),
        maybe(span.user, named),
        maybe(span.session, named),
        maybe(span.first_token_ms, Cell::Double),
        attributes(span.attributes),
        Cell::Json(events.collect()),
        Cell::Json(links.collect()),
        Cell::Int(span.redactions.into()),
    ]
}

fn millis(from: UnixNanos, until: UnixNanos) -> f64 {
    until.0.saturating_sub(from.0) as f64 / 1e6
}

/// Calls, errors, tokens sent and answered, of those from and to a cache, cost, calls without a cost.
fn spend(spend: Spend) -> [Cell; 8] {
    [
        Cell::Int(spend.calls),
        Cell::Int(spend.errors),
        Cell::Int(spend.input),
        Cell::Int(spend.output),
        Cell::Int(spend.cache_read),
        Cell::Int(spend.cache_write),
        Cell::Double(money(spend.cost_picos)),
        Cell::Int(spend.unpriced + spend.without_tokens),
    ]
}

fn trace(trace: TraceSummary) -> [Cell; TRACES.len()] {
    let [calls, errors, input, output, cache_read, cache_write, cost, unpriced] = spend(trace.spend);
    [
        named(trace.trace_id),
        named(&trace.agent),
        Cell::Text(trace.name),
        Cell::Time(trace.started),
        Cell::Time(trace.ended),
        Cell::Double(millis(trace.started, trace.ended)),
        number(trace.spans),
        number(trace.errors),
        maybe(trace.user, Cell::Text),
        maybe(trace.session, Cell::Text),
        calls,
        errors,
        input,
        output,
        cache_read,
        cache_write,
        cost,
        unpriced,
    ]
}

fn log(log: LogRecord) -> [Cell; LOGS.len()] {
    [
        maybe(log.agent.id, named),
        named(&log.agent.name),
        Cell::Time(log.at),
        word::<LogLevel>(log.level),
        Cell::Text(log.message),
        maybe(log.trace_id, named),
        maybe(log.span_id, named),
        maybe(log.event_name, Cell::Text),
        attributes(log.attributes),
        Cell::Int(log.redactions.into()),
    ]
}

fn session(session: SessionSummary) -> [Cell; SESSIONS.len()] {
    let [calls, errors, input, output, cache_read, cache_write, cost, unpriced] = spend(session.spend);
    [
        Cell::Text(session.id),
        named(&session.agent),
        maybe(session.user, Cell::Text),
        Cell::Time(session.started),
        Cell::Time(session.last_seen),
        number(session.traces),
        calls,
        errors,
        input,
        output,
        cache_read,
        cache_write,
        cost,
        unpriced,
    ]
}

fn cost(record: CostRecord) -> [Cell; COSTS.len()] {
    let [calls, errors, input, output, cache_read, cache_write, cost, unpriced] = spend(record.spend);
    [
        Cell::Time(record.day),
        named(&record.agent),
        Cell::Text(record.model),
        calls,
        errors,
        input,
        output,
        cache_read,
        cache_write,
        cost,
        unpriced,
    ]
}

fn agent(agent: AgentSummary) -> [Cell; AGENTS.len()] {
    [
        named(agent.id),
        named(&agent.name),
        named(agent.status.as_str()),
        Cell::Time(agent.first_seen),
        Cell::Time(agent.last_seen),
        attributes(agent.metadata),
    ]
}
