//! Telemetry in one file, `telemetry.db`, of the data directory.
//!
//! One thread writes, in transactions that hold all that is waiting; readers have connections of their
//! own and are never in its way. Others pack spans beside it, [add up](summing) what is not folded, wait for
//! the [disk](log) in its place, and bring the log [into the file](checkpoint). It is `rusqlite` and not `sqlx`, as for our other state,
//! because there each statement is a message to another thread and back: dearer than the statement itself,
//! and a transaction here has thousands.
//!
//! What grows with traffic is only added to the end of tables: spans in [blocks](block), sums by way of
//! [rows of observations](fold), keys of requests [by commit](keys). What is left to write at random places
//! with each commit is an index entry per agent and event.

mod backup;
mod block;
mod blocks;
mod checkpoint;
mod count;
mod fold;
mod keys;
mod log;
mod names;
mod places;
mod prune;
mod read;
mod records;
mod repack;
mod running;
mod schema;
mod series;
mod spans;
mod summing;
mod traces;
mod writer;

use crate::store::{
    AgentSummary, EventQuery, Listing, LogQuery, Page, Party, PartySpend, PricedSpan, RecordKind,
    RecordQuery, SeriesQuery, SessionSummary, StatusChange, Store, StoreError, StoreResult, Sum, TimeRange,
    Trace, TraceQuery, TraceSummary, Write, Written,
};
use futures::future::BoxFuture;
use model::identity::ProjectId;
use model::telemetry::{AgentName, Event, LogRecord, MetricPoint, MetricRecord, SpanId, TraceId, UnixNanos};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use writer::{Command, Writer};

const FILE: &str = "telemetry.db";
const READERS: usize = 3;
/// How long a query may take, waiting for a connection included.
const QUERY_LIMIT: Duration = Duration::from_secs(10);
/// How long a reader waits for the sums of the latest commits. A writer that cannot write must not keep
/// readers from what is there.
const FOLD_LIMIT: Duration = Duration::from_secs(2);

/// Telemetry in a file of the data directory. Cheap to clone; all clones share it. The last one that is
/// dropped has the writer finish.
#[derive(Clone)]
pub struct Sqlite(Arc<Shared>);

struct Shared {
    commands: mpsc::Sender<Command>,
    is_unfolded: Arc<AtomicBool>,
    path: PathBuf,
    readers: Mutex<Vec<Connection>>,
    places: Semaphore,
}

impl Sqlite {
    /// Opens the file in `dir`, or makes it. Blocks; reads what a process that died has left.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] for a file that is no database of ours, [`StoreError::NewerSchema`] for one
    /// of a later version, [`StoreError::Unavailable`] where the disk does not let us.
    pub fn open(dir: &Path) -> StoreResult<Self> {
        let path = dir.join(FILE);
        let is_unfolded = Arc::new(AtomicBool::new(false));
        let writer = Writer::open(&path, Arc::clone(&is_unfolded))?;
        let (commands, receiver) = mpsc::channel();
        std::thread::Builder::new()
            .name("telemetry-writer".to_owned())
            .spawn(move || writer.run(&receiver))
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        let readers = Mutex::new(Vec::new());
        let places = Semaphore::new(READERS);
        Ok(Self(Arc::new(Shared { commands, is_unfolded, path, readers, places })))
    }

    /// Writes a complete copy of what `dir` holds into the new file `to`, as of one moment, while others
    /// write; false where there is nothing. Blocks.
    ///
    /// # Errors
    /// The file `to` is there already, or one of them cannot be used.
    pub fn backup(dir: &Path, to: &Path) -> StoreResult<bool> {
        backup::backup(dir, to)
    }

    /// Says whether a copy can be restored, without changing it. Blocks.
    ///
    /// # Errors
    /// As of [`Sqlite::open`].
    pub fn check_backup(from: &Path) -> StoreResult<()> {
        schema::check(from)
    }

    /// Puts a copy in the place of what `dir` holds, and says where that is kept. Blocks; nobody may have
    /// it open.
    ///
    /// # Errors
    /// The copy is none of ours, is damaged, or cannot be used. Nothing is changed then.
    pub fn restore(from: &Path, dir: &Path) -> StoreResult<Option<PathBuf>> {
        backup::restore(from, dir)
    }

