//! How many calls an agent made lately, and how many of them failed.
//!
//! They are counted by the minute, as stored sums are. What is a call:
//!
//! - a whole request to the agent, that is a span without a parent;
//! - of an agent that has none of these: a call of a model, and an event about an error, which is one that
//!   failed.

use crate::agent_state::Calls;
use crate::rollup::{Bucket, Level};
use crate::store::{PricedEvent, PricedSpan};
use model::telemetry::{EventBody, EventKind, SpanStatus, UnixNanos};

/// Calls of one kind and of the other, before it is known which count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    requests: Calls,
    others: Calls,
}

impl Tally {
    pub(super) fn of_bucket(bucket: &Bucket) -> Self {
        let number = |count: i64| u64::try_from(count).unwrap_or(0);
        let spend = bucket.spend();
        let errors = bucket.events.get(&EventKind::Error).copied().unwrap_or(0);
        Self {
            requests: Calls { calls: bucket.requests.count, errors: bucket.requests.errors },
            others: Calls { calls: number(spend.calls) + errors, errors: number(spend.errors) + errors },
        }
    }

    pub(super) fn of_span(priced: &PricedSpan) -> Self {
        let one = Calls { calls: 1, errors: u64::from(priced.span.status == SpanStatus::Error) };
        if priced.span.parent_id.is_none() {
            Self { requests: one, others: Calls::default() }
        } else if priced.span.usage.is_some() || priced.cost.is_some() || priced.gap.is_some() {
            Self { requests: Calls::default(), others: one }
        } else {
            Self::default()
        }
    }

    pub(super) fn of_event(priced: &PricedEvent) -> Self {
        let others = match priced.event.body {
            EventBody::TokenUsage { .. } => Calls { calls: 1, errors: 0 },
            EventBody::Error { .. } => Calls { calls: 1, errors: 1 },
            _ => Calls::default(),
        };
        Self { requests: Calls::default(), others }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (sum, added) in [(&mut self.requests, other.requests), (&mut self.others, other.others)] {
            sum.calls += added.calls;
            sum.errors += added.errors;
        }
    }

    /// Those that count.
    pub(super) fn calls(self) -> Calls {
        if self.requests.calls > 0 { self.requests } else { self.others }
    }
}

/// Calls by the minute in which they ended; of few minutes, so a list is the fastest map.
#[derive(Clone, Debug, Default)]
pub(super) struct RecentCalls(Vec<(UnixNanos, Tally)>);

impl RecentCalls {
    pub(super) fn count(&mut self, at: UnixNanos, tally: &Tally) {
        if *tally == Tally::default() {
            return;
        }
        let minute = Level::Minute.start_of(at);
        match self.0.iter_mut().find(|(known, _)| *known == minute) {
            Some((_, sum)) => sum.add(tally),
            None => self.0.push((minute, *tally)),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(minute, tally)| self.count(*minute, tally));
    }

    /// Forgets the minutes that had ended by then.
    pub(super) fn forget_before(&mut self, at: UnixNanos) {
        let first = Level::Minute.start_of(at);
        self.0.retain(|(minute, _)| *minute >= first);
    }

    pub(super) fn sum(&self) -> Calls {
        let mut sum = Tally::default();
        self.0.iter().for_each(|(_, tally)| sum.add(tally));
        sum.calls()
    }
}
