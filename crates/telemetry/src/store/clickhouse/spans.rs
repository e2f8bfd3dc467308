//! Spans, a row each, and what is known of their traces.

use super::entry::{Group, SessionTouch, Table};
use super::rows::{decode, encode};
use super::server::{Server, bindable};
use super::wire::Answer;
use crate::accounting::TraceTree;
use crate::rollup::{Fact, Spend};
use crate::store::facts::{call_of, has_usage, latency_ms, tree_span};
use crate::store::{CostGap, PricedSpan, Receipt, StoreError, StoreResult};
use model::ask::Amount;
use model::identity::ProjectId;
use model::telemetry::{
    AgentId, AgentIdentity, AgentName, Attribute, Cost, CostSource, Operation, Reading, Span, SpanEvent,
    SpanId, SpanLink, SpanStatus, Text, TokenUsage, TraceId, UnixNanos,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// The row of a trace, but for its project and id.
#[derive(Clone)]
struct TraceRow {
    id: i64,
    born: i64,
    started: i64,
    ended: i64,
    agent: String,
    name: String,
    has_root: bool,
    spans: i64,
    errors: i64,
    has_gap: bool,
    user: Option<Text>,
    session: Option<Text>,
    spend: Spend,
    tree: Vec<u8>,
}

/// What a span's columns do not hold.
#[derive(Serialize, Deserialize)]
struct SpanBody<'a> {
    agent_id: Option<[u8; 16]>,
    metadata: Cow<'a, [Attribute]>,
    operation: Operation,
    status: SpanStatus,
    status_message: Cow<'a, str>,
    error_type: Option<Text>,
    model: Option<Text>,
    provider: Option<Text>,
    usage: Option<TokenUsage>,
    reported_cost: Option<u64>,
    user: Option<Text>,
    session: Option<Text>,
    first_token_ms: Option<f64>,
    attributes: Cow<'a, [Attribute]>,
    events: Cow<'a, [SpanEvent]>,
    links: Cow<'a, [SpanLink]>,
    readings: Cow<'a, [Reading]>,
    redactions: u32,
    cost: Option<(u64, CostSource)>,
    gap: Option<CostGap>,
}

/// Stands for no parent: no span has it as its id.
const NO_PARENT: [u8; 8] = [0; 8];

/// Puts spans of several batches into the group; each is given with its project and the place of its batch.
pub(super) async fn push(
    server: &Server,
    group: &mut Group,
    spans: Vec<(&ProjectId, usize, &PricedSpan)>,
    receipts: &mut [Receipt],
) -> StoreResult<()> {
    let mut by_project: BTreeMap<&str, BTreeMap<TraceId, Vec<_>>> = BTreeMap::new();
    let mut projects: HashMap<&str, &ProjectId> = HashMap::new();
    for (project, place, priced) in spans {
        projects.insert(project.as_str(), project);
        let traces = by_project.entry(project.as_str()).or_default();
        traces.entry(priced.span.trace_id).or_default().push((place, priced));
    }
    for (name, traces) in by_project {
        let project = projects[name];
        let mut known = find_traces(server, project, traces.keys()).await?;
        for (trace_id, spans) in traces {
            let row = known.remove(&trace_id);
            push_trace(server, group, project, row, &trace_id, &spans, receipts).await?;
        }
    }
    Ok(())
}

