//! Live updates: each event is encoded once, and every follower gets the same bytes.

use crate::audience::Audience;
use crate::boards::Snapshot;
use crate::{Result, Service};
use bytes::Bytes;
use futures::Stream;
use model::diff::BoardDiff;
use model::live::{LiveEvent, Pulse};
use model::source::SourceStatus;
use model::{Actor, BusinessDate, Capability, SnapshotId, Timestamp};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

/// Diffs kept for followers that come back.
const DIFFS_KEPT: usize = 64;
/// Events that a slow follower may be behind before it is told to start over.
const FOLLOWER_BEHIND: usize = 64;

/// The events of one date: the last diffs, and a channel to everyone who follows.
pub(crate) struct Frames {
    diffs: VecDeque<(SnapshotId, Bytes)>,
    followers: broadcast::Sender<Bytes>,
}

impl Frames {
    pub(crate) fn new() -> Self {
        Self { diffs: VecDeque::new(), followers: broadcast::channel(FOLLOWER_BEHIND).0 }
    }

    pub(crate) fn has_followers(&self) -> bool {
        self.followers.receiver_count() > 0
    }

    /// Tells everyone what changed, then how fresh it is.
    pub(crate) fn publish(&mut self, before: &Snapshot, after: &Snapshot, now: Timestamp) {
        match (&before.board, &after.board) {
            (Some(old), Some(new)) if old.id != new.id => {
                let diff = BoardDiff::between(old, new);
                let from = diff.from;
                let frame = encode(&LiveEvent::Diff(Box::new(diff)), Some(new.id));
                if self.diffs.len() == DIFFS_KEPT {
                    self.diffs.pop_front();
                }
                self.diffs.push_back((from, frame.clone()));
                self.send(frame);
            }
            (None, Some(_)) => self.send(snapshot_frame(after, now)),
            _ => {}
        }
        self.heartbeat(after, &after.sources, now);
    }

    /// Tells everyone that nothing changed, and how the sources are.
    pub(crate) fn heartbeat(&self, snapshot: &Snapshot, sources: &[SourceStatus], now: Timestamp) {
        if self.has_followers() {
            let pulse = Pulse { sources: sources.to_vec(), ..pulse(snapshot, now) };
            self.send(encode(&LiveEvent::Heartbeat(pulse), None));
        }
    }

    /// The diffs after `last` where they are still known, else the current board's id; then all
    /// that follows.
    pub(crate) fn follow(
        &mut self,
        last: Option<SnapshotId>,
        snapshot: &Arc<Snapshot>,
        now: Timestamp,
    ) -> Subscription {
        let current = snapshot.board.as_ref().map(|board| board.id);
        let missed = last.and_then(|last| {
            let from = self.diffs.iter().position(|(from, _)| *from == last);
            match from {
                Some(from) => Some(self.diffs.range(from..).map(|(_, frame)| frame.clone()).collect()),
                None => (current == Some(last)).then(VecDeque::new),
            }
        });
        let first = missed.unwrap_or_else(|| VecDeque::from([snapshot_frame(snapshot, now)]));
        Subscription { first, rest: BroadcastStream::new(self.followers.subscribe()) }
    }

    fn send(&self, frame: Bytes) {
        // Nobody listening is no error.
        let _ = self.followers.send(frame);
    }
}

/// What a follower gets first, and the channel for the rest.
pub(crate) struct Subscription {
    first: VecDeque<Bytes>,
    rest: BroadcastStream<Bytes>,
}

/// Server-sent events of one board, encoded: each item is one whole event with its blank line.
/// Ends by itself only where more audiences follow the date than are kept; its reader then comes back.
pub struct LiveStream {
    service: Service,
    date: BusinessDate,
    audience: Audience,
    subscription: Subscription,
}

impl Service {
    /// Follows the board of `date`: first the diffs after `last` (from `Last-Event-ID`) or a
    /// snapshot event, then every change, with a heartbeat at each poll.
    pub async fn subscribe_board(
        &self,
        actor: &Actor,
        date: BusinessDate,
        last: Option<SnapshotId>,
    ) -> Result<LiveStream> {
        self.require(actor, Capability::ViewEstate)?;
        let audience = Audience::of(actor);
        let subscription = self.date_board(date).await.follow(&audience, last, self.clock());
        metrics::gauge!("sentry_sse_clients").increment(1);
        Ok(LiveStream { service: self.clone(), date, audience, subscription })
    }
}

impl LiveStream {
    /// A follower that fell behind starts over: a page fetches the board that this names.
    fn start_over(&self) -> Option<Bytes> {
        let now = self.service.clock().now();
        let snapshot = self.service.known_date(self.date)?.snapshot(&self.audience, now);
        Some(snapshot_frame(&snapshot, now))
    }
}

impl Stream for LiveStream {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(frame) = self.subscription.first.pop_front() {
            return Poll::Ready(Some(frame));
        }
        match Pin::new(&mut self.subscription.rest).poll_next(context) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(frame)),
            Poll::Ready(Some(Err(BroadcastStreamRecvError::Lagged(_)))) => Poll::Ready(self.start_over()),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for LiveStream {
    fn drop(&mut self) {
        metrics::gauge!("sentry_sse_clients").decrement(1);
    }
}

fn pulse(snapshot: &Snapshot, now: Timestamp) -> Pulse {
    Pulse {
        id: snapshot.board.as_ref().map(|board| board.id),
        polled_at: snapshot.polled_at,
        at: now,
        sources: snapshot.sources.clone(),
    }
}

fn snapshot_frame(snapshot: &Snapshot, now: Timestamp) -> Bytes {
    encode(&LiveEvent::Snapshot(pulse(snapshot, now)), snapshot.board.as_ref().map(|board| board.id))
}

fn encode(event: &LiveEvent, id: Option<SnapshotId>) -> Bytes {
    // JSON holds no raw line break, so one data line carries it.
    let data = serde_json::to_string(event).expect("events have string keys only");
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    Bytes::from(format!("{id}event: {}\ndata: {data}\n\n", event.name()))
}
