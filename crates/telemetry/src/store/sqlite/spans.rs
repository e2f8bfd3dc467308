//! Writes spans: blocks of them, and a row for each trace.

use super::block::read_trace;
use super::blocks::{Filled, Filling, pack};
use super::fold::{Pending, SessionTouch, Source};
use super::names::{Names, decode, encode};
use super::places::Places;
use super::writer::Memory;
use crate::accounting::TraceTree;
use crate::rollup::{Fact, Spend};
use crate::store::facts::{call_of, has_usage, latency_ms, tree_span};
use crate::store::size::span_bytes;
use crate::store::{PricedSpan, Receipt, StoreError, StoreResult};
use foldhash::{HashMap, HashSet};
use model::telemetry::{Span, SpanId, SpanStatus, Text, TraceId};
use rusqlite::Connection;
use std::sync::{Mutex, PoisonError, mpsc};

/// Where spans of a batch take that much on average, each is looked into: blocks are filled by bytes. Where they
/// take less, that would fetch all that they point at, which this thread does not need.
const LARGE_BYTES: usize = 8 * 1024;

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
    user: Option<Text>,
    session: Option<Text>,
    spend: Spend,
    blocks: Vec<i64>,
    tree: Vec<u8>,
}

/// Writes spans of several projects and batches; each is given with its project and the place of its batch,
/// whose spans take so much memory each, on average.
/// A thread of its own packs them while this one looks up their traces.
pub(super) fn write(
    transaction: &Connection,
    memory: &mut Memory,
    pending: &mut Pending,
    mut spans: Vec<(i64, usize, &PricedSpan)>,
    bytes_each: &[usize],
    receipts: &mut [Receipt],
) -> StoreResult<()> {
    if spans.is_empty() {
        return Ok(());
    }
    spans.sort_by_cached_key(|(project, _, priced)| (*project, priced.span.trace_id));
    let Memory { names, compressor, packer_compressor, next_block, places, .. } = memory;
    let (full, to_pack) = mpsc::channel();
    let to_pack = &Mutex::new(to_pack);
    let packed = std::thread::scope(|scope| {
        let packer = std::thread::Builder::new()
            .name("telemetry-packer".to_owned())
            .spawn_scoped(scope, move || pack(taken(to_pack), packer_compressor))
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        // Somebody takes them: if not the packer, this thread below.
        let blocks = Filling::new(*next_block, move |block| drop(full.send(block)));
        let mut group = Group { transaction, names, places, pending, bytes_each, receipts, blocks };
        let mut traces = spans.chunk_by(|(p, _, l), (q, _, r)| p == q && l.span.trace_id == r.span.trace_id);
        let written = traces.try_for_each(|spans| group.write_trace(spans));
        *next_block = group.blocks.finish();
        // What is left is packed here too. After an error there may be no transaction any more.
        let own = written.and_then(|()| pack(taken(to_pack), compressor));
        let own = own.and_then(|own| own.iter().try_for_each(|block| block.store(transaction)));
        let packed = packer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        own?;
        packed
    })?;
    packed.iter().try_for_each(|block| block.store(transaction))
}

/// Takes what is in a queue that several threads take from, until nothing more comes.
fn taken<T>(queue: &Mutex<mpsc::Receiver<T>>) -> impl Iterator<Item = T> {
    std::iter::from_fn(|| queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok())
}

/// What is written at once.
struct Group<'t, 'a, F> {
    transaction: &'t Connection,
    names: &'t mut Names,
    places: &'t Places,
    pending: &'t mut Pending,
    bytes_each: &'t [usize],
    receipts: &'t mut [Receipt],
    blocks: Filling<'a, F>,
}

