//! `/v1/events` and `/v1/events/batch`, and the same under `/api`.

use super::Incoming;
use crate::error::Answer;
use crate::error::dialect::Envelope;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use service::Service;
use utoipa::ToSchema;

/// An event that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenEventJson {
    /// Always `queued`, the word that clients know. It is on disk.
    #[schema(example = "queued")]
    status: &'static str,
    /// The event's id: its sender's, or the one that it was given.
    #[serde(rename = "eventId")]
    event_id: String,
    /// In words.
    message: &'static str,
}

/// Events that were taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenEventsJson {
    /// Always `queued`, the word that clients know. They are on disk.
    #[schema(example = "queued")]
    status: &'static str,
    /// How many.
    count: usize,
    /// Their ids, in the order in which they were sent.
    event_ids: Vec<String>,
    /// In words.
    message: &'static str,
}

const STORED: &str = "stored";

/// Take an event
///
/// The same `eventId` twice is stored once. Field names may be in camelCase or snake_case.
#[utoipa::path(
    post,
    path = "/v1/events",
    tag = "telemetry",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 202, body = TakenEventJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 413, body = Envelope),
        (status = 415, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn record_event(
    State(service): State<Service>,
    Incoming { actor, sent }: Incoming,
) -> Answer<(StatusCode, Json<TakenEventJson>)> {
    let id = service.record_event(&actor, sent).await?;
    let taken = TakenEventJson { status: "queued", event_id: id.to_string(), message: STORED };
    Ok((StatusCode::ACCEPTED, Json(taken)))
}

/// Take events
///
/// A list of at most 1,000 events, or an object with the list in `events`: all are stored or none.
#[utoipa::path(
    post,
    path = "/v1/events/batch",
    tag = "telemetry",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 202, body = TakenEventsJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 413, body = Envelope),
        (status = 415, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn record_events(
    State(service): State<Service>,
    Incoming { actor, sent }: Incoming,
) -> Answer<(StatusCode, Json<TakenEventsJson>)> {
    let ids = service.record_events(&actor, sent).await?;
    let event_ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let taken = TakenEventsJson { status: "queued", count: event_ids.len(), event_ids, message: STORED };
    Ok((StatusCode::ACCEPTED, Json(taken)))
}

/// Take an event, as `/v1/events`
#[utoipa::path(
    post,
    path = "/api/v1/events",
    tag = "telemetry",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 202, body = TakenEventJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 413, body = Envelope),
        (status = 415, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn record_event_by_api(
    service: State<Service>,
    incoming: Incoming,
) -> Answer<(StatusCode, Json<TakenEventJson>)> {
    record_event(service, incoming).await
}

/// Take events, as `/v1/events/batch`
#[utoipa::path(
    post,
    path = "/api/v1/events/batch",
    tag = "telemetry",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 202, body = TakenEventsJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 413, body = Envelope),
        (status = 415, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn record_events_by_api(
    service: State<Service>,
    incoming: Incoming,
) -> Answer<(StatusCode, Json<TakenEventsJson>)> {
    record_events(service, incoming).await
}
