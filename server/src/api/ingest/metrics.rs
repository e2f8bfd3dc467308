//! `/api/v1/metrics`: a record of what an agent measures of itself.

use super::Incoming;
use crate::error::Answer;
use crate::error::dialect::Envelope;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use service::Service;
use utoipa::ToSchema;

/// A record that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenMetricsJson {
    /// Always true.
    success: bool,
    /// In words.
    message: &'static str,
    /// The record's id.
    metric_id: String,
}

/// Take a record of metrics
///
/// An agent that is not known yet is registered. One body with a `timestamp` is stored once, however
/// often it is sent.
#[utoipa::path(
    post,
    path = "/api/v1/metrics",
    tag = "telemetry",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 201, body = TakenMetricsJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 413, body = Envelope),
        (status = 415, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn record_metrics(
    State(service): State<Service>,
    Incoming { actor, sent }: Incoming,
) -> Answer<(StatusCode, Json<TakenMetricsJson>)> {
    let id = service.record_metrics(&actor, sent).await?;
    let taken = TakenMetricsJson {
        success: true,
        message: "Metrics recorded successfully",
        metric_id: id.to_string(),
    };
    Ok((StatusCode::CREATED, Json(taken)))
}
