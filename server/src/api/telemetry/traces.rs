//! `/api/v1/traces`: what agents did, step by step.

use crate::api::params::Params;
use crate::error::dialect::Envelope;
use crate::error::{Answer, Fault};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use model::Actor;
use model::telemetry::view::{SpanDetail, TraceList, TraceQuery, TraceView};
use model::telemetry::{InvalidId, SpanId, TraceId};
use service::Service;

/// A page of traces, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/traces",
    tag = "telemetry",
    params(
        ("from" = Option<String>, Query, description = "When they began: a time in UTC, or now-6h; now-6h unless given"),
        ("to" = Option<String>, Query, description = "A time in UTC, or now-1h; now unless given"),
        ("agent" = Option<String>, Query), ("session" = Option<String>, Query),
        ("q" = Option<String>, Query, description = "What their id begins with, or their name holds"),
        ("errors" = Option<String>, Query, description = "yes for those with errors, no for those without"),
        ("unpriced" = Option<String>, Query, description = "yes for those with a part of their cost unknown, no for those without"),
        ("min_duration_ms" = Option<f64>, Query, description = "Those that took as long or longer"),
        ("after" = Option<String>, Query, description = "What `next` of the page before says"),
    ),
    responses(
        (status = 200, description = "The traces, and where the next page begins", body = Object),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn list_traces(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer<Json<TraceList>> {
    let query = TraceQuery::parse(params.pairs())?;
    Ok(Json(service.list_traces(&actor, &query).await?))
}

/// One trace with its spans
///
/// Each span stands before those that happened in it, and these by start. Names are given once: spans say
/// their places.
#[utoipa::path(
    get,
    path = "/api/v1/traces/{id}",
    tag = "telemetry",
    params(
        ("id" = String, Path, description = "32 hexadecimal digits"),
        ("limit" = Option<usize>, Query, description = "Spans at most; all unless given"),
    ),
    responses(
        (status = 200, description = "The trace and its spans", body = Object),
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
    params: Params,
) -> Answer<Json<TraceView>> {
    let id = TraceId::parse(&id).map_err(|error| invalid("id", error))?;
    let limit = params.number("limit", usize::MAX)?;
    Ok(Json(service.get_trace(&actor, id, Some(limit)).await?))
}

/// All that is known of one span
#[utoipa::path(
    get,
    path = "/api/v1/traces/{id}/spans/{span}",
    tag = "telemetry",
    params(
        ("id" = String, Path, description = "32 hexadecimal digits"),
        ("span" = String, Path, description = "16 hexadecimal digits"),
    ),
    responses(
        (status = 200, description = "The span, with its attributes as sent and how they were read", body = Object),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn get_span(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path((id, span)): Path<(String, String)>,
) -> Answer<Json<SpanDetail>> {
    let id = TraceId::parse(&id).map_err(|error| invalid("id", error))?;
    let span = SpanId::parse(&span).map_err(|error| invalid("span", error))?;
    Ok(Json(service.get_span(&actor, id, span).await?))
}

fn invalid(field: &'static str, error: InvalidId) -> Fault {
    Fault::invalid(field, format!("{field}: {error}"))
}
