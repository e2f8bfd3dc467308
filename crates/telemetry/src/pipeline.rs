//! From a request to the disk.
//!
//! [`Pipeline::submit`] answers when the records are on disk, or says at once that they cannot be taken.
//! What is waiting is bounded in bytes and number. One task takes all that is waiting, has the store write
//! it as one group, and answers each: the more comes in, the more a commit holds.

use crate::store::{Batch, Receipt, StoreError, Write};
use crate::writer::Writer;
use model::Clock;
use model::identity::ProjectId;
use std::collections::VecDeque;
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub struct PipelineSettings {
    /// Memory of all batches that wait or are being written.
    pub queue_bytes: usize,
    /// How many may wait.
    pub queue_batches: usize,
}

impl Default for PipelineSettings {
    /// 64 MiB, 10,000 batches.
    fn default() -> Self {
        Self { queue_bytes: 64 * 1024 * 1024, queue_batches: 10_000 }
    }
}

/// Why a batch was not taken. Nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// More comes in than can be written: send it again after that time.
    #[error("more comes in than can be written")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The disk is full or failing: send it again after that time.
    #[error("the disk is full or failing")]
    Failing {
        /// When to try again.
        retry_after: Duration,
    },
    /// The queue is away, or has not answered in time: send it again after that time.
    #[error("the queue does not answer")]
    Away {
        /// When to try again.
        retry_after: Duration,
    },
    /// The server is stopping: send it again after that time, to whoever is there then.
    #[error("the server is stopping")]
    Stopping {
        /// When to try again.
        retry_after: Duration,
    },
    /// The batch alone cannot be stored, and sending it again does not help.
    #[error("the records cannot be stored")]
    Rejected(#[source] StoreError),
}

const BUSY_RETRY: Duration = Duration::from_secs(1);
const FAILING_RETRY: Duration = Duration::from_secs(5);
/// Batches are taken into a group until they have so much memory: a group is written in about 50 ms.
pub(crate) const GROUP_BYTES: usize = 24 * 1024 * 1024;
/// How often the store does what can wait.
pub(crate) const MAINTAIN_EVERY: Duration = Duration::from_secs(1);

/// The way in. Cheap to clone; all clones share one queue.
#[derive(Clone)]
pub struct Pipeline(Arc<Shared>);

struct Shared {
    writer: Writer,
    clock: Clock,
    settings: PipelineSettings,
    queue: Mutex<Queue>,
    /// Told when something was put into an empty queue, and when it is closed.
    wake: Notify,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Of those that wait and of those that are being written.
    bytes: usize,
    is_closed: bool,
}

struct Waiting {
    write: Write,
    bytes: usize,
    answer: oneshot::Sender<Result<Receipt, Refused>>,
}

impl Pipeline {
    /// Starts the task that writes. Must be called inside of a tokio runtime.
    pub fn start(writer: Writer, clock: Clock, settings: PipelineSettings) -> Self {
        let shared = Arc::new(Shared {
            writer,
            clock,
            settings,
            queue: Mutex::default(),
            wake: Notify::new(),
            task: Mutex::default(),
        });
        let task = tokio::spawn(Arc::clone(&shared).run());
        *shared.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        Self(shared)
    }

    /// Stores a batch. Who stops waiting does not stop it from being stored.
    ///
    /// # Errors
    /// [`Refused`]; nothing of the batch is stored then.
    pub async fn submit(&self, project: ProjectId, batch: Batch) -> Result<Receipt, Refused> {
        let bytes = batch.memory_bytes();
        let write = Write { project, received: self.0.clock.now().into(), batch };
        let (answer, answered) = oneshot::channel();
        let refused = self.0.put(Waiting { write, bytes, answer });
        let result = match refused {
            None => answered.await.unwrap_or(Err(Refused::Stopping { retry_after: FAILING_RETRY })),
            Some(refused) => Err(refused),
        };
        result.inspect_err(Refused::count)
    }

    /// Takes no more, writes what is waiting, and ends.
    pub async fn close(&self) {
        self.0.queue().is_closed = true;
        self.0.wake.notify_one();
        let task = self.0.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(error = &error as &dyn StdError, "the task that writes telemetry failed");
        }
    }
}

impl Refused {
    pub(crate) fn count(&self) {
        metrics::counter!("sentry_telemetry_refused_total", "reason" => self.reason()).increment(1);
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::Failing { .. } => "failing",
            Self::Away { .. } => "away",
            Self::Stopping { .. } => "stopping",
            Self::Rejected(_) => "rejected",
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, waiting: Waiting) -> Option<Refused> {
        let mut queue = self.queue();
        if queue.is_closed {
            return Some(Refused::Stopping { retry_after: FAILING_RETRY });
        }
        let bytes = queue.bytes + waiting.bytes;
        // One that is larger than the queue is taken where it is alone: its request was small enough.
        let is_full = queue.bytes > 0 && bytes > self.settings.queue_bytes;
        if is_full || queue.waiting.len() >= self.settings.queue_batches {
            return Some(Refused::Busy { retry_after: BUSY_RETRY });
        }
        queue.bytes = bytes;
        queue.waiting.push_back(waiting);
        if queue.waiting.len() == 1 {
            self.wake.notify_one();
        }
        None
    }

    async fn run(self: Arc<Self>) {
        let mut next_maintenance = Instant::now() + MAINTAIN_EVERY;
        loop {
            let (group, bytes, is_closed) = self.take();
            if !group.is_empty() {
                self.write(group).await;
                let mut queue = self.queue();
                queue.bytes -= bytes;
                metrics::gauge!("sentry_telemetry_queue_bytes").set(queue.bytes as f64);
            } else if is_closed {
                self.writer.maintain().await;
                return;
            } else {
                let wait = next_maintenance.saturating_duration_since(Instant::now());
                // Time is up, or there is something to write: seen above either way.
                drop(tokio::time::timeout(wait, self.wake.notified()).await);
            }
            if next_maintenance <= Instant::now() {
                let has_more = self.writer.maintain().await;
                let pause = if has_more { Duration::ZERO } else { MAINTAIN_EVERY };
                next_maintenance = Instant::now() + pause;
            }
        }
    }

    /// All that is waiting, up to the size of a group.
    fn take(&self) -> (Vec<Waiting>, usize, bool) {
        let mut queue = self.queue();
        let mut bytes = 0;
        let mut group = Vec::with_capacity(queue.waiting.len());
        while bytes < GROUP_BYTES
            && let Some(waiting) = queue.waiting.pop_front()
        {
            bytes += waiting.bytes;
            group.push(waiting);
        }
        (group, bytes, queue.is_closed)
    }

    async fn write(&self, group: Vec<Waiting>) {
        let (writes, answers): (Vec<_>, Vec<_>) =
            group.into_iter().map(|waiting| (waiting.write, waiting.answer)).unzip();
        match self.writer.write(writes).await {
            Ok(results) => {
                for (answer, result) in answers.into_iter().zip(results) {
                    // Who no longer waits does not get it.
                    drop(answer.send(result.map_err(Refused::Rejected)));
                }
            }
            Err(_) => {
                for answer in answers {
                    drop(answer.send(Err(Refused::Failing { retry_after: FAILING_RETRY })));
                }
            }
        }
    }
}
