//! What records add up to: per agent and minute, hour or day.
//!
//! A [`Bucket`] is made of [`Observation`]s and of other buckets, in any order and grouping; the result is
//! the same but for the last digits of sums of floating-point numbers. Counts, tokens and cost are whole
//! numbers and exact.

use crate::sketch::Sketch;
use model::telemetry::{EventKind, LogLevel, MetricName, Text, TokenUsage, UnixNanos};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many names of numbers, and of models, a bucket tells apart: senders can make up names without end.
/// Numbers beyond are in no sum, only among the records; calls are summed as those of [`OTHER_MODELS`].
const MAX_NAMES: usize = 200;
/// What stands for models beyond those that a bucket tells apart.
pub const OTHER_MODELS: &str = "(other models)";

/// How long a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 60 s.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours, of UTC.
    Day,
}

impl Level {
    /// All of them, shortest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its length.
    pub fn nanos(self) -> i64 {
        let seconds = match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        };
        seconds * 1_000_000_000
    }

    /// When the bucket begins that a moment is in.
    pub fn start_of(self, at: UnixNanos) -> UnixNanos {
        UnixNanos(at.0 - at.0.rem_euclid(self.nanos()))
    }
}

/// One fact that counts into buckets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// When.
    pub at: UnixNanos,
    /// What.
    pub fact: Fact,
}

/// What was observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fact {
    /// A number that stands for `count` measurements.
    Number {
        /// What it is of.
        name: MetricName,
        /// The number.
        value: f64,
        /// How many measurements it stands for.
        count: u64,
    },
    /// A whole request to the agent: a span without a parent.
    Request {
        /// How long it took.
        latency_ms: f64,
        /// Whether it failed.
        is_error: bool,
    },
    /// A call of a model.
    Call(Call),
    /// A call that counted and no longer does: a span inside of it says the same. Its latency stays
    /// among the percentiles, for a sketch cannot forget.
    Uncall(Call),
    /// An event.
    Event(EventKind),
    /// A log record.
    Log(LogLevel),
}

/// A call of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The model; empty where nobody says.
    pub model: Text,
    /// The end user on whose behalf.
    pub user: Option<Text>,
    /// The conversation or session.
    pub session: Option<Text>,
    /// How long it took; `None` where only its tokens are told.
    pub latency_ms: Option<f64>,
    /// Until the first piece of the answer.
    pub first_token_ms: Option<f64>,
    /// Its figures, `calls` being 1.
    pub spend: Spend,
}

/// Calls, tokens and cost. Whole numbers that can be taken off again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    /// Calls.
    pub calls: i64,
    /// Of them failed.
    pub errors: i64,
    /// Tokens sent, all of them.
    pub input: i64,
    /// Tokens answered, all of them.
    pub output: i64,
    /// Of those sent: read from a cache.
    pub cache_read: i64,
    /// Of those sent: written to a cache.
    pub cache_write: i64,
    /// Of those answered: thought.
    pub reasoning: i64,
    /// Cost, in millionths of a millionth of one.
    pub cost_picos: i64,
    /// Calls with tokens whose model has no price.
    pub unpriced: i64,
    /// Calls whose sender said no tokens.
    pub without_tokens: i64,
}

impl Spend {
    /// The tokens of one call.
    pub fn of_tokens(usage: &TokenUsage) -> Self {
        let number = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        Self {
            input: number(usage.input),
            output: number(usage.output),
            cache_read: number(usage.cache_read),
            cache_write: number(usage.cache_write),
            reasoning: number(usage.reasoning),
            ..Self::default()
        }
    }

    /// Adds another, `sign` times: 1 or −1. Sums saturate: a sender can write any number of tokens.
    pub fn add(&mut self, other: &Self, sign: i64) {
        let add = |sum: &mut i64, number: i64| *sum = sum.saturating_add(number.saturating_mul(sign));
        add(&mut self.calls, other.calls);
        add(&mut self.errors, other.errors);
        add(&mut self.input, other.input);
        add(&mut self.output, other.output);
        add(&mut self.cache_read, other.cache_read);
        add(&mut self.cache_write, other.cache_write);
        add(&mut self.reasoning, other.reasoning);
        add(&mut self.cost_picos, other.cost_picos);
        add(&mut self.unpriced, other.unpriced);
        add(&mut self.without_tokens, other.without_tokens);
    }
}

/// What one agent did in one minute, hour or day.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Bucket {
    /// Numbers, by what they are of.
    pub numbers: BTreeMap<MetricName, Numbers>,
    /// Calls of models, by model.
    pub calls: BTreeMap<Text, Calls>,
    /// Whole requests.
    pub requests: Requests,
    /// Events, by kind.
    pub events: BTreeMap<EventKind, u64>,
    /// Log records, by level.
    pub logs: BTreeMap<LogLevel, u64>,
}

