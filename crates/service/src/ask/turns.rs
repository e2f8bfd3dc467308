//! The turns under way, and those that are just over: how many there may be, and where their
//! events are.

use super::log::TurnLog;
use crate::{Error, Result};
use model::ask::TurnRef;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Turns under way at once.
const MOST_TURNS: usize = 512;
/// Of one person: many, because where nobody signs in all are one. What costs is bounded by itself.
const MOST_OF_A_PERSON: usize = 256;
/// Events of a turn that is over are kept so long, for who comes back to its stream.
const KEPT_FOR: Duration = Duration::from_secs(180);
/// Turns that are over and kept.
const MOST_KEPT: usize = 256;
/// When to try again.
const RETRY_AFTER_S: u64 = 5;

/// The turns of this server.
#[derive(Default)]
pub(super) struct Turns(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    turns: HashMap<TurnRef, Arc<UnderWay>>,
    by_person: HashMap<String, usize>,
    /// In the order in which they ended.
    over: Vec<(Instant, TurnRef)>,
}

/// A turn that runs, or did until just now.
pub(super) struct UnderWay {
    pub(super) log: Arc<TurnLog>,
    cancel: watch::Sender<bool>,
}

impl UnderWay {
    /// Stops it, and waits until it has stopped.
    pub(super) async fn cancel(&self) {
        self.cancel.send_replace(true);
        self.log.wait_for_end().await;
    }

    /// Completes when somebody stops it.
    pub(super) async fn cancelled(&self) {
        let mut cancel = self.cancel.subscribe();
        // It lives as long as this.
        let _ = cancel.wait_for(|cancelled| *cancelled).await;
    }
}

/// A turn's place among those under way; gives it back when dropped.
pub(super) struct Place {
    turns: Arc<Mutex<State>>,
    person: String,
    turn: Option<TurnRef>,
}

impl Turns {
    /// A place for a turn of `person`.
    pub(super) fn reserve(&self, person: &str) -> Result<Place> {
        let mut state = lock(&self.0);
        let all: usize = state.by_person.values().sum();
        let of_person = state.by_person.get(person).copied().unwrap_or(0);
        if all >= MOST_TURNS || of_person >= MOST_OF_A_PERSON {
            return Err(Error::Limited { retry_after_s: RETRY_AFTER_S });
        }
        *state.by_person.entry(person.to_owned()).or_default() += 1;
        Ok(Place { turns: self.0.clone(), person: person.to_owned(), turn: None })
    }

    /// Makes the turn known. It is under way until the place is dropped.
    pub(super) fn begin(&self, mut place: Place, turn: TurnRef) -> (Arc<UnderWay>, Place) {
        let under_way =
            Arc::new(UnderWay { log: Arc::new(TurnLog::default()), cancel: watch::Sender::new(false) });
        lock(&self.0).turns.insert(turn.clone(), under_way.clone());
        place.turn = Some(turn);
        (under_way, place)
    }

    /// A turn that is under way or just over.
    pub(super) fn find(&self, turn: &TurnRef) -> Option<Arc<UnderWay>> {
        lock(&self.0).turns.get(turn).cloned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = lock(&self.turns);
        if let Some(count) = state.by_person.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                state.by_person.remove(&self.person);
            }
        }
        if let Some(turn) = self.turn.take() {
            state.end(turn, Instant::now());
        }
    }
}

impl State {
    /// Keeps a turn that is over, and forgets those that are over for long.
    fn end(&mut self, turn: TurnRef, now: Instant) {
        self.over.push((now, turn));
        let too_many = self.over.len().saturating_sub(MOST_KEPT);
        let too_old = self.over.iter().take_while(|(ended, _)| now - *ended >= KEPT_FOR).count();
        let forgotten: Vec<_> = self.over.drain(..too_many.max(too_old)).collect();
        for (_, turn) in forgotten {
            self.turns.remove(&turn);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ask::{ThreadId, TurnId};

    fn turn(number: u64) -> TurnRef {
        TurnRef { thread_id: ThreadId::new("t"), turn_id: TurnId(number) }
    }

    #[test]
    fn places_are_bounded_for_each_and_for_all() {
        let turns = Turns::default();
        let take = |person: &str, count: usize| -> Vec<_> {
            (0..count).map_while(|_| turns.reserve(person).ok()).collect()
        };
        let ada = take("ada", 999);
        assert_eq!(ada.len(), MOST_OF_A_PERSON);
        assert!(matches!(turns.reserve("ada"), Err(Error::Limited { .. })));
        let others = (take("bob", 999), take("eve", 999));
        assert_eq!(others.0.len() + others.1.len(), MOST_TURNS - MOST_OF_A_PERSON);
        drop(ada);
        assert_eq!(take("ada", 999).len(), MOST_OF_A_PERSON);
    }

    #[test]
    fn turns_that_are_over_are_kept_for_a_while() {
        let turns = Turns::default();
        let run = |number| drop(turns.begin(turns.reserve("ada").unwrap(), turn(number)));
        let is_kept = |number| turns.find(&turn(number)).is_some();
        run(1);
        assert!(is_kept(1));
        lock(&turns.0).end(turn(2), Instant::now() + KEPT_FOR);
        assert!(!is_kept(1));
        (3..=3 + MOST_KEPT as u64).for_each(run);
        assert!(!is_kept(3) && is_kept(4) && is_kept(3 + MOST_KEPT as u64));
    }
}
