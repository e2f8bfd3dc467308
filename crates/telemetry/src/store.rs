//! Where telemetry is kept, behind one [`Store`]: [`Sqlite`] in the data directory, or a
//! [`ClickHouse`] server.
//!
//! Nothing that is stored is changed or taken out but by age, see [`Store::prune`].

mod batch;
mod clickhouse;
mod cover;
mod error;
mod facts;
mod query;
mod running;
mod size;
mod sqlite;

pub use batch::{AgentChange, Batch, BatchKey, CostGap, PricedEvent, PricedSpan, Receipt, Write};
pub use clickhouse::{ClickHouse, ClickHouseSettings};
pub use error::StoreError;
pub use facts::tree_span;
pub use query::{
    AgentSummary, Cursor, EventQuery, Grouping, Listing, LogQuery, Order, Page, Party, PartySpend,
    RecordKind, RecordQuery, SeriesQuery, SessionSummary, StatusChange, Sum, TimeRange, Trace, TraceQuery,
    TraceSummary,
};
pub use sqlite::Sqlite;

use futures::future::BoxFuture;
use model::identity::ProjectId;
use model::telemetry::{AgentName, Event, LogRecord, MetricPoint, MetricRecord, SpanId, TraceId, UnixNanos};
use std::sync::Arc;

/// What a store answers.
pub type StoreResult<T> = Result<T, StoreError>;

/// A group that was written, or was not, and may not be on disk yet.
pub struct Written(BoxFuture<'static, StoreResult<Vec<StoreResult<Receipt>>>>);

impl Written {
    /// One that is on disk when `results` are known.
    pub(crate) fn when(
        results: impl Future<Output = StoreResult<Vec<StoreResult<Receipt>>>> + Send + 'static,
    ) -> Self {
        Self(Box::pin(results))
    }

    /// Waits until it is on disk: what became of each of its batches.
    pub async fn on_disk(self) -> StoreResult<Vec<StoreResult<Receipt>>> {
        self.0.await
    }
}

/// The largest page of a list.
pub const MAX_PAGE: usize = 10_000;

/// Keeps telemetry and answers questions about it. Every answer takes a bounded time.
///
/// Reads see all that was written before they were asked.
pub trait Store: Send + Sync {
    /// Writes batches, all or none of the group, and answers as soon as another group can be written, which
    /// may be before this one is on disk. Its results are in the order of the batches; the error of one batch
    /// is that batch's only.
    fn begin_write(&self, group: Vec<Write>) -> BoxFuture<'_, Written>;

    /// Writes batches, as [`Store::begin_write`] does, and answers when they are on disk.
    fn write(&self, group: Vec<Write>) -> BoxFuture<'_, StoreResult<Vec<StoreResult<Receipt>>>> {
        Box::pin(async { self.begin_write(group).await.on_disk().await })
    }

    /// Does a bounded piece of the work that can wait, such as packing; true if there is more of it.
    fn maintain(&self) -> BoxFuture<'_, StoreResult<bool>>;

    /// Takes out a bounded number of a project's records that are older than `before`; true if there are more.
    fn prune(
        &self,
        project: &ProjectId,
        kind: RecordKind,
        before: UnixNanos,
    ) -> BoxFuture<'_, StoreResult<bool>>;

    /// All agents of a project, by name.
    fn agents(&self, project: &ProjectId) -> BoxFuture<'_, StoreResult<Vec<AgentSummary>>>;

    /// The changes of one agent, the newest first, at most `limit`.
    fn status_changes(
        &self,
        project: &ProjectId,
        agent: &AgentName,
        limit: usize,
    ) -> BoxFuture<'_, StoreResult<Vec<StatusChange>>>;

    /// How many a list holds on all its pages, but at most `at_most`: no more are counted.
    fn count(&self, project: &ProjectId, listing: Listing, at_most: u64) -> BoxFuture<'_, StoreResult<u64>>;

    /// Sums over time, by start and agent.
    fn series(&self, project: &ProjectId, query: SeriesQuery) -> BoxFuture<'_, StoreResult<Vec<Sum>>>;

    /// Cost by user or session and day, of the days that `range` touches; of each day the dearest `limit`.
    fn spend_by(
        &self,
        project: &ProjectId,
        party: Party,
        range: TimeRange,
        limit: usize,
    ) -> BoxFuture<'_, StoreResult<Vec<PartySpend>>>;

    /// Sessions by when they were first heard of.
    fn sessions(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<SessionSummary>>>;

    /// Records of metrics.
    fn metric_records(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<MetricRecord>>>;

    /// Points of metrics.
    fn metric_points(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<MetricPoint>>>;

    /// Log records.
    fn logs(&self, project: &ProjectId, query: LogQuery) -> BoxFuture<'_, StoreResult<Page<LogRecord>>>;

    /// Events.
    fn events(&self, project: &ProjectId, query: EventQuery) -> BoxFuture<'_, StoreResult<Page<Event>>>;

    /// Traces.
    fn traces(
        &self,
        project: &ProjectId,
        query: TraceQuery,
    ) -> BoxFuture<'_, StoreResult<Page<TraceSummary>>>;

    /// One trace with all of its spans.
    fn trace(&self, project: &ProjectId, trace_id: TraceId) -> BoxFuture<'_, StoreResult<Option<Trace>>>;

    /// A part of a trace's spans: at most `limit` of those behind the span `after`, by start, then by id.
    fn trace_spans(
        &self,
        project: &ProjectId,
        trace_id: TraceId,
        after: Option<(UnixNanos, SpanId)>,
        limit: usize,
    ) -> BoxFuture<'_, StoreResult<Vec<PricedSpan>>>;

    /// Traces with all of their spans, for exports; a page holds at most `limit` of traces, and fewer
    /// where they are large.
    fn export_traces(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<Trace>>>;
}

/// A store that is shared.
pub type SharedStore = Arc<dyn Store>;
