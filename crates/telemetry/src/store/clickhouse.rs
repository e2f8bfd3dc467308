//! Telemetry in a ClickHouse server.
//!
//! A group is stored once its row of the [journal] is; its records, a row each, follow from that row, as
//! often as it takes. Sums of minutes, hours and days are kept as they are read, our sketches among them,
//! and brought up to the journal [by version](fold). Several processes may write to one database: their
//! groups are ordered by the journal. What another process has stored is read once that one has put it
//! where it belongs, within a second.
//!
//! No text is ever put into a query: values are bound by the server.

mod agents;
mod count;
mod entry;
mod fold;
mod journal;
mod keys;
mod page;
mod prune;
mod read;
mod rows;
mod running;
mod schema;
mod series;
mod server;
mod settings;
mod spans;
mod traces;
mod wire;
mod writer;

pub use settings::ClickHouseSettings;

use crate::store::{
    AgentSummary, EventQuery, Listing, LogQuery, Page, Party, PartySpend, PricedSpan, RecordKind,
    RecordQuery, SeriesQuery, SessionSummary, StatusChange, Store, StoreError, StoreResult, Sum, TimeRange,
    Trace, TraceQuery, TraceSummary, Write, Written,
};
use futures::future::BoxFuture;
use model::identity::ProjectId;
use model::telemetry::{AgentName, Event, LogRecord, MetricPoint, MetricRecord, SpanId, TraceId, UnixNanos};
use server::Server;
use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard, OnceCell};
use writer::Writer;

/// Telemetry in a ClickHouse server. Cheap to clone; all clones share it.
#[derive(Clone)]
pub struct ClickHouse(Arc<Shared>);

struct Shared {
    server: Server,
    /// Whether the server was found to be one that we can use, and our tables are there.
    is_made: OnceCell<()>,
    writer: Mutex<Writer>,
    /// Whether sums hold all that was written here, so that readers need not ask the writer.
    is_folded: AtomicBool,
}

/// How long a reader waits for the sums of what was written last. A writer that cannot write must not keep
/// readers from what is there.
const FOLD_LIMIT: Duration = Duration::from_secs(10);

impl ClickHouse {
    /// Makes the tables where they are not there. A server that does not answer is asked again with each
    /// request, which fails until it does.
    ///
    /// # Errors
    /// [`StoreError::OldServer`] for a ClickHouse that is too old, [`StoreError::NewerSchema`] for a
    /// database of a later version of this program, [`StoreError::Failed`] where the server refuses what
    /// must be done.
    pub async fn open(settings: &ClickHouseSettings) -> StoreResult<Self> {
        let shared = Shared {
            server: Server::new(settings),
            is_made: OnceCell::new(),
            writer: Mutex::default(),
            is_folded: AtomicBool::new(false),
        };
        let store = Self(Arc::new(shared));
        match store.server().await {
            Ok(_) => {}
            Err(error @ StoreError::Unavailable(_)) => {
                tracing::warn!(
                    error = &error as &dyn StdError,
                    "ClickHouse does not answer: trying again later"
                );
            }
            Err(error) => return Err(error),
        }
        Ok(store)
    }

    /// The server, with our tables.
    async fn server(&self) -> StoreResult<&Server> {
        let Shared { server, is_made, .. } = &*self.0;
        is_made.get_or_try_init(|| schema::migrate(server)).await?;
        Ok(server)
    }

    /// The writer, which leaves it to readers to fold what it writes.
    async fn writer(&self) -> StoreResult<(&Server, MutexGuard<'_, Writer>)> {
        let server = self.server().await?;
        let writer = self.0.writer.lock().await;
        self.0.is_folded.store(false, Ordering::Release);
        Ok((server, writer))
    }

    /// Has sums hold all that was written here before.
    async fn settle(&self, server: &Server) -> StoreResult<()> {
        if self.0.is_folded.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut writer = self.0.writer.lock().await;
        if !writer.is_folded() {
            writer.fold(server).await?;
        }
        self.0.is_folded.store(true, Ordering::Release);
        Ok(())
    }

    /// The server, to read what was written before.
    async fn reader(&self) -> StoreResult<&Server> {
        let server = self.server().await?;
        match tokio::time::timeout(FOLD_LIMIT, self.settle(server)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn StdError, "reading sums as they were");
            }
            Err(_) => tracing::warn!("the writer is busy: reading sums as they were"),
        }
        Ok(server)
    }
}

