//! What the pages of agents, traces and costs are given, and what their addresses ask for.
//!
//! A query reads the parameters of a URL and writes them again; REST takes the same ones. The
//! service turns its [`TimeRange`] into moments and answers with the view of the same name.

mod agent;
mod agents;
mod costs;
mod query;
mod range;
mod timeline;
mod trace;
mod traces;

pub use agent::{AgentDetail, AgentFacts, Diagnosis, ErrorGroup, FigureSeries, ModelUse, Point, StatusRow};
pub use agents::{
    AgentCard, AgentChoices, AgentCounts, AgentList, AgentQuery, AgentSort, AgentTotals, Figure, Spark,
};
pub use costs::{CostBucket, CostGrouping, CostQuery, CostRow, CostView, Unpriced};
pub use query::InvalidQuery;
pub use range::{Moment, TimeRange};
pub use timeline::{EntryKind, EventTimeline, EventTimelineQuery, TimelineEntry};
pub use trace::{SpanDetail, SpanMessage, SpanRow, TraceView};
pub use traces::{TraceList, TraceQuery, TraceRow};

use crate::ask::Amount;
use serde::{Deserialize, Serialize};

/// Calls, tokens and cost: each call once, however many spans speak of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    /// Calls of models.
    pub calls: u64,
    /// Of them failed.
    pub errors: u64,
    /// Tokens sent.
    pub input: u64,
    /// Tokens answered.
    pub output: u64,
    /// Of those sent: read from a cache.
    pub cache_read: u64,
    /// What the calls cost whose cost is known.
    pub cost: Amount,
    /// Calls whose cost is not known: no price, or no tokens.
    pub unpriced: u64,
}
