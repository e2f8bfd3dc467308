//! The server: its address, queries with values bound by it, inserts, and what its errors mean.

use super::wire::Answer;
use crate::store::{StoreError, StoreResult};
use bytes::Bytes;
use clickhouse::error::Error;
use clickhouse::query::Query;
use clickhouse::{Client, Compression};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use std::time::Duration;

/// How long a query may take. The server ends it then; we wait a little longer for its word.
const QUERY_LIMIT: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an insert or a change of the schema may take.
const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// Where ClickHouse is, and as whom.
#[derive(Clone, Debug)]
pub struct ClickHouseSettings {
    /// Its HTTP interface, such as `https://clickhouse.example.org:8443`.
    pub url: String,
    /// The user: may create tables in the database, and read and write them.
    pub user: String,
    /// The user's password.
    pub password: SecretString,
    /// The database; it exists and belongs to this program alone.
    pub database: String,
}

pub(super) struct Server(Client);

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
        Self(client)
    }

    /// A query. Its values are bound by name, never written into it.
    pub(super) fn ask(&self, sql: &str) -> Question {
        Question(self.0.query_raw(sql))
    }

    /// Inserts rows of `RowBinary`. Of several inserts with one token one is stored.
    ///
    /// `into` is the table and its columns.
    pub(super) async fn insert(&self, into: &str, token: &str, rows: Bytes) -> StoreResult<()> {
        let insert = self.0.insert_formatted_with(format!("INSERT INTO {into} FORMAT RowBinary"));
        let mut insert = insert.with_setting("insert_deduplication_token", token);
        let sending = async {
            insert.send(rows).await?;
            insert.end().await
        };
        let sent = tokio::time::timeout(WRITE_LIMIT, sending).await;
        sent.unwrap_or(Err(Error::TimedOut)).map_err(meaning)
    }
}

/// A query whose values are being bound.
#[must_use]
pub(super) struct Question(Query);

impl Question {
    /// Binds the value that the query calls `{name: Type}`.
    pub(super) fn with(self, name: &str, value: impl Serialize) -> Self {
        Self(self.0.param(name, value))
    }

    /// The answer.
    pub(super) async fn rows(self) -> StoreResult<Answer> {
        let limit = QUERY_LIMIT.as_secs().to_string();
        let query = self.0.with_setting("max_execution_time", limit);
        let reading = async { query.fetch_bytes("RowBinary")?.collect().await };
        let read = tokio::time::timeout(QUERY_LIMIT + PATIENCE, reading).await;
        let read = read.map_err(|_| StoreError::TimedOut(QUERY_LIMIT))?;
        read.map(Answer::new).map_err(meaning)
    }

    /// Runs a statement that answers nothing.
    pub(super) async fn run(self) -> StoreResult<()> {
        let ran = tokio::time::timeout(WRITE_LIMIT, self.0.execute()).await;
        ran.unwrap_or(Err(Error::TimedOut)).map_err(meaning)
    }
}

/// What can be done about an error. Numbers are those of `ErrorCodes.cpp`.
fn meaning(error: Error) -> StoreError {
    let code = match &error {
        Error::BadResponse(said) => code_of(said),
        Error::Network(_) | Error::TimedOut => return StoreError::Unavailable(error.into()),
        _ => None,
    };
    match code {
        // TIMEOUT_EXCEEDED
        Some(159) => StoreError::TimedOut(QUERY_LIMIT),
        // An answer that is not ClickHouse's own comes from what stands between it and us.
        None if matches!(error, Error::BadResponse(_)) => StoreError::Unavailable(error.into()),
        // Files, the disk, memory, connections and users; too much going on; an outage of a part.
        Some(
            74..=76
            | 81
            | 164
            | 192..=194
            | 201
            | 202
            | 209
            | 210
            | 236
            | 241..=243
            | 252
            | 319
            | 394
            | 497
            | 499
            | 516
            | 999,
        ) => StoreError::Unavailable(error.into()),
        _ => StoreError::Failed(error.into()),
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

    #[test]
    fn errors_say_what_can_be_done() {
        let check = |said: &str, expect: ErrorKind| {
            assert_eq!(meaning(Error::BadResponse(said.to_owned())).kind(), expect, "{said}");
        };
        check("Code: 159. DB::Exception: Timeout exceeded", ErrorKind::Unavailable);
        check("Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space", ErrorKind::Unavailable);
        check("Code: 252. DB::Exception: Too many parts", ErrorKind::Unavailable);
        check("Code: 516. DB::Exception: Authentication failed", ErrorKind::Unavailable);
        check("<html>502 Bad Gateway</html>", ErrorKind::Unavailable);
        check("Code: 62. DB::Exception: Syntax error", ErrorKind::Internal);
        assert_eq!(meaning(Error::TimedOut).kind(), ErrorKind::Unavailable);
        assert_eq!(meaning(Error::NotEnoughData).kind(), ErrorKind::Internal);
    }
}
