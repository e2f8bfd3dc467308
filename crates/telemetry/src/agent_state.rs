//! How an agent does, from what is heard of it.
//!
//! - Data comes in: running; error where too many of its latest calls failed.
//! - Nothing came in for five minutes: unknown, whether it ran or failed before.
//! - Stopped on purpose: stopped, until it sends something that is newer than the stop.
//!
//! What counts is when data came in, not the time that it carries: an agent whose clock is wrong
//! is heard all the same.

use jiff::SignedDuration;
use model::telemetry::{AgentState, AgentStatus, StatusChange, StatusReason, UnixNanos};

/// When an agent is said to fail, or to be gone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Over how long its calls are counted, and for how long it may be silent.
    pub window: SignedDuration,
    /// Which share of its calls of that time fail when it is in error, 0 to 1.
    pub error_share: f64,
    /// With fewer calls than these nothing is said of their share.
    pub min_calls: u64,
}

impl Thresholds {
    /// Whether as many of the calls fail as of an agent in error.
    pub(crate) fn is_share_reached(&self, Calls { calls, errors }: Calls) -> bool {
        errors > 0 && errors as f64 >= self.error_share * calls as f64
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { window: SignedDuration::from_mins(5), error_share: 0.5, min_calls: 5 }
    }
}

/// Calls of an agent that ended within [`Thresholds::window`] before now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// All of them.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
}

/// What is heard of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// Records of it came in.
    Data {
        /// The newest time that one of them carries.
        newest: UnixNanos,
        /// Its latest calls, those that came in now among them.
        recent: Calls,
    },
    /// Nothing; only time has passed. To be told of each agent every few seconds.
    Nothing {
        /// Its latest calls.
        recent: Calls,
    },
    /// Somebody stopped it.
    Stop,
}

/// How the agent does at `now`, and the change where that is another than before.
pub fn advance(
    state: AgentState,
    observation: Observation,
    now: UnixNanos,
    thresholds: &Thresholds,
) -> (AgentState, Option<StatusChange>) {
    let last_seen = match observation {
        Observation::Data { .. } => state.last_seen.max(Some(now)),
        Observation::Nothing { .. } | Observation::Stop => state.last_seen,
    };
    let (status, reason) = match (state.status, observation) {
        (_, Observation::Stop) => (AgentStatus::Stopped, StatusReason::Stopped),
        // What it sent before it was stopped may come in later.
        (AgentStatus::Stopped, Observation::Data { newest, .. }) if Some(newest) <= state.since => {
            return (AgentState { last_seen, ..state }, None);
        }
        (AgentStatus::Stopped | AgentStatus::Unknown, Observation::Nothing { .. }) => return (state, None),
        (_, Observation::Nothing { recent }) => {
            let seen = last_seen.unwrap_or(now);
            let silence = now.timestamp().duration_since(seen.timestamp());
            if silence > thresholds.window {
                (AgentStatus::Unknown, StatusReason::Silent { seconds: silence.as_secs().unsigned_abs() })
            } else {
                judge(state.status, recent, thresholds)
            }
        }
        (_, Observation::Data { recent, .. }) => judge(state.status, recent, thresholds),
    };
    if status == state.status {
        return (AgentState { last_seen, ..state }, None);
    }
    let change = StatusChange { at: now, from: state.status, to: status, reason };
    (AgentState { status, since: Some(now), last_seen }, Some(change))
}

