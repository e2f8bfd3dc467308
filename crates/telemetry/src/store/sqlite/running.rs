//! What a running total grew by.

use super::records::count_of;
use crate::store::StoreResult;
use model::telemetry::MetricPoint;
use rusqlite::{Connection, OptionalExtension};

/// The mean of what a point measured anew, and how many measurements that were. Of a running total that is
/// what it grew by since the point before; `None` where it did not, and of a point that comes later than
/// its successor, which has it in its own growth.
///
/// A total that is less than before began anew, as one with another beginning did.
pub(super) fn measured(
    connection: &Connection,
    agent: i64,
    series: i64,
    point: &MetricPoint,
) -> StoreResult<Option<(f64, u64)>> {
    let Some(since) = point.running_since else { return Ok(Some((point.value, point.count))) };
    let find = "SELECT since, at, value, count FROM running WHERE agent = ? AND series = ?";
    let before: Option<(i64, i64, f64, i64)> = connection
        .prepare_cached(find)?
        .query_row((agent, series), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    if before.is_some_and(|(_, at, ..)| at >= point.at.0) {
        return Ok(None);
    }
    let put =
        "INSERT OR REPLACE INTO running (agent, series, since, at, value, count) VALUES (?, ?, ?, ?, ?, ?)";
    let row = (agent, series, since.0, point.at.0, point.value, count_of(point));
    connection.prepare_cached(put)?.execute(row)?;
    let before = before.filter(|(begun, ..)| *begun == since.0);
    Ok(growth(before.map(|(.., value, count)| (value, count as u64)), (point.value, point.count)))
}

/// Of a mean over so many measurements, before and now. A counter is one whose number is always 1.
fn growth(before: Option<(f64, u64)>, now: (f64, u64)) -> Option<(f64, u64)> {
    let Some(before) = before else { return Some(now) };
    match now.1.checked_sub(before.1) {
        None => Some(now),
        Some(0) if now.0 == before.0 => None,
        Some(0) if now.1 == 1 => Some((if now.0 > before.0 { now.0 - before.0 } else { now.0 }, 1)),
        // As many as before, and another mean: it can only have begun anew.
        Some(0) => Some(now),
        Some(grown) => {
            let sum = now.0 * now.1 as f64 - before.0 * before.1 as f64;
            Some((sum / grown as f64, grown))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_grow() {
        let check = |before: Option<(f64, u64)>, now: (f64, u64), expect: Option<(f64, u64)>| {
            assert_eq!(growth(before, now), expect, "{before:?} to {now:?}");
        };
        // Counters.
        check(None, (5.0, 1), Some((5.0, 1)));
        check(Some((5.0, 1)), (8.0, 1), Some((3.0, 1)));
        check(Some((5.0, 1)), (5.0, 1), None);
        check(Some((5.0, 1)), (2.0, 1), Some((2.0, 1)));
        // Histograms: means of so many.
        check(None, (10.0, 4), Some((10.0, 4)));
        check(Some((10.0, 4)), (12.0, 6), Some((16.0, 2)));
        check(Some((10.0, 1)), (20.0, 3), Some((25.0, 2)));
        check(Some((10.0, 4)), (10.0, 4), None);
        check(Some((10.0, 4)), (7.0, 2), Some((7.0, 2)));
        check(Some((10.0, 4)), (7.0, 4), Some((7.0, 4)));
    }
}
