//! `/api/v1/agents`: who sends, and how they do.

use crate::api::params::Params;
use crate::error::Answer;
use crate::error::dialect::Envelope;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use model::Actor;
use model::telemetry::view::{AgentDetail, AgentList, AgentQuery};
use service::Service;

/// Agents with what they did lately, as the page of agents shows them
#[utoipa::path(
    get,
    path = "/api/v1/agents",
    tag = "telemetry",
    params(
        ("from" = Option<String>, Query, description = "A time in UTC, or now-6h; now-6h unless given"),
        ("to" = Option<String>, Query, description = "A time in UTC, or now-1h; now unless given"),
        ("q" = Option<String>, Query, description = "Words of the name; type:web OR type:api asks for types"),
        ("environment" = Option<String>, Query), ("team" = Option<String>, Query),
        ("type" = Option<String>, Query),
        ("status" = Option<String>, Query, description = "running, error, stopped or unknown"),
        ("max_latency_ms" = Option<f64>, Query, description = "Those whose mean latency is at most this"),
        ("max_cpu_percent" = Option<f64>, Query, description = "Those whose CPU in use is at most this"),
        ("sort" = Option<String>, Query, description = "status, name, latency, cost or last_seen, with - before it for the other way round; status unless given"),
    ),
    responses(
        (status = 200, description = "How many there are of which status, totals, and those that match", body = Object),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn list_agents(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer<Json<AgentList>> {
    let query = AgentQuery::parse(params.pairs())?;
    Ok(Json(service.list_agents(&actor, &query).await?))
}

/// One agent over time, by its id or name
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}",
    tag = "telemetry",
    params(
        ("id" = String, Path, description = "Its id or name"),
        ("from" = Option<String>, Query, description = "A time in UTC, or now-6h; now-6h unless given"),
        ("to" = Option<String>, Query, description = "A time in UTC, or now-1h; now unless given"),
    ),
    responses(
        (status = 200, description = "Figures over time, costs, errors, models, traces and diagnosis", body = Object),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn get_agent(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    params: Params,
) -> Answer<Json<AgentDetail>> {
    let AgentQuery { range, .. } = AgentQuery::parse(params.pairs())?;
    let id = service.find_agent(&actor, &id).await?;
    Ok(Json(service.get_agent(&actor, id, range).await?))
}
