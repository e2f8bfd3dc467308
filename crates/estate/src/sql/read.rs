//! Reading a query's pages in one transaction, within the time limit.

use super::engine::{Engine, MAX_ANSWER_BYTES, TextRow, Value};
use super::query::PagedQuery;
use super::{QueryLimits, ResultTable, fault};
use crate::error::SourceError;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, SqlStr};
use std::time::Duration;

/// How long we wait beyond the limit that the server enforces, for one that does not answer
/// at all.
const GRACE: Duration = Duration::from_secs(1);

/// Reads all pages of `query`. A connection on which this fails or is cancelled is closed,
/// never used again: it may be in a transaction, or waiting for an answer.
pub(super) async fn read_pages<E: Engine>(
    connection: PoolConnection<E>,
    query: &PagedQuery,
    limits: QueryLimits,
) -> Result<Vec<TextRow>, SourceError> {
    let mut in_use = InUse { connection, sound: false };
    let rows = read_in_transaction::<E>(&mut in_use.connection, query, limits).await?;
    in_use.sound = true;
    Ok(rows)
}

/// Runs one query in a transaction that only reads, unless the server expects to look at more
/// rows for it than `max_examined_rows`.
pub(super) async fn run_checked<E: Engine>(
    connection: PoolConnection<E>,
    sql: &str,
    max_examined_rows: u64,
    limits: QueryLimits,
) -> Result<ResultTable, SourceError> {
    let mut in_use = InUse { connection, sound: false };
    let begin = in_use.connection.begin_with(SqlStr::from_static(E::BEGIN));
    let mut transaction = bounded(limits, begin).await?;
    let expected = bounded(limits, E::expected_rows(&mut transaction, sql)).await?;
    let answer = match expected {
        Some(expected) if expected > max_examined_rows => {
            Err(SourceError::TooManyRows { expected, limit: max_examined_rows })
        }
        _ => {
            let table = bounded(limits, E::fetch_table(&mut transaction, sql, limits.timeout)).await?;
            // The connection is closed: what it has not sent yet would be read otherwise.
            Ok(table.ok_or_else(too_large)?)
        }
    };
    bounded(limits, transaction.commit()).await?;
    in_use.sound = true;
    answer
}

struct InUse<E: Engine> {
    connection: PoolConnection<E>,
    sound: bool,
}

impl<E: Engine> Drop for InUse<E> {
    fn drop(&mut self) {
        if !self.sound {
            self.connection.close_on_drop();
        }
    }
}

async fn read_in_transaction<E: Engine>(
    connection: &mut E::Connection,
    query: &PagedQuery,
    limits: QueryLimits,
) -> Result<Vec<TextRow>, SourceError> {
    let mut transaction = bounded(limits, connection.begin_with(SqlStr::from_static(E::BEGIN))).await?;
    let mut rows = Vec::new();
    let mut cursor = query.first.clone();
    loop {
        let mut values = query.filter.clone();
        values.append(&mut cursor);
        values.push(Value::Integer(i64::try_from(query.page_rows).unwrap_or(i64::MAX)));
        let fetch = E::fetch(&mut transaction, &query.sql, &values, limits.timeout);
        let page = bounded(limits, fetch).await?;
        let full = page.len() >= query.page_rows;
        rows.extend(page);
        match rows.last().filter(|_| full) {
            None => break,
            Some(last) => {
                cursor = (query.behind)(last)
                    .ok_or_else(|| SourceError::Malformed { what: "a row without a key".to_owned() })?;
            }
        }
    }
    bounded(limits, transaction.commit()).await?;
    Ok(rows)
}

/// More was answered than is taken.
pub(super) fn too_large() -> SourceError {
    SourceError::TooLarge { limit_kb: MAX_ANSWER_BYTES / 1024 }
}

/// Waits for `call` a little longer than the limit.
pub(super) async fn bounded<T>(
    limits: QueryLimits,
    call: impl Future<Output = sqlx::Result<T>>,
) -> Result<T, SourceError> {
    match tokio::time::timeout(limits.timeout + GRACE, call).await {
        Ok(result) => result.map_err(|error| fault::classify(error, limits)),
        Err(_) => Err(fault::timed_out(limits)),
    }
}
