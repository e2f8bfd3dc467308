//! Traces: the list, one as a waterfall, and one span of it.

mod tree;

use super::figures::spend;
use super::steps::resolve;
use crate::{Error, Result, Service};
use ::telemetry::genai;
use ::telemetry::store::{
    self, CostGap, Cursor, Order, PricedSpan, RecordQuery, TimeRange, Trace, TraceSummary,
};
use model::Actor;
use model::telemetry::view::{SpanDetail, TraceList, TraceQuery, TraceRow, TraceView};
use model::telemetry::{AgentName, Flag, SpanId, TraceId};

/// Traces of one page.
const PAGE: usize = 50;

impl Service {
    /// The traces of the actor's project that match, the newest first.
    pub async fn list_traces(&self, actor: &Actor, query: &TraceQuery) -> Result<TraceList> {
        let (project, open) = self.telemetry_of(actor).await?;
        let now = self.clock().now().into();
        let (from, to) = resolve(query.range, now)?;
        let wanted = stored_query(query, TimeRange { from, until: to })?;
        let (agents, page) =
            futures::try_join!(open.store.agents(&project.id), open.store.traces(&project.id, wanted))?;
        Ok(TraceList {
            now,
            from,
            to,
            agents: agents.into_iter().map(|agent| agent.name).collect(),
            traces: page.items.into_iter().map(row).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        })
    }

    /// A trace with its spans, or with the first `limit` of them.
    pub async fn get_trace(&self, actor: &Actor, id: TraceId, limit: Option<usize>) -> Result<TraceView> {
        let trace = self.find_trace(actor, id).await?;
        Ok(tree::view(trace, self.clock().now().into(), limit))
    }

    /// All that is known of one span.
    pub async fn get_span(&self, actor: &Actor, trace: TraceId, id: SpanId) -> Result<SpanDetail> {
        let trace = self.find_trace(actor, trace).await?;
        let found = trace.spans.into_iter().find(|priced| priced.span.span_id == id);
        found.map(detail).ok_or_else(|| Error::not_found("span", &id.to_string(), Vec::new()))
    }

    async fn find_trace(&self, actor: &Actor, id: TraceId) -> Result<Trace> {
        let (project, open) = self.telemetry_of(actor).await?;
        let found = open.store.trace(&project.id, id).await?;
        found.ok_or_else(|| Error::not_found("trace", &id.to_string(), Vec::new()))
    }
}

fn stored_query(query: &TraceQuery, range: TimeRange) -> Result<store::TraceQuery> {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let malformed = || Error::Invalid {
        field: "after",
        message: "write what `next` of the page before says, or nothing".to_owned(),
    };
    let cursor = given(&query.after).map(|after| Cursor::parse(&after).ok_or_else(malformed)).transpose()?;
    Ok(store::TraceQuery {
        records: RecordQuery {
            range,
            agent: given(&query.agent).map(AgentName::new),
            order: Order::NewestFirst,
            limit: PAGE,
            cursor,
        },
        has_errors: query.has_errors,
        // As a cast does, it ends at the largest number.
        min_duration_ns: (query.min_duration_ms.unwrap_or_default() * 1e6) as i64,
        session: given(&query.session),
        has_cost_gap: query.is_unpriced,
        search: given(&query.search),
    })
}

/// A trace at a glance.
pub(super) fn row(trace: TraceSummary) -> TraceRow {
    TraceRow {
        trace_id: trace.trace_id,
        agent: trace.agent,
        name: trace.name,
        has_root: trace.has_root,
        started: trace.started,
        duration_ns: trace.ended.0.abs_diff(trace.started.0),
        spans: trace.spans,
        errors: trace.errors,
        user: trace.user,
        session: trace.session,
        spend: spend(&trace.spend),
    }
}

/// Why it is not known what a span cost.
fn flag(priced: &PricedSpan) -> Option<Flag> {
    priced.gap.map(|gap| match gap {
        CostGap::NoPrice => {
            Flag::NoPrice { model: priced.span.model.as_deref().unwrap_or_default().to_owned() }
        }
        CostGap::NoTokens => Flag::NoTokens,
    })
}

fn detail(priced: PricedSpan) -> SpanDetail {
    let (flag, messages) = (flag(&priced), genai::messages(&priced.span));
    let PricedSpan { span, cost, gap: _ } = priced;
    SpanDetail {
        id: span.span_id,
        parent_id: span.parent_id,
        name: span.name,
        operation: span.operation,
        started: span.started,
        duration_ns: span.ended.0.abs_diff(span.started.0),
        status: span.status,
        status_message: span.status_message,
        error_type: span.error_type.map(String::from),
        model: span.model.map(String::from),
        provider: span.provider.map(String::from),
        usage: span.usage,
        cost,
        flag,
        first_token_ms: span.first_token_ms,
        user: span.user.map(String::from),
        session: span.session.map(String::from),
        messages,
        events: span.events,
        links: span.links,
        attributes: span.attributes,
        readings: span.readings.to_vec(),
        redactions: span.redactions,
    }
}
