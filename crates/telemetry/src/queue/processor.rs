//! From the queue to the store.

use super::entry::decode;
use super::server::{Reader, Share, Taken};
use super::{Queue, QueueError};
use crate::error::with_causes;
use crate::pipeline::{GROUP_BYTES, MAINTAIN_EVERY};
use crate::store::{Receipt, StoreResult, Write};
use crate::writer::Writer;
use model::{Clock, ErrorKind};
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Entries of a group.
const GROUP_ENTRIES: usize = 1_000;
/// An entry that was given to so many consumers, and is still there, ends those who hold it.
const MOST_ATTEMPTS: u64 = 5;
/// How many dead letters there may be. More of what cannot be stored stays in the queue.
const MOST_DEAD: usize = 1_000;
/// Before another attempt where Redis or the store is away.
const PAUSE: Duration = Duration::from_secs(1);
/// How often consumers that have gone are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// A consumer of the queue, at work until it is closed. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Processor {
    stop: watch::Sender<bool>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

struct Worker {
    queue: Queue,
    writer: Writer,
    clock: Clock,
    /// Its name in the group.
    consumer: String,
    stop: watch::Receiver<bool>,
}

impl Processor {
    /// Starts the task that reads and writes. Must be called inside of a tokio runtime.
    pub fn start(queue: Queue, writer: Writer, clock: Clock) -> Self {
        let (stop, stopped) = watch::channel(false);
        let worker = Worker { queue, writer, clock, consumer: new_name(), stop: stopped };
        let task = tokio::spawn(worker.run());
        Self { stop, task: Arc::new(Mutex::new(Some(task))) }
    }

    /// Reads no more, writes what was read, and ends. What cannot be written now is left to others.
    pub async fn close(&self) {
        self.stop.send_replace(true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(error = &error as &dyn StdError, "the task that processes telemetry failed");
        }
    }
}

impl Worker {
    async fn run(mut self) {
        let reader = self.queue.0.server.reader();
        let mut next_maintenance = Instant::now();
        let mut next_forgetting = Instant::now() + FORGET_EVERY;
        while !*self.stop.borrow() {
            let taken = self.take(&reader).await;
            match self.queue.note(taken) {
                Ok(taken) => self.process(taken).await,
                Err(_) => {
                    self.pause().await;
                    // A Redis that lost its data has lost the group as well.
                    let _ = self.queue.note(self.queue.0.server.make_group().await);
                }
            }
            let now = Instant::now();
            if next_maintenance <= now {
                self.maintain().await;
                next_maintenance = now + MAINTAIN_EVERY;
            }
            if next_forgetting <= now {
                let _ = self.queue.note(self.queue.0.server.forget_consumers().await);
                next_forgetting = now + FORGET_EVERY;
            }
        }
        self.maintain().await;
    }

    /// All that there is, up to the size of a group; where there is nothing, what comes within a moment.
    async fn take(&self, reader: &Reader) -> Result<Vec<Taken>, QueueError> {
        let server = &self.queue.0.server;
        let claim_after = self.queue.0.settings.claim_after;
        let share = Share { bytes: GROUP_BYTES, entries: GROUP_ENTRIES, claim_after };
        let taken = server.take(&self.consumer, share).await?;
        if !taken.is_empty() {
            return Ok(taken);
        }
        Ok(reader.wait(&self.consumer).await?.into_iter().collect())
    }

    /// Has entries stored or set aside. Those that are neither stay in the queue, for this consumer or
    /// another one to be given again.
    async fn process(&mut self, taken: Vec<Taken>) {
        if taken.is_empty() {
            return;
        }
        let (tried, taken): (Vec<_>, Vec<_>) =
            taken.into_iter().partition(|taken| taken.attempts > MOST_ATTEMPTS);
        for entry in tried {
            let reason = format!("given to {MOST_ATTEMPTS} processors, none of which finished it");
            self.bury(&entry.id, &reason).await;
        }
        self.write(taken).await;
    }

