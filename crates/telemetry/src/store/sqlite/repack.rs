//! Packs small blocks of spans together.
//!
//! Where little comes in, a commit holds few spans, and their block is mostly front matter. Those of one
//! project and hour are made one, in a transaction that also tells their traces: whoever reads meanwhile
//! sees the blocks as they were before.

use super::block::read_all;
use super::blocks::{Filling, pack};
use super::names::{decode, encode};
use super::writer::Memory;
use crate::rollup::Level;
use crate::store::size::span_bytes;
use crate::store::{PricedSpan, StoreResult};
use model::telemetry::{TraceId, UnixNanos};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// So many blocks are packed in one step, at most,
const STEP_BLOCKS: i64 = 64;
/// and only when there are so many: each packing rewrites its traces' rows.
const WORTHWHILE_BLOCKS: i64 = 16;

/// The number of the next block.
pub(super) fn next_block(connection: &Connection) -> StoreResult<i64> {
    let next = "SELECT coalesce(max(id), 0) + 1 FROM span_block";
    Ok(connection.query_row(next, [], |row| row.get(0))?)
}

/// Packs the small blocks of one hour; true if there were any.
pub(super) fn step(connection: &mut Connection, memory: &mut Memory) -> StoreResult<bool> {
    let hour = Level::Hour.nanos();
    let find = "SELECT project, min_start / ?1 FROM span_block WHERE is_small \
         GROUP BY project, min_start / ?1 HAVING count(*) >= ?2 LIMIT 1";
    let group: Option<(i64, i64)> = {
        let mut find = connection.prepare_cached(find)?;
        let mut rows = find.query((hour, WORTHWHILE_BLOCKS))?;
        rows.next()?.map(|row| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?))).transpose()?
    };
    let Some((project, hours)) = group else { return Ok(false) };
    let transaction = connection.transaction()?;
    let old = small_blocks(&transaction, project, UnixNanos(hours * hour), UnixNanos((hours + 1) * hour))?;
    let mut traces: BTreeMap<TraceId, Vec<&PricedSpan>> = BTreeMap::new();
    for priced in old.iter().flat_map(|(_, spans)| spans) {
        traces.entry(priced.span.trace_id).or_default().push(priced);
    }
    let gone: BTreeSet<i64> = old.iter().map(|(id, _)| *id).collect();
    let mut full = Vec::new();
    let mut blocks = Filling::new(memory.next_block, |block| full.push(block));
    for (trace_id, spans) in &traces {
        let bytes = spans.iter().copied().map(span_bytes).sum();
        let new = blocks.push(project, *trace_id, spans, bytes);
        // A trace that went by age left its spans in blocks with younger ones.
        if let Some(row) = memory.places.find(&transaction, trace_id, project)? {
            tell_trace(&transaction, row, &gone, &new)?;
        }
    }
    memory.next_block = blocks.finish();
    for block in pack(full, &mut memory.compressor)? {
        block.store(&transaction)?;
    }
    for id in &gone {
        transaction.prepare_cached("DELETE FROM span_block WHERE id = ?")?.execute([id])?;
    }
    transaction.commit()?;
    Ok(true)
}

fn small_blocks(
    connection: &Connection,
    project: i64,
    from: UnixNanos,
    until: UnixNanos,
) -> StoreResult<Vec<(i64, Vec<PricedSpan>)>> {
    let find = "SELECT id, body FROM span_block WHERE is_small AND project = ? AND min_start >= ? \
         AND min_start < ? ORDER BY min_start LIMIT ?";
    let mut find = connection.prepare_cached(find)?;
    let mut rows = find.query((project, from.0, until.0, STEP_BLOCKS))?;
    let mut blocks = Vec::new();
    while let Some(row) = rows.next()? {
        let body = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        blocks.push((row.get(0)?, read_all(body)?));
    }
    Ok(blocks)
}

fn tell_trace(connection: &Connection, row: i64, gone: &BTreeSet<i64>, new: &[i64]) -> StoreResult<()> {
    let mut find = connection.prepare_cached("SELECT blocks FROM trace WHERE id = ?")?;
    let stored: Vec<u8> = find.query_row([row], |row| row.get(0))?;
    let mut blocks: Vec<i64> = decode(&stored, "a trace")?;
    blocks.retain(|block| !gone.contains(block));
    blocks.extend(new);
    let update = "UPDATE trace SET blocks = ? WHERE id = ?";
    connection.prepare_cached(update)?.execute((encode(&blocks)?, row))?;
    Ok(())
}
