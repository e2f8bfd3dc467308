//! The queue as a Redis Stream, for processes that only take what agents send and others that only
//! store it.
//!
//! [`Queue::submit`] answers once Redis has acknowledged the batch: as durable as Redis is, which
//! [`Queue::open`] looks into. [`Processor`] reads the stream as one of a group of consumers, writes
//! groups to the store, and takes an entry out once it is written. What a processor held that died is
//! given to another one. So a batch may be written more than once, and the store keeps it once: by the
//! ids of spans and events, and for all else by the batch's key, which each gets here that has none.
//!
//! What cannot be stored is set aside with the reason, see [`DeadLetter`].

mod dead;
mod durability;
mod entry;
mod processor;
mod server;

pub use dead::DeadLetter;
pub use processor::Processor;

use crate::pipeline::Refused;
use crate::store::{Batch, BatchKey, StoreError};
use entry::encode;
use model::identity::ProjectId;
use secrecy::{ExposeSecret, SecretString};
use server::Server;
use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// When to send again what there was no room for.
const FULL_RETRY: Duration = Duration::from_secs(1);
/// When to send again while Redis is away.
const AWAY_RETRY: Duration = Duration::from_secs(5);
/// Entries are bounded besides their bytes: each takes some room of its own.
const MOST_ENTRIES: u64 = 1_000_000;

/// Where Redis is, and how much of it may be taken.
#[derive(Clone, Debug)]
pub struct QueueSettings {
    url: SecretString,
    /// Bytes of batches that may wait. Beyond it senders are told to try again.
    pub most_bytes: u64,
    /// A processor that was not heard of for this long has died: what it held is given to others.
    pub claim_after: Duration,
}

impl QueueSettings {
    /// For `redis://…`, or `rediss://…` with TLS; 512 MiB, 15 s.
    ///
    /// # Errors
    /// It is no such address.
    pub fn new(url: SecretString) -> Result<Self, QueueError> {
        redis::Client::open(url.expose_secret()).map_err(|_| QueueError::Address)?;
        Ok(Self { url, most_bytes: 512 << 20, claim_after: Duration::from_secs(15) })
    }
}

/// Why the queue did not do what it was asked. Its text holds nothing secret.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The address cannot be one of a Redis server.
    #[error("that is no address of a Redis server")]
    Address,
    /// Redis is away, or refuses.
    #[error("Redis does not answer, or refuses what must be done")]
    Redis(#[from] redis::RedisError),
    /// Redis has not answered in time.
    #[error("Redis has not answered within {} s", .0.as_secs())]
    TimedOut(Duration),
}

/// The way in. Cheap to clone; all clones share a connection, which is made anew when it breaks.
#[derive(Clone)]
pub struct Queue(Arc<Shared>);

struct Shared {
    settings: QueueSettings,
    server: Server,
    /// Whether the last call succeeded, so that an outage is told once and not with each request.
    is_up: AtomicBool,
}

impl Queue {
    /// Makes stream and group where they are not there, and warns of a Redis that may lose what it
    /// acknowledged. One that does not answer is asked again with each request, which fails until it does.
    ///
    /// # Errors
    /// [`QueueError::Address`].
    pub async fn open(settings: QueueSettings) -> Result<Self, QueueError> {
        let server = Server::new(settings.url.expose_secret())?;
        let queue = Self(Arc::new(Shared { settings, server, is_up: AtomicBool::new(true) }));
        // An outage is told of by the way.
        if let Ok(weaknesses) = queue.note(queue.prepare().await) {
            for weakness in weaknesses {
                tracing::warn!("REDIS_URL: {weakness}");
            }
        }
        Ok(queue)
    }

    async fn prepare(&self) -> Result<Vec<String>, QueueError> {
        self.0.server.make_group().await?;
        durability::weaknesses(&self.0.server).await
    }

    /// Puts a batch into the queue. Who stops waiting does not stop it from being put there.
    ///
    /// # Errors
    /// [`Refused`]. After [`Refused::Away`] it may be in the queue nevertheless, and is stored once however
    /// often it comes, where it has a key or ids.
    pub async fn submit(&self, project: ProjectId, mut batch: Batch) -> Result<(), Refused> {
        if batch.key.is_none() {
            batch.key = key_of_its_own(&batch).map_err(Refused::Rejected)?;
        }
        let memory = batch.memory_bytes();
        let encoding = tokio::task::spawn_blocking(move || encode(project, batch));
        let encoded = encoding.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        let entry = encoded.map_err(Refused::Rejected)?;
        let added = self.0.server.add(&entry, memory, self.0.settings.most_bytes, MOST_ENTRIES).await;
        let result = match self.note(added) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Refused::Busy { retry_after: FULL_RETRY }),
            Err(error) if error.is_out_of_memory() => Err(Refused::Busy { retry_after: FULL_RETRY }),
            Err(_) => Err(Refused::Away { retry_after: AWAY_RETRY }),
        };
        result.inspect_err(Refused::count)
    }

    /// Asks whether Redis is there.
    ///
    /// # Errors
    /// It is not.
    pub async fn ping(&self) -> Result<(), QueueError> {
        self.note(self.0.server.ping().await)
    }

    /// Tells of an outage when it begins, and when it is over.
    fn note<T>(&self, result: Result<T, QueueError>) -> Result<T, QueueError> {
        let is_up = result.is_ok();
        if self.0.is_up.swap(is_up, Ordering::Relaxed) != is_up {
            match &result {
                Ok(_) => tracing::info!("Redis answers again"),
                Err(error) => tracing::error!(error = error as &dyn StdError, "Redis is away"),
            }
        }
        result
    }
}

impl QueueError {
    /// Whether Redis has no memory left.
    fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Redis(error) if error.code() == Some("OOM"))
    }
}

/// A key for a batch with records that no id names: what is delivered twice is stored once.
fn key_of_its_own(batch: &Batch) -> Result<Option<BatchKey>, StoreError> {
    if batch.records.is_empty() && batch.points.is_empty() && batch.logs.is_empty() {
        return Ok(None);
    }
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|error| StoreError::Failed(error.into()))?;
    Ok(Some(BatchKey(key)))
}
