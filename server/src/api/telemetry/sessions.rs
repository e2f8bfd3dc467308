//! `GET /api/v1/sessions`: conversations.

use super::metrics::TimeRangeJson;
use super::query::{list_query, money};
use crate::api::params::Params;
use crate::error::Answer;
use crate::error::dialect::Envelope;
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use model::Actor;
use serde::Serialize;
use service::Service;
use service::telemetry::SessionSummary;
use utoipa::ToSchema;

/// Items of a page, unless asked otherwise.
const DEFAULT_SESSIONS: usize = 100;

/// A conversation or session.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionJson {
    /// Its id, as its sender spells it.
    session_id: String,
    /// Its latest agent.
    agent_name: String,
    /// The end user.
    user: Option<String>,
    /// When it was first heard of.
    start_time: Timestamp,
    /// When it was last heard of.
    last_seen: Timestamp,
    /// How many traces began in it.
    traces: u64,
    /// Calls of models.
    calls: i64,
    /// Of them failed.
    errors: i64,
    /// Tokens sent, those of a cache included.
    input_tokens: i64,
    /// Tokens answered.
    output_tokens: i64,
    /// What the calls cost whose cost is known.
    total_cost_usd: f64,
    /// Calls whose cost is not known: no price, or no tokens.
    unpriced_count: i64,
}

/// A page of sessions.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionsJson {
    /// Those that began last first.
    sessions: Vec<SessionJson>,
    /// How many there are on all pages; `null` of more than 100,000.
    total: Option<u64>,
    /// What `cursor` of the next page is; `null` on the last.
    next_cursor: Option<String>,
    /// When all of them began.
    time_range: TimeRangeJson,
}

impl From<SessionSummary> for SessionJson {
    fn from(session: SessionSummary) -> Self {
        let spend = session.spend;
        Self {
            session_id: session.id,
            agent_name: session.agent.to_string(),
            user: session.user,
            start_time: session.started.timestamp(),
            last_seen: session.last_seen.timestamp(),
            traces: session.traces,
            calls: spend.calls,
            errors: spend.errors,
            input_tokens: spend.input,
            output_tokens: spend.output,
            total_cost_usd: money(spend.cost_picos),
            unpriced_count: spend.unpriced + spend.without_tokens,
        }
    }
}

/// Sessions, those that began last first
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    tag = "telemetry",
    params(
        ("agent_id" = Option<String>, Query, description = "The id or name of their latest agent; all unless given"),
        ("start_date" = Option<String>, Query, description = "When they began: from, ISO 8601 or `now-6h`; `start_time` is the same"),
        ("end_date" = Option<String>, Query, description = "The first moment after it; `end_time` is the same"),
        ("limit" = Option<usize>, Query, description = "How many, 1 to 10,000; 100 unless given"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, whose range counts then"),
    ),
    responses(
        (status = 200, body = SessionsJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn list_sessions(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer<Json<SessionsJson>> {
    let listed = service.list_sessions(&actor, list_query(&params, &service, DEFAULT_SESSIONS)?).await?;
    Ok(Json(SessionsJson {
        sessions: listed.items.into_iter().map(SessionJson::from).collect(),
        total: listed.total,
        next_cursor: listed.next.map(|cursor| cursor.to_string()),
        time_range: listed.range.into(),
    }))
}
