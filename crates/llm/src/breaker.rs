//! The circuit breaker: a server that fails again and again is left alone for a while.

use crate::error::{Error, Outage};
use jiff::{SignedDuration, Timestamp};
use model::clock::Clock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
pub(crate) struct Breaker {
    clock: Clock,
    failures_to_pause: u32,
    pause: SignedDuration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Failed calls in a row.
    failures: u32,
    /// Until when nothing is sent; `None` while all is well.
    paused_until: Option<Timestamp>,
    /// Whether the one call is under way that finds out how the server does after a pause.
    is_probing: bool,
}

/// One call that may be made. Dropped without an outcome, it says nothing about the server.
#[derive(Debug)]
pub(crate) struct Permit {
    breaker: Arc<Breaker>,
    is_probe: bool,
}

impl Breaker {
    pub(crate) fn new(clock: Clock, failures_to_pause: u32, pause: SignedDuration) -> Arc<Self> {
        Arc::new(Self { clock, failures_to_pause, pause, state: Mutex::default() })
    }

    /// Asks to make a call.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Permit, Error> {
        let mut state = self.state();
        let is_probe = match state.paused_until {
            None => false,
            Some(until) if self.clock.now() >= until && !state.is_probing => true,
            Some(_) => return Err(Error::model(Outage::Paused)),
        };
        state.is_probing |= is_probe;
        Ok(Permit { breaker: self.clone(), is_probe })
    }

    /// Until when no call may be made.
    pub(crate) fn paused_until(&self) -> Option<Timestamp> {
        let now = self.clock.now();
        self.state().paused_until.filter(|until| *until > now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Says how the call ended. Only outages count as failures: whoever refuses is there.
    pub(crate) fn record<T>(self, outcome: &Result<T, Error>) {
        let mut state = self.breaker.state();
        let Err(Error::Unavailable { server, outage }) = outcome else {
            state.failures = 0;
            state.paused_until = None;
            return;
        };
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.breaker.failures_to_pause {
            state.paused_until = Some(self.breaker.clock.now() + self.breaker.pause);
            let (failures, pause) = (state.failures, self.breaker.pause);
            tracing::warn!(%server, %outage, failures, %pause, "the model is left alone after repeated failures");
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.state().is_probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Server;

    const FAILED: Result<(), Error> =
        Err(Error::Unavailable { server: Server::Model, outage: Outage::Unreachable });

    fn breaker() -> (Arc<Breaker>, Clock) {
        let clock = Clock::frozen(Timestamp::UNIX_EPOCH);
        (Breaker::new(clock.clone(), 3, SignedDuration::from_secs(30)), clock)
    }

    fn call(breaker: &Arc<Breaker>, outcome: &Result<(), Error>) {
        breaker.enter().expect("a permit").record(outcome);
    }

    fn is_paused(breaker: &Arc<Breaker>) -> bool {
        breaker.enter().is_err()
    }

    #[test]
    fn failures_in_a_row_pause_it() {
        let (breaker, _) = breaker();
        for outcome in [FAILED, FAILED, Ok(()), FAILED, FAILED, Err(Error::Refused), FAILED, FAILED] {
            call(&breaker, &outcome);
            assert!(!is_paused(&breaker));
        }
        call(&breaker, &FAILED);
        assert!(is_paused(&breaker));
    }

    #[test]
    fn after_the_pause_one_call_tries_it() {
        let (breaker, clock) = breaker();
        assert_eq!(breaker.paused_until(), None);
        (0..3).for_each(|_| call(&breaker, &FAILED));
        let until = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(30);
        assert_eq!(breaker.paused_until(), Some(until));
        clock.advance(SignedDuration::from_millis(29_999));
        assert!(is_paused(&breaker));
        clock.advance(SignedDuration::from_millis(1));
        assert_eq!(breaker.paused_until(), None);
        let probe = breaker.enter().expect("a probe");
        assert!(is_paused(&breaker), "one at a time");
        probe.record(&FAILED);
        assert!(is_paused(&breaker), "for another pause");

        clock.advance(SignedDuration::from_secs(30));
        call(&breaker, &Ok(()));
        let both = (breaker.enter(), breaker.enter());
        assert!(both.0.is_ok() && both.1.is_ok(), "all is well again");
    }

    #[test]
    fn a_probe_that_nobody_waited_for_leaves_its_place_to_another() {
        let (breaker, clock) = breaker();
        (0..3).for_each(|_| call(&breaker, &FAILED));
        clock.advance(SignedDuration::from_secs(30));
        drop(breaker.enter().expect("a probe"));
        assert!(breaker.enter().is_ok());
    }

    #[test]
    fn a_call_that_began_before_the_pause_may_end_it() {
        let (breaker, _) = breaker();
        let early = breaker.enter().expect("a permit");
        (0..3).for_each(|_| call(&breaker, &FAILED));
        assert!(is_paused(&breaker));
        early.record(&Ok(()));
        assert!(!is_paused(&breaker));
    }
}
