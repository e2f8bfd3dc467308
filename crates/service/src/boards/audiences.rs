//! The boards of one date as narrowed audiences see them, each with followers of its own.
//!
//! Each is derived from the whole board when it is read or followed, once a change, and kept
//! only while it is.

use super::snapshot::SnapshotIds;
use super::{LastRead, Snapshot};
use crate::audience::{Audience, Content};
use crate::live::{Frames, Subscription};
use model::source::SourceStatus;
use model::{SnapshotId, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Audiences of one date that are kept. Where more come, the one that was read longest ago goes,
/// those with followers last; its followers come back by themselves.
const AUDIENCES_KEPT: usize = 64;

/// The narrowed audiences of one date.
#[derive(Default)]
pub(crate) struct Audiences(Mutex<HashMap<Audience, Arc<NarrowedBoard>>>);

/// What one audience sees of a date.
pub(crate) struct NarrowedBoard {
    state: Mutex<State>,
    last_read: LastRead,
}

struct State {
    snapshot: Arc<Snapshot>,
    /// The whole board that `snapshot` was narrowed from.
    of: Option<SnapshotId>,
    frames: Frames,
}

impl Audiences {
    /// What `audience` sees, found or new.
    pub(crate) fn get(&self, audience: &Audience, full: &Snapshot, now: Timestamp) -> Arc<NarrowedBoard> {
        let mut kept = self.kept();
        if let Some(board) = kept.get(audience) {
            board.last_read.touch(now);
            return board.clone();
        }
        if kept.len() >= AUDIENCES_KEPT {
            let coldest = kept
                .iter()
                .max_by_key(|(_, board)| (!board.has_followers(), board.last_read.idle(now)))
                .map(|(audience, _)| audience.clone());
            if let Some(coldest) = coldest {
                kept.remove(&coldest);
            }
        }
        let nothing_yet =
            Snapshot { audience: audience.clone(), ..Snapshot::nothing_yet(full.business_date) };
        let board = Arc::new(NarrowedBoard {
            state: Mutex::new(State { snapshot: Arc::new(nothing_yet), of: None, frames: Frames::new() }),
            last_read: LastRead::at(now),
        });
        kept.insert(audience.clone(), board.clone());
        board
    }

    pub(crate) fn has_followers(&self) -> bool {
        self.kept().values().any(|board| board.has_followers())
    }

    /// Those that somebody follows.
    pub(crate) fn followed(&self) -> Vec<Arc<NarrowedBoard>> {
        self.kept().values().filter(|board| board.has_followers()).cloned().collect()
    }

    /// Forgets those that nobody has read for `unread`.
    pub(crate) fn forget_unread(&self, now: Timestamp, unread: Duration) {
        self.kept().retain(|_, board| board.has_followers() || board.last_read.idle(now) < unread);
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Audience, Arc<NarrowedBoard>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NarrowedBoard {
    fn has_followers(&self) -> bool {
        self.state().frames.has_followers()
    }

    /// The newest snapshot, narrowed from the one that `full` gives. It is asked under the lock,
    /// so that an older one never follows a newer one.
    pub(crate) fn snapshot(
        &self,
        full: impl FnOnce() -> Arc<Snapshot>,
        ids: &SnapshotIds,
        now: Timestamp,
    ) -> Arc<Snapshot> {
        let mut state = self.state();
        state.advance(&full(), ids, now);
        state.snapshot.clone()
    }

    /// As [`Frames::follow`], on the board that this audience sees.
    pub(crate) fn follow(
        &self,
        last: Option<SnapshotId>,
        full: impl FnOnce() -> Arc<Snapshot>,
        ids: &SnapshotIds,
        now: Timestamp,
    ) -> Subscription {
        let mut state = self.state();
        state.advance(&full(), ids, now);
        let State { snapshot, frames, .. } = &mut *state;
        frames.follow(last, snapshot, now)
    }

    /// Tells followers that nothing changed; `sources` says how the sources are to an audience.
    pub(crate) fn heartbeat(&self, sources: impl Fn(&Audience) -> Vec<SourceStatus>, now: Timestamp) {
        let state = self.state();
        state.frames.heartbeat(&state.snapshot, &sources(&state.snapshot.audience), now);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Narrows `full`, where it is newer than what is known, and tells followers what changed
    /// for them.
    fn advance(&mut self, full: &Snapshot, ids: &SnapshotIds, now: Timestamp) {
        let before = self.snapshot.clone();
        if full.version <= before.version {
            return;
        }
        let whole = full.board.as_ref().map(|board| board.id);
        let content = if whole == self.of { before.content() } else { self.changed_content(full, ids) };
        let audience = &before.audience;
        let next = Snapshot {
            business_date: full.business_date,
            version: full.version,
            board: content.board,
            runs: content.runs,
            polled_at: full.polled_at,
            sources: full.catalog_calls.narrow(audience, &full.sources),
            audience: audience.clone(),
            catalog: content.catalog,
            catalog_calls: full.catalog_calls.clone(),
        };
        self.of = whole;
        self.snapshot = Arc::new(next);
        self.frames.publish(&before, &self.snapshot, now);
    }

    /// What was known, where the change is in nothing that this audience sees: not even an id
    /// may tell of it.
    fn changed_content(&self, full: &Snapshot, ids: &SnapshotIds) -> Content {
        let before = self.snapshot.content();
        let mut content = self.snapshot.audience.narrow(full);
        if content.says_the_same_as(&before) {
            return before;
        }
        if let Some(board) = &mut content.board {
            // After the poll's own millisecond: whether the whole board took that one for an id
            // of its own must not show.
            Arc::make_mut(board).id = ids.next(full.polled_at.map(|at| at.as_millisecond() + 1));
        }
        content
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Actor, BusinessDate, EssentialName};

    fn audience(number: usize) -> Audience {
        let hidden = Arc::new([EssentialName::new(number.to_string())].into());
        Audience::of(&Actor { hidden, ..Actor::local_owner() })
    }

    #[test]
    fn so_many_are_kept_and_those_with_followers_longest() {
        let at = |second: usize| Timestamp::from_second(second as i64).unwrap();
        let full = Snapshot::nothing_yet(BusinessDate::parse("2026-02-18").unwrap());
        let full = Arc::new(Snapshot { version: 1, ..full });
        let (audiences, ids) = (Audiences::default(), SnapshotIds::default());
        let first = audiences.get(&audience(0), &full, at(0));
        let follower = first.follow(None, || full.clone(), &ids, at(0));
        for number in 1..500 {
            audiences.get(&audience(number), &full, at(number));
        }
        assert_eq!(audiences.kept().len(), AUDIENCES_KEPT);
        let is_kept = |number| audiences.kept().contains_key(&audience(number));
        assert!(is_kept(0) && !is_kept(1) && is_kept(499));

        audiences.forget_unread(at(10_000), Duration::from_secs(600));
        assert!(is_kept(0) && !is_kept(499));
        drop(follower);
        audiences.forget_unread(at(10_000), Duration::from_secs(600));
        assert_eq!(audiences.kept().len(), 0);
    }
}
