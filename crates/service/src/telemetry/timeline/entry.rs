//! One entry of a timeline: what an event or a change says, in words and as JSON.

use ::telemetry::store::StatusChange;
use model::telemetry::view::{EntryKind, TimelineEntry};
use model::telemetry::{
    AgentName, AgentStatus, Attribute, Event, EventBody, LogLevel, Retrieved, TokenUsage, Value,
};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;

/// Characters of a summary.
const MOST_SUMMARY: usize = 200;
/// Characters of a field.
const MOST_FIELD: usize = 300;
/// Characters of the JSON.
const MOST_RAW: usize = 8_000;

/// Fields of a body, in the order in which they are shown.
type Fields = Vec<(&'static str, Json)>;

/// The entry of an event.
pub(super) fn of_event(event: &Event) -> TimelineEntry {
    let kind = event.body.kind();
    let fields = body_fields(&event.body);
    let raw = json!({
        "event_id": event.id.to_string(),
        "type": EntryKind::Event(kind).as_str(),
        "timestamp": event.at.timestamp().to_string(),
        "agent": event.agent.name.as_str(),
        "sdk": { "name": event.sdk_name, "version": event.sdk_version },
        "trace_id": event.trace_id.map(|id| id.to_string()),
        "user": event.user,
        "session": event.session,
        "context": object(&event.context),
        "body": fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Map<_, _>>(),
        "redactions": event.redactions,
    });
    let (raw, is_cut) = written(&raw);
    TimelineEntry {
        id: event.id.to_string(),
        at: event.at,
        kind: EntryKind::Event(kind),
        severity: severity(&event.body),
        agent: event.agent.name.clone(),
        summary: one_line(&summary(&event.body)),
        fields: shown(fields),
        trace_id: event.trace_id,
        session: event.session.clone(),
        raw,
        is_cut,
    }
}

/// The entry of a change of how `agent` does.
pub(super) fn of_change(agent: &AgentName, change: &StatusChange) -> TimelineEntry {
    let (from, to) = (change.from.as_str(), change.to.as_str());
    let raw = json!({
        "type": EntryKind::StatusChange.as_str(),
        "timestamp": change.at.timestamp().to_string(),
        "agent": agent.as_str(),
        "from": from,
        "to": to,
        "why": change.why,
    });
    let (raw, is_cut) = written(&raw);
    let severity = match change.to {
        AgentStatus::Running => LogLevel::Info,
        AgentStatus::Stopped | AgentStatus::Unknown => LogLevel::Warn,
        AgentStatus::Error => LogLevel::Error,
    };
    TimelineEntry {
        id: format!("{} {agent}", change.at.0),
        at: change.at,
        kind: EntryKind::StatusChange,
        severity,
        agent: agent.clone(),
        summary: one_line(&format!("{to}: {}", change.why)),
        fields: vec![("from".to_owned(), from.to_owned()), ("to".to_owned(), to.to_owned())],
        trace_id: None,
        session: None,
        raw,
        is_cut,
    }
}

/// Text as it is compared: of either case.
pub(super) fn plain(text: &str) -> String {
    text.to_lowercase()
}

/// How much an event matters: what it says itself, or that it is an error.
fn severity(body: &EventBody) -> LogLevel {
    match body {
        EventBody::Log { level, .. } => *level,
        EventBody::Error { .. } => LogLevel::Error,
        _ => LogLevel::Info,
    }
}

fn summary(body: &EventBody) -> String {
    match body {
        EventBody::Log { message, .. } | EventBody::Error { message, .. } => message.clone(),
        EventBody::Span { name, .. } | EventBody::Custom { name, .. } => name.clone(),
        EventBody::TokenUsage { model, usage, .. } => {
            format!("{model}: {} tokens in, {} out", usage.input, usage.output)
        }
        EventBody::Message { role, content, .. } => format!("{role}: {content}"),
        EventBody::EvalMetric { suite_id, metric, value, .. } => format!("{suite_id}: {metric} = {value}"),
        EventBody::AgentAction { action, .. } => action.clone(),
        EventBody::Retrieval { query, results, .. } => format!("{query} ({} found)", results.len()),
        EventBody::ToolCall { tool_name, .. } => tool_name.clone(),
        EventBody::ModelResponse { model, response, .. } => format!("{model}: {response}"),
    }
}

/// The fields of a body. What is absent is left out.
fn body_fields(body: &EventBody) -> Fields {
    let mut fields: Fields = match body {
        EventBody::Log { level, message, metadata: _ } => {
            vec![("level", json!(level)), ("message", json!(message))]
        }
        EventBody::Error { message, stack, fingerprint, metadata: _ } => {
            let fingerprint = (!fingerprint.is_empty()).then_some(fingerprint);
            vec![("message", json!(message)), ("fingerprint", json!(fingerprint)), ("stack", json!(stack))]
        }
        EventBody::Span { span_id, parent_span_id, name, start, end, attributes } => vec![
            ("name", json!(name)),
            ("span_id", json!(span_id)),
            ("parent_span_id", json!(parent_span_id)),
            ("start", json!(start.timestamp().to_string())),
            ("end", json!(end.map(|end| end.timestamp().to_string()))),
            ("attributes", object(attributes)),
        ],
        EventBody::TokenUsage { model, usage, reported_cost, metadata: _ } => {
            let mut fields = vec![("model", json!(model))];
            fields.extend(tokens(usage));
            fields.push(("reported_cost", json!(reported_cost.map(|cost| cost.to_string()))));
            fields
        }
        EventBody::Message { role, content, metadata: _ } => {
            vec![("role", json!(role)), ("content", json!(content))]
        }
        EventBody::EvalMetric { suite_id, metric, value, metadata: _ } => {
            vec![("suite_id", json!(suite_id)), ("metric", json!(metric)), ("value", json!(value))]
        }
        EventBody::AgentAction { agent_name, action, input, output, reasoning, metadata: _ } => vec![
            ("action", json!(action)),
            ("agent_name", json!(agent_name)),
            ("reasoning", json!(reasoning)),
            ("input", json!(input.as_ref().map(value))),
            ("output", json!(output.as_ref().map(value))),
        ],
        EventBody::Retrieval { query, results, vector_dimensions, metadata: _ } => vec![
            ("query", json!(query)),
            ("results", results.iter().map(retrieved).collect()),
            ("vector_dimensions", json!(vector_dimensions)),
        ],
        EventBody::ToolCall { tool_name, arguments, result, latency_ms, metadata: _ } => vec![
            ("tool_name", json!(tool_name)),
            ("latency_ms", json!(latency_ms)),
            ("arguments", object(arguments)),
            ("result", json!(result.as_ref().map(|result| object(result)))),
        ],
        EventBody::ModelResponse { model, prompt, response, finish_reason, latency_ms, metadata: _ } => vec![
            ("model", json!(model)),
            ("latency_ms", json!(latency_ms)),
            ("finish_reason", json!(finish_reason)),
            ("prompt", json!(prompt)),
            ("response", json!(response)),
        ],
        EventBody::Custom { name, payload } => vec![("name", json!(name)), ("payload", object(payload))],
    };
    fields.extend(metadata(body).filter(|metadata| !metadata.is_empty()).map(|it| ("metadata", object(it))));
    fields.retain(|(_, value)| !value.is_null());
    fields
}

fn metadata(body: &EventBody) -> Option<&Vec<Attribute>> {
    match body {
        EventBody::Log { metadata, .. }
        | EventBody::Error { metadata, .. }
        | EventBody::TokenUsage { metadata, .. }
        | EventBody::Message { metadata, .. }
        | EventBody::EvalMetric { metadata, .. }
        | EventBody::AgentAction { metadata, .. }
        | EventBody::Retrieval { metadata, .. }
        | EventBody::ToolCall { metadata, .. }
        | EventBody::ModelResponse { metadata, .. } => Some(metadata),
        EventBody::Span { .. } | EventBody::Custom { .. } => None,
    }
}

/// Tokens by what they were for; those of which there are none are left out but for the first two.
fn tokens(usage: &TokenUsage) -> impl Iterator<Item = (&'static str, Json)> {
    let always = [("input_tokens", usage.input), ("output_tokens", usage.output)];
    let some = [
        ("cache_read_tokens", usage.cache_read),
        ("cache_write_tokens", usage.cache_write),
        ("reasoning_tokens", usage.reasoning),
    ];
    let some = some.into_iter().filter(|(_, count)| *count > 0);
    always.into_iter().chain(some).map(|(name, count)| (name, json!(count)))
}

fn retrieved(found: &Retrieved) -> Json {
    json!({
        "id": found.id,
        "score": found.score,
        "text": found.text,
        "metadata": object(&found.metadata),
    })
}

/// Attributes as an object; where a name stands twice, the last counts.
fn object(attributes: &[Attribute]) -> Json {
    let fields = attributes.iter().map(|attribute| (attribute.key.to_string(), value(&attribute.value)));
    Json::Object(fields.collect())
}

/// Bytes become hexadecimal digits.
fn value(of: &Value) -> Json {
    match of {
        Value::Text(text) => json!(text),
        Value::Bool(is_so) => json!(is_so),
        Value::Int(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Bytes(bytes) => Json::String(bytes.iter().fold(String::new(), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        })),
        Value::List(list) => list.iter().map(value).collect(),
        Value::Map(map) => object(map),
    }
}

/// Fields as text: texts as they are, everything else as JSON.
fn shown(fields: Fields) -> Vec<(String, String)> {
    let text = |value: Json| match value {
        Json::String(text) => text,
        other => other.to_string(),
    };
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), cut(text(value), MOST_FIELD).0));
    fields.collect()
}

