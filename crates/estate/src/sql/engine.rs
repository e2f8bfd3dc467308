//! The one thing that differs between the drivers: how a statement becomes rows.

use futures::future::BoxFuture;
use sqlx::{AssertSqlSafe, Database, Decode, MySql, Row, Sqlite, Type};
use std::time::{Duration, Instant};

/// A row, every column as the text that the database makes of it. Statements ask for text,
/// so that both engines answer alike and no driver can trip over a value such as the date
/// `0000-00-00`.
pub(super) type TextRow = Vec<Option<String>>;

/// A value bound to a `?`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
}

/// SQLite instructions between two looks at the clock: well below a millisecond.
const PROGRESS_OPS: i32 = 10_000;

/// A database that we can read from.
pub(super) trait Engine: Database {
    /// Begins a transaction that only reads, and sees one instant of the data.
    const BEGIN: &'static str;

    /// Runs one statement. SQLite, which has no server to do it, ends it after `limit`.
    fn fetch<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
        values: &'c [Value],
        limit: Duration,
    ) -> BoxFuture<'c, sqlx::Result<Vec<TextRow>>>;
}

impl Engine for MySql {
    const BEGIN: &'static str = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

    fn fetch<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
        values: &'c [Value],
        _limit: Duration,
    ) -> BoxFuture<'c, sqlx::Result<Vec<TextRow>>> {
        Box::pin(async move {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for value in values {
                query = match value {
                    Value::Text(text) => query.bind(text),
                    Value::Integer(integer) => query.bind(integer),
                };
            }
            query.fetch_all(connection).await?.iter().map(texts).collect()
        })
    }
}

impl Engine for Sqlite {
    const BEGIN: &'static str = "BEGIN DEFERRED";

    fn fetch<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
        values: &'c [Value],
        limit: Duration,
    ) -> BoxFuture<'c, sqlx::Result<Vec<TextRow>>> {
        Box::pin(async move {
            let started = Instant::now();
            let in_time = move || started.elapsed() < limit;
            connection.lock_handle().await?.set_progress_handler(PROGRESS_OPS, in_time);
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for value in values {
                query = match value {
                    Value::Text(text) => query.bind(text),
                    Value::Integer(integer) => query.bind(integer),
                };
            }
            query.fetch_all(connection).await?.iter().map(texts).collect()
        })
    }
}

fn texts<'r, R: Row>(row: &'r R) -> sqlx::Result<TextRow>
where
    usize: sqlx::ColumnIndex<R>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    (0..row.len()).map(|column| row.try_get(column)).collect()
}
