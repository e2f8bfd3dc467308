//! `/api/live`: the board and telemetry as they change, as server-sent events.

use crate::api::params::Params;
use crate::error::{Answer, Problem};
use crate::identify::Claim;
use crate::state::Shutdown;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{Stream, StreamExt, future, stream};
use http::{HeaderMap, HeaderName, header};
use model::{Actor, SnapshotId};
use service::Service;
use std::convert::Infallible;

/// How long a browser waits before it comes back, and a comment that makes proxies pass the start on.
const HELLO: Bytes = Bytes::from_static(b"retry: 2000\n\n");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The board as it changes
///
/// Events: `snapshot` (which board is current: first, and whenever diffs cannot carry on),
/// `diff` (what turns the board `from` into the board `to`), `heartbeat` (nothing changed, at
/// each poll). The event id is the snapshot id; come back with it as Last-Event-ID and what
/// was missed follows. Ends when its reader is signed out or may see other things.
#[utoipa::path(
    get,
    path = "/api/live",
    tag = "board",
    params(
        ("date" = Option<String>, Query, description = "YYYY-MM-DD; today's unless given"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last event's id"),
    ),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 400, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn follow_board(
    State(service): State<Service>,
    State(shutdown): State<Shutdown>,
    Extension(actor): Extension<Actor>,
    Extension(claim): Extension<Claim>,
    params: Params,
    headers: HeaderMap,
) -> Answer {
    let date = params.date("date", &service)?;
    // An id that is not one of ours is like none: the reader starts over.
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok()).map(SnapshotId);
    let events = service.subscribe_board(&actor, date, last).await?;
    let changed = async move { service.until_changed(claim.presented, claim.project, actor).await };
    Ok(event_stream(events, shutdown, changed))
}

/// Telemetry as it comes in
///
/// Events: `heartbeat` (first, and every 15 seconds without a change), `change` (something of the project was
/// stored since the event before; at most once a second). Ask for what you show again: the events do not say
/// what changed. Ends when its reader is signed out or may see other things.
#[utoipa::path(
    get,
    path = "/api/live/telemetry",
    tag = "telemetry",
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn follow_telemetry(
    State(service): State<Service>,
    State(shutdown): State<Shutdown>,
    Extension(actor): Extension<Actor>,
    Extension(claim): Extension<Claim>,
) -> Answer {
    let events = service.subscribe_telemetry(&actor).await?;
    let changed = async move { service.until_changed(claim.presented, claim.project, actor).await };
    Ok(event_stream(events, shutdown, changed))
}

/// The answer that passes `events` on until the server ends, or who asks has `changed`.
fn event_stream(
    events: impl Stream<Item = Bytes> + Send + 'static,
    shutdown: Shutdown,
    changed: impl Future<Output = ()> + Send + 'static,
) -> Response {
    let ended = future::select(Box::pin(shutdown.wait()), Box::pin(changed));
    let events = stream::once(async { HELLO }).chain(events).take_until(ended);
    let fixed = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (fixed, Body::from_stream(events.map(Ok::<_, Infallible>))).into_response()
}
