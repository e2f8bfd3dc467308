//! `/api/essentials` and `/api/status/{name}`: the board, whole and one essential of it.

pub mod json;
mod rendered;

pub use rendered::RenderedEssentials;

use crate::api::json::{NeighbourJson, SourceJson, sources};
use crate::api::params::Params;
use crate::api::tagged::answer_json;
use crate::error::{Answer, Problem};
use axum::Extension;
use axum::extract::{Path, State};
use http::HeaderMap;
use jiff::Timestamp;
use json::{EssentialJson, EssentialsJson};
use model::Actor;
use serde::Serialize;
use service::Service;
use std::sync::Arc;
use utoipa::ToSchema;

/// The board of a business date
///
/// The answer is made once a poll and carries an ETag; ask with If-None-Match.
#[utoipa::path(
    get,
    path = "/api/essentials",
    tag = "board",
    params(
        ("business_date" = Option<String>, Query, description = "YYYY-MM-DD; today's unless given; `date` is the same"),
        ("processing_type" = Option<String>, Query, description = "PRELIM, FINAL or ALL: the phase that status, summary and the flat fields speak of; ALL (each essential's own) unless given"),
    ),
    responses(
        (status = 200, body = EssentialsJson),
        (status = 304, description = "The reader has this content"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list_essentials(
    State(service): State<Service>,
    State(rendered): State<Arc<RenderedEssentials>>,
    Extension(actor): Extension<Actor>,
    params: Params,
    headers: HeaderMap,
) -> Answer {
    let date = params.date(params.either(["business_date", "date"]), &service)?;
    let phase = params.phase(params.either(["processing_type", "phase"]))?;
    let snapshot = service.get_board(&actor, date).await?;
    Ok(rendered.get(&snapshot, phase)?.answer(&headers))
}

/// One essential with its neighbours.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusJson {
    /// The date that is being processed.
    #[schema(example = "2026-02-18")]
    business_date: String,
    /// When the sources last answered for it.
    timestamp: Option<Timestamp>,
    #[serde(flatten)]
    essential: EssentialJson,
    /// What it waits for.
    depends_on: Vec<NeighbourJson>,
    /// What waits for it.
    needed_by: Vec<NeighbourJson>,
    /// How the sources are.
    sources: Vec<SourceJson>,
}

/// One essential
#[utoipa::path(
    get,
    path = "/api/status/{name}",
    tag = "board",
    params(
        ("name" = String, Path, description = "Catalog name, display name or alias, in any case; the answer holds the canonical name"),
        ("business_date" = Option<String>, Query, description = "YYYY-MM-DD; today's unless given; `date` is the same"),
        ("processing_type" = Option<String>, Query, description = "PRELIM, FINAL or ALL"),
    ),
    responses(
        (status = 200, body = StatusJson),
        (status = 304, description = "The reader has this content"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such essential; `nearest` lists near names"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get_status(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Answer {
    let date = params.date(params.either(["business_date", "date"]), &service)?;
    let phase = params.phase(params.either(["processing_type", "phase"]))?;
    let view = service.get_essential(&actor, &name, date).await?;
    let as_of = view.polled_at.unwrap_or(view.now);
    let status = StatusJson {
        business_date: date.to_string(),
        timestamp: view.polled_at,
        essential: EssentialJson::of(&view.essential, phase, as_of),
        depends_on: view.depends_on.iter().map(NeighbourJson::from).collect(),
        needed_by: view.needed_by.iter().map(NeighbourJson::from).collect(),
        sources: sources(&view.sources),
    };
    answer_json(&headers, &status)
}
