//! What is handed to a store to keep.

use model::identity::ProjectId;
use model::telemetry::{
    AgentName, AgentStatus, Cost, Event, Flag, LogRecord, MetricPoint, MetricRecord, Span, UnixNanos,
};

/// All records of one request. They are stored together with those of other requests, and each stands
/// for itself: what is wrong with one keeps no other out.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Names the request, where the same one can come again: a batch whose key was stored is not stored
    /// again. Spans and events need none, for their ids name them.
    pub key: Option<BatchKey>,
    /// Spans.
    pub spans: Vec<PricedSpan>,
    /// Records of metrics.
    pub records: Vec<MetricRecord>,
    /// Points of metrics.
    pub points: Vec<MetricPoint>,
    /// Log records.
    pub logs: Vec<LogRecord>,
    /// Events.
    pub events: Vec<PricedEvent>,
    /// Agents that are said to do otherwise than before.
    pub changes: Vec<AgentChange>,
}

/// Hash of a request's body and of whatever else tells it from others, inside of one project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchKey(pub [u8; 16]);

/// A span and what it cost.
#[derive(Clone, Debug, PartialEq)]
pub struct PricedSpan {
    /// The span.
    pub span: Span,
    /// What it cost, where it is known.
    pub cost: Option<Cost>,
    /// Why it is not known although it should be.
    pub gap: Option<CostGap>,
}

/// An event and what it cost.
#[derive(Clone, Debug, PartialEq)]
pub struct PricedEvent {
    /// The event.
    pub event: Event,
    /// What it cost, where it is known.
    pub cost: Option<Cost>,
    /// Why it is not known although it should be.
    pub gap: Option<CostGap>,
}

/// Why nobody knows what a call of a model cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum CostGap {
    /// Its model has no price.
    NoPrice,
    /// Its sender did not say how many tokens it took.
    NoTokens,
}

impl From<Flag> for CostGap {
    fn from(flag: Flag) -> Self {
        match flag {
            // The span or event names it.
            Flag::NoPrice { model: _ } => Self::NoPrice,
            Flag::NoTokens => Self::NoTokens,
        }
    }
}

/// A change of how an agent does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentChange {
    /// Which agent.
    pub agent: AgentName,
    /// Since when.
    pub at: UnixNanos,
    /// How it does now.
    pub status: AgentStatus,
    /// Why, in a few words for people.
    pub why: String,
}

/// What a store is to write: a batch with whose it is and when it came.
#[derive(Clone, Debug)]
pub struct Write {
    /// The project.
    pub project: ProjectId,
    /// When the server took it.
    pub received: UnixNanos,
    /// The records.
    pub batch: Batch,
    bytes: usize,
}

impl Write {
    /// A batch that came at that time.
    pub fn new(project: ProjectId, received: UnixNanos, batch: Batch) -> Self {
        let bytes = batch.memory_bytes();
        Self { project, received, batch, bytes }
    }

    /// [`Batch::memory_bytes`] of the records.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// What became of a batch that was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Records that are stored now and were not before.
    pub stored: u32,
    /// Records that were stored already.
    pub repeated: u32,
}

impl Batch {
    /// How many records there are.
    pub fn len(&self) -> usize {
        let Self { key: _, spans, records, points, logs, events, changes } = self;
        spans.len() + records.len() + points.len() + logs.len() + events.len() + changes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