async fn push_trace(
    server: &Server,
    group: &mut Group,
    project: &ProjectId,
    row: Option<TraceRow>,
    trace_id: &TraceId,
    spans: &[(usize, &PricedSpan)],
    receipts: &mut [Receipt],
) -> StoreResult<()> {
    let mut tree = match &row {
        Some(row) => TraceTree::decode(&row.tree).map_err(|_| StoreError::Malformed("a trace"))?,
        None => TraceTree::default(),
    };
    let changes = tree.add(spans.iter().map(|(_, priced)| tree_span(priced)));
    let mut unseen: HashSet<SpanId> = changes.new.iter().copied().collect();
    let mut new: Vec<&PricedSpan> = Vec::with_capacity(unseen.len());
    for (batch, priced) in spans {
        if unseen.remove(&priced.span.span_id) {
            receipts[*batch].stored += 1;
            new.push(priced);
        } else {
            receipts[*batch].repeated += 1;
        }
    }
    let Some(first) = new.first() else { return Ok(()) };
    let is_new_trace = row.is_none();
    let mut trace = row.unwrap_or_else(|| TraceRow::of(group.next_id(), &first.span));
    trace.tree = tree.encode();
    for priced in &new {
        push_span(group, project, priced)?;
        trace.add(priced);
        observe(group, project, &mut trace, priced);
    }
    for (ids, sign) in [(&changes.count, 1), (&changes.uncount, -1)] {
        recount(server, group, project, &mut trace, trace_id, &new, ids, sign).await?;
    }
    if let Some(session) = &trace.session {
        let touch = SessionTouch {
            project: project.clone(),
            name: session.clone(),
            agent: AgentName::new(&trace.agent),
            user: trace.user.clone(),
            started: trace.started,
            ended: trace.ended,
            new_traces: i64::from(is_new_trace),
        };
        group.pending.sessions.push(touch);
    }
    trace.push(group, project, trace_id)
}

/// Counts what does not depend on the spans around it.
fn observe(group: &mut Group, project: &ProjectId, trace: &mut TraceRow, priced: &PricedSpan) {
    let span = &priced.span;
    let source = group.source(project, &span.agent, span.started, span.ended);
    if span.parent_id.is_none() {
        let is_error = span.status == SpanStatus::Error;
        group.observe(source, span.started, Fact::Request { latency_ms: latency_ms(span), is_error });
    }
    // A call that says no tokens cannot say the same as another one, so it counts wherever it is.
    if !has_usage(priced) && priced.gap.is_some() {
        let call = call_of(priced);
        trace.spend.add(&call.spend, 1);
        group.observe(source, span.started, Fact::Call(call));
    }
}

/// Counts usage that begins (`sign` 1) or ceases (−1) to count, of new spans or of stored ones.
#[expect(clippy::too_many_arguments, reason = "the parts of one trace, borrowed apart")]
async fn recount(
    server: &Server,
    group: &mut Group,
    project: &ProjectId,
    trace: &mut TraceRow,
    trace_id: &TraceId,
    new: &[&PricedSpan],
    ids: &[SpanId],
    sign: i64,
) -> StoreResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let new: HashMap<SpanId, &PricedSpan> = new.iter().map(|priced| (priced.span.span_id, *priced)).collect();
    let absent: Vec<SpanId> = ids.iter().filter(|id| !new.contains_key(id)).copied().collect();
    let stored = match absent.is_empty() {
        true => Vec::new(),
        false => find_spans(server, project, trace_id, &absent).await?,
    };
    // One that went by age is no longer in any list; its sums stay as they were.
    let stored: HashMap<SpanId, &PricedSpan> =
        stored.iter().map(|priced| (priced.span.span_id, priced)).collect();
    for id in ids {
        let Some(priced) = new.get(id).or_else(|| stored.get(id)) else { continue };
        let span = &priced.span;
        let source = group.source(project, &span.agent, span.started, span.ended);
        let call = call_of(priced);
        trace.spend.add(&call.spend, sign);
        let fact = if sign > 0 { Fact::Call(call) } else { Fact::Uncall(call) };
        group.observe(source, span.started, fact);
    }
    Ok(())
}

