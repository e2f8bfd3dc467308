//! Reads traces.

use super::names::{decode, find_project};
use super::places;
use super::read::{Keyset, PageReader};
use super::spans::read_spans;
use crate::store::{Page, RecordQuery, StoreError, StoreResult, Trace, TraceQuery, TraceSummary};
use model::identity::ProjectId;
use model::telemetry::{AgentName, TraceId, UnixNanos};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row};

/// Spans after which a page of an export ends, whatever its limit.
const EXPORT_SPANS: u64 = 20_000;

const COLUMNS: &str = "trace.id, trace.started, trace.trace_id, agent.name, trace.name, has_root, ended, \
     spans, errors, user, session, spend, blocks";

pub(super) fn traces(
    connection: &Connection,
    project: &ProjectId,
    query: &TraceQuery,
) -> StoreResult<Page<TraceSummary>> {
    let page = find(connection, project, query)?;
    Ok(Page { items: page.items.into_iter().map(|(summary, _)| summary).collect(), next: page.next })
}

/// A summary, and the blocks that hold the spans.
type Found = (TraceSummary, Vec<i64>);

pub(super) const TRACES: Keyset =
    Keyset { table: "trace", time: "started", joins: "JOIN agent ON agent.id = trace.agent" };

fn find(connection: &Connection, project: &ProjectId, query: &TraceQuery) -> StoreResult<Page<Found>> {
    let Some(reader) = trace_reader(connection, project, query)? else { return Ok(Page::empty()) };
    reader.read(connection, COLUMNS, summary)
}

pub(super) fn trace_reader<'q>(
    connection: &Connection,
    project: &ProjectId,
    query: &'q TraceQuery,
) -> StoreResult<Option<PageReader<'q>>> {
    let found = PageReader::find(connection, project, &query.records, TRACES)?;
    let Some(mut reader) = found else { return Ok(None) };
    if let Some(has_errors) = query.has_errors {
        reader.filter(if has_errors { "errors > 0" } else { "errors = 0" }, []);
    }
    if let Some(has_gap) = query.has_cost_gap {
        reader.filter("has_gap = ?", [Sql::from(has_gap)]);
    }
    if query.min_duration_ns > 0 {
        reader.filter("ended - trace.started >= ?", [Sql::from(query.min_duration_ns)]);
    }
    if let Some(session) = &query.session {
        reader.filter("session = ?", [Sql::from(session.clone())]);
    }
    if let Some(search) = &query.search {
        let search = search.to_lowercase();
        // Half a byte more or less is found in the digits.
        let is_id = search.bytes().all(|byte| byte.is_ascii_hexdigit()) && search.len() <= 32;
        let name = "instr(lower(trace.name), ?) > 0";
        if is_id {
            let digits = format!("({name} OR substr(lower(hex(trace.trace_id)), 1, ?) = ?)");
            let length = Sql::from(search.len() as i64);
            reader.filter(&digits, [Sql::from(search.clone()), length, Sql::from(search)]);
        } else {
            reader.filter(name, [Sql::from(search)]);
        }
    }
    Ok(Some(reader))
}

fn summary(row: &Row<'_>) -> StoreResult<Found> {
    let blob = |column| row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from);
    let summary = TraceSummary {
        trace_id: TraceId::from_bytes(blob(2)?).map_err(|_| StoreError::Malformed("a trace"))?,
        agent: AgentName::new(row.get::<_, String>(3)?),
        name: row.get(4)?,
        has_root: row.get(5)?,
        started: UnixNanos(row.get(1)?),
        ended: UnixNanos(row.get(6)?),
        spans: row.get::<_, i64>(7)? as u64,
        errors: row.get::<_, i64>(8)? as u64,
        user: row.get(9)?,
        session: row.get(10)?,
        spend: decode(blob(11)?, "a cost")?,
    };
    Ok((summary, decode(blob(12)?, "a trace")?))
}

pub(super) fn trace(
    connection: &Connection,
    project: &ProjectId,
    trace_id: &TraceId,
) -> StoreResult<Option<Trace>> {
    let Some(project) = find_project(connection, project)? else { return Ok(None) };
    let find = format!(
        "SELECT {COLUMNS} FROM trace JOIN agent ON agent.id = trace.agent WHERE trace.id = ({})",
        places::FIND
    );
    let mut find = connection.prepare_cached(&find)?;
    let found = find.query_row((trace_id.as_bytes(), project), |row| Ok(summary(row))).optional()?;
    found.map(|found| whole(connection, project, found?)).transpose()
}

fn whole(connection: &Connection, project: i64, (summary, blocks): Found) -> StoreResult<Trace> {
    let mut spans = read_spans(connection, project, &blocks, &summary.trace_id)?;
    spans.sort_by_key(|priced| (priced.span.started, priced.span.span_id));
    Ok(Trace { summary, spans })
}

pub(super) fn export(
    connection: &Connection,
    project: &ProjectId,
    query: &RecordQuery,
) -> StoreResult<Page<Trace>> {
    let Some(number) = find_project(connection, project)? else { return Ok(Page::empty()) };
    let mut rest = query.clone();
    let mut traces = Vec::new();
    let mut spans = 0;
    // One more after the other, for how large they are is known only then.
    loop {
        rest.limit = query.limit.saturating_sub(traces.len()).min(100);
        let filter = TraceQuery::of(rest.clone());
        let page = find(connection, project, &filter)?;
        for found in page.items {
            spans += found.0.spans;
            traces.push(whole(connection, number, found)?);
        }
        if page.next.is_none() || traces.len() >= query.limit || spans >= EXPORT_SPANS {
            return Ok(Page { items: traces, next: page.next });
        }
        rest.cursor = page.next;
    }
}
