//! `/api/chat`: asking, following a turn as server-sent events, and stopping it.

use crate::error::{Answer, Fault, Problem};
use crate::state::Shutdown;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use futures::{Stream, StreamExt, future, stream};
use http::{HeaderMap, HeaderName, StatusCode, header};
use model::ask::{AskError, AskEvent, AskRequest, ThreadId, TurnId, TurnRef};
use model::{Actor, BusinessDate, Phase};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::Service;
use service::ask::TurnEvents;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use utoipa::ToSchema;

/// A comment passes so long after anything else, so that nobody between takes the line for dead.
const HEARTBEAT_AFTER: Duration = Duration::from_secs(10);
const HEARTBEAT: Bytes = Bytes::from_static(b": heartbeat\n\n");
const HELLO: Bytes = Bytes::from_static(b"retry: 2000\n\n");
const DONE: Bytes = Bytes::from_static(b"data: [DONE]\n\n");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Name the turn of a stream, which can be resumed at `/api/chat/{thread}/{turn}/events`.
const THREAD_ID: HeaderName = HeaderName::from_static("x-thread-id");
const TURN_ID: HeaderName = HeaderName::from_static("x-turn-id");

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChatBody {
    /// The question, at most 4,000 characters.
    #[schema(example = "What failed in FR2052A?")]
    message: String,
    /// The conversation it belongs to: one of the caller's, or an id of the caller's choice for a
    /// new one; without it the server chooses.
    thread_id: Option<String>,
    /// The date that the question is about where neither it nor the conversation says one.
    #[schema(value_type = Option<String>, example = "2026-02-18")]
    business_date: Option<BusinessDate>,
    /// PRELIM or FINAL, likewise; without it both.
    #[schema(value_type = Option<String>)]
    processing_type: Option<Phase>,
    /// The essential, likewise.
    essential: Option<String>,
    /// The turn it is asked after; the newest without it.
    parent: Option<u64>,
    /// The turn whose question this is a new version of.
    edits: Option<u64>,
    /// The caller's date, which "yesterday" counts from; the server's without it.
    #[schema(value_type = Option<String>)]
    today: Option<BusinessDate>,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChatJson {
    /// The conversation.
    thread_id: String,
    /// The turn.
    turn_id: u64,
    /// `text`, `structured_data`, `tool_calls`, `suggested_queries`, `error`, `tier`, `intent`,
    /// `entities`, `usage` (what the model's answers took: `input_tokens`, `cached_input_tokens`,
    /// `output_tokens`, and `cost` as a decimal, `null` where a price is not set), `trace_id` (of
    /// `/api/v1/traces/{id}`: how it was answered, step by step) and more.
    #[schema(value_type = Object)]
    response: Value,
}

/// Ask
///
/// Waits for the answer. A question that cannot be answered as asked is answered with
/// `response.error` and what can be asked instead.
#[utoipa::path(
    post,
    path = "/api/chat",
    tag = "chat",
    request_body = ChatBody,
    responses(
        (status = 200, body = ChatJson),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn ask(State(service): State<Service>, Extension(actor): Extension<Actor>, body: Bytes) -> Answer {
    let turn = begin(&service, &actor, &body).await?;
    let events = service.follow_turn(&actor, &turn.thread_id, turn.turn_id, 0).await?;
    let (_, last) = events.fold((0, None), |_, (id, event)| future::ready((id, Some(event)))).await;
    let response = match last.as_deref() {
        Some(AskEvent::Response(response)) => {
            serde_json::to_value(&response.data).map_err(|_| Fault::internal())?
        }
        Some(AskEvent::Error(error)) => no_answer(error),
        _ => return Err(Fault::internal()),
    };
    let TurnRef { thread_id, turn_id } = turn;
    Ok(Json(ChatJson { thread_id: thread_id.to_string(), turn_id: turn_id.0, response }).into_response())
}

/// Ask, and follow the answer
///
/// Events: `node_start`, `node_end`, `tool_call`, `tool_result`, `token`, `card`, then exactly one
/// of `response` and `error`, then `data: [DONE]`. Each has an id; the headers `X-Thread-Id` and
/// `X-Turn-Id` say where a line that broke is taken up again. The turn goes on without its reader.
#[utoipa::path(
    post,
    path = "/api/chat/stream",
    tag = "chat",
    request_body = ChatBody,
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn ask_and_follow(
    State(service): State<Service>,
    State(shutdown): State<Shutdown>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer {
    let turn = begin(&service, &actor, &body).await?;
    let events = service.follow_turn(&actor, &turn.thread_id, turn.turn_id, 0).await?;
    let names = [(THREAD_ID, turn.thread_id.to_string()), (TURN_ID, turn.turn_id.0.to_string())];
    Ok((names, stream_events(events, shutdown)).into_response())
}

/// Follow a turn
///
/// The events behind Last-Event-ID, as `/api/chat/stream` gives them; the last one always comes.
#[utoipa::path(
    get,
    path = "/api/chat/{thread}/{turn}/events",
    tag = "chat",
    params(
        ("thread" = String, Path, description = "The conversation's id"),
        ("turn" = u64, Path, description = "The turn's id"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last event's id"),
    ),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn follow_turn(
    State(service): State<Service>,
    State(shutdown): State<Shutdown>,
    Extension(actor): Extension<Actor>,
    Path((thread, turn)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    // An id that is not one of ours is like none: the reader starts over.
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0);
    let events = service.follow_turn(&actor, &ThreadId::new(thread), turn_id(&turn), last).await?;
    Ok(stream_events(events, shutdown))
}

/// Stop a turn
///
/// At once, on the server too. A turn that is over stays as it is.
#[utoipa::path(
    post,
    path = "/api/chat/{thread}/{turn}/cancel",
    tag = "chat",
    params(
        ("thread" = String, Path, description = "The conversation's id"),
        ("turn" = u64, Path, description = "The turn's id"),
    ),
    responses(
        (status = 204),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn cancel_turn(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path((thread, turn)): Path<(String, String)>,
) -> Answer {
    service.cancel_turn(&actor, &ThreadId::new(thread), turn_id(&turn)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn begin(service: &Service, actor: &Actor, body: &[u8]) -> Result<TurnRef, Fault> {
    let body: ChatBody = serde_json::from_slice(body)
        .map_err(|error| Fault::invalid("body", format!("the body is no question as JSON: {error}")))?;
    let request = AskRequest {
        message: body.message,
        thread_id: body.thread_id.map(ThreadId::new),
        business_date: body.business_date,
        processing_type: body.processing_type,
        essential: body.essential.as_deref().map(Into::into),
        parent: body.parent.map(TurnId),
        edits: body.edits.map(TurnId),
    };
    let today = body.today.unwrap_or_else(|| service.today());
    Ok(service.ask(actor, request, today).await?)
}

/// Turns are counted from 1: no number is a turn that is not there.
fn turn_id(text: &str) -> TurnId {
    TurnId(text.parse().unwrap_or(0))
}

/// In the form of an answer, for callers that know no other.
fn no_answer(error: &AskError) -> Value {
    json!({
        "text": error.message,
        "structured_data": null,
        "cards": [],
        "tool_calls": [],
        "suggested_queries": [],
        "error": true,
        "cancelled": error.cancelled,
    })
}

fn stream_events(events: TurnEvents, shutdown: Shutdown) -> Response {
    let frames = frames(events, HEARTBEAT_AFTER).take_until(Box::pin(shutdown.wait()));
    let fixed = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (fixed, Body::from_stream(frames.map(Ok::<_, Infallible>))).into_response()
}

/// All that a stream says, from its greeting to its end.
fn frames(
    events: impl Stream<Item = (u64, Arc<AskEvent>)> + Send + 'static,
    heartbeat_after: Duration,
) -> impl Stream<Item = Bytes> + Send {
    let events = Box::pin(events.map(|(id, event)| frame(id, &event)));
    let events = stream::unfold(events, move |mut events| async move {
        match timeout(heartbeat_after, events.next()).await {
            Ok(frame) => Some((frame?, events)),
            Err(_) => Some((HEARTBEAT, events)),
        }
    });
    stream::iter([HELLO]).chain(events).chain(stream::iter([DONE]))
}

fn frame(id: u64, event: &AskEvent) -> Bytes {
    // JSON holds no raw line break, so one data line carries it.
    let data = serde_json::to_string(event).expect("events have string keys only");
    Bytes::from(format!("id: {id}\nevent: {}\ndata: {data}\n\n", event.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::channel::mpsc;
    use model::ask::Token;

    #[tokio::test]
    async fn a_silent_stream_is_kept_alive() {
        let (turn, events) = mpsc::unbounded();
        let mut frames = Box::pin(frames(events, Duration::from_millis(1)));
        let mut next = async || frames.next().await;
        assert_eq!(next().await, Some(HELLO));
        assert_eq!([next().await, next().await], [Some(HEARTBEAT), Some(HEARTBEAT)]);
        let event = Arc::new(AskEvent::Token(Token { text: "a\nb".to_owned() }));
        turn.unbounded_send((7, event)).expect("somebody reads");
        let told = b"id: 7\nevent: token\ndata: {\"type\":\"token\",\"text\":\"a\\nb\"}\n\n";
        assert_eq!(next().await.as_deref(), Some(&told[..]));
        assert_eq!(next().await, Some(HEARTBEAT));
        drop(turn);
        assert_eq!([next().await, next().await], [Some(DONE), None]);
    }
}