    /// Tells the writer something and waits for its answer.
    async fn tell<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<StoreResult<T>>) -> Command,
    ) -> StoreResult<T> {
        let (answer, answered) = oneshot::channel();
        self.0.commands.send(command(answer)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Runs a query on a connection of its own, which sees one state of the file throughout.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        if self.0.is_unfolded.load(Ordering::Acquire) {
            match tokio::time::timeout(FOLD_LIMIT, self.tell(Command::Fold)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "reading sums as they were");
                }
                Err(_) => tracing::warn!("the writer is busy: reading sums as they were"),
            }
        }
        let timed_out = || StoreError::TimedOut(QUERY_LIMIT);
        let shared = Arc::clone(&self.0);
        let place =
            tokio::time::timeout(QUERY_LIMIT, shared.places.acquire()).await.map_err(|_| timed_out())?;
        let _place = place.expect("the semaphore is never closed");
        let idle = shared.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => schema::open_reader(&shared.path)?,
        };
        let interrupt = connection.get_interrupt_handle();
        let mut running = tokio::task::spawn_blocking(move || {
            let transaction = connection.unchecked_transaction();
            let answer = transaction.map_err(StoreError::from).and_then(|transaction| query(&transaction));
            (connection, answer)
        });
        let failed = |error: tokio::task::JoinError| StoreError::Failed(error.into());
        let (connection, answer) = match tokio::time::timeout(QUERY_LIMIT, &mut running).await {
            Ok(done) => done.map_err(failed)?,
            Err(_) => {
                interrupt.interrupt();
                let (connection, _) = running.await.map_err(failed)?;
                (connection, Err(timed_out()))
            }
        };
        shared.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        answer
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the writer of telemetry has stopped".into())
}

impl Store for Sqlite {
    fn begin_write(&self, group: Vec<Write>) -> BoxFuture<'_, Written> {
        Box::pin(async {
            let (answer, on_disk) = oneshot::channel();
            // Where the writer is gone, both say so.
            let committed = self.tell(|committed| Command::Write { group, committed, answer }).await;
            Written::when(async {
                committed?;
                on_disk.await.map_err(|_| gone())?
            })
        })
    }

    fn maintain(&self) -> BoxFuture<'_, StoreResult<bool>> {
        Box::pin(self.tell(Command::Maintain))
    }

    fn prune(
        &self,
        project: &ProjectId,
        kind: RecordKind,
        before: UnixNanos,
    ) -> BoxFuture<'_, StoreResult<bool>> {
        let project = project.clone();
        Box::pin(self.tell(move |answer| Command::Prune(project, kind, before, answer)))
    }

    fn agents(&self, project: &ProjectId) -> BoxFuture<'_, StoreResult<Vec<AgentSummary>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| read::agents(connection, &project)))
    }

    fn status_changes(
        &self,
        project: &ProjectId,
        agent: &AgentName,
        limit: usize,
    ) -> BoxFuture<'_, StoreResult<Vec<StatusChange>>> {
        let (project, agent) = (project.clone(), agent.clone());
        Box::pin(self.read(move |connection| read::status_changes(connection, &project, &agent, limit)))
    }

    fn count(&self, project: &ProjectId, listing: Listing, at_most: u64) -> BoxFuture<'_, StoreResult<u64>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| count::count(connection, &project, &listing, at_most)))
    }

    fn series(&self, project: &ProjectId, query: SeriesQuery) -> BoxFuture<'_, StoreResult<Vec<Sum>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| series::series(connection, &project, &query)))
    }

    fn spend_by(
        &self,
        project: &ProjectId,
        party: Party,
        range: TimeRange,
        limit: usize,
    ) -> BoxFuture<'_, StoreResult<Vec<PartySpend>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| series::spend_by(connection, &project, party, range, limit)))
    }

    fn sessions(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<SessionSummary>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| read::sessions(connection, &project, &query)))
    }

    fn metric_records(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<MetricRecord>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| read::metric_records(connection, &project, &query)))
    }

    fn metric_points(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<MetricPoint>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| read::metric_points(connection, &project, &query)))
    }

    fn logs(&self, project: &ProjectId, query: LogQuery) -> BoxFuture<'_, StoreResult<Page<LogRecord>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| read::logs(connection, &project, &query)))
    }

    fn events(&self, project: &ProjectId, query: EventQuery) -> BoxFuture<'_, StoreResult<Page<Event>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| read::events(connection, &project, &query)))
    }

    fn traces(
        &self,
        project: &ProjectId,
        query: TraceQuery,
    ) -> BoxFuture<'_, StoreResult<Page<TraceSummary>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| traces::traces(connection, &project, &query)))
    }

    fn trace(&self, project: &ProjectId, trace_id: TraceId) -> BoxFuture<'_, StoreResult<Option<Trace>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| traces::trace(connection, &project, &trace_id)))
    }

    fn trace_spans(
        &self,
        project: &ProjectId,
        trace_id: TraceId,
        after: Option<(UnixNanos, SpanId)>,
        limit: usize,
    ) -> BoxFuture<'_, StoreResult<Vec<PricedSpan>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| {
            let trace = traces::trace(connection, &project, &trace_id)?;
            let spans = trace.into_iter().flat_map(|trace| trace.spans);
            let behind = spans.filter(|priced| {
                after.is_none_or(|after| (priced.span.started, priced.span.span_id) > after)
            });
            Ok(behind.take(limit).collect())
        }))
    }

    fn export_traces(
        &self,
        project: &ProjectId,
        query: RecordQuery,
    ) -> BoxFuture<'_, StoreResult<Page<Trace>>> {
        let project = project.clone();
        Box::pin(self.read(move |connection| traces::export(connection, &project, &query)))
    }
}