fn push_span(group: &mut Group, project: &ProjectId, priced: &PricedSpan) -> StoreResult<()> {
    let PricedSpan { span, cost, gap } = priced;
    let body = SpanBody {
        agent_id: span.agent.id.map(|id| *id.as_bytes()),
        metadata: Cow::Borrowed(&span.agent.metadata),
        operation: span.operation,
        status: span.status,
        status_message: Cow::Borrowed(&span.status_message),
        error_type: span.error_type.clone(),
        model: span.model.clone(),
        provider: span.provider.clone(),
        usage: span.usage,
        reported_cost: span.reported_cost.map(Amount::picos),
        user: span.user.clone(),
        session: span.session.clone(),
        first_token_ms: span.first_token_ms,
        attributes: Cow::Borrowed(&span.attributes),
        events: Cow::Borrowed(&span.events),
        links: Cow::Borrowed(&span.links),
        readings: Cow::Borrowed(&span.readings),
        redactions: span.redactions,
        cost: cost.map(|cost| (cost.amount.picos(), cost.source)),
        gap: *gap,
    };
    let body = encode(&body)?;
    let row = group.rows(Table::Span);
    row.text(project.as_str()).fixed(span.trace_id.as_bytes()).fixed(span.span_id.as_bytes());
    row.fixed(span.parent_id.as_ref().map_or(&NO_PARENT, |id| id.as_bytes()));
    row.int(span.started.0).int(span.ended.0).text(span.agent.name.as_str()).text(&span.name).bytes(&body);
    Ok(())
}

/// The columns of a span that [`read_span`] reads.
pub(super) const SPAN_COLUMNS: &str = "trace_id, span_id, parent_id, started, ended, agent, name, body";

/// Agents of one answer: neighbours mostly have the same.
#[derive(Default)]
pub(super) struct Agents(Option<Arc<AgentIdentity>>);

impl Agents {
    fn share(&mut self, identity: AgentIdentity) -> Arc<AgentIdentity> {
        match &self.0 {
            Some(last) if **last == identity => Arc::clone(last),
            _ => Arc::clone(self.0.insert(Arc::new(identity))),
        }
    }
}

pub(super) fn read_span(answer: &mut Answer, agents: &mut Agents) -> StoreResult<PricedSpan> {
    let malformed = |_| StoreError::Malformed("a span");
    let trace_id = TraceId::from_bytes(&answer.fixed::<16>()?).map_err(malformed)?;
    let span_id = SpanId::from_bytes(&answer.fixed::<8>()?).map_err(malformed)?;
    let parent_id = SpanId::from_bytes(&answer.fixed::<8>()?).ok();
    let (started, ended) = (UnixNanos(answer.int()?), UnixNanos(answer.int()?));
    let (agent, name) = (AgentName::new(answer.text()?), answer.text()?);
    let bytes = answer.bytes()?;
    let body: SpanBody<'_> = decode(&bytes, "a span")?;
    let id = body.agent_id.map(AgentId::from_bytes);
    let span = Span {
        trace_id,
        span_id,
        parent_id,
        agent: agents.share(AgentIdentity { name: agent, id, metadata: body.metadata.into_owned() }),
        name,
        operation: body.operation,
        started,
        ended,
        status: body.status,
        status_message: body.status_message.into_owned(),
        error_type: body.error_type,
        model: body.model,
        provider: body.provider,
        usage: body.usage,
        reported_cost: body.reported_cost.map(Amount::from_picos),
        user: body.user,
        session: body.session,
        first_token_ms: body.first_token_ms,
        attributes: body.attributes.into_owned(),
        events: body.events.into_owned(),
        links: body.links.into_owned(),
        readings: body.readings.into(),
        redactions: body.redactions,
    };
    let cost = body.cost.map(|(picos, source)| Cost { amount: Amount::from_picos(picos), source });
    Ok(PricedSpan { span, cost, gap: body.gap })
}

async fn find_spans(
    server: &Server,
    project: &ProjectId,
    trace_id: &TraceId,
    ids: &[SpanId],
) -> StoreResult<Vec<PricedSpan>> {
    let ids: Vec<String> = ids.iter().map(SpanId::to_string).collect();
    let find = format!(
        "SELECT {SPAN_COLUMNS} FROM span WHERE project = {{project:String}} \
         AND trace_id = unhex({{trace:String}}) \
         AND span_id IN (SELECT toFixedString(unhex(arrayJoin({{ids:Array(String)}})), 8))"
    );
    let mut agents = Agents::default();
    let mut spans = Vec::new();
    for ids in bindable(&ids, String::len) {
        let find = server.ask(&find).with("project", project.as_str()).with("trace", trace_id.to_string());
        let mut answer = find.with("ids", ids).rows().await?;
        while !answer.is_empty() {
            spans.push(read_span(&mut answer, &mut agents)?);
        }
    }
    Ok(spans)
}

