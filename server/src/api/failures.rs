//! `/api/failures`: what failed on a date, by essential and step, and what that holds up.

use crate::api::essentials::json::PhaseJson;
use crate::api::json::{NeighbourJson, RunJson, SourceJson, sources};
use crate::api::params::Params;
use crate::api::tagged::answer_json;
use crate::error::{Answer, Problem};
use axum::Extension;
use axum::extract::State;
use http::HeaderMap;
use jiff::Timestamp;
use model::Actor;
use model::view::{EssentialFailures, StepFailures};
use serde::Serialize;
use service::Service;
use utoipa::ToSchema;

/// The failures of a date.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailuresJson {
    /// The date.
    #[schema(example = "2026-02-18")]
    business_date: String,
    /// When the sources last answered for it.
    timestamp: Option<Timestamp>,
    /// Essentials with a failed slice, in catalog order.
    essentials: Vec<EssentialFailuresJson>,
    /// How the sources are.
    sources: Vec<SourceJson>,
}

/// The failures of one essential.
#[derive(Debug, Serialize, ToSchema)]
pub struct EssentialFailuresJson {
    /// Canonical name.
    essential_name: String,
    /// The name people see.
    display_name: String,
    /// Its overall status.
    status: &'static str,
    /// The first pass.
    prelim: PhaseJson,
    /// The second pass.
    #[serde(rename = "final")]
    final_: PhaseJson,
    /// One entry a failed step and phase, in step order.
    steps: Vec<StepFailuresJson>,
    /// Essentials that wait for this one, directly or through others.
    blocks: Vec<NeighbourJson>,
}

/// The failures of one step in one phase.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepFailuresJson {
    /// Step.
    sequence_order: i32,
    /// PRELIM or FINAL.
    phase: &'static str,
    /// The newest run of each failed slice, newest first.
    runs: Vec<RunJson>,
    /// Datasets of higher steps that have not started because of it.
    blocked_datasets: Vec<String>,
}

impl EssentialFailuresJson {
    fn of(failures: &EssentialFailures, now: Timestamp) -> Self {
        let step = |step: &StepFailures| StepFailuresJson {
            sequence_order: step.sequence_order,
            phase: step.phase.as_str(),
            runs: step.runs.iter().map(|run| RunJson::of(run, now)).collect(),
            blocked_datasets: step.blocked_datasets.iter().map(ToString::to_string).collect(),
        };
        Self {
            essential_name: failures.name.to_string(),
            display_name: failures.display_name.clone(),
            status: failures.status.as_str(),
            prelim: PhaseJson::from(&failures.prelim),
            final_: PhaseJson::from(&failures.final_),
            steps: failures.steps.iter().map(step).collect(),
            blocks: failures.blocks.iter().map(NeighbourJson::from).collect(),
        }
    }
}

/// What failed on a date
#[utoipa::path(
    get,
    path = "/api/failures",
    tag = "runs",
    params(("date" = Option<String>, Query, description = "YYYY-MM-DD; today's unless given")),
    responses(
        (status = 200, body = FailuresJson),
        (status = 304, description = "The reader has this content"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list_failures(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
    headers: HeaderMap,
) -> Answer {
    let date = params.date("date", &service)?;
    service.get_board(&actor, date).await?.board()?;
    let view = service.list_failures(&actor, date).await?;
    let as_of = view.polled_at.unwrap_or(view.now);
    let failures = FailuresJson {
        business_date: date.to_string(),
        timestamp: view.polled_at,
        essentials: view
            .essentials
            .iter()
            .map(|failures| EssentialFailuresJson::of(failures, as_of))
            .collect(),
        sources: sources(&view.sources),
    };
    answer_json(&headers, &failures)
}
