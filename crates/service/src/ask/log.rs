//! What has happened in a turn, for everybody who follows it.

use futures::stream::{self, BoxStream, Stream, StreamExt};
use model::ask::AskEvent;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::watch;

/// The events of a turn, first to last. Their ids count from 1. The agent bounds how many there are.
pub(super) struct TurnLog {
    events: Mutex<Vec<Arc<AskEvent>>>,
    /// Wakes followers.
    count: watch::Sender<usize>,
}

impl Default for TurnLog {
    fn default() -> Self {
        Self { events: Mutex::default(), count: watch::Sender::new(0) }
    }
}

impl TurnLog {
    /// Adds an event; nothing follows the last one.
    pub(super) fn push(&self, event: AskEvent) {
        let mut events = self.events();
        if events.last().is_some_and(|last| last.is_last()) {
            return;
        }
        events.push(Arc::new(event));
        self.count.send_replace(events.len());
    }

    pub(super) fn is_over(&self) -> bool {
        self.events().last().is_some_and(|last| last.is_last())
    }

    /// Waits for the last event.
    pub(super) async fn wait_for_end(&self) {
        let mut count = self.count.subscribe();
        while !self.is_over() {
            // It lives as long as this log.
            let _ = count.changed().await;
        }
    }

    /// The events behind the one of that id. An id that was not given out is like none; who has
    /// had the last event gets it again.
    pub(super) fn follow(self: &Arc<Self>, last_event_id: u64) -> TurnEvents {
        let next = {
            let events = self.events();
            let had = usize::try_from(last_event_id).ok().filter(|had| *had <= events.len()).unwrap_or(0);
            let is_over = events.last().is_some_and(|last| last.is_last());
            if is_over { had.min(events.len() - 1) } else { had }
        };
        let state = (self.clone(), self.count.subscribe(), Some(next));
        let events = stream::unfold(state, |(log, mut count, next)| async move {
            let next = next?;
            let event = loop {
                let event = log.events().get(next).cloned();
                match event {
                    Some(event) => break event,
                    None => count.changed().await.ok()?,
                }
            };
            let after = (!event.is_last()).then_some(next + 1);
            Some(((next as u64 + 1, event), (log, count, after)))
        });
        TurnEvents(events.boxed())
    }

    fn events(&self) -> MutexGuard<'_, Vec<Arc<AskEvent>>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The events of a turn with their ids; ends after the last event.
pub struct TurnEvents(BoxStream<'static, (u64, Arc<AskEvent>)>);

impl TurnEvents {
    /// The same with ids that go on behind `last_event_id`.
    pub(super) fn numbered_after(self, last_event_id: u64) -> Self {
        Self(self.0.map(move |(id, event)| (id.saturating_add(last_event_id), event)).boxed())
    }
}

impl Stream for TurnEvents {
    type Item = (u64, Arc<AskEvent>);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ErrorKind;
    use model::ask::{AskError, Token};

    fn token(text: &str) -> AskEvent {
        AskEvent::Token(Token { text: text.to_owned() })
    }

    fn last() -> AskEvent {
        AskEvent::Error(AskError { cancelled: true, kind: ErrorKind::Conflict, message: String::new() })
    }

    async fn ids(log: &Arc<TurnLog>, last_event_id: u64) -> Vec<u64> {
        log.follow(last_event_id).map(|(id, _)| id).collect().await
    }

    #[tokio::test]
    async fn a_follower_gets_what_it_has_missed_and_always_the_last() {
        let log = Arc::new(TurnLog::default());
        let live = tokio::spawn({
            let log = log.clone();
            async move { ids(&log, 0).await }
        });
        for event in [token("a"), token("b"), last(), token("too late"), last()] {
            tokio::task::yield_now().await;
            log.push(event);
        }
        assert_eq!(live.await.unwrap(), [1, 2, 3]);
        for (had, expect) in [(0, &[1, 2, 3][..]), (1, &[2, 3]), (2, &[3]), (3, &[3]), (99, &[1, 2, 3])] {
            assert_eq!(ids(&log, had).await, expect, "{had}");
        }
        log.wait_for_end().await;
    }
}
