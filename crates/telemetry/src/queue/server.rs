//! What is asked of Redis.
//!
//! What must happen together is a script, which Redis runs without anything between.

use super::QueueError;
use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult};
use std::time::Duration;
use tokio::sync::Mutex;

/// The stream of batches.
const QUEUE: &str = "sentry:telemetry:queue";
/// Bytes of the batches in it.
const BYTES: &str = "sentry:telemetry:queue-bytes";
/// The stream of those that cannot be stored.
const DEAD: &str = "sentry:telemetry:dead-letters";
/// The one group of consumers.
const GROUP: &str = "processors";

/// How long an answer may take. A sender waits for it.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How long a reader waits for a first entry, and so how long a process takes to end at most.
const WAIT: Duration = Duration::from_millis(500);
/// A consumer that has nothing and was not heard of for so long is forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(3_600);

const ADD: &str = include_str!("add.lua");
const TAKE: &str = include_str!("take.lua");
const FINISH: &str = include_str!("finish.lua");
const BURY: &str = include_str!("bury.lua");
const REQUEUE: &str = include_str!("requeue.lua");
const FORGET: &str = include_str!("forget.lua");

/// An entry of the stream that a consumer was given.
pub(super) struct Taken {
    pub(super) id: String,
    /// How often it was given to one, this time included.
    pub(super) attempts: u64,
    pub(super) batch: Bytes,
}

/// How much a consumer is given at once.
#[derive(Clone, Copy)]
pub(super) struct Share {
    /// Memory of the batches.
    pub(super) bytes: usize,
    pub(super) entries: usize,
    /// Entries that another consumer has held for so long are given away.
    pub(super) claim_after: Duration,
}

/// How much there is.
pub(super) struct Sizes {
    pub(super) entries: u64,
    pub(super) bytes: u64,
    pub(super) dead: u64,
}

/// One Redis.
pub(super) struct Server {
    line: Line,
}

/// A connection that is made anew when it breaks. Many may ask on it at once.
struct Line {
    client: Client,
    /// How long an answer may take, connecting included.
    limit: Duration,
    connection: Mutex<Option<MultiplexedConnection>>,
}

/// A line whose reader waits, so that nobody else may use it.
pub(super) struct Reader(Line);

impl Line {
    fn new(client: Client, limit: Duration) -> Self {
        Self { client, limit, connection: Mutex::default() }
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, QueueError> {
        let asking = async {
            match self.try_ask(command).await {
                // It broke while nobody asked, as when Redis was started again.
                Err(error) if error.is_connection_dropped() => self.try_ask(command).await,
                answer => answer,
            }
        };
        if let Ok(answer) = tokio::time::timeout(self.limit, asking).await {
            return Ok(answer?);
        }
        *self.connection.lock().await = None;
        Err(QueueError::TimedOut(self.limit))
    }

    async fn try_ask<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let mut connection = self.connect().await?;
        let answer = command.query_async(&mut connection).await;
        if answer.as_ref().is_err_and(RedisError::is_unrecoverable_error) {
            *self.connection.lock().await = None;
        }
        answer
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let mut connection = self.connection.lock().await;
        if let Some(connection) = &*connection {
            return Ok(connection.clone());
        }
        // Whoever asks has a limit for both.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let new = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(connection.insert(new).clone())
    }
}

impl Server {
    /// Connects with the first call.
    pub(super) fn new(url: &str) -> Result<Self, QueueError> {
        let client = Client::open(url).map_err(|_| QueueError::Address)?;
        Ok(Self { line: Line::new(client, ANSWER_LIMIT) })
    }