/// JSON for people, and whether it had to be cut.
fn written(json: &Json) -> (String, bool) {
    let text = serde_json::to_string_pretty(json).expect("JSON has string keys only");
    cut(text, MOST_RAW)
}

/// The first words of a text, on one line.
fn one_line(text: &str) -> String {
    let most = text.chars().take(4 * MOST_SUMMARY).collect::<String>();
    let line = most.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(line, MOST_SUMMARY).0
}

/// The first `most` characters of a text, and whether there are more.
fn cut(mut text: String, most: usize) -> (String, bool) {
    let end = text.char_indices().nth(most).map(|(end, _)| end);
    if let Some(end) = end {
        text.truncate(end);
        text.push('…');
    }
    (text, end.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::telemetry::{AgentIdentity, EventId, TraceId, UnixNanos};
    use std::sync::Arc;

    fn text(key: &str, text: &str) -> Attribute {
        Attribute { key: key.into(), value: Value::Text(text.into()) }
    }

    fn event(body: EventBody) -> Event {
        Event {
            id: EventId::from_bytes([1; 16]),
            agent: Arc::new(AgentIdentity { name: "planner".into(), id: None, metadata: Vec::new() }),
            at: UnixNanos(1_771_400_000_000_000_000),
            sdk_name: "sdk".to_owned(),
            sdk_version: "1".to_owned(),
            trace_id: TraceId::from_bytes(&[7; 16]).ok(),
            user: None,
            session: Some("s1".to_owned()),
            context: vec![text("host", "a")],
            body,
            redactions: 0,
        }
    }

    #[test]
    fn a_body_is_told_on_one_line_and_field_by_field() {
        let check = |body: EventBody, severity: LogLevel, summary: &str, fields: &[(&str, &str)]| {
            let entry = of_event(&event(body));
            let shown: Vec<_> =
                entry.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!((entry.severity, entry.summary.as_str(), &shown[..]), (severity, summary, fields));
        };
        let metadata = vec![text("channel", "chat")];
        check(
            EventBody::Log { level: LogLevel::Warn, message: "two\n lines".to_owned(), metadata },
            LogLevel::Warn,
            "two lines",
            &[("level", "warn"), ("message", "two\n lines"), ("metadata", r#"{"channel":"chat"}"#)],
        );
        let (message, fingerprint) = ("no".to_owned(), Vec::new());
        check(
            EventBody::Error { message, stack: None, fingerprint, metadata: Vec::new() },
            LogLevel::Error,
            "no",
            &[("message", "no")],
        );
        let usage = TokenUsage { input: 1000, output: 500, cache_read: 7, ..TokenUsage::default() };
        let model = "gpt-4o".to_owned();
        check(
            EventBody::TokenUsage { model, usage, reported_cost: None, metadata: Vec::new() },
            LogLevel::Info,
            "gpt-4o: 1000 tokens in, 500 out",
            &[
                ("model", "gpt-4o"),
                ("input_tokens", "1000"),
                ("output_tokens", "500"),
                ("cache_read_tokens", "7"),
            ],
        );
        check(
            EventBody::ToolCall {
                tool_name: "search".to_owned(),
                arguments: vec![text("q", "x")],
                result: None,
                latency_ms: Some(1.5),
                metadata: Vec::new(),
            },
            LogLevel::Info,
            "search",
            &[("tool_name", "search"), ("latency_ms", "1.5"), ("arguments", r#"{"q":"x"}"#)],
        );
    }

    #[test]
    fn the_whole_event_is_there_as_json() {
        let entry =
            of_event(&event(EventBody::Custom { name: "n".to_owned(), payload: vec![text("k", "<b>")] }));
        let raw: Json = serde_json::from_str(&entry.raw).unwrap();
        assert_eq!(raw["body"], json!({"name": "n", "payload": {"k": "<b>"}}));
        assert_eq!(raw["event_id"], "01010101-0101-0101-0101-010101010101");
        assert_eq!(raw["context"]["host"], "a");
        assert_eq!(entry.trace_id.map(|id| id.to_string()).as_deref(), Some("07".repeat(16).as_str()));
        assert!(!entry.is_cut);
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        let (level, message) = (LogLevel::Info, "ä".repeat(20_000));
        let entry = of_event(&event(EventBody::Log { level, message, metadata: Vec::new() }));
        assert_eq!(entry.summary.chars().count(), MOST_SUMMARY + 1);
        assert_eq!(entry.fields[1].1.chars().count(), MOST_FIELD + 1);
        assert_eq!((entry.raw.chars().count(), entry.is_cut), (MOST_RAW + 1, true));
    }

    #[test]
    fn a_change_is_as_severe_as_what_it_leads_to() {
        let check = |to: AgentStatus, severity: LogLevel, summary: &str| {
            let change =
                StatusChange { at: UnixNanos(0), from: AgentStatus::Unknown, to, why: "so".to_owned() };
            let entry = of_change(&"planner".into(), &change);
            assert_eq!((entry.severity, entry.summary.as_str()), (severity, summary));
        };
        check(AgentStatus::Running, LogLevel::Info, "running: so");
        check(AgentStatus::Error, LogLevel::Error, "error: so");
        check(AgentStatus::Unknown, LogLevel::Warn, "unknown: so");
    }
}
