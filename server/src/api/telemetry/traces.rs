//! `/api/v1/traces/{id}`: what an agent did, step by step.

use super::attributes;
use crate::error::dialect::Envelope;
use crate::error::{Answer, Fault};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use model::Actor;
use model::telemetry::{Cost, Operation, Reading, SpanStatus, TokenUsage, TraceId};
use serde::Serialize;
use serde_json::Value;
use service::Service;
use service::telemetry::{CostGap, PricedSpan, Trace};
use utoipa::ToSchema;

/// A trace with its spans.
#[derive(Debug, Serialize, ToSchema)]
pub struct TraceJson {
    /// 32 hexadecimal digits.
    trace_id: String,
    /// The agent of its root.
    agent: String,
    /// The name of its root.
    name: String,
    /// When its first span began.
    start_time: Timestamp,
    /// When its last span ended.
    end_time: Timestamp,
    /// From the one to the other.
    duration_ms: f64,
    /// How many of its spans failed.
    error_count: u64,
    /// By start; those that began at once, by id.
    spans: Vec<SpanJson>,
}

/// A span.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpanJson {
    /// 16 hexadecimal digits.
    span_id: String,
    /// The span that it happened in.
    parent_id: Option<String>,
    /// Whose it is.
    agent: String,
    /// Its name.
    name: String,
    /// What was done: `model`, `tool`, `agent` and the like.
    #[schema(value_type = String)]
    operation: Operation,
    /// When it began.
    start_time: Timestamp,
    /// How long it took.
    duration_ms: f64,
    /// `unset`, `ok` or `error`.
    #[schema(value_type = String)]
    status: SpanStatus,
    /// What its status says.
    status_message: String,
    /// The kind of error.
    error_type: Option<String>,
    /// The model that was asked.
    model: Option<String>,
    /// Who provides it.
    provider: Option<String>,
    /// Tokens; `cache_read` and `cache_write` are part of `input`, `reasoning` of `output`.
    #[schema(value_type = Option<Object>)]
    usage: Option<TokenUsage>,
    /// What it cost, and whether its sender says so (`reported`) or the table of prices (`priced`).
    #[schema(value_type = Option<Object>)]
    cost: Option<Cost>,
    /// Why it is not known what it cost: `no_price` or `no_tokens`.
    cost_gap: Option<&'static str>,
    /// The end user.
    user: Option<String>,
    /// The session.
    session: Option<String>,
    /// Until the first piece of the answer.
    first_token_ms: Option<f64>,
    /// As sent, but without secrets.
    #[schema(value_type = Object)]
    attributes: Value,
    /// What happened in it.
    events: Vec<SpanEventJson>,
    /// How its attributes were read: recognised, renamed, overruled or ignored.
    #[schema(value_type = Vec<Object>)]
    readings: Vec<Reading>,
    /// How many secrets were taken out of it.
    redactions: u32,
}

/// Something that happened in a span.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpanEventJson {
    /// When.
    time: Timestamp,
    /// What.
    name: String,
    /// More of it.
    #[schema(value_type = Object)]
    attributes: Value,
}

fn millis(nanos: i64) -> f64 {
    nanos as f64 / 1e6
}

impl From<PricedSpan> for SpanJson {
    fn from(PricedSpan { span, cost, gap }: PricedSpan) -> Self {
        let events = span.events.into_iter().map(|event| SpanEventJson {
            time: event.at.timestamp(),
            name: event.name,
            attributes: attributes::object(event.attributes),
        });
        Self {
            span_id: span.span_id.to_string(),
            parent_id: span.parent_id.map(|id| id.to_string()),
            agent: span.agent.name.to_string(),
            name: span.name,
            operation: span.operation,
            start_time: span.started.timestamp(),
            duration_ms: millis(span.ended.0 - span.started.0),
            status: span.status,
            status_message: span.status_message,
            error_type: span.error_type,
            model: span.model,
            provider: span.provider,
            usage: span.usage,
            cost,
            cost_gap: gap.map(|gap| match gap {
                CostGap::NoPrice => "no_price",
                CostGap::NoTokens => "no_tokens",
            }),
            user: span.user,
            session: span.session,
            first_token_ms: span.first_token_ms,
            attributes: attributes::object(span.attributes),
            events: events.collect(),
            readings: span.readings,
            redactions: span.redactions,
        }
    }
}

impl From<Trace> for TraceJson {
    fn from(Trace { summary, spans }: Trace) -> Self {
        Self {
            trace_id: summary.trace_id.to_string(),
            agent: summary.agent.to_string(),
            name: summary.name,
            start_time: summary.started.timestamp(),
            end_time: summary.ended.timestamp(),
            duration_ms: millis(summary.ended.0 - summary.started.0),
            error_count: summary.errors,
            spans: spans.into_iter().map(SpanJson::from).collect(),
        }
    }
}

/// One trace with its spans
#[utoipa::path(
    get,
    path = "/api/v1/traces/{id}",
    tag = "telemetry",
    params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses(
        (status = 200, body = TraceJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn get_trace(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Answer<Json<TraceJson>> {
    let id = TraceId::parse(&id).map_err(|error| Fault::invalid("id", format!("id: {error}")))?;
    Ok(Json(service.get_trace(&actor, id).await?.into()))
}