/// Numbers of one kind.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Numbers {
    /// How many records.
    pub records: u64,
    /// How many measurements they stand for.
    pub count: u64,
    /// The sum over all measurements.
    pub sum: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// When the latest was.
    pub last_at: UnixNanos,
    /// The latest.
    pub last: f64,
    /// Percentiles over the records.
    pub sketch: Sketch,
}

/// Calls of one model.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Calls {
    /// Calls, tokens and cost.
    pub spend: Spend,
    /// Percentiles of latency, in milliseconds.
    pub latency: Sketch,
    /// Percentiles of the time to the first token, in milliseconds.
    pub first_token: Sketch,
}

/// Whole requests.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Requests {
    /// How many.
    pub count: u64,
    /// Of them failed.
    pub errors: u64,
    /// Percentiles of latency, in milliseconds.
    pub latency: Sketch,
}

impl Bucket {
    /// Counts one observation.
    pub fn observe(&mut self, at: UnixNanos, fact: &Fact) {
        match fact {
            Fact::Number { name, value, count } => {
                if let Some(numbers) = slot(&mut self.numbers, name) {
                    numbers.observe(at, *value, *count);
                }
            }
            Fact::Request { latency_ms, is_error } => {
                self.requests.count += 1;
                self.requests.errors += u64::from(*is_error);
                self.requests.latency.add(*latency_ms);
            }
            Fact::Call(call) => self.calls_of(&call.model).observe(call),
            Fact::Uncall(call) => self.calls_of(&call.model).spend.add(&call.spend, -1),
            Fact::Event(kind) => *self.events.entry(*kind).or_default() += 1,
            Fact::Log(level) => *self.logs.entry(*level).or_default() += 1,
        }
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        for (name, theirs) in &other.numbers {
            if let Some(ours) = slot(&mut self.numbers, name) {
                ours.merge(theirs);
            }
        }
        for (model, theirs) in &other.calls {
            let ours = self.calls_of(model);
            ours.spend.add(&theirs.spend, 1);
            ours.latency.merge(&theirs.latency);
            ours.first_token.merge(&theirs.first_token);
        }
        self.requests.count += other.requests.count;
        self.requests.errors += other.requests.errors;
        self.requests.latency.merge(&other.requests.latency);
        other.events.iter().for_each(|(kind, count)| *self.events.entry(*kind).or_default() += count);
        other.logs.iter().for_each(|(level, count)| *self.logs.entry(*level).or_default() += count);
    }

    fn calls_of(&mut self, model: &Text) -> &mut Calls {
        if self.calls.contains_key(model) || self.calls.len() < MAX_NAMES {
            return self.calls.entry(model.clone()).or_default();
        }
        self.calls.entry(OTHER_MODELS.into()).or_default()
    }

    /// Calls, tokens and cost of all models.
    pub fn spend(&self) -> Spend {
        self.calls.values().fold(Spend::default(), |mut sum, calls| {
            sum.add(&calls.spend, 1);
            sum
        })
    }
}

/// Where numbers of that name are summed; `None` for one name too many.
fn slot<'m>(numbers: &'m mut BTreeMap<MetricName, Numbers>, name: &MetricName) -> Option<&'m mut Numbers> {
    // A name that is known, which nearly all are, is not copied.
    if !numbers.contains_key(name) {
        if numbers.len() >= MAX_NAMES {
            return None;
        }
        numbers.insert(name.clone(), Numbers::default());
    }
    numbers.get_mut(name)
}

impl Numbers {
    fn observe(&mut self, at: UnixNanos, value: f64, count: u64) {
        if self.records == 0 {
            (self.min, self.max) = (value, value);
        }
        if self.records == 0 || at >= self.last_at {
            (self.last_at, self.last) = (at, value);
        }
        self.records += 1;
        self.count = self.count.saturating_add(count);
        self.sum += value * count as f64;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sketch.add(value);
    }

    fn merge(&mut self, other: &Self) {
        if other.records == 0 {
            return;
        }
        if self.records == 0 {
            *self = other.clone();
            return;
        }
        if other.last_at >= self.last_at {
            (self.last_at, self.last) = (other.last_at, other.last);
        }
        self.records += other.records;
        self.count = self.count.saturating_add(other.count);
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sketch.merge(&other.sketch);
    }

    /// The mean over all measurements.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

impl Calls {
    fn observe(&mut self, call: &Call) {
        self.spend.add(&call.spend, 1);
        call.latency_ms.iter().for_each(|latency_ms| self.latency.add(*latency_ms));
        call.first_token_ms.iter().for_each(|first_token_ms| self.first_token.add(*first_token_ms));
    }
}
