//! Takes out what is too old, a bounded piece at a time, and gives the room back.

use super::fold::level_number;
use super::names::Names;
use super::places::all_placed;
use crate::rollup::Level;
use crate::store::{RecordKind, StoreResult};
use model::telemetry::UnixNanos;
use rusqlite::{Connection, params};

/// Rows that one step takes out of a table: some milliseconds.
const STEP_ROWS: i64 = 2_000;
/// Blocks of spans, which are larger.
const STEP_BLOCKS: i64 = 100;
/// Pages that one step gives back to the file system.
const STEP_PAGES: i64 = 512;
/// Free pages that are kept for what comes next.
const KEPT_PAGES: i64 = 8_192;

/// Takes out a piece; true if there may be more.
pub(super) fn prune(
    connection: &Connection,
    names: &mut Names,
    project: i64,
    kind: RecordKind,
    before: UnixNanos,
) -> StoreResult<bool> {
    let delete = |sql: &str, limit: i64| -> StoreResult<bool> {
        let deleted = connection.prepare_cached(sql)?.execute(params![project, before.0, limit])?;
        Ok(deleted as i64 == limit)
    };
    // Each statement is a transaction of its own: what one takes out needs nothing of the others.
    match kind {
        RecordKind::Spans => {
            let blocks = delete(
                "DELETE FROM span_block WHERE id IN \
                 (SELECT id FROM span_block WHERE project = ?1 AND max_end < ?2 LIMIT ?3)",
                STEP_BLOCKS,
            )?;
            let traces = prune_traces(connection, project, before)?;
            Ok(blocks || traces)
        }
        RecordKind::Metrics => {
            let records = delete(
                "DELETE FROM metric WHERE id IN \
                 (SELECT id FROM metric WHERE project = ?1 AND at < ?2 LIMIT ?3)",
                STEP_ROWS,
            )?;
            let points = delete(
                "DELETE FROM point WHERE id IN \
                 (SELECT id FROM point WHERE project = ?1 AND at < ?2 LIMIT ?3)",
                STEP_ROWS,
            )?;
            // Of series and totals only those go that no point is left of.
            if points {
                return Ok(true);
            }
            let totals = delete(
                "DELETE FROM running WHERE (agent, series) IN \
                 (SELECT running.agent, series FROM running JOIN series ON series.id = running.series \
                 WHERE project = ?1 AND until < ?2 LIMIT ?3)",
                STEP_ROWS,
            )?;
            if totals {
                return Ok(true);
            }
            names.forget_series();
            let series = delete(
                "DELETE FROM series WHERE id IN \
                 (SELECT id FROM series WHERE project = ?1 AND until < ?2 LIMIT ?3)",
                STEP_ROWS,
            )?;
            Ok(records || series)
        }
        RecordKind::Logs => delete(
            "DELETE FROM log WHERE id IN (SELECT id FROM log WHERE project = ?1 AND at < ?2 LIMIT ?3)",
            STEP_ROWS,
        ),
        RecordKind::Events => delete(
            "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE project = ?1 AND at < ?2 LIMIT ?3)",
            STEP_ROWS,
        ),
        RecordKind::Minutes => prune_rollup(connection, project, Level::Minute, before),
        RecordKind::Rollups => {
            let hours = prune_rollup(connection, project, Level::Hour, before)?;
            let days = prune_rollup(connection, project, Level::Day, before)?;
            let parties = delete(
                "DELETE FROM party_spend WHERE (project, party, day, name) IN \
                 (SELECT project, party, day, name FROM party_spend WHERE project = ?1 AND party IN (0, 1) \
                 AND day < ?2 LIMIT ?3)",
                STEP_ROWS,
            )?;
            let sessions = delete(
                "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE project = ?1 \
                 AND started < ?2 AND last_seen < ?2 LIMIT ?3)",
                STEP_ROWS,
            )?;
            Ok(hours || days || parties || sessions)
        }
    }
}

/// All traces have their place: observations were folded before.
fn prune_traces(connection: &Connection, project: i64, before: UnixNanos) -> StoreResult<bool> {
    let old = "FROM trace WHERE project = ?1 AND started < ?2 AND ended < ?2 ORDER BY started LIMIT ?3";
    let old_places =
        format!("DELETE FROM trace_place WHERE (trace_id, project) IN (SELECT trace_id, project {old})");
    let old_traces = format!("DELETE FROM trace WHERE id IN (SELECT id {old})");
    let parameters = params![project, before.0, STEP_ROWS];
    let transaction = connection.unchecked_transaction()?;
    transaction.prepare_cached(&old_places)?.execute(parameters)?;
    let deleted = transaction.prepare_cached(&old_traces)?.execute(parameters)?;
    // Where the newest are gone, their numbers are given again.
    all_placed(&transaction)?;
    transaction.commit()?;
    Ok(deleted as i64 == STEP_ROWS)
}

fn prune_rollup(connection: &Connection, project: i64, level: Level, before: UnixNanos) -> StoreResult<bool> {
    let delete = "DELETE FROM rollup WHERE (agent, level, start) IN \
         (SELECT agent, level, start FROM agent JOIN rollup ON rollup.agent = agent.id \
         WHERE agent.project = ?1 AND level = ?2 AND start < ?3 LIMIT ?4)";
    // The bucket that `before` is in stays whole.
    let end = level.start_of(before).0;
    let mut delete = connection.prepare_cached(delete)?;
    let deleted = delete.execute(params![project, level_number(level), end, STEP_ROWS])?;
    Ok(deleted as i64 == STEP_ROWS)
}

/// Gives free pages at the file's end back; true if there are more than need be.
pub(super) fn give_back(connection: &Connection) -> StoreResult<bool> {
    let free: i64 = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    if free <= KEPT_PAGES {
        return Ok(false);
    }
    let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({STEP_PAGES})"))?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    Ok(true)
}
