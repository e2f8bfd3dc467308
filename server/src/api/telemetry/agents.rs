//! `/api/v1/agents`: who sends.

use super::attributes;
use crate::api::params::Params;
use crate::error::dialect::Envelope;
use crate::error::{Answer, Fault};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use model::Actor;
use model::telemetry::AgentStatus;
use serde::Serialize;
use service::Service;
use service::telemetry::AgentSummary;
use utoipa::ToSchema;

/// Agents in one answer, unless asked otherwise, and at most.
const DEFAULT_AGENTS: usize = 50;
const MOST_AGENTS: usize = 100;

/// An agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentJson {
    /// Its id, a UUID.
    agent_id: String,
    /// Its name, unique in its project.
    name: String,
    /// What its metadata calls `description`.
    description: Option<String>,
    /// `running`, `stopped`, `error` or `unknown`.
    status: &'static str,
    /// When it was first heard of.
    created_at: Timestamp,
    /// When it was last heard of. Never goes back.
    last_seen: Timestamp,
    /// What is said of it: environment, team, type, version and the like.
    #[schema(value_type = Object)]
    metadata: serde_json::Value,
}

/// A page of agents.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentsJson {
    /// The newest first.
    agents: Vec<AgentJson>,
    /// How many there are on all pages.
    total: usize,
    /// How many a page holds at most.
    limit: usize,
    /// How many were passed over.
    offset: usize,
}

impl From<AgentSummary> for AgentJson {
    fn from(agent: AgentSummary) -> Self {
        let metadata = attributes::object(agent.metadata);
        Self {
            agent_id: agent.id.to_string(),
            name: agent.name.to_string(),
            description: metadata["description"].as_str().map(str::to_owned),
            status: word(agent.status),
            created_at: agent.first_seen.timestamp(),
            last_seen: agent.last_seen.timestamp(),
            metadata,
        }
    }
}

const STATUSES: [AgentStatus; 4] =
    [AgentStatus::Running, AgentStatus::Stopped, AgentStatus::Error, AgentStatus::Unknown];

fn word(status: AgentStatus) -> &'static str {
    match status {
        AgentStatus::Running => "running",
        AgentStatus::Stopped => "stopped",
        AgentStatus::Error => "error",
        AgentStatus::Unknown => "unknown",
    }
}

fn status(params: &Params) -> Answer<Option<AgentStatus>> {
    let Some(text) = params.text("status") else { return Ok(None) };
    let found = STATUSES.into_iter().find(|status| word(*status) == text);
    let refused = || Fault::invalid("status", "status: write running, stopped, error or unknown");
    found.map(Some).ok_or_else(refused)
}

/// Agents, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/agents",
    tag = "telemetry",
    params(
        ("status" = Option<String>, Query, description = "running, stopped, error or unknown"),
        ("limit" = Option<usize>, Query, description = "How many, 1 to 100; 50 unless given"),
        ("offset" = Option<usize>, Query, description = "How many to pass over"),
    ),
    responses(
        (status = 200, body = AgentsJson),
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
) -> Answer<Json<AgentsJson>> {
    let status = status(&params)?;
    let (offset, limit) = params.window(DEFAULT_AGENTS, MOST_AGENTS)?;
    let mut agents = service.list_agents(&actor).await?;
    agents.retain(|agent| status.is_none_or(|status| agent.status == status));
    agents.sort_by(|one, other| (other.first_seen, &one.name).cmp(&(one.first_seen, &other.name)));
    let total = agents.len();
    let agents = agents.into_iter().skip(offset).take(limit).map(AgentJson::from).collect();
    Ok(Json(AgentsJson { agents, total, limit, offset }))
}

/// One agent, by its id or name
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}",
    tag = "telemetry",
    params(("id" = String, Path, description = "Its id or name")),
    responses(
        (status = 200, body = AgentJson),
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
) -> Answer<Json<AgentJson>> {
    Ok(Json(service.get_agent(&actor, &id).await?.into()))
}