    /// A connection to wait on.
    pub(super) fn reader(&self) -> Reader {
        Reader(Line::new(self.line.client.clone(), ANSWER_LIMIT + WAIT))
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, QueueError> {
        self.line.ask(command).await
    }

    pub(super) async fn ping(&self) -> Result<(), QueueError> {
        self.ask(&redis::cmd("PING")).await
    }

    /// Makes stream and group where they are not there. The group is given what is in the stream already.
    pub(super) async fn make_group(&self) -> Result<(), QueueError> {
        let mut create = redis::cmd("XGROUP");
        create.arg("CREATE").arg(QUEUE).arg(GROUP).arg("0").arg("MKSTREAM");
        match self.ask(&create).await {
            Err(QueueError::Redis(error)) if error.code() == Some("BUSYGROUP") => Ok(()),
            made => made,
        }
    }

    /// What Redis tells of itself; `None` where it does not.
    pub(super) async fn info(&self) -> Result<Option<String>, QueueError> {
        self.ask_if_allowed(&redis::cmd("INFO")).await
    }

    /// When Redis syncs its file; `None` where it does not say.
    pub(super) async fn fsync_policy(&self) -> Result<Option<String>, QueueError> {
        let mut get = redis::cmd("CONFIG");
        let answer: Option<Vec<String>> = self.ask_if_allowed(get.arg("GET").arg("appendfsync")).await?;
        Ok(answer.into_iter().flatten().nth(1))
    }

    /// `None` where Redis refuses: those that others run often do.
    async fn ask_if_allowed<T: FromRedisValue>(&self, command: &Cmd) -> Result<Option<T>, QueueError> {
        match self.ask(command).await {
            Ok(answer) => Ok(Some(answer)),
            Err(QueueError::Redis(error)) if matches!(error.kind(), ErrorKind::Server(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds a batch; false where there is no room.
    pub(super) async fn add(
        &self,
        batch: &[u8],
        memory: usize,
        most_bytes: u64,
        most_entries: u64,
    ) -> Result<bool, QueueError> {
        let mut add = script(ADD, &[QUEUE, BYTES]);
        self.ask(add.arg(most_bytes).arg(most_entries).arg(memory).arg(batch)).await
    }

    /// Gives `consumer` what others have held for too long, and what nobody was given yet.
    pub(super) async fn take(&self, consumer: &str, share: Share) -> Result<Vec<Taken>, QueueError> {
        let mut take = script(TAKE, &[QUEUE]);
        take.arg(GROUP).arg(consumer).arg(share.bytes).arg(share.entries).arg(millis(share.claim_after));
        let taken: Vec<(String, u64, Vec<u8>)> = self.ask(&take).await?;
        Ok(taken
            .into_iter()
            .map(|(id, attempts, batch)| Taken { id, attempts, batch: batch.into() })
            .collect())
    }

    /// Says that `consumer` is still at work on entries.
    pub(super) async fn hold(&self, consumer: &str, ids: &[String]) -> Result<(), QueueError> {
        let mut claim = redis::cmd("XCLAIM");
        claim.arg(QUEUE).arg(GROUP).arg(consumer).arg(0).arg(ids).arg("JUSTID");
        self.ask::<redis::Value>(&claim).await.map(drop)
    }

    /// Takes out entries that are stored, each with its bytes.
    pub(super) async fn finish(&self, entries: &[(String, usize)]) -> Result<(), QueueError> {
        let mut finish = script(FINISH, &[QUEUE, BYTES]);
        finish.arg(GROUP);
        for (id, bytes) in entries {
            finish.arg(id).arg(bytes);
        }
        self.ask(&finish).await
    }

    /// Sets an entry aside with the reason; false where `most` are there already, and it stays.
    pub(super) async fn bury(&self, id: &str, reason: &str, most: usize) -> Result<bool, QueueError> {
        let mut bury = script(BURY, &[QUEUE, BYTES, DEAD]);
        self.ask(bury.arg(GROUP).arg(id).arg(reason).arg(most)).await
    }

    /// The dead letters behind `after`, at most `limit`: id, reason and batch.
    pub(super) async fn dead(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<Vec<u8>>)>, QueueError> {
        let from = after.map_or_else(|| "-".to_owned(), |after| format!("({after}"));
        let mut range = redis::cmd("XRANGE");
        self.ask(range.arg(DEAD).arg(from).arg("+").arg("COUNT").arg(limit)).await
    }

    /// Puts a dead letter back into the queue; false where it is none.
    pub(super) async fn requeue(&self, id: &str) -> Result<bool, QueueError> {
        self.ask(script(REQUEUE, &[DEAD, QUEUE, BYTES]).arg(id)).await
    }

    /// Forgets consumers that have gone.
    pub(super) async fn forget_consumers(&self) -> Result<(), QueueError> {
        self.ask(script(FORGET, &[QUEUE]).arg(GROUP).arg(millis(FORGET_AFTER))).await
    }

    pub(super) async fn sizes(&self) -> Result<Sizes, QueueError> {
        let entries = self.ask(redis::cmd("XLEN").arg(QUEUE)).await?;
        let bytes: Option<u64> = self.ask(redis::cmd("GET").arg(BYTES)).await?;
        let dead = self.ask(redis::cmd("XLEN").arg(DEAD)).await?;
        Ok(Sizes { entries, bytes: bytes.unwrap_or(0), dead })
    }
}

impl Reader {
    /// Waits a little for an entry that nobody was given yet.
    pub(super) async fn wait(&self, consumer: &str) -> Result<Option<Taken>, QueueError> {
        let mut read = redis::cmd("XREADGROUP");
        read.arg("GROUP").arg(GROUP).arg(consumer).arg("COUNT").arg(1);
        read.arg("BLOCK").arg(millis(WAIT)).arg("STREAMS").arg(QUEUE).arg(">");
        // By stream its entries, by entry its fields and their values.
        type Streams = Vec<(String, Vec<(String, Vec<Vec<u8>>)>)>;
        let streams: Option<Streams> = self.0.ask(&read).await?;
        let entry = streams.into_iter().flatten().flat_map(|(_, entries)| entries).next();
        Ok(entry.map(|(id, fields)| {
            let batch = fields.into_iter().nth(3).unwrap_or_default();
            Taken { id, attempts: 1, batch: batch.into() }
        }))
    }
}

fn script(source: &str, keys: &[&str]) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(source).arg(keys.len()).arg(keys);
    command
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
