//! Reads traces.

use super::page::{Listed, PageReader};
use super::rows::decode;
use super::server::{Question, Server};
use super::spans::{Agents, SPAN_COLUMNS, read_span};
use super::wire::Answer;
use crate::store::{
    MAX_PAGE, Page, PricedSpan, RecordQuery, StoreError, StoreResult, Trace, TraceQuery, TraceSummary,
};
use model::identity::ProjectId;
use model::telemetry::{AgentName, SpanId, TraceId, UnixNanos};
use std::collections::HashMap;

/// Spans after which a page of an export ends, whatever its limit.
const EXPORT_SPANS: u64 = 20_000;
/// So many traces an export reads the spans of at once.
const EXPORT_TRACES: usize = 100;

const COLUMNS: &str =
    "id, started, trace_id, agent, name, has_root, ended, spans, errors, user, session, spend";

pub(super) async fn traces(
    server: &Server,
    project: &ProjectId,
    query: &TraceQuery,
) -> StoreResult<Page<TraceSummary>> {
    trace_reader(project, query).read(server, summary).await
}

pub(super) const TRACES: Listed = Listed { table: "trace FINAL", time: "started", columns: COLUMNS };

pub(super) fn trace_reader<'q>(project: &ProjectId, query: &'q TraceQuery) -> PageReader<'q> {
    let mut reader = PageReader::new(TRACES, project, &query.records);
    if let Some(has_errors) = query.has_errors {
        reader.constrain(if has_errors { "errors > 0" } else { "errors = 0" });
    }
    if let Some(has_gap) = query.has_cost_gap {
        reader.filter("has_gap = {has_gap:UInt8}", "has_gap", i64::from(has_gap));
    }
    if query.min_duration_ns > 0 {
        reader.filter("ended - started >= {min_duration:Int64}", "min_duration", query.min_duration_ns);
    }
    if let Some(session) = &query.session {
        reader.filter("session = {session:String}", "session", session.as_str());
    }
    if let Some(search) = &query.search {
        let search = search.to_lowercase();
        // Half a byte more or less is found in the digits.
        let is_id = search.bytes().all(|byte| byte.is_ascii_hexdigit()) && search.len() <= 32;
        let name = "position(lowerUTF8(name), {search:String}) > 0";
        if is_id {
            let id = format!("({name} OR startsWith(lower(hex(trace_id)), {{search:String}}))");
            reader.filter(&id, "search", search.as_str());
        } else {
            reader.filter(name, "search", search.as_str());
        }
    }
    reader
}

fn summary(started: i64, row: &mut Answer) -> StoreResult<TraceSummary> {
    Ok(TraceSummary {
        started: UnixNanos(started),
        trace_id: TraceId::from_bytes(&row.fixed::<16>()?).map_err(|_| StoreError::Malformed("a trace"))?,
        agent: AgentName::new(row.text()?),
        name: row.text()?,
        has_root: row.byte()? != 0,
        ended: UnixNanos(row.int()?),
        spans: row.int()? as u64,
        errors: row.int()? as u64,
        user: row.optional_text()?,
        session: row.optional_text()?,
        spend: decode(&row.bytes()?, "a cost")?,
    })
}

pub(super) async fn trace(
    server: &Server,
    project: &ProjectId,
    trace_id: TraceId,
) -> StoreResult<Option<Trace>> {
    let find = format!(
        "SELECT {COLUMNS} FROM trace FINAL WHERE project = {{project:String}} \
         AND trace_id = unhex({{trace:String}})"
    );
    let mut answer = of_trace(server, &find, project, trace_id).rows().await?;
    if answer.is_empty() {
        return Ok(None);
    }
    let (_, started) = (answer.int()?, answer.int()?);
    let summary = summary(started, &mut answer)?;
    let find = format!(
        "SELECT {SPAN_COLUMNS} FROM span WHERE project = {{project:String}} \
         AND trace_id = unhex({{trace:String}}) ORDER BY started, span_id"
    );
    let spans = read_spans(of_trace(server, &find, project, trace_id)).await?;
    Ok(Some(Trace { summary, spans }))
}

fn of_trace(server: &Server, find: &str, project: &ProjectId, trace_id: TraceId) -> Question {
    server.ask(find).with("project", project.as_str()).with("trace", trace_id.to_string())
}

async fn read_spans(question: Question) -> StoreResult<Vec<PricedSpan>> {
    let mut answer = question.rows().await?;
    let mut agents = Agents::default();
    let mut spans = Vec::new();
    while !answer.is_empty() {
        spans.push(read_span(&mut answer, &mut agents)?);
    }
    Ok(spans)
}

pub(super) async fn trace_spans(
    server: &Server,
    project: &ProjectId,
    trace_id: TraceId,
    after: Option<(UnixNanos, SpanId)>,
    limit: usize,
) -> StoreResult<Vec<PricedSpan>> {
    let beyond = match after {
        Some(_) => " AND (started, span_id) > ({at:Int64}, toFixedString(unhex({span:String}), 8))",
        None => "",
    };
    let find = format!(
        "SELECT {SPAN_COLUMNS} FROM span WHERE project = {{project:String}} \
         AND trace_id = unhex({{trace:String}}){beyond} ORDER BY started, span_id LIMIT {{limit:UInt64}}"
    );
    let mut find = of_trace(server, &find, project, trace_id).with("limit", limit.min(MAX_PAGE) as u64);
    if let Some((at, span_id)) = after {
        find = find.with("at", at.0).with("span", span_id.to_string());
    }
    read_spans(find).await
}

pub(super) async fn export(
    server: &Server,
    project: &ProjectId,
    query: &RecordQuery,
) -> StoreResult<Page<Trace>> {
    let mut rest = query.clone();
    let mut found: Vec<Trace> = Vec::new();
    let mut spans = 0;
    // A piece after the other, for how large they are is known only then.
    loop {
        rest.limit = query.limit.saturating_sub(found.len()).min(EXPORT_TRACES);
        let page = traces(server, project, &TraceQuery::of(rest.clone())).await?;
        spans += page.items.iter().map(|summary| summary.spans).sum::<u64>();
        found.extend(whole(server, project, page.items).await?);
        if page.next.is_none() || found.len() >= query.limit || spans >= EXPORT_SPANS {
            return Ok(Page { items: found, next: page.next });
        }
        rest.cursor = page.next;
    }
}

/// Reads the spans of traces.
async fn whole(
    server: &Server,
    project: &ProjectId,
    summaries: Vec<TraceSummary>,
) -> StoreResult<Vec<Trace>> {
    let ids: Vec<String> = summaries.iter().map(|summary| summary.trace_id.to_string()).collect();
    let find = format!(
        "SELECT {SPAN_COLUMNS} FROM span WHERE project = {{project:String}} AND trace_id IN \
         (SELECT toFixedString(unhex(arrayJoin({{ids:Array(String)}})), 16)) ORDER BY started, span_id"
    );
    let find = server.ask(&find).with("project", project.as_str()).with("ids", ids);
    let mut by_trace: HashMap<TraceId, Vec<PricedSpan>> = HashMap::new();
    for priced in read_spans(find).await? {
        by_trace.entry(priced.span.trace_id).or_default().push(priced);
    }
    let trace = |summary: TraceSummary| Trace {
        spans: by_trace.remove(&summary.trace_id).unwrap_or_default(),
        summary,
    };
    Ok(summaries.into_iter().map(trace).collect())
}
