//! Who looks at telemetry learns that there is more of it: as server-sent events, as often as is useful.
//!
//! An event says that something changed, not what: a page asks for what it shows. So a follower costs the
//! same whatever comes in, and one that is slow misses nothing but the number of times.

use crate::{Error, Result, Service};
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use model::Actor;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until, timeout_at};

/// Followers at once. Each is a connection that stays.
pub(super) const MOST_FOLLOWERS: usize = 1_000;
/// When to try again where there are too many.
const TOO_MANY_RETRY_S: u64 = 10;
/// A follower is told once in this time at most.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// A follower is told this often at least: that the line stands, and that time has passed, in which an agent
/// may have fallen silent.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);

const CHANGE: Bytes = Bytes::from_static(b"event: change\ndata: {}\n\n");
const HEARTBEAT: Bytes = Bytes::from_static(b"event: heartbeat\ndata: {}\n\n");

/// One who follows a project.
struct Follower {
    changes: watch::Receiver<()>,
    /// When it was last told something.
    told: Option<Instant>,
    _place: OwnedSemaphorePermit,
}

impl Service {
    /// Server-sent events of the actor's project, each whole with its blank line: `heartbeat` first and after
    /// a while without a change, `change` when something was stored, at most once a second.
    ///
    /// # Errors
    /// Telemetry is not open yet, or too many follow it already.
    pub async fn subscribe_telemetry(&self, actor: &Actor) -> Result<BoxStream<'static, Bytes>> {
        let (project, open) = self.telemetry_of(actor).await?;
        let place = self.0.telemetry.followers.clone().try_acquire_owned().map_err(|_| Error::Busy {
            message: "too many pages follow telemetry".to_owned(),
            retry_after_s: TOO_MANY_RETRY_S,
        })?;
        metrics::gauge!("sentry_sse_clients").increment(1);
        let follower = Follower { changes: open.writer.follow(&project.id), told: None, _place: place };
        let events = stream::unfold(follower, |mut follower| async move {
            let event = follower.next().await?;
            Some((event, follower))
        });
        Ok(events.boxed())
    }
}

impl Follower {
    /// The next event, when it is time; `None` once nothing is stored any more.
    async fn next(&mut self) -> Option<Bytes> {
        let event = match self.told {
            None => HEARTBEAT,
            Some(told) => {
                sleep_until(told + TELL_EVERY).await;
                match timeout_at(told + HEARTBEAT_EVERY, self.changes.changed()).await {
                    Ok(changed) => changed.ok().map(|()| CHANGE)?,
                    Err(_) => HEARTBEAT,
                }
            }
        };
        self.told = Some(Instant::now());
        Some(event)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        metrics::gauge!("sentry_sse_clients").decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::sync::Semaphore;

    fn follower(changes: watch::Receiver<()>) -> Follower {
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().expect("it is free");
        Follower { changes, told: None, _place: place }
    }

    /// What comes, and after how many milliseconds.
    async fn next(follower: &mut Follower, begun: Instant) -> (Option<Bytes>, u128) {
        let event = follower.next().await;
        (event, begun.elapsed().as_millis())
    }

    #[tokio::test(start_paused = true)]
    async fn many_changes_are_told_once_a_second() {
        let (sender, changes) = watch::channel(());
        let mut follower = follower(changes);
        let begun = Instant::now();
        assert_eq!(next(&mut follower, begun).await, (Some(HEARTBEAT), 0));
        let writing = tokio::spawn(async move {
            for _ in 0..2_500 {
                tokio::time::sleep(Duration::from_millis(1)).await;
                sender.send_replace(());
            }
            std::future::pending::<()>().await;
        });
        for second in 1..=3 {
            assert_eq!(next(&mut follower, begun).await, (Some(CHANGE), 1_000 * second));
        }
        // All that was written is told by now.
        assert_eq!(next(&mut follower, begun).await, (Some(HEARTBEAT), 18_000));
        writing.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_after_a_silence_is_told_at_once() {
        let (sender, changes) = watch::channel(());
        let mut follower = follower(changes);
        let begun = Instant::now();
        next(&mut follower, begun).await;
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(7_250)).await;
            sender.send_replace(());
            std::future::pending::<()>().await;
        });
        assert_eq!(next(&mut follower, begun).await, (Some(CHANGE), 7_250));
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_nothing_is_stored_any_more() {
        let (sender, changes) = watch::channel(());
        let mut follower = follower(changes);
        assert_eq!(follower.next().await, Some(HEARTBEAT));
        drop(sender);
        assert_eq!(follower.next().await, None);
    }
}
