//! What failed lately.

use crate::telemetry::traces::row;
use ::telemetry::store::{RecordQuery, Store, StoreResult, Trace, TraceQuery, TraceSummary};
use futures::{StreamExt, TryStreamExt};
use model::identity::ProjectId;
use model::telemetry::view::ErrorGroup;
use model::telemetry::{AgentName, Span, SpanStatus, Value};
use std::cmp::Reverse;

/// Traces that are looked through, the latest with errors,
const MOST_TRACES: usize = 50;
/// and with no more spans than these together, but for the first.
const MOST_SPANS: u64 = 20_000;
/// How many are read at once.
const AT_ONCE: usize = 3;

/// Spans of the agent that failed in its latest traces with errors, those that failed alike together.
pub(super) async fn latest(
    store: &dyn Store,
    project: &ProjectId,
    agent: &AgentName,
    records: RecordQuery,
) -> StoreResult<Vec<ErrorGroup>> {
    let failed = TraceQuery {
        has_errors: Some(true),
        ..TraceQuery::of(RecordQuery { limit: MOST_TRACES, ..records })
    };
    let page = store.traces(project, failed).await?;
    let mut room = MOST_SPANS;
    let looked_through = page.items.iter().enumerate().take_while(|(place, trace)| {
        let fits = *place == 0 || trace.spans <= room;
        room = room.saturating_sub(trace.spans);
        fits
    });
    let ids: Vec<_> = looked_through.map(|(_, trace)| trace.trace_id).collect();
    let reads = ids.into_iter().map(|id| store.trace(project, id));
    let traces: Vec<Option<Trace>> = futures::stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    Ok(groups(agent, traces.into_iter().flatten()))
}

/// `traces` are the newest first.
fn groups(agent: &AgentName, traces: impl Iterator<Item = Trace>) -> Vec<ErrorGroup> {
    let mut groups: Vec<ErrorGroup> = Vec::new();
    for Trace { summary, spans } in traces {
        let failed = spans.iter().map(|priced| &priced.span).rev();
        for span in failed.filter(|span| span.status == SpanStatus::Error && span.agent.name == *agent) {
            let known = groups.iter_mut().find(|group| {
                group.name == span.name && group.error_type.as_deref() == span.error_type.as_deref()
            });
            match known {
                Some(group) => group.count += 1,
                None => groups.push(group(span, &summary)),
            }
        }
    }
    groups.sort_by_key(|group| Reverse(group.count));
    groups
}

fn group(span: &Span, trace: &TraceSummary) -> ErrorGroup {
    ErrorGroup {
        name: span.name.clone(),
        error_type: span.error_type.clone().map(String::from),
        message: message(span).to_owned(),
        count: 1,
        latest: row(trace.clone()),
    }
}

/// What its status says, else the exception that it recorded.
fn message(span: &Span) -> &str {
    if !span.status_message.is_empty() {
        return &span.status_message;
    }
    let mut attributes = span.events.iter().flat_map(|event| &event.attributes);
    let said = attributes.find(|attribute| attribute.key == "exception.message");
    match said.map(|attribute| &attribute.value) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}
