//! The one thing that differs between the drivers: how a statement becomes rows.

use super::ResultTable;
use super::checked::expected_rows;
use futures::TryStreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use sqlx::mysql::MySqlRow;
use sqlx::{
    AssertSqlSafe, Column, Database, Decode, Executor, MySql, Row, SqlSafeStr, Sqlite, Statement, Type,
};
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

/// Bytes of all values of one answer: 500 rows of 2 KB. A query says how many rows it answers, and
/// nothing says how long they are.
pub(super) const MAX_ANSWER_BYTES: usize = 1 << 20;

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

    /// Rows that the server expects to look at for a query; `None` where it does not say.
    fn expected_rows<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
    ) -> BoxFuture<'c, sqlx::Result<Option<u64>>>;

    /// Runs one query whose columns are of any type. Ends as [`Engine::fetch`]; `None` as soon as
    /// its values are longer than [`MAX_ANSWER_BYTES`].
    fn fetch_table<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
        limit: Duration,
    ) -> BoxFuture<'c, sqlx::Result<Option<ResultTable>>>;
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

    fn expected_rows<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
    ) -> BoxFuture<'c, sqlx::Result<Option<u64>>> {
        Box::pin(async move {
            // The server prepares one statement and no more. Unprepared it would run all that
            // stand behind a semicolon, and COMMIT ends the transaction that only reads.
            connection.prepare(AssertSqlSafe(sql).into_sql_str()).await?;
            let explain = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN {sql}")));
            let plan = explain.fetch_all(connection).await?;
            let columns = plan.first().map(|line| names(line.columns())).unwrap_or_default();
            let place = |name: &str| columns.iter().position(|column| column == name);
            let (id, kind, rows) = (place("id"), place("select_type"), place("rows"));
            let value = |row: &TextRow, column: Option<usize>| row.get(column?).cloned().flatten();
            let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
            let line = |row: &MySqlRow| {
                let row = any_texts(row)?;
                let kind = value(&row, kind).unwrap_or_default();
                Ok((number(value(&row, id)), kind, number(value(&row, rows)).unwrap_or(0)))
            };
            let lines = plan.iter().map(line).collect::<sqlx::Result<Vec<_>>>()?;
            Ok(Some(expected_rows(&lines)))
        })
    }

    fn fetch_table<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
        _limit: Duration,
    ) -> BoxFuture<'c, sqlx::Result<Option<ResultTable>>> {
        Box::pin(async move {
            let prepared = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await?;
            // Run unprepared, so that the server sends every value as text.
            let rows = collect(sqlx::raw_sql(AssertSqlSafe(sql)).fetch(connection)).await?;
            Ok(rows.map(|rows| ResultTable { columns: names(prepared.columns()), rows }))
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

    fn expected_rows<'c>(
        _connection: &'c mut Self::Connection,
        _sql: &'c str,
    ) -> BoxFuture<'c, sqlx::Result<Option<u64>>> {
        Box::pin(async { Ok(None) })
    }

    fn fetch_table<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
        limit: Duration,
    ) -> BoxFuture<'c, sqlx::Result<Option<ResultTable>>> {
        Box::pin(async move {
            let started = Instant::now();
            let in_time = move || started.elapsed() < limit;
            connection.lock_handle().await?.set_progress_handler(PROGRESS_OPS, in_time);
            let prepared = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await?;
            let columns = names(prepared.columns());
            let rows = collect(sqlx::query(AssertSqlSafe(sql)).fetch(connection)).await?;
            Ok(rows.map(|rows| ResultTable { columns, rows }))
        })
    }
}

fn names(columns: &[impl Column]) -> Vec<String> {
    columns.iter().map(|column| column.name().to_owned()).collect()
}

/// Rows of any types, each value as text; `None` where they are longer than [`MAX_ANSWER_BYTES`].
async fn collect<R: Row>(mut rows: BoxStream<'_, sqlx::Result<R>>) -> sqlx::Result<Option<Vec<TextRow>>>
where
    usize: sqlx::ColumnIndex<R>,
    for<'r> Option<Vec<u8>>: Decode<'r, R::Database>,
{
    let (mut read, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        let row = any_texts(&row)?;
        bytes += row.iter().flatten().map(String::len).sum::<usize>();
        if bytes > MAX_ANSWER_BYTES {
            return Ok(None);
        }
        read.push(row);
    }
    Ok(Some(read))
}

fn any_texts<R: Row>(row: &R) -> sqlx::Result<TextRow>
where
    usize: sqlx::ColumnIndex<R>,
    for<'r> Option<Vec<u8>>: Decode<'r, R::Database>,
{
    let text = |column| {
        let bytes: Option<Vec<u8>> = row.try_get_unchecked(column)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    };
    (0..row.len()).map(text).collect()
}

fn texts<'r, R: Row>(row: &'r R) -> sqlx::Result<TextRow>
where
    usize: sqlx::ColumnIndex<R>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    (0..row.len()).map(|column| row.try_get(column)).collect()
}
