//! The only thread that writes.

use super::block::BlockCompressor;
use super::checkpoint::Checkpointer;
use super::fold::{Pending, Sums};
use super::keys::Keys;
use super::log::{Answers, Log};
use super::names::{Names, find_project};
use super::places::Places;
use super::summing::Summing;
use super::{prune, records, repack, schema, spans};
use crate::store::{PricedSpan, Receipt, RecordKind, StoreError, StoreResult, Write};
use model::identity::ProjectId;
use model::telemetry::UnixNanos;
use rusqlite::Connection;
use std::error::Error as StdError;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};
use tokio::sync::oneshot::Sender;

/// After so many observations they are folded into the sums: a tenth of a second or two, in which others wait.
const FOLD_AFTER: usize = 200_000;
/// They are folded after so long too, if nobody reads them before.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// What the thread is told to do.
pub(super) enum Command {
    Write {
        group: Vec<Write>,
        /// Told when the next can be written.
        committed: Sender<StoreResult<()>>,
        /// Told when it is on disk.
        answer: Sender<StoreResult<Answers>>,
    },
    Fold(Sender<StoreResult<()>>),
    Maintain(Sender<StoreResult<bool>>),
    Prune(ProjectId, RecordKind, UnixNanos, Sender<StoreResult<bool>>),
}

/// What the thread keeps in mind. All of it can be read from the file again.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) memory: Memory,
    log: Log,
    checkpointer: Checkpointer,
    summing: Summing,
    /// Whether there are observations that are not folded: readers ask for a fold then.
    is_unfolded: Arc<AtomicBool>,
    folded: Instant,
}

pub(super) struct Memory {
    pub(super) compressor: BlockCompressor,
    pub(super) packer_compressor: BlockCompressor,
    pub(super) names: Names,
    pub(super) keys: Keys,
    /// Of the traces that came since the last fold.
    pub(super) places: Places,
    pub(super) next_block: i64,
}

impl Writer {
    pub(super) fn open(path: &Path, is_unfolded: Arc<AtomicBool>) -> StoreResult<Self> {
        let connection = schema::open_writer(path)?;
        let compressor = || BlockCompressor::new().map_err(|error| StoreError::Failed(error.into()));
        let keys = Keys::load(&connection)?;
        let sums = Sums::load(&connection)?;
        let next_block = repack::next_block(&connection)?;
        let places = Places::load(&connection)?;
        is_unfolded.store(!sums.is_empty() || !places.is_empty(), Ordering::Release);
        let checkpointer = Checkpointer::start(path, &connection)?;
        let log = Log::start(schema::open_log(path)?)?;
        if let Err(error) = log.mend(&connection) {
            let error = &error as &dyn StdError;
            tracing::warn!(
                error,
                "the log of telemetry is not in the file: tried again before the first write"
            );
        }
        let summing = Summing::start(sums)?;
        let memory = Memory {
            compressor: compressor()?,
            packer_compressor: compressor()?,
            names: Names::default(),
            keys,
            places,
            next_block,
        };
        Ok(Self { connection, memory, log, checkpointer, summing, is_unfolded, folded: Instant::now() })
    }

