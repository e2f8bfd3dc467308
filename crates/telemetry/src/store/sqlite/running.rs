//! Of each running total of an agent the latest.

use super::records::count_of;
use crate::store::StoreResult;
use crate::store::running::Total;
use model::telemetry::MetricPoint;
use rusqlite::{Connection, OptionalExtension};

/// The mean of what a point measured anew, and how many measurements that were; `None` where it did not.
pub(super) fn measured(
    connection: &Connection,
    agent: i64,
    series: i64,
    point: &MetricPoint,
) -> StoreResult<Option<(f64, u64)>> {
    let Some(total) = Total::of(point) else { return Ok(Some((point.value, point.count))) };
    let find = "SELECT since, at, value, count FROM running WHERE agent = ? AND series = ?";
    let before: Option<Total> = connection
        .prepare_cached(find)?
        .query_row((agent, series), |row| {
            let count: i64 = row.get(3)?;
            Ok(Total { since: row.get(0)?, at: row.get(1)?, value: row.get(2)?, count: count as u64 })
        })
        .optional()?;
    if total.is_late(before.as_ref()) {
        return Ok(None);
    }
    let put =
        "INSERT OR REPLACE INTO running (agent, series, since, at, value, count) VALUES (?, ?, ?, ?, ?, ?)";
    let row = (agent, series, total.since, total.at, total.value, count_of(point));
    connection.prepare_cached(put)?.execute(row)?;
    Ok(total.growth(before.as_ref()))
}
