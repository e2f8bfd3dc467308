//! From a request to the disk.
//!
//! [`Pipeline::submit`] answers when the records are on disk, or says at once that they cannot be taken.
//! What is waiting is bounded in bytes and number. One thread takes all that is waiting, has the store write
//! it as one group, and answers each: the more comes in, the more a commit holds. It is no task among those
//! that read requests: it would wait behind them each time, with the disk idle.

use crate::store::{Batch, Receipt, StoreError, Write, Written};
use crate::writer::Writer;
use model::Clock;
use model::identity::ProjectId;
use std::collections::VecDeque;
use std::error::Error as StdError;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub struct PipelineSettings {
    /// Memory of all batches that wait or are being written.
    pub queue_bytes: usize,
    /// How many may wait or be written.
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

/// The way in. Cheap to clone; all clones share one queue. With the last one it is closed.
#[derive(Clone)]
pub struct Pipeline(Arc<Inlet>);

struct Inlet {
    shared: Arc<Shared>,
    clock: Clock,
    settings: PipelineSettings,
    /// Told when the thread that writes has ended.
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

struct Shared {
    writer: Writer,
    queue: Mutex<Queue>,
    /// Told when something was put into an empty queue, and when it is closed.
    wake: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Of those that wait and of those that are being written.
    bytes: usize,
    /// How many these are.
    batches: usize,
    is_closed: bool,
}

struct Waiting {
    write: Write,
    answer: Answer,
}

/// The room of a group in the queue, which is free again when it is dropped.
struct Room {
    shared: Arc<Shared>,
    bytes: usize,
    batches: usize,
}

type Answer = oneshot::Sender<Result<Receipt, Refused>>;

impl Pipeline {
    /// Starts the thread that writes. Must be called inside of a tokio runtime.
    pub fn start(writer: Writer, clock: Clock, settings: PipelineSettings) -> Self {
        let shared = Arc::new(Shared { writer, queue: Mutex::default(), wake: Condvar::new() });
        let (end, ended) = oneshot::channel();
        let (runtime, writing) = (Handle::current(), Arc::clone(&shared));
        let thread = std::thread::Builder::new().name("telemetry-pipeline".to_owned());
        let started = thread.spawn(move || {
            let _closing = Closing(&writing);
            run(&writing, &runtime);
            // Who no longer waits is not told.
            end.send(()).ok();
        });
        if let Err(error) = started {
            tracing::error!(error = &error as &dyn StdError, "nothing can be written: no thread to do it");
            shared.close();
        }
        Self(Arc::new(Inlet { shared, clock, settings, ended: Mutex::new(Some(ended)) }))
    }

    /// Stores a batch. Who stops waiting does not stop it from being stored.
    ///
    /// # Errors
    /// [`Refused`]; nothing of the batch is stored then.
    pub async fn submit(&self, project: ProjectId, batch: Batch) -> Result<Receipt, Refused> {
        let write = Write::new(project, self.0.clock.now().into(), batch);
        let (answer, answered) = oneshot::channel();
        let refused = self.0.put(Waiting { write, answer });
        let result = match refused {
            None => answered.await.unwrap_or(Err(Refused::Stopping { retry_after: FAILING_RETRY })),
            Some(refused) => Err(refused),
        };
        result.inspect_err(Refused::count)
    }

    /// Takes no more, writes what is waiting, and ends.
    pub async fn close(&self) {
        self.0.shared.close();
        let ended = self.0.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(ended) = ended
            && ended.await.is_err()
        {
            tracing::error!("the thread that writes telemetry failed");
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

impl Inlet {
    fn put(&self, waiting: Waiting) -> Option<Refused> {
        let mut queue = self.shared.queue();
        if queue.is_closed {
            return Some(Refused::Stopping { retry_after: FAILING_RETRY });
        }
        let bytes = queue.bytes + waiting.write.bytes();
        // One that is larger than the queue is taken where it is alone: its request was small enough.
        let is_full = queue.bytes > 0 && bytes > self.settings.queue_bytes;
        if is_full || queue.batches >= self.settings.queue_batches {
            return Some(Refused::Busy { retry_after: BUSY_RETRY });
        }
        queue.bytes = bytes;
        queue.batches += 1;
        queue.waiting.push_back(waiting);
        if queue.waiting.len() == 1 {
            self.shared.wake.notify_one();
        }
        None
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// However the thread ends, nobody waits for it afterwards.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
        self.0.queue().waiting.clear();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.queue().is_closed = true;
        self.wake.notify_one();
    }

    /// All that is waiting, up to the size of a group; waits for it until then.
    fn take(&self, until: Instant) -> (Vec<Waiting>, usize, bool) {
        let wait = until.saturating_duration_since(Instant::now());
        let is_idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.is_closed;
        let waited = self.wake.wait_timeout_while(self.queue(), wait, is_idle);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let mut bytes = 0;
        let mut group = Vec::with_capacity(queue.waiting.len());
        while bytes < GROUP_BYTES
            && let Some(waiting) = queue.waiting.pop_front()
        {
            bytes += waiting.write.bytes();
            group.push(waiting);
        }
        (group, bytes, queue.is_closed)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        queue.bytes -= self.bytes;
        queue.batches -= self.batches;
        metrics::gauge!("sentry_telemetry_queue_bytes").set(queue.bytes as f64);
    }
}

/// Answers who waits for a group when that is on disk, and has no room in the queue any more.
async fn answer(written: Written, answers: Vec<Answer>, room: Room) {
    let written = written.on_disk().await;
    drop(room);
    match written {
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

/// Writes what comes until the queue is closed, and what is waiting then. While the disk takes a group the
/// next one is written.
fn run(shared: &Arc<Shared>, runtime: &Handle) {
    let mut next_maintenance = Instant::now() + MAINTAIN_EVERY;
    let mut answering = Vec::new();
    loop {
        let (group, bytes, is_closed) = shared.take(next_maintenance);
        if !group.is_empty() {
            let room = Room { shared: Arc::clone(shared), bytes, batches: group.len() };
            let (writes, answers): (Vec<_>, Vec<_>) =
                group.into_iter().map(|waiting| (waiting.write, waiting.answer)).unzip();
            let written = runtime.block_on(shared.writer.begin_write(writes));
            answering.retain(|task: &JoinHandle<()>| !task.is_finished());
            answering.push(runtime.spawn(answer(written, answers, room)));
        } else if is_closed {
            for task in answering {
                // One that failed has told so those who wait.
                drop(runtime.block_on(task));
            }
            runtime.block_on(shared.writer.maintain());
            return;
        }
        if next_maintenance <= Instant::now() {
            let has_more = runtime.block_on(shared.writer.maintain());
            let pause = if has_more { Duration::ZERO } else { MAINTAIN_EVERY };
            next_maintenance = Instant::now() + pause;
        }
    }
}