    /// Works until nobody is left who could tell it to.
    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        // Who no longer waits for the answer does not get it.
        while let Ok(command) = commands.recv() {
            match command {
                Command::Write { group, committed, answer } => {
                    match self.write(&group) {
                        Ok(answers) => self.log.answer(answers, answer),
                        Err(error) => drop(answer.send(Err(error))),
                    }
                    drop(committed.send(Ok(())));
                    self.summing.free(group);
                    self.fold_if_many();
                }
                Command::Fold(answer) => drop(answer.send(self.fold())),
                Command::Maintain(answer) => drop(answer.send(self.maintain())),
                Command::Prune(project, kind, before, answer) => {
                    drop(answer.send(self.prune(&project, kind, before)));
                }
            }
            self.checkpointer.step(&self.connection);
        }
        if let Err(error) = self.fold() {
            tracing::warn!(error = &error as &dyn StdError, "the last sums are folded at the next start");
        }
    }

    /// Writes a group at once; where that fails for a reason that is not the disk, each batch alone.
    fn write(&mut self, group: &[Write]) -> StoreResult<Answers> {
        self.log.mend(&self.connection)?;
        let answers = match self.commit(group) {
            Ok(receipts) => receipts.into_iter().map(Ok).collect(),
            Err(error @ StoreError::Unavailable(_)) => return Err(error),
            Err(error) if group.len() == 1 => vec![Err(error)],
            Err(_) => {
                let mut answers = Vec::with_capacity(group.len());
                for write in group {
                    match self.commit(std::slice::from_ref(write)) {
                        Ok(receipts) => answers.extend(receipts.into_iter().map(Ok)),
                        Err(error) => answers.push(Err(error)),
                    }
                }
                answers
            }
        };
        Ok(answers)
    }

    fn fold_if_many(&mut self) {
        if self.summing.len() + self.memory.places.len() >= FOLD_AFTER
            && let Err(error) = self.fold()
        {
            tracing::warn!(error = &error as &dyn StdError, "sums could not be folded");
        }
    }

    fn commit(&mut self, group: &[Write]) -> StoreResult<Vec<Receipt>> {
        let received = group.iter().map(|write| write.received).max();
        let mut pending = Pending::new(received.unwrap_or_default());
        let result = commit(&mut self.connection, &mut self.memory, &mut pending, group);
        match result {
            Ok(receipts) => {
                self.memory.keys.settle();
                if !pending.is_empty() {
                    for (trace_id, project, row) in pending.take_traces() {
                        self.memory.places.add(trace_id, project, row);
                    }
                    self.summing.add(pending);
                    self.is_unfolded.store(true, Ordering::Release);
                }
                Ok(receipts)
            }
            Err(error) => {
                // What was learnt inside of the transaction is no longer true.
                self.memory.names.forget();
                self.memory.keys.forget_unsettled();
                Err(error)
            }
        }
    }

    fn fold(&mut self) -> StoreResult<()> {
        if self.is_unfolded.load(Ordering::Acquire) {
            self.summing.fold(&mut self.connection, &self.memory.places)?;
            self.memory.places = Places::default();
            self.is_unfolded.store(false, Ordering::Release);
        }
        self.folded = Instant::now();
        Ok(())
    }

    fn prune(&mut self, project: &ProjectId, kind: RecordKind, before: UnixNanos) -> StoreResult<bool> {
        self.fold()?;
        match find_project(&self.connection, project)? {
            Some(project) => prune::prune(&self.connection, &mut self.memory.names, project, kind, before),
            None => Ok(false),
        }
    }

    fn maintain(&mut self) -> StoreResult<bool> {
        if self.folded.elapsed() >= FOLD_EVERY {
            self.fold()?;
        }
        self.memory.keys.drop_old(&self.connection)?;
        let packed = repack::step(&mut self.connection, &mut self.memory)?;
        let freed = prune::give_back(&self.connection)?;
        Ok(packed || freed)
    }
}

fn commit(
    connection: &mut Connection,
    memory: &mut Memory,
    pending: &mut Pending,
    group: &[Write],
) -> StoreResult<Vec<Receipt>> {
    let transaction = connection.transaction()?;
    let mut receipts = vec![Receipt::default(); group.len()];
    let bytes_each: Vec<usize> = group.iter().map(|write| write.bytes() / write.batch.len().max(1)).collect();
    let mut spans: Vec<(i64, usize, &PricedSpan)> = Vec::new();
    for (place, write) in group.iter().enumerate() {
        let batch = &write.batch;
        let project = memory.names.project(&transaction, &write.project)?;
        if let Some(key) = batch.key
            && !memory.keys.insert(project, key, write.received)
        {
            receipts[place].repeated = u32::try_from(batch.len()).unwrap_or(u32::MAX);
            continue;
        }
        let scope = records::Scope { transaction: &transaction, project };
        records::write(&scope, memory, pending, batch, &mut receipts[place])?;
        spans.extend(batch.spans.iter().map(|priced| (project, place, priced)));
    }
    spans::write(&transaction, memory, pending, spans, &bytes_each, &mut receipts)?;
    memory.keys.write(&transaction)?;
    pending.write(&transaction)?;
    transaction.commit()?;
    Ok(receipts)
}
