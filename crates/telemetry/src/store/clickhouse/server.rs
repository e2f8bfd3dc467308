//! The server: its address, queries with values bound by it, inserts, and what its errors mean.

use super::settings::ClickHouseSettings;
use super::wire::Answer;
use crate::store::{StoreError, StoreResult};
use bytes::Bytes;
use clickhouse::error::Error;
use clickhouse::query::Query;
use clickhouse::{Client, Compression};
use secrecy::ExposeSecret;
use serde::Serialize;
use std::slice::Chunks;
use std::sync::Arc;
use std::time::Duration;

/// How long a query may take. The server ends it then; we wait a little longer for its word.
const QUERY_LIMIT: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an insert or a change of the schema may take.
const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// The most bytes of a list that is bound. The server refuses values of more than 128 KiB
/// (`http_max_field_value_size`, which a client cannot set).
const MOST_BOUND: usize = 100_000;

/// A list in pieces that can be bound, by the length of an item's text.
pub(super) fn bindable<T>(list: &[T], length: impl Fn(&T) -> usize) -> Chunks<'_, T> {
    // Each of its characters may need another one before it; quotes and a comma.
    let longest = list.iter().map(|item| 2 * length(item) + 3).max().unwrap_or(1);
    list.chunks((MOST_BOUND / longest).max(1))
}

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Server {
    client: Client,
    /// Its address, for people.
    address: Arc<str>,
}

impl Server {
    pub(super) fn new(settings: &ClickHouseSettings) -> Self {
        let client = Client::default()
            .with_url(&settings.url)
            .with_user(&settings.user)
            .with_password(settings.password.expose_secret())
            .with_database(&settings.database)
            .with_compression(Compression::None)
            // An insert is answered when it is on disk, not when it is in a buffer.
            .with_setting("async_insert", "0")
            // Records of many months come in one request where somebody sends his history.
            .with_setting("max_partitions_per_insert_block", "0")
            // A key has one partition, see the schema.
            .with_setting("do_not_merge_across_partitions_select_final", "1");
        Self { client, address: settings.url.as_str().into() }
    }

    /// A query. Its values are bound by name, never written into it.
    pub(super) fn ask(&self, sql: &str) -> Question {
        Question { query: self.client.query_raw(sql), server: self.clone() }
    }

    /// Inserts rows of `RowBinary`. Of several inserts with one token one is stored.
    ///
    /// `into` is the table and its columns.
    pub(super) async fn insert(&self, into: &str, token: &str, rows: Bytes) -> StoreResult<()> {
        let insert = self.client.insert_formatted_with(format!("INSERT INTO {into} FORMAT RowBinary"));
        let mut insert = insert.with_setting("insert_deduplication_token", token);
        let sending = async {
            insert.send(rows).await?;
            insert.end().await
        };
        let sent = tokio::time::timeout(WRITE_LIMIT, sending).await;
        sent.unwrap_or(Err(Error::TimedOut)).map_err(|error| self.meaning(error))
    }
}

/// A query whose values are being bound.
#[must_use]
pub(super) struct Question {
    query: Query,
    server: Server,
}

impl Question {
    /// Binds the value that the query calls `{name: Type}`.
    pub(super) fn with(self, name: &str, value: impl Serialize) -> Self {
        Self { query: self.query.param(name, value), ..self }
    }

    /// The answer.
    pub(super) async fn rows(self) -> StoreResult<Answer> {
        let limit = QUERY_LIMIT.as_secs().to_string();
        let query = self.query.with_setting("max_execution_time", limit);
        let reading = async { query.fetch_bytes("RowBinary")?.collect().await };
        let read = tokio::time::timeout(QUERY_LIMIT + PATIENCE, reading).await;
        // A server that is there had said that the time is up.
        let read = read.unwrap_or(Err(Error::TimedOut));
        read.map(Answer::new).map_err(|error| self.server.meaning(error))
    }

    /// Runs a statement that answers nothing.
    pub(super) async fn run(self) -> StoreResult<()> {
        let ran = tokio::time::timeout(WRITE_LIMIT, self.query.execute()).await;
        ran.unwrap_or(Err(Error::TimedOut)).map_err(|error| self.server.meaning(error))
    }
}

/// No answer, or none of ClickHouse.
#[derive(Debug, thiserror::Error)]
#[error("no answer of ClickHouse at {address}")]
struct NoAnswer {
    address: Arc<str>,
    source: Error,
}

impl Server {
    /// What can be done about an error. Numbers are those of `ErrorCodes.cpp`.
    fn meaning(&self, error: Error) -> StoreError {
        let code = match &error {
            Error::BadResponse(said) => code_of(said),
            Error::Network(_) | Error::TimedOut => None,
            _ => return StoreError::Failed(error.into()),
        };
        match code {
            // What is not ClickHouse's own comes from what stands between it and us.
            None => {
                let address = Arc::clone(&self.address);
                StoreError::Unavailable(NoAnswer { address, source: error }.into())
            }
            // TIMEOUT_EXCEEDED
            Some(159) => StoreError::TimedOut(QUERY_LIMIT),
            // Files, the disk, memory, connections and users; too much going on; an outage of a part; a part
            // that was merged into another one meanwhile.
            Some(
                74..=76
                | 81
                | 164
                | 192..=194
                | 201
                | 202
                | 209
                | 210
                | 232
                | 236
                | 241..=243
                | 252
                | 319
                | 384
                | 394
                | 497
                | 499
                | 516
                | 999,
            ) => StoreError::Unavailable(error.into()),
            Some(_) => StoreError::Failed(error.into()),
        }
    }
}

/// The number in `Code: 60. DB::Exception: …`.
fn code_of(said: &str) -> Option<u32> {
    said.trim_start().strip_prefix("Code: ")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ErrorKind;

    fn server() -> Server {
        let url = "http://ch.example.org:8123".to_owned();
        let (user, password, database) = ("ops".to_owned(), "s3cret".into(), "rooms".to_owned());
        Server::new(&ClickHouseSettings { url, user, password, database })
    }

    #[test]
    fn long_lists_are_bound_in_pieces() {
        let check = |lengths: &[usize], expect: &[usize]| {
            let found: Vec<usize> = bindable(lengths, |length| *length).map(<[usize]>::len).collect();
            assert_eq!(found, expect);
        };
        check(&[], &[]);
        check(&[1, 2], &[2]);
        check(&[32; 3_000], &[1_492, 1_492, 16]);
        check(&[40_000, 1, 1], &[1, 1, 1]);
    }

    #[test]
    fn errors_say_what_can_be_done() {
        let check = |said: &str, expect: ErrorKind| {
            let found = server().meaning(Error::BadResponse(said.to_owned()));
            assert_eq!(found.kind(), expect, "{said}");
        };
        check("Code: 159. DB::Exception: Timeout exceeded", ErrorKind::Unavailable);
        check("Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space", ErrorKind::Unavailable);
        check("Code: 252. DB::Exception: Too many parts", ErrorKind::Unavailable);
        check("Code: 516. DB::Exception: Authentication failed", ErrorKind::Unavailable);
        check("<html>502 Bad Gateway</html>", ErrorKind::Unavailable);
        check("Code: 62. DB::Exception: Syntax error", ErrorKind::Internal);
        assert_eq!(server().meaning(Error::TimedOut).kind(), ErrorKind::Unavailable);
        assert_eq!(server().meaning(Error::NotEnoughData).kind(), ErrorKind::Internal);
    }
}
