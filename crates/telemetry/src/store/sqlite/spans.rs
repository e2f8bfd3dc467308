//! Writes spans: blocks of them, and a row for each trace.

use super::block::{Builder, SECTION_SPANS, read_trace};
use super::fold::{Pending, SessionTouch, Source};
use super::names::{decode, encode};
use super::writer::Memory;
use crate::accounting::TraceTree;
use crate::rollup::{Fact, Spend};
use crate::store::facts::{call_of, latency_ms, tree_span};
use crate::store::{PricedSpan, Receipt, StoreError, StoreResult};
use foldhash::{HashMap, HashSet};
use model::telemetry::{Span, SpanId, SpanStatus, TraceId};
use rusqlite::Connection;

/// Blocks with fewer spans are packed together later.
pub(super) const SMALL_SPANS: u32 = 256;

/// The columns of a trace that change.
struct TraceRow {
    id: i64,
    agent: i64,
    started: i64,
    ended: i64,
    spans: i64,
    errors: i64,
    has_gap: bool,
    has_root: bool,
    name: String,
    user: Option<String>,
    session: Option<String>,
    spend: Spend,
    blocks: Vec<i64>,
    tree: Vec<u8>,
}

/// Writes spans of several projects and batches; each is given with its project and the place of its batch.
pub(super) fn write(
    transaction: &Connection,
    memory: &mut Memory,
    pending: &mut Pending,
    mut spans: Vec<(i64, usize, &PricedSpan)>,
    receipts: &mut [Receipt],
) -> StoreResult<()> {
    spans.sort_by_key(|(project, _, priced)| (*project, priced.span.trace_id));
    for of_project in spans.chunk_by(|(left, ..), (right, ..)| left == right) {
        let mut blocks = BlockWriter { transaction, project: of_project[0].0, builder: Builder::default() };
        for of_trace in of_project.chunk_by(|(.., l), (.., r)| l.span.trace_id == r.span.trace_id) {
            write_trace(memory, pending, &mut blocks, of_trace, receipts)?;
        }
        blocks.finish(memory)?;
    }
    Ok(())
}

/// Fills blocks one after the other and stores those that are full.
pub(super) struct BlockWriter<'t, 'a> {
    pub(super) transaction: &'t Connection,
    pub(super) project: i64,
    pub(super) builder: Builder<'a>,
}

impl<'a> BlockWriter<'_, 'a> {
    /// Takes the spans of one trace; the numbers of the blocks that they are in.
    pub(super) fn push(
        &mut self,
        memory: &mut Memory,
        trace_id: &TraceId,
        spans: &[&'a PricedSpan],
    ) -> StoreResult<Vec<i64>> {
        let mut blocks = Vec::new();
        for section in spans.chunks(SECTION_SPANS) {
            if self.builder.is_full() {
                self.finish(memory)?;
            }
            self.builder.push(trace_id, section)?;
            if blocks.last() != Some(&memory.next_block) {
                blocks.push(memory.next_block);
            }
        }
        Ok(blocks)
    }

    /// Stores what is left.
    pub(super) fn finish(&mut self, memory: &mut Memory) -> StoreResult<()> {
        if self.builder.is_empty() {
            return Ok(());
        }
        let packed = std::mem::take(&mut self.builder).pack(&mut memory.compressor)?;
        let insert = "INSERT INTO span_block (id, project, min_start, max_end, spans, is_small, body) \
             VALUES (?, ?, ?, ?, ?, ?, ?)";
        self.transaction.prepare_cached(insert)?.execute((
            memory.next_block,
            self.project,
            packed.min_start,
            packed.max_end,
            packed.spans,
            packed.spans < SMALL_SPANS,
            packed.body,
        ))?;
        memory.next_block += 1;
        Ok(())
    }
}

