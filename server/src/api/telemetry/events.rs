//! `GET /api/v1/events`: what happened.

use super::attributes;
use super::metrics::TimeRangeJson;
use super::query::{list_query, money};
use crate::api::params::Params;
use crate::error::dialect::Envelope;
use crate::error::{Answer, Fault};
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use model::Actor;
use model::telemetry::{Attribute, Cost, EventBody, EventKind, Retrieved, TraceId};
use serde::Serialize;
use serde_json::{Map, Value, json};
use service::Service;
use service::telemetry::PricedEvent;
use utoipa::ToSchema;

/// Items of a page, unless asked otherwise.
const DEFAULT_EVENTS: usize = 100;

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventJson {
    /// Its id, a UUID.
    event_id: String,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: EventKind,
    /// When it happened.
    timestamp: Timestamp,
    /// The agent's name.
    agent_name: String,
    /// The SDK's name.
    sdk_name: String,
    /// The SDK's version.
    sdk_version: String,
    /// The trace it belongs to.
    trace_id: Option<String>,
    /// The end user.
    user: Option<String>,
    /// The session.
    session: Option<String>,
    /// What its sender said of where it ran.
    #[schema(value_type = Object)]
    context: Value,
    /// As it was sent, in camelCase and without secrets.
    #[schema(value_type = Object)]
    body: Value,
    /// What its tokens cost, where that is known.
    estimated_cost_usd: Option<f64>,
    /// How many secrets were taken out of it.
    redactions: u32,
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventsJson {
    /// The newest first.
    events: Vec<EventJson>,
    /// How many there are on all pages; `null` of more than 100,000.
    total: Option<u64>,
    /// How many a page holds at most.
    page_size: usize,
    /// Whether there is another page.
    has_more: bool,
    /// What `cursor` of the next page is; `null` on the last.
    next_cursor: Option<String>,
    /// When all of them were.
    time_range: TimeRangeJson,
}

impl From<PricedEvent> for EventJson {
    fn from(PricedEvent { event, cost, gap: _ }: PricedEvent) -> Self {
        Self {
            event_id: event.id.to_string(),
            kind: event.body.kind(),
            timestamp: event.at.timestamp(),
            agent_name: event.agent.name.to_string(),
            sdk_name: event.sdk_name,
            sdk_version: event.sdk_version,
            trace_id: event.trace_id.map(|id| id.to_string()),
            user: event.user,
            session: event.session,
            context: attributes::object(event.context),
            body: body(event.body),
            estimated_cost_usd: cost.map(cost_usd),
            redactions: event.redactions,
        }
    }
}

pub(super) fn cost_usd(cost: Cost) -> f64 {
    money(i64::try_from(cost.amount.picos()).unwrap_or(i64::MAX))
}

/// The body of an event in the names of its envelope. What its sender did not say is left out.
pub(super) fn body(body: EventBody) -> Value {
    let (mut fields, metadata) = match body {
        EventBody::Log { level, message, metadata } => {
            (json!({"level": level, "message": message}), metadata)
        }
        EventBody::Error { message, stack, fingerprint, metadata } => {
            (json!({"message": message, "stack": stack, "fingerprint": fingerprint}), metadata)
        }
        EventBody::Span { span_id, parent_span_id, name, start, end, attributes } => (
            json!({
                "spanId": span_id, "parentSpanId": parent_span_id, "name": name, "start": start.timestamp(),
                "end": end.map(|end| end.timestamp()), "attributes": attributes::object(attributes),
            }),
            Vec::new(),
        ),
        EventBody::TokenUsage { model, usage, reported_cost, metadata } => (
            json!({
                "model": model, "inputTokens": usage.input, "outputTokens": usage.output,
                "cacheReadTokens": usage.cache_read, "cacheWriteTokens": usage.cache_write,
                "reasoningTokens": usage.reasoning,
                "costUSD": reported_cost.map(|amount| amount.picos() as f64 / 1e12),
            }),
            metadata,
        ),
        EventBody::Message { role, content, metadata } => {
            (json!({"role": role, "content": content}), metadata)
        }
        EventBody::EvalMetric { suite_id, metric, value, metadata } => {
            (json!({"suiteId": suite_id, "metric": metric, "value": value}), metadata)
        }
        EventBody::AgentAction { agent_name, action, input, output, reasoning, metadata } => (
            json!({
                "agentName": agent_name, "action": action, "input": input.map(attributes::value),
                "output": output.map(attributes::value), "reasoning": reasoning,
            }),
            metadata,
        ),
        EventBody::Retrieval { query, results, vector_dimensions, metadata } => {
            let results: Vec<_> = results.into_iter().map(retrieved).collect();
            (json!({"query": query, "results": results, "vectorDimensions": vector_dimensions}), metadata)
        }
        EventBody::ToolCall { tool_name, arguments, result, latency_ms, metadata } => (
            json!({
                "toolName": tool_name, "arguments": attributes::object(arguments),
                "result": result.map(attributes::object), "latencyMs": latency_ms,
            }),
            metadata,
        ),
        EventBody::ModelResponse { model, prompt, response, finish_reason, latency_ms, metadata } => (
            json!({
                "model": model, "prompt": prompt, "response": response, "finishReason": finish_reason,
                "latencyMs": latency_ms,
            }),
            metadata,
        ),
        EventBody::Custom { name, payload } => {
            (json!({"name": name, "payload": attributes::object(payload)}), Vec::new())
        }
    };
    if let Value::Object(fields) = &mut fields {
        add_metadata(fields, metadata);
    }
    fields
}

fn retrieved(found: Retrieved) -> Value {
    let mut fields = Map::new();
    fields.insert("id".to_owned(), json!(found.id));
    fields.insert("score".to_owned(), json!(found.score));
    fields.insert("text".to_owned(), json!(found.text));
    add_metadata(&mut fields, found.metadata);
    Value::Object(fields)
}

fn add_metadata(fields: &mut Map<String, Value>, metadata: Vec<Attribute>) {
    fields.retain(|_, value| !value.is_null());
    if !metadata.is_empty() {
        fields.insert("metadata".to_owned(), attributes::object(metadata));
    }
}

/// Events, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "telemetry",
    params(
        ("type" = Option<String>, Query, description = "Only those of this type"),
        ("agent_id" = Option<String>, Query, description = "The agent's id or name; all unless given"),
        ("trace_id" = Option<String>, Query, description = "Only those of this trace: 32 hexadecimal digits"),
        ("start_date" = Option<String>, Query, description = "The first moment: ISO 8601, or `now-6h`; `start_time` is the same. 24 hours ago unless given"),
        ("end_date" = Option<String>, Query, description = "The first moment after it; `end_time` is the same. No end unless given"),
        ("limit" = Option<usize>, Query, description = "How many, 1 to 10,000; 100 unless given"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, whose range counts then"),
    ),
    responses(
        (status = 200, body = EventsJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn list_events(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer<Json<EventsJson>> {
    let kind = params.text("type").map(kind).transpose()?;
    let trace_id = params.text("trace_id").map(TraceId::parse).transpose();
    let trace_id = trace_id.map_err(|error| Fault::invalid("trace_id", format!("trace_id: {error}")))?;
    let query = list_query(&params, &service, DEFAULT_EVENTS)?;
    let page_size = query.limit;
    let listed = service.list_events(&actor, query, kind, trace_id).await?;
    Ok(Json(EventsJson {
        events: listed.items.into_iter().map(EventJson::from).collect(),
        total: listed.total,
        page_size,
        has_more: listed.next.is_some(),
        next_cursor: listed.next.map(|cursor| cursor.to_string()),
        time_range: listed.range.into(),
    }))
}

fn kind(text: &str) -> Answer<EventKind> {
    serde_json::from_value(json!(text))
        .map_err(|_| Fault::invalid("type", "type: write a type of event, such as log or token_usage"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::telemetry::{TokenUsage, UnixNanos, Value as Sent};

    #[test]
    fn a_body_has_the_names_of_its_envelope() {
        let named =
            |key: &str, text: &str| vec![Attribute { key: key.into(), value: Sent::Text(text.into()) }];
        let usage = TokenUsage { input: 3, output: 2, ..TokenUsage::default() };
        for (sent, expect) in [
            (
                EventBody::Error {
                    message: "no".into(),
                    stack: None,
                    fingerprint: vec!["a".into()],
                    metadata: named("k", "v"),
                },
                json!({"message": "no", "fingerprint": ["a"], "metadata": {"k": "v"}}),
            ),
            (
                EventBody::TokenUsage { model: "m".into(), usage, reported_cost: None, metadata: Vec::new() },
                json!({
                    "model": "m", "inputTokens": 3, "outputTokens": 2, "cacheReadTokens": 0,
                    "cacheWriteTokens": 0, "reasoningTokens": 0,
                }),
            ),
            (
                EventBody::Span {
                    span_id: "1".into(),
                    parent_span_id: None,
                    name: "n".into(),
                    start: UnixNanos(1_000_000_001),
                    end: None,
                    attributes: named("k", "v"),
                },
                json!({"spanId": "1", "name": "n", "start": "1970-01-01T00:00:01.000000001Z", "attributes": {"k": "v"}}),
            ),
            (
                EventBody::ToolCall {
                    tool_name: "t".into(),
                    arguments: named("q", "x"),
                    result: None,
                    latency_ms: Some(0.5),
                    metadata: Vec::new(),
                },
                json!({"toolName": "t", "arguments": {"q": "x"}, "latencyMs": 0.5}),
            ),
            (
                EventBody::Retrieval {
                    query: "q".into(),
                    results: vec![Retrieved {
                        id: "1".into(),
                        score: 0.5,
                        text: "t".into(),
                        metadata: Vec::new(),
                    }],
                    vector_dimensions: Some(8),
                    metadata: Vec::new(),
                },
                json!({"query": "q", "results": [{"id": "1", "score": 0.5, "text": "t"}], "vectorDimensions": 8}),
            ),
            (
                EventBody::Custom { name: "n".into(), payload: named("k", "v") },
                json!({"name": "n", "payload": {"k": "v"}}),
            ),
        ] {
            assert_eq!(body(sent), expect);
        }
    }
}
