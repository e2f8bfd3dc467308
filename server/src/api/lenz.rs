//! `/api/lenz/refresh`: has the catalog read anew.

use crate::api::params::Params;
use crate::error::{Answer, Problem};
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use model::Actor;
use serde::Serialize;
use service::Service;
use utoipa::ToSchema;

/// What a refresh did.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefreshJson {
    /// Essentials that were read anew.
    refreshed: Vec<String>,
    /// Essentials that were not; what was known of them stays.
    failed: Vec<RefreshFailureJson>,
    /// When.
    timestamp: Timestamp,
}

/// An essential that could not be read anew.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefreshFailureJson {
    /// Its name.
    essential_name: String,
    /// Why.
    error: String,
}

/// Reads the catalog anew
///
/// One essential or all; every reader sees the result at once. Calls at the same time share one read.
#[utoipa::path(
    post,
    path = "/api/lenz/refresh",
    tag = "catalog",
    params(("name" = Option<String>, Query, description = "Catalog name, display name or alias; all unless given")),
    responses(
        (status = 200, body = RefreshJson),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn refresh_catalog(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer<Json<RefreshJson>> {
    let answer = service.refresh_catalog(&actor, params.text("name")).await?;
    let failed = answer.failed.into_iter();
    Ok(Json(RefreshJson {
        refreshed: answer.refreshed.iter().map(ToString::to_string).collect(),
        failed: failed
            .map(|failure| RefreshFailureJson {
                essential_name: failure.name.to_string(),
                error: failure.error,
            })
            .collect(),
        timestamp: answer.timestamp,
    }))
}

/// Reads the catalog anew (kept for old clients; use POST)
#[utoipa::path(
    get,
    path = "/api/lenz/refresh",
    tag = "catalog",
    params(("name" = Option<String>, Query, description = "Catalog name, display name or alias; all unless given")),
    responses(
        (status = 200, body = RefreshJson),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn refresh_catalog_by_get(
    service: State<Service>,
    actor: Extension<Actor>,
    params: Params,
) -> Answer<Json<RefreshJson>> {
    refresh_catalog(service, actor, params).await
}
