//! The one thing that differs between the drivers: how a statement becomes rows.

use super::ResultTable;
use super::checked::expected_rows;
use futures::future::BoxFuture;
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

    /// Runs one query whose columns are of any type. Ends as [`Engine::fetch`].
    fn fetch_table<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
        limit: Duration,
    ) -> BoxFuture<'c, sqlx::Result<ResultTable>>;
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
            let plan = table(&explain.fetch_all(connection).await?)?;
            let place = |name: &str| plan.columns.iter().position(|column| column == name);
            let (id, kind, rows) = (place("id"), place("select_type"), place("rows"));
            let value = |row: &TextRow, column: Option<usize>| row.get(column?).cloned().flatten();
            let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
            let line = |row: &TextRow| {
                let kind = value(row, kind).unwrap_or_default();
                (number(value(row, id)), kind, number(value(row, rows)).unwrap_or(0))
            };
            let lines: Vec<_> = plan.rows.iter().map(line).collect();
            Ok(Some(expected_rows(&lines)))
        })
    }

    fn fetch_table<'c>(
        connection: &'c mut Self::Connection,
        sql: &'c str,
        _limit: Duration,
    ) -> BoxFuture<'c, sqlx::Result<ResultTable>> {
        Box::pin(async move {
            let prepared = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await?;
            // Run unprepared, so that the server sends every value as text.
            let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await?;
            Ok(ResultTable { columns: names(prepared.columns()), ..table(&rows)? })
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
    ) -> BoxFuture<'c, sqlx::Result<ResultTable>> {
        Box::pin(async move {
            let started = Instant::now();
            let in_time = move || started.elapsed() < limit;
            connection.lock_handle().await?.set_progress_handler(PROGRESS_OPS, in_time);
            let prepared = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await?;
            let columns = names(prepared.columns());
            let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await?;
            Ok(ResultTable { columns, ..table(&rows)? })
        })
    }
}

fn names(columns: &[impl Column]) -> Vec<String> {
    columns.iter().map(|column| column.name().to_owned()).collect()
}

/// Rows of any types, each value as text. The columns are those of the first row.
fn table<R: Row>(rows: &[R]) -> sqlx::Result<ResultTable>
where
    usize: sqlx::ColumnIndex<R>,
    for<'r> Option<Vec<u8>>: Decode<'r, R::Database>,
{
    let text = |row: &R, column: usize| -> sqlx::Result<Option<String>> {
        let bytes: Option<Vec<u8>> = row.try_get_unchecked(column)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    };
    let read = |row: &R| (0..row.len()).map(|column| text(row, column)).collect();
    Ok(ResultTable {
        columns: rows.first().map(|row| names(row.columns())).unwrap_or_default(),
        rows: rows.iter().map(read).collect::<sqlx::Result<_>>()?,
    })
}

fn texts<'r, R: Row>(row: &'r R) -> sqlx::Result<TextRow>
where
    usize: sqlx::ColumnIndex<R>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    (0..row.len()).map(|column| row.try_get(column)).collect()
}