fn write_trace<'a>(
    memory: &mut Memory,
    pending: &mut Pending,
    blocks: &mut BlockWriter<'_, 'a>,
    spans: &[(i64, usize, &'a PricedSpan)],
    receipts: &mut [Receipt],
) -> StoreResult<()> {
    let transaction = blocks.transaction;
    let (project, _, first) = spans[0];
    let trace_id = first.span.trace_id;
    let row = TraceRow::find(transaction, project, &trace_id)?;
    let mut tree = match &row {
        Some(row) => TraceTree::decode(&row.tree).map_err(|_| StoreError::Malformed("a trace"))?,
        None => TraceTree::default(),
    };
    let changes = tree.add(spans.iter().map(|(.., priced)| tree_span(priced)));

    let mut unseen: HashSet<SpanId> = changes.new.iter().copied().collect();
    let mut new: Vec<&PricedSpan> = Vec::with_capacity(unseen.len());
    for (_, batch, priced) in spans {
        if unseen.remove(&priced.span.span_id) {
            receipts[*batch].stored += 1;
            new.push(*priced);
        } else {
            receipts[*batch].repeated += 1;
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let agents = agents_of(transaction, memory, pending, project, &new)?;
    let is_new_trace = row.is_none();
    let mut trace = row.unwrap_or_else(|| TraceRow::of(agents[0], &new[0].span));
    trace.tree = tree.encode();
    for (priced, agent) in new.iter().zip(&agents) {
        trace.add(*agent, &priced.span);
        observe(pending, &mut trace, Source { project, agent: *agent }, priced);
    }
    for (ids, sign) in [(&changes.count, 1), (&changes.uncount, -1)] {
        recount(transaction, memory, pending, project, &mut trace, &trace_id, (&new, &agents), ids, sign)?;
    }
    for block in blocks.push(memory, &trace_id, &new)? {
        if trace.blocks.last() != Some(&block) {
            trace.blocks.push(block);
        }
    }
    if let Some(session) = &trace.session {
        let (started, ended) = (trace.started, trace.ended);
        let user = trace.user.clone();
        let new_traces = i64::from(is_new_trace);
        let touch = SessionTouch { name: session.clone(), user, started, ended, new_traces };
        pending.touch_session(Source { project, agent: trace.agent }, touch);
    }
    trace.store(transaction, project, &trace_id)
}

/// The numbers of the spans' agents. Neighbours mostly have the same.
fn agents_of(
    transaction: &Connection,
    memory: &mut Memory,
    pending: &mut Pending,
    project: i64,
    spans: &[&PricedSpan],
) -> StoreResult<Vec<i64>> {
    let mut agents: Vec<i64> = Vec::with_capacity(spans.len());
    for (place, priced) in spans.iter().enumerate() {
        let span = &priced.span;
        let same = place.checked_sub(1).filter(|before| {
            let before = &spans[*before].span.agent;
            std::sync::Arc::ptr_eq(before, &span.agent) || *before == span.agent
        });
        let agent = match same {
            Some(before) => agents[before],
            None => memory.names.agent(transaction, project, &span.agent, pending.past(span.started))?,
        };
        pending.see(agent, span.started, span.ended);
        agents.push(agent);
    }
    Ok(agents)
}

/// Counts what does not depend on the spans around it.
fn observe(pending: &mut Pending, trace: &mut TraceRow, source: Source, priced: &PricedSpan) {
    let span = &priced.span;
    trace.has_gap |= priced.gap.is_some();
    if span.parent_id.is_none() {
        let is_error = span.status == SpanStatus::Error;
        pending.observe(source, span.started, Fact::Request { latency_ms: latency_ms(span), is_error });
    }
    // A call that says no tokens cannot say the same as another one, so it counts wherever it is.
    if !tree_span(priced).has_usage && priced.gap.is_some() {
        let call = call_of(priced);
        trace.spend.add(&call.spend, 1);
        pending.observe(source, span.started, Fact::Call(call));
    }
}

/// Counts usage that begins (`sign` 1) or ceases (−1) to count, of new spans or of stored ones.
#[expect(clippy::too_many_arguments, reason = "the parts of one transaction, borrowed apart")]
fn recount(
    transaction: &Connection,
    memory: &mut Memory,
    pending: &mut Pending,
    project: i64,
    trace: &mut TraceRow,
    trace_id: &TraceId,
    (new, agents): (&[&PricedSpan], &[i64]),
    ids: &[SpanId],
    sign: i64,
) -> StoreResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let places: HashMap<SpanId, usize> =
        new.iter().enumerate().map(|(place, priced)| (priced.span.span_id, place)).collect();
    let mut stored: Option<HashMap<SpanId, PricedSpan>> = None;
    for id in ids {
        let (priced, agent) = if let Some(place) = places.get(id) {
            (new[*place], agents[*place])
        } else {
            if stored.is_none() {
                let spans = read_spans(transaction, project, &trace.blocks, trace_id)?;
                stored = Some(spans.into_iter().map(|priced| (priced.span.span_id, priced)).collect());
            }
            // One whose block went by age is no longer in any list; its sums stay as they were.
            let Some(priced) = stored.as_ref().and_then(|stored| stored.get(id)) else { continue };
            let span = &priced.span;
            (priced, memory.names.agent(transaction, project, &span.agent, pending.past(span.started))?)
        };
        let call = call_of(priced);
        trace.spend.add(&call.spend, sign);
        let fact = if sign > 0 { Fact::Call(call) } else { Fact::Uncall(call) };
        pending.observe(Source { project, agent }, priced.span.started, fact);
    }
    Ok(())
}

/// The spans of a trace that its blocks hold, unordered. Blocks that went by age are passed over.
pub(super) fn read_spans(
    connection: &Connection,
    project: i64,
    blocks: &[i64],
    trace_id: &TraceId,
) -> StoreResult<Vec<PricedSpan>> {
    let mut spans = Vec::new();
    let mut find = connection.prepare_cached("SELECT body FROM span_block WHERE id = ? AND project = ?")?;
    for block in blocks {
        let mut rows = find.query((block, project))?;
        if let Some(row) = rows.next()? {
            read_trace(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?, trace_id, &mut spans)?;
        }
    }
    Ok(spans)
}

impl TraceRow {
    fn of(agent: i64, span: &Span) -> Self {
        Self {
            id: 0,
            agent,
            started: span.started.0,
            ended: span.ended.0,
            spans: 0,
            errors: 0,
            has_gap: false,
            has_root: false,
            name: span.name.clone(),
            user: None,
            session: None,
            spend: Spend::default(),
            blocks: Vec::new(),
            tree: Vec::new(),
        }
    }

    fn add(&mut self, agent: i64, span: &Span) {
        self.started = self.started.min(span.started.0);
        self.ended = self.ended.max(span.ended.0);
        self.spans += 1;
        self.errors += i64::from(span.status == SpanStatus::Error);
        if span.parent_id.is_none() && !self.has_root {
            self.has_root = true;
            self.agent = agent;
            self.name.clone_from(&span.name);
        }
        if self.user.is_none() {
            self.user.clone_from(&span.user);
        }
        if self.session.is_none() {
            self.session.clone_from(&span.session);
        }
    }

    fn find(connection: &Connection, project: i64, trace_id: &TraceId) -> StoreResult<Option<Self>> {
        let find = "SELECT id, agent, started, ended, spans, errors, has_gap, has_root, name, user, session, \
             spend, blocks, tree FROM trace WHERE trace_id = ? AND project = ?";
        let mut find = connection.prepare_cached(find)?;
        let mut rows = find.query((trace_id.as_bytes(), project))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let blob = |column| row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from);
        Ok(Some(Self {
            id: row.get(0)?,
            agent: row.get(1)?,
            started: row.get(2)?,
            ended: row.get(3)?,
            spans: row.get(4)?,
            errors: row.get(5)?,
            has_gap: row.get(6)?,
            has_root: row.get(7)?,
            name: row.get(8)?,
            user: row.get(9)?,
            session: row.get(10)?,
            spend: decode(blob(11)?, "a cost")?,
            blocks: decode(blob(12)?, "a trace")?,
            tree: row.get(13)?,
        }))
    }

    fn store(&self, connection: &Connection, project: i64, trace_id: &TraceId) -> StoreResult<()> {
        let (spend, blocks) = (encode(&self.spend)?, encode(&self.blocks)?);
        if self.id == 0 {
            let insert = "INSERT INTO trace (agent, started, ended, spans, errors, has_gap, has_root, name, \
                 user, session, spend, blocks, tree, project, trace_id) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
            connection.prepare_cached(insert)?.execute((
                self.agent,
                self.started,
                self.ended,
                self.spans,
                self.errors,
                self.has_gap,
                self.has_root,
                &self.name,
                &self.user,
                &self.session,
                spend,
                blocks,
                &self.tree,
                project,
                trace_id.as_bytes(),
            ))?;
        } else {
            let update = "UPDATE trace SET agent = ?, started = ?, ended = ?, spans = ?, errors = ?, \
                 has_gap = ?, has_root = ?, name = ?, user = ?, session = ?, spend = ?, blocks = ?, tree = ? \
                 WHERE id = ?";
            connection.prepare_cached(update)?.execute((
                self.agent,
                self.started,
                self.ended,
                self.spans,
                self.errors,
                self.has_gap,
                self.has_root,
                &self.name,
                &self.user,
                &self.session,
                spend,
                blocks,
                &self.tree,
                self.id,
            ))?;
        }
        Ok(())
    }
}