async fn find_traces(
    server: &Server,
    project: &ProjectId,
    ids: impl Iterator<Item = &TraceId>,
) -> StoreResult<HashMap<TraceId, TraceRow>> {
    let ids: Vec<String> = ids.map(TraceId::to_string).collect();
    let find = "SELECT trace_id, id, born, started, ended, agent, name, has_root, spans, errors, has_gap, \
         user, session, spend, tree FROM trace FINAL WHERE project = {project:String} \
         AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))";
    let mut found = HashMap::new();
    for ids in bindable(&ids, String::len) {
        let find = server.ask(find).with("project", project.as_str()).with("ids", ids);
        let mut answer = find.rows().await?;
        while !answer.is_empty() {
            let trace_id = TraceId::from_bytes(&answer.fixed::<16>()?);
            let row = TraceRow::read(&mut answer)?;
            found.insert(trace_id.map_err(|_| StoreError::Malformed("a trace"))?, row);
        }
    }
    Ok(found)
}

impl TraceRow {
    fn of(id: i64, span: &Span) -> Self {
        Self {
            id,
            born: span.started.0,
            started: span.started.0,
            ended: span.ended.0,
            agent: span.agent.name.as_str().to_owned(),
            name: span.name.clone(),
            has_root: false,
            spans: 0,
            errors: 0,
            has_gap: false,
            user: None,
            session: None,
            spend: Spend::default(),
            tree: Vec::new(),
        }
    }

    fn read(answer: &mut Answer) -> StoreResult<Self> {
        Ok(Self {
            id: answer.int()?,
            born: answer.int()?,
            started: answer.int()?,
            ended: answer.int()?,
            agent: answer.text()?,
            name: answer.text()?,
            has_root: answer.byte()? != 0,
            spans: answer.int()?,
            errors: answer.int()?,
            has_gap: answer.byte()? != 0,
            user: answer.optional_text()?.map(Text::from),
            session: answer.optional_text()?.map(Text::from),
            spend: decode(&answer.bytes()?, "a cost")?,
            tree: answer.bytes()?.into(),
        })
    }

    fn add(&mut self, priced: &PricedSpan) {
        let span = &priced.span;
        self.started = self.started.min(span.started.0);
        self.ended = self.ended.max(span.ended.0);
        self.spans += 1;
        self.errors += i64::from(span.status == SpanStatus::Error);
        self.has_gap |= priced.gap.is_some();
        if span.parent_id.is_none() && !self.has_root {
            self.has_root = true;
            span.agent.name.as_str().clone_into(&mut self.agent);
            self.name.clone_from(&span.name);
        }
        if self.user.is_none() {
            self.user.clone_from(&span.user);
        }
        if self.session.is_none() {
            self.session.clone_from(&span.session);
        }
    }

    fn push(&self, group: &mut Group, project: &ProjectId, trace_id: &TraceId) -> StoreResult<()> {
        let spend = encode(&self.spend)?;
        let version = group.seq;
        let row = group.rows(Table::Trace);
        row.text(project.as_str()).fixed(trace_id.as_bytes()).int(version).int(self.id).int(self.born);
        row.int(self.started).int(self.ended).text(&self.agent).text(&self.name);
        row.byte(u8::from(self.has_root)).int(self.spans).int(self.errors).byte(u8::from(self.has_gap));
        row.optional_text(self.user.as_deref()).optional_text(self.session.as_deref());
        row.bytes(&spend).bytes(&self.tree);
        Ok(())
    }
}