impl<'a, F: FnMut(Filled<'a>)> Group<'_, 'a, F> {
    fn write_trace(&mut self, spans: &[(i64, usize, &'a PricedSpan)]) -> StoreResult<()> {
        let (project, _, first) = spans[0];
        let trace_id = first.span.trace_id;
        let id = self.places.find(self.transaction, &trace_id, project)?;
        let row = id.map(|id| TraceRow::read(self.transaction, id)).transpose()?.flatten();
        let mut tree = match &row {
            Some(row) => TraceTree::decode(&row.tree).map_err(|_| StoreError::Malformed("a trace"))?,
            None => TraceTree::default(),
        };
        let changes = tree.add(spans.iter().map(|(.., priced)| tree_span(priced)));

        let mut unseen: HashSet<SpanId> = changes.new.iter().copied().collect();
        let mut new: Vec<&'a PricedSpan> = Vec::with_capacity(unseen.len());
        let mut bytes = 0;
        for (_, batch, priced) in spans {
            if unseen.remove(&priced.span.span_id) {
                self.receipts[*batch].stored += 1;
                bytes += match self.bytes_each[*batch] {
                    mean if mean < LARGE_BYTES => mean,
                    _ => span_bytes(priced),
                };
                new.push(*priced);
            } else {
                self.receipts[*batch].repeated += 1;
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let agents = self.agents_of(project, &new)?;
        let is_new_trace = row.is_none();
        let mut trace = row.unwrap_or_else(|| TraceRow::of(agents[0], &new[0].span));
        trace.tree = tree.encode();
        for (priced, agent) in new.iter().zip(&agents) {
            trace.add(*agent, &priced.span);
            observe(self.pending, &mut trace, Source { project, agent: *agent }, priced);
        }
        for (ids, sign) in [(&changes.count, 1), (&changes.uncount, -1)] {
            self.recount(project, &mut trace, &trace_id, (&new, &agents), ids, sign)?;
        }
        trace.blocks.extend(self.blocks.push(project, trace_id, &new, bytes));
        if let Some(session) = &trace.session {
            let (started, ended) = (trace.started, trace.ended);
            let user = trace.user.clone();
            let new_traces = i64::from(is_new_trace);
            let touch = SessionTouch { name: session.clone(), user, started, ended, new_traces };
            self.pending.touch_session(Source { project, agent: trace.agent }, touch);
        }
        if is_new_trace {
            let row = trace.insert(self.transaction, project, &trace_id)?;
            self.pending.place_trace(trace_id, project, row);
            return Ok(());
        }
        trace.update(self.transaction)
    }

    /// The numbers of the spans' agents. Neighbours mostly have the same.
    fn agents_of(&mut self, project: i64, spans: &[&PricedSpan]) -> StoreResult<Vec<i64>> {
        let mut agents: Vec<i64> = Vec::with_capacity(spans.len());
        for (place, priced) in spans.iter().enumerate() {
            let span = &priced.span;
            let same = place.checked_sub(1).filter(|before| {
                let before = &spans[*before].span.agent;
                std::sync::Arc::ptr_eq(before, &span.agent) || *before == span.agent
            });
            let agent = match same {
                Some(before) => agents[before],
                None => self.agent(project, span)?,
            };
            self.pending.see(agent, span.started, span.ended);
            agents.push(agent);
        }
        Ok(agents)
    }

    fn agent(&mut self, project: i64, span: &Span) -> StoreResult<i64> {
        self.names.agent(self.transaction, project, &span.agent, self.pending.past(span.started))
    }

    /// Counts usage that begins (`sign` 1) or ceases (−1) to count, of new spans or of stored ones.
    fn recount(
        &mut self,
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
                    let spans = read_spans(self.transaction, project, &trace.blocks, trace_id)?;
                    stored = Some(spans.into_iter().map(|priced| (priced.span.span_id, priced)).collect());
                }
                // One whose block went by age is no longer in any list; its sums stay as they were.
                let Some(priced) = stored.as_ref().and_then(|stored| stored.get(id)) else { continue };
                (priced, self.agent(project, &priced.span)?)
            };
            let call = call_of(priced);
            trace.spend.add(&call.spend, sign);
            let fact = if sign > 0 { Fact::Call(call) } else { Fact::Uncall(call) };
            self.pending.observe(Source { project, agent }, priced.span.started, fact);
        }
        Ok(())
    }
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
    if !has_usage(priced) && priced.gap.is_some() {
        let call = call_of(priced);
        trace.spend.add(&call.spend, 1);
        pending.observe(source, span.started, Fact::Call(call));
    }
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

    fn read(connection: &Connection, id: i64) -> StoreResult<Option<Self>> {
        let read = "SELECT agent, started, ended, spans, errors, has_gap, has_root, name, user, session, spend, \
             blocks, tree FROM trace WHERE id = ?";
        let mut read = connection.prepare_cached(read)?;
        let mut rows = read.query([id])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let blob = |column| row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from);
        Ok(Some(Self {
            id,
            agent: row.get(0)?,
            started: row.get(1)?,
            ended: row.get(2)?,
            spans: row.get(3)?,
            errors: row.get(4)?,
            has_gap: row.get(5)?,
            has_root: row.get(6)?,
            name: row.get(7)?,
            user: row.get::<_, Option<String>>(8)?.map(Text::from),
            session: row.get::<_, Option<String>>(9)?.map(Text::from),
            spend: decode(blob(10)?, "a cost")?,
            blocks: decode(blob(11)?, "a trace")?,
            tree: row.get(12)?,
        }))
    }

    fn insert(&self, connection: &Connection, project: i64, trace_id: &TraceId) -> StoreResult<i64> {
        let insert = "INSERT INTO trace (project, trace_id, agent, started, ended, spans, errors, has_gap, \
             has_root, name, user, session, spend, blocks, tree) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        Ok(connection.prepare_cached(insert)?.insert((
            project,
            trace_id.as_bytes(),
            self.agent,
            self.started,
            self.ended,
            self.spans,
            self.errors,
            self.has_gap,
            self.has_root,
            &self.name,
            self.user.as_deref(),
            self.session.as_deref(),
            encode(&self.spend)?,
            encode(&self.blocks)?,
            &self.tree,
        ))?)
    }

    fn update(&self, connection: &Connection) -> StoreResult<()> {
        let update = "UPDATE trace SET agent = ?, started = ?, ended = ?, spans = ?, errors = ?, has_gap = ?, \
             has_root = ?, name = ?, user = ?, session = ?, spend = ?, blocks = ?, tree = ? WHERE id = ?";
        connection.prepare_cached(update)?.execute((
            self.agent,
            self.started,
            self.ended,
            self.spans,
            self.errors,
            self.has_gap,
            self.has_root,
            &self.name,
            self.user.as_deref(),
            self.session.as_deref(),
            encode(&self.spend)?,
            encode(&self.blocks)?,
            &self.tree,
            self.id,
        ))?;
        Ok(())
    }
}