impl Store for ClickHouse {
    fn begin_write(&self, group: Vec<Write>) -> BoxFuture<'_, Written> {
        Box::pin(async move {
            let write = async {
                let (server, mut writer) = self.writer().await?;
                writer.write(server, &group).await
            };
            let written = write.await;
            Written::when(std::future::ready(written))
        })
    }

    fn maintain(&self) -> BoxFuture<'_, StoreResult<bool>> {
        Box::pin(async move {
            let (server, mut writer) = self.writer().await?;
            writer.maintain(server).await?;
            Ok(false)
        })
    }

    fn prune(
        &self,
        project: &ProjectId,
        kind: RecordKind,
        before: UnixNanos,
    ) -> BoxFuture<'_, StoreResult<bool>> {
        let project = project.clone();
        Box::pin(async move {
            // What is not in sums yet would bring some of them back.
            let (server, mut writer) = self.writer().await?;
            writer.fold(server).await?;
            prune::prune(server, &project, kind, before).await
        })
    }

    fn agents(&self, project: &ProjectId) -> BoxFuture<'_, StoreResult<Vec<AgentSummary>>> {
        let project = project.clone();
        Box::pin(async move { agents::agents(self.reader().await?, &project).await })
    }

    fn status_changes(
        &self,
        project: &ProjectId,
        agent: &AgentName,
        limit: usize,
    ) -> BoxFuture<'_, StoreResult<Vec<StatusChange>>> {
        let (project, agent) = (project.clone(), agent.clone());
        Box::pin(async move { agents::status_changes(self.reader().await?, &project, &agent, limit).await })
    }

    fn count(&self, project: &ProjectId, listing: Listing, at_most: u64) -> BoxFuture<'_, StoreResult<u64>> {
        let project = project.clone();
        Box::pin(async move { count::count(self.reader().await?, &project, &listing, at_most).await })
    }

    fn series(&self, project: &ProjectId, query: SeriesQuery) -> BoxFuture<'_, StoreResult<Vec<Sum>>> {
        let project = project.clone();
        Box::pin(async move { series::series(self.reader().await?, &project, &query).await })
    }

    fn spend_by(
        &self,
        project: &ProjectId,
        party: Party,
        range: TimeRange,
        limit: usize,
    ) -> BoxFuture<'_, StoreResult<Vec<PartySpend>>> {
        let project = project.clone();
        Box::pin(async move { series::spend_by(self.reader().await?, &project, party, range, limit).await })
    }

    fn sessions(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<SessionSummary>>> {
        let project = project.clone();
        Box::pin(async move { read::sessions(self.reader().await?, &project, &query).await })
    }

    fn metric_records(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<MetricRecord>>> {
        let project = project.clone();
        Box::pin(async move { read::metric_records(self.reader().await?, &project, &query).await })
    }

    fn metric_points(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<MetricPoint>>> {
        let project = project.clone();
        Box::pin(async move { read::metric_points(self.reader().await?, &project, &query).await })
    }

    fn logs(&self, project: &ProjectId, query: LogQuery) -> BoxFuture<'_, StoreResult<Page<LogRecord>>> {
        let project = project.clone();
        Box::pin(async move { read::logs(self.reader().await?, &project, &query).await })
    }

    fn events(&self, project: &ProjectId, query: EventQuery) -> BoxFuture<'_, StoreResult<Page<Event>>> {
        let project = project.clone();
        Box::pin(async move { read::events(self.reader().await?, &project, &query).await })
    }

    fn traces(
        &self,
        project: &ProjectId,
        query: TraceQuery,
    ) -> BoxFuture<'_, StoreResult<Page<TraceSummary>>> {
        let project = project.clone();
        Box::pin(async move { traces::traces(self.reader().await?, &project, &query).await })
    }

    fn trace(&self, project: &ProjectId, trace_id: TraceId) -> BoxFuture<'_, StoreResult<Option<Trace>>> {
        let project = project.clone();
        Box::pin(async move { traces::trace(self.reader().await?, &project, trace_id).await })
    }

    fn trace_spans(
        &self,
        project: &ProjectId,
        trace_id: TraceId,
        after: Option<(UnixNanos, SpanId)>,
        limit: usize,
    ) -> BoxFuture<'_, StoreResult<Vec<PricedSpan>>> {
        let project = project.clone();
        Box::pin(
            async move { traces::trace_spans(self.reader().await?, &project, trace_id, after, limit).await },
        )
    }

    fn export_traces(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<Trace>>> {
        let project = project.clone();
        Box::pin(async move { traces::export(self.reader().await?, &project, &query).await })
    }
}