/// Whether an agent that is heard of fails.
fn judge(before: AgentStatus, recent: Calls, thresholds: &Thresholds) -> (AgentStatus, StatusReason) {
    let Calls { calls, errors } = recent;
    if calls >= thresholds.min_calls && thresholds.is_share_reached(recent) {
        (AgentStatus::Error, StatusReason::Failing { errors, calls })
    } else if before == AgentStatus::Error {
        (AgentStatus::Running, StatusReason::Recovered { errors, calls })
    } else {
        (AgentStatus::Running, StatusReason::Heard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AgentStatus::{Error, Running, Stopped, Unknown};
    use StatusReason::{Failing, Heard, Recovered, Silent};
    use proptest::prelude::*;

    fn at(seconds: i64) -> UnixNanos {
        UnixNanos(1_771_407_000_000_000_000 + seconds * 1_000_000_000)
    }

    fn data(newest: i64, errors: u64, calls: u64) -> Observation {
        Observation::Data { newest: at(newest), recent: Calls { calls, errors } }
    }

    fn nothing(errors: u64, calls: u64) -> Observation {
        Observation::Nothing { recent: Calls { calls, errors } }
    }

    /// At which second what is heard, and what the agent becomes and why, where it changes.
    type Step = (i64, Observation, Option<(AgentStatus, StatusReason)>);

    fn check(steps: &[Step]) -> AgentState {
        let mut state = AgentState::default();
        for (second, observation, expect) in steps {
            let before = state;
            let change;
            (state, change) = advance(before, *observation, at(*second), &Thresholds::default());
            let change = change.map(|change| {
                assert_eq!((change.at, change.from, change.to), (at(*second), before.status, state.status));
                assert_eq!(state.since, Some(at(*second)));
                (change.to, change.reason)
            });
            assert_eq!(change, *expect, "second {second}: {observation:?}");
            assert!(state.last_seen >= before.last_seen, "second {second}");
        }
        state
    }

    /// Acceptance 1 and 3 of the metrics' facts.
    #[test]
    fn an_agent_runs_while_it_is_heard_of() {
        check(&[(0, nothing(0, 0), None)]);
        let state = check(&[(0, data(0, 0, 0), Some((Running, Heard)))]);
        assert_eq!(state.last_seen, Some(at(0)));
        check(&[
            (0, data(0, 0, 1), Some((Running, Heard))),
            (100, data(100, 0, 2), None),
            (400, nothing(0, 0), None),
            (401, nothing(0, 0), Some((Unknown, Silent { seconds: 301 }))),
            (402, nothing(0, 0), None),
            (403, data(403, 0, 0), Some((Running, Heard))),
        ]);
        // Long before, by its own clock.
        check(&[(0, data(-86_400, 0, 0), Some((Running, Heard)))]);
    }

    #[test]
    fn it_fails_while_half_of_five_calls_fail() {
        let check_share = |errors, calls, expect| {
            let reason = if expect == Error { Failing { errors, calls } } else { Heard };
            check(&[(0, data(0, errors, calls), Some((expect, reason)))]);
        };
        check_share(5, 5, Error);
        check_share(3, 5, Error);
        check_share(3, 6, Error);
        check_share(50, 100, Error);
        check_share(4, 4, Running);
        check_share(2, 5, Running);
        check_share(49, 100, Running);
        check_share(0, 100, Running);
        check(&[
            (0, data(0, 0, 9), Some((Running, Heard))),
            (10, data(10, 9, 18), Some((Error, Failing { errors: 9, calls: 18 }))),
            (20, data(20, 10, 19), None),
            (30, data(30, 10, 21), Some((Running, Recovered { errors: 10, calls: 21 }))),
            (40, data(40, 12, 23), Some((Error, Failing { errors: 12, calls: 23 }))),
            // The calls that failed are no longer among the latest.
            (330, nothing(0, 3), Some((Running, Recovered { errors: 0, calls: 3 }))),
        ]);
        check(&[
            (0, data(0, 5, 5), Some((Error, Failing { errors: 5, calls: 5 }))),
            (301, nothing(0, 0), Some((Unknown, Silent { seconds: 301 }))),
            (302, data(302, 1, 1), Some((Running, Heard))),
        ]);
        let never = Thresholds { error_share: 0.0, ..Thresholds::default() };
        let (state, _) = advance(AgentState::default(), data(0, 0, 9), at(0), &never);
        assert_eq!(state.status, Running, "without an error there is none");
    }

    #[test]
    fn a_stopped_agent_stays_so_until_it_sends_something_newer() {
        check(&[
            (0, data(0, 0, 1), Some((Running, Heard))),
            (10, Observation::Stop, Some((Stopped, StatusReason::Stopped))),
            (11, Observation::Stop, None),
            (12, data(9, 0, 1), None),
            (13, data(10, 9, 9), None),
            (999, nothing(9, 9), None),
            (1000, data(11, 0, 1), Some((Running, Heard))),
        ]);
        check(&[
            (0, Observation::Stop, Some((Stopped, StatusReason::Stopped))),
            (1, data(1, 5, 5), Some((Error, Failing { errors: 5, calls: 5 }))),
        ]);
    }

    #[test]
    fn last_seen_never_goes_back() {
        let state = check(&[
            (100, data(100, 0, 0), Some((Running, Heard))),
            (90, data(90, 0, 0), None),
            (95, nothing(0, 0), None),
        ]);
        assert_eq!(state.last_seen, Some(at(100)));
    }

    proptest! {
        #[test]
        fn changes_lead_from_status_to_status(
            steps in prop::collection::vec((0_i64..900, 0_u8..4, -900_i64..900, 0_u64..12, 0_u64..12), 1..40),
        ) {
            let mut state = AgentState::default();
            let mut status = state.status;
            for (second, kind, newest, errors, calls) in steps {
                let observation = match kind {
                    0 => Observation::Stop,
                    1 => nothing(errors, calls),
                    _ => data(newest, errors, calls),
                };
                let (next, change) = advance(state, observation, at(second), &Thresholds::default());
                prop_assert_eq!(change.is_some(), next.status != status);
                prop_assert!(change.is_none_or(|change| change.from == status && change.to == next.status));
                prop_assert!(next.last_seen >= state.last_seen);
                (state, status) = (next, next.status);
            }
        }
    }
}