    /// Writes entries as one group, and each alone where that fails for a reason that is not the disk.
    async fn write(&mut self, taken: Vec<Taken>) {
        let mut groups = vec![taken];
        while let Some(group) = groups.pop() {
            let (group, writes) = self.read(group).await;
            if group.is_empty() {
                continue;
            }
            let results = match self.write_group(&group, writes).await {
                Ok(results) => results,
                Err(error) if error.kind() == ErrorKind::Unavailable => {
                    if *self.stop.borrow() {
                        return;
                    }
                    self.pause_holding(&group).await;
                    groups.push(group);
                    continue;
                }
                Err(error) if group.len() == 1 => vec![Err(error)],
                Err(_) => {
                    groups.extend(group.into_iter().map(|entry| vec![entry]));
                    continue;
                }
            };
            let mut stored = Vec::with_capacity(group.len());
            let mut again = Vec::new();
            for (entry, result) in group.into_iter().zip(results) {
                match result {
                    Ok(_) => stored.push((entry.id, entry.batch.len())),
                    Err(error) if error.kind() == ErrorKind::Unavailable => again.push(entry),
                    Err(error) => self.bury(&entry.id, &with_causes(&error)).await,
                }
            }
            groups.push(again);
            if !stored.is_empty() {
                // Where this fails they are given out again, and the store knows them.
                let _ = self.queue.note(self.queue.0.server.finish(&stored).await);
            }
        }
    }

    /// What the store is to write, of those entries that can be read.
    async fn read(&self, group: Vec<Taken>) -> (Vec<Taken>, Vec<Write>) {
        let batches: Vec<_> = group.iter().map(|entry| entry.batch.clone()).collect();
        let received = self.clock.now().into();
        let reading = tokio::task::spawn_blocking(move || {
            let read = |batch| decode(batch).map(|(project, batch)| Write::new(project, received, batch));
            batches.iter().map(|batch| read(batch)).collect::<Vec<_>>()
        });
        let read = reading.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        let (mut entries, mut writes) = (Vec::with_capacity(group.len()), Vec::with_capacity(group.len()));
        for (entry, read) in group.into_iter().zip(read) {
            match read {
                Ok(write) => {
                    entries.push(entry);
                    writes.push(write);
                }
                Err(error) => self.bury(&entry.id, &with_causes(&error)).await,
            }
        }
        (entries, writes)
    }

    /// Writes a group, and tells Redis meanwhile that it is being worked on.
    async fn write_group(
        &self,
        group: &[Taken],
        writes: Vec<Write>,
    ) -> StoreResult<Vec<StoreResult<Receipt>>> {
        self.holding(group, self.writer.write(writes)).await
    }

    /// Does something while no other processor is given these entries.
    async fn holding<T>(&self, group: &[Taken], doing: impl Future<Output = T>) -> T {
        let every = self.queue.0.settings.claim_after / 3;
        let ids: Vec<String> = group.iter().map(|entry| entry.id.clone()).collect();
        let mut doing = std::pin::pin!(doing);
        loop {
            match tokio::time::timeout(every, &mut doing).await {
                Ok(done) => return done,
                Err(_) => {
                    let _ = self.queue.note(self.queue.0.server.hold(&self.consumer, &ids).await);
                }
            }
        }
    }

    /// Pauses before these entries are tried again, and keeps them for that time.
    async fn pause_holding(&mut self, group: &[Taken]) {
        let ids: Vec<String> = group.iter().map(|entry| entry.id.clone()).collect();
        let _ = self.queue.note(self.queue.0.server.hold(&self.consumer, &ids).await);
        self.pause().await;
    }

    async fn pause(&mut self) {
        // Time is up, or it is to stop: seen by the caller either way.
        drop(tokio::time::timeout(PAUSE, self.stop.wait_for(|stop| *stop)).await);
    }

    async fn bury(&self, id: &str, reason: &str) {
        let buried = self.queue.0.server.bury(id, reason, MOST_DEAD).await;
        match self.queue.note(buried) {
            Ok(true) => {
                tracing::error!(id, reason, "a batch of telemetry cannot be stored: it is a dead letter now");
            }
            Ok(false) => tracing::error!(
                id,
                reason,
                "a batch of telemetry cannot be stored and stays in the queue: there are {MOST_DEAD} dead letters"
            ),
            // It is given out again.
            Err(_) => {}
        }
    }

    async fn maintain(&self) {
        self.writer.maintain().await;
        if let Ok(sizes) = self.queue.note(self.queue.0.server.sizes().await) {
            metrics::gauge!("sentry_telemetry_queue_entries").set(sizes.entries as f64);
            metrics::gauge!("sentry_telemetry_queue_bytes").set(sizes.bytes as f64);
            metrics::gauge!("sentry_telemetry_dead_letters").set(sizes.dead as f64);
        }
    }
}

/// A name that no other consumer has.
fn new_name() -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    format!("{}-{:016x}", std::process::id(), u64::from_ne_bytes(bytes))
}
