//! What is asked of a store, and what it answers.

use super::batch::PricedSpan;
use crate::rollup::{Bucket, Spend};
use model::telemetry::{
    AgentId, AgentName, AgentStatus, Attribute, EventKind, LogLevel, MetricName, TraceId, UnixNanos,
};

/// From a moment, included, until another, not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The first moment inside.
    pub from: UnixNanos,
    /// The first moment after it.
    pub until: UnixNanos,
}

/// Where the next page begins. Opaque; [`Cursor::parse`] takes what its `to_string` gave.
///
/// It holds the newest record that there was at the first page, so that what comes in meanwhile moves
/// nothing, and the last record of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) newest: i64,
    pub(crate) at: i64,
    pub(crate) id: i64,
}

impl Cursor {
    /// Reads the text of a cursor.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse::<i64>().ok());
        let cursor = Self { newest: parts.next()??, at: parts.next()??, id: parts.next()?? };
        parts.next().is_none().then_some(cursor)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.newest, self.at, self.id)
    }
}

/// Some of many, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Of nothing.
    pub(crate) fn empty() -> Self {
        Self { items: Vec::new(), next: None }
    }
}

/// Which way a list goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As pages show it.
    #[default]
    NewestFirst,
    /// As exports write it.
    OldestFirst,
}

/// Which records of one kind, and which page of them.
#[derive(Clone, Debug)]
pub struct RecordQuery {
    /// When.
    pub range: TimeRange,
    /// Of which agent; `None` for all.
    pub agent: Option<AgentName>,
    /// Which way.
    pub order: Order,
    /// How many at most.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
}

/// Which traces, and which page of them; the newest first, or the oldest.
#[derive(Clone, Debug)]
pub struct TraceQuery {
    /// When they began, of which agent, which page.
    pub records: RecordQuery,
    /// Only those with errors, or without.
    pub has_errors: Option<bool>,
    /// Only those that took as long or longer.
    pub min_duration_ns: i64,
    /// Only those of this session.
    pub session: Option<String>,
    /// Only those with a part of their cost unknown.
    pub has_cost_gap: Option<bool>,
    /// Only those whose id begins so, or whose name holds it, of either case.
    pub search: Option<String>,
}

impl TraceQuery {
    /// All traces that are among the records.
    pub fn of(records: RecordQuery) -> Self {
        Self {
            records,
            has_errors: None,
            min_duration_ns: 0,
            session: None,
            has_cost_gap: None,
            search: None,
        }
    }
}

/// Which events, and which page of them.
#[derive(Clone, Debug)]
pub struct EventQuery {
    /// When, of which agent, which page.
    pub records: RecordQuery,
    /// Only those of this kind.
    pub kind: Option<EventKind>,
    /// Only those of this trace.
    pub trace_id: Option<TraceId>,
}

/// Which log records, and which page of them.
#[derive(Clone, Debug)]
pub struct LogQuery {
    /// When, of which agent, which page.
    pub records: RecordQuery,
    /// Only those that matter as much or more.
    pub min_level: Option<LogLevel>,
    /// Only those of this trace.
    pub trace_id: Option<TraceId>,
}

/// A list, to be counted: which page of it the query asks for plays no part.
#[derive(Clone, Debug)]
pub enum Listing {
    /// Sessions.
    Sessions(RecordQuery),
    /// Records of metrics.
    MetricRecords(RecordQuery),
    /// Points of metrics.
    MetricPoints(RecordQuery),
    /// Log records.
    Logs(LogQuery),
    /// Events.
    Events(EventQuery),
    /// Traces.
    Traces(TraceQuery),
    /// The spans of traces; of so many traces at most, not of so many spans.
    Spans(RecordQuery),
}

/// Which sums, over how long each.
#[derive(Clone, Debug)]
pub struct SeriesQuery {
    /// When; widened to whole minutes, and to whole steps.
    pub range: TimeRange,
    /// Of which agents; `None` for all.
    pub agents: Option<Vec<AgentName>>,
    /// How long each sum is: a multiple of a minute.
    pub step_ns: i64,
    /// Whether agents are told apart.
    pub grouping: Grouping,
}

/// Whether sums tell agents apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// One sum a step over all agents.
    Together,
    /// One sum a step and agent.
    ByAgent,
}

/// What agents did in one step.
#[derive(Clone)]
pub struct Sum {
    /// Which agent; `None` where they are summed together.
    pub agent: Option<AgentName>,
    /// When the step begins. Steps without a record are not there.
    pub start: UnixNanos,
    /// What was done.
    pub bucket: Bucket,
}

/// An agent as it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentSummary {
    /// Its id: what its sender says, else made of its project and name.
    pub id: AgentId,
    /// Its name.
    pub name: AgentName,
    /// What is said of it; of each name the latest.
    pub metadata: Vec<Attribute>,
    /// How it does.
    pub status: AgentStatus,
    /// Since when.
    pub status_since: UnixNanos,
    /// Its first record's time, or when that came in where it says later.
    pub first_seen: UnixNanos,
    /// When something of it last came in, by the clock of the server that took it; never goes back.
    pub last_seen: UnixNanos,
    /// Of each number the latest, and when it was.
    pub latest: Vec<(MetricName, UnixNanos, f64)>,
}

/// A change of an agent, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// When.
    pub at: UnixNanos,
    /// How it did before.
    pub from: AgentStatus,
    /// How it does since.
    pub to: AgentStatus,
    /// Why.
    pub why: String,
}

/// A trace in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSummary {
    /// Its id.
    pub trace_id: TraceId,
    /// The agent of its root, or of its first span while there is no root.
    pub agent: AgentName,
    /// The name of that span.
    pub name: String,
    /// Whether its root is there.
    pub has_root: bool,
    /// When its first span began.
    pub started: UnixNanos,
    /// When its last span ended.
    pub ended: UnixNanos,
    /// How many spans.
    pub spans: u64,
    /// How many of them failed.
    pub errors: u64,
    /// The user of its first span that names one.
    pub user: Option<String>,
    /// The session of its first span that names one.
    pub session: Option<String>,
    /// Calls, tokens and cost, each call once.
    pub spend: Spend,
}

/// A whole trace.
#[derive(Clone, Debug)]
pub struct Trace {
    /// What a list says of it.
    pub summary: TraceSummary,
    /// Its spans, by start, then by id.
    pub spans: Vec<PricedSpan>,
}

/// By whom cost is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// By end user.
    User,
    /// By conversation or session.
    Session,
}

/// What one user or session took on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartySpend {
    /// When the day begins, UTC.
    pub day: UnixNanos,
    /// The user or session.
    pub name: String,
    /// What it took.
    pub spend: Spend,
}

/// A conversation or session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// Its id, as its sender spells it.
    pub id: String,
    /// Its latest agent.
    pub agent: AgentName,
    /// Its user, where one is named.
    pub user: Option<String>,
    /// The earliest time that its records carry.
    pub started: UnixNanos,
    /// The latest time that its records carry.
    pub last_seen: UnixNanos,
    /// How many traces began in it.
    pub traces: u64,
    /// Calls, tokens and cost.
    pub spend: Spend,
}

/// The kinds of record that are kept each for its own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// Spans and traces.
    Spans,
    /// Records and points of metrics.
    Metrics,
    /// Log records.
    Logs,
    /// Events.
    Events,
    /// Sums per minute.
    Minutes,
    /// Sums per hour and day, by user and session, and sessions themselves.
    Rollups,
}

impl RecordKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Spans, Self::Metrics, Self::Logs, Self::Events, Self::Minutes, Self::Rollups];
}
