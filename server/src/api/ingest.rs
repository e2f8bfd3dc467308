//! What agents send: OpenTelemetry's protocol under `/v1`, events under `/v1/events`, records of
//! metrics under `/api/v1/metrics`. A success says that everything is on disk.
//!
//! Who may not send is refused before the body is read, and so is what there is no room for.

pub mod events;
pub mod metrics;
pub mod otlp;

use crate::error::{Answer, Fault};
use crate::state::AppState;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, StatusCode, header};
use http_body_util::BodyExt;
use model::Actor;
use service::telemetry::{Room, Sent};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The paths.
pub const PATHS: [&str; 8] = [
    "/v1/traces",
    "/v1/metrics",
    "/v1/logs",
    "/v1/events",
    "/v1/events/batch",
    "/api/v1/events",
    "/api/v1/events/batch",
    "/api/v1/metrics",
];

/// The ways in, with their description. No layer of ours: each would cost every request.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(otlp::ingest_spans))
        .routes(routes!(otlp::ingest_metrics))
        .routes(routes!(otlp::ingest_logs))
        .routes(routes!(events::record_event))
        .routes(routes!(events::record_events))
        .routes(routes!(events::record_event_by_api))
        .routes(routes!(events::record_events_by_api))
        .routes(routes!(metrics::record_metrics))
}

/// Who sends, and what: admitted, then read.
pub struct Incoming {
    /// The sender.
    pub actor: Actor,
    /// The body in its room.
    pub sent: Sent,
}

impl FromRequest<AppState> for Incoming {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &AppState) -> Answer<Self> {
        let (mut parts, body) = request.into_parts();
        let actor = parts.extensions.remove::<Actor>().ok_or_else(Fault::internal)?;
        let headers = &parts.headers;
        let announced = text(headers, header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
        let mut room = state.service.admit(&actor, announced.unwrap_or(0))?;
        let body = read(body, &mut room).await?;
        let content_type = text(headers, header::CONTENT_TYPE).map(str::to_owned);
        let content_encoding = text(headers, header::CONTENT_ENCODING).map(str::to_owned);
        Ok(Self { actor, sent: Sent { content_type, content_encoding, body, room } })
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The whole body. Its room grows with it where its size was not announced.
async fn read(mut body: Body, room: &mut Room) -> Answer<Bytes> {
    let mut whole = BytesMut::with_capacity(room.bytes());
    while let Some(frame) = body.frame().await {
        let broken = |_| Fault::new(StatusCode::BAD_REQUEST, "the body broke off, or paused for too long");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        let missing = (whole.len() + data.len()).saturating_sub(room.bytes());
        if missing > 0 {
            room.grow(missing)?;
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}
