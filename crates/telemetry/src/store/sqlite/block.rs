//! Many spans in few bytes.
//!
//! A block holds spans of several traces, each trace's together, so that a reader skips those of others
//! without looking into them. Texts that spans share (names of attributes, agents, how attributes were
//! read) stand once at the front; what is left is squeezed by zstd.

use crate::store::{CostGap, PricedSpan, StoreError, StoreResult};
use foldhash::HashMap;
use model::ask::Amount;
use model::telemetry::{
    AgentIdentity, Attribute, Cost, CostSource, Operation, Reading, Span, SpanEvent, SpanId, SpanLink,
    SpanStatus, Text, TokenUsage, TraceId, UnixNanos, Value,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;
use zstd::bulk::{Compressor, decompress};

/// The form below. Enums inside of it only ever get variants at their end.
const VERSION: u8 = 1;
/// The fastest level: a higher one saves a tenth of the room for twice the time.
const LEVEL: i32 = 1;
/// What no block exceeds, unpacked: one span can be as large as a request.
const MAX_BYTES: usize = 256 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Front<'a> {
    #[serde(borrow)]
    texts: Vec<&'a str>,
    agents: Vec<Cow<'a, AgentIdentity>>,
    readings: Vec<Cow<'a, [Reading]>>,
    sections: Vec<Section>,
}

/// The spans of one trace.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Section {
    trace_id: [u8; 16],
    /// The start of its first span; the others count from it.
    base: i64,
    spans: u32,
    bytes: u32,
}

#[derive(Serialize, Deserialize)]
struct Row<'a> {
    id: [u8; 8],
    parent: Parent,
    agent: u32,
    name: u32,
    operation: Operation,
    /// Since the section's base.
    started: i64,
    duration: u64,
    status: SpanStatus,
    status_message: &'a str,
    error_type: Option<u32>,
    model: Option<u32>,
    provider: Option<u32>,
    usage: Option<TokenUsage>,
    reported_cost: Option<u64>,
    user: Option<&'a str>,
    session: Option<&'a str>,
    first_token_ms: Option<f64>,
    attributes: Vec<(u32, Cow<'a, Value>)>,
    events: Cow<'a, [SpanEvent]>,
    links: Cow<'a, [SpanLink]>,
    readings: u32,
    redactions: u32,
    cost: Option<(u64, CostSource)>,
    gap: Option<CostGap>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Parent {
    None,
    /// The place of the parent among the section's spans.
    Here(u32),
    Elsewhere([u8; 8]),
}

/// A block that is being filled.
#[derive(Default)]
pub(super) struct Builder<'a> {
    texts: Texts<'a>,
    agents: Vec<&'a Arc<AgentIdentity>>,
    readings: Readings<'a>,
    sections: Vec<Section>,
    rows: Vec<u8>,
    spans: u32,
    min_start: i64,
    max_end: i64,
}

/// A block that is to be stored.
pub(super) struct Block {
    pub(super) spans: u32,
    pub(super) min_start: i64,
    pub(super) max_end: i64,
    pub(super) body: Vec<u8>,
}

impl<'a> Builder<'a> {
    /// Takes spans of one trace.
    pub(super) fn push(&mut self, trace_id: &TraceId, spans: &[&'a PricedSpan]) -> StoreResult<()> {
        let Some(base) = spans.iter().map(|priced| priced.span.started.0).min() else { return Ok(()) };
        let places: HashMap<SpanId, u32> =
            spans.iter().zip(0..).map(|(priced, place)| (priced.span.span_id, place)).collect();
        let begin = self.rows.len();
        for priced in spans {
            self.push_row(priced, base, &places)?;
        }
        self.sections.push(Section {
            trace_id: *trace_id.as_bytes(),
            base,
            spans: spans.len() as u32,
            bytes: (self.rows.len() - begin) as u32,
        });
        Ok(())
    }

    fn push_row(
        &mut self,
        priced: &'a PricedSpan,
        base: i64,
        places: &HashMap<SpanId, u32>,
    ) -> StoreResult<()> {
        let span = &priced.span;
        let name = self.texts.place(&span.name);
        let mut previous = name;
        let attributes = span.attributes.iter().map(|attribute| {
            previous = self.texts.place_after(previous, &attribute.key);
            (previous, Cow::Borrowed(&attribute.value))
        });
        let attributes = attributes.collect();
        let mut shared = |text: &'a Option<Text>| text.as_deref().map(|text| self.texts.place(text));
        let row = Row {
            id: *span.span_id.as_bytes(),
            parent: match span.parent_id {
                None => Parent::None,
                Some(id) => match places.get(&id) {
                    Some(place) => Parent::Here(*place),
                    None => Parent::Elsewhere(*id.as_bytes()),
                },
            },
            name,
            operation: span.operation,
            started: span.started.0.wrapping_sub(base),
            duration: span.ended.0.wrapping_sub(span.started.0) as u64,
            status: span.status,
            status_message: &span.status_message,
            error_type: shared(&span.error_type),
            model: shared(&span.model),
            provider: shared(&span.provider),
            usage: span.usage,
            reported_cost: span.reported_cost.map(Amount::picos),
            user: span.user.as_deref(),
            session: span.session.as_deref(),
            first_token_ms: span.first_token_ms,
            attributes,
            events: Cow::Borrowed(&span.events),
            links: Cow::Borrowed(&span.links),
            readings: self.readings.place(name, &span.readings),
            redactions: span.redactions,
            cost: priced.cost.map(|cost| (cost.amount.picos(), cost.source)),
            gap: priced.gap,
            agent: place_agent(&mut self.agents, &span.agent),
        };
        let rows = std::mem::take(&mut self.rows);
        self.rows = postcard::to_extend(&row, rows).map_err(|_| UNWRITABLE)?;
        let is_first = self.spans == 0;
        self.min_start = if is_first { span.started.0 } else { self.min_start.min(span.started.0) };
        self.max_end = if is_first { span.ended.0 } else { self.max_end.max(span.ended.0) };
        self.spans += 1;
        Ok(())
    }

    /// Closes the block.
    pub(super) fn pack(self, compressor: &mut BlockCompressor) -> StoreResult<Block> {
        let front = Front {
            texts: self.texts.texts,
            agents: self.agents.iter().map(|agent| Cow::Borrowed(agent.as_ref())).collect(),
            readings: self.readings.lists.iter().map(|list| Cow::Borrowed(&***list)).collect(),
            sections: self.sections,
        };
        let mut raw = postcard::to_stdvec(&front).map_err(|_| UNWRITABLE)?;
        raw.extend_from_slice(&self.rows);
        let length = u32::try_from(raw.len()).ok().filter(|length| *length as usize <= MAX_BYTES);
        let length = length.ok_or(UNWRITABLE)?;
        let packed = compressor.0.compress(&raw).map_err(|_| UNWRITABLE)?;
        let mut body = Vec::with_capacity(packed.len() + 5);
        body.push(VERSION);
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(&packed);
        Ok(Block { spans: self.spans, min_start: self.min_start, max_end: self.max_end, body })
    }
}

const UNWRITABLE: StoreError = StoreError::Invalid("a span is too large to be stored");
const UNREADABLE: StoreError = StoreError::Malformed("a block of spans");

/// Squeezes blocks; its tables are made once.
pub(super) struct BlockCompressor(Compressor<'static>);

impl BlockCompressor {
    pub(super) fn new() -> std::io::Result<Self> {
        Compressor::new(LEVEL).map(Self)
    }
}

fn place_agent<'a>(agents: &mut Vec<&'a Arc<AgentIdentity>>, agent: &'a Arc<AgentIdentity>) -> u32 {
    let known = agents.iter().position(|known| Arc::ptr_eq(known, agent));
    let known = known.or_else(|| agents.iter().position(|known| *known == agent));
    known.unwrap_or_else(|| {
        agents.push(agent);
        agents.len() - 1
    }) as u32
}

/// Texts, each once.
#[derive(Default)]
struct Texts<'a> {
    texts: Vec<&'a str>,
    places: HashMap<&'a str, u32>,
    /// Of each text the one that followed it last: spans of one kind have the same attributes in the same
    /// order, so that most are found without a look into the map.
    followers: Vec<u32>,
}

impl<'a> Texts<'a> {
    fn place(&mut self, text: &'a str) -> u32 {
        *self.places.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.followers.push(0);
            (self.texts.len() - 1) as u32
        })
    }

    fn place_after(&mut self, previous: u32, text: &'a str) -> u32 {
        let guess = self.followers[previous as usize];
        if self.texts[guess as usize] == text {
            return guess;
        }
        let place = self.place(text);
        self.followers[previous as usize] = place;
        place
    }
}

/// How attributes were read: the same for most spans of one name.
#[derive(Default)]
struct Readings<'a> {
    lists: Vec<&'a Arc<[Reading]>>,
    /// By name of span the list that it had last.
    latest: HashMap<u32, u32>,
}

impl<'a> Readings<'a> {
    fn place(&mut self, name: u32, list: &'a Arc<[Reading]>) -> u32 {
        let is_same = |known: &Arc<[Reading]>| Arc::ptr_eq(known, list) || known == list;
        if let Some(place) = self.latest.get(&name)
            && is_same(self.lists[*place as usize])
        {
            return *place;
        }
        let known = self.lists.iter().rev().take(16).position(|known| is_same(known));
        let place = match known {
            Some(from_end) => self.lists.len() - 1 - from_end,
            None => {
                self.lists.push(list);
                self.lists.len() - 1
            }
        } as u32;
        self.latest.insert(name, place);
        place
    }
}

/// The spans of one trace that a block holds, in the order they were put in.
pub(super) fn read_trace(body: &[u8], trace_id: &TraceId, spans: &mut Vec<PricedSpan>) -> StoreResult<()> {
    read(body, |section| section == trace_id.as_bytes(), spans)
}

/// All spans that a block holds.
pub(super) fn read_all(body: &[u8]) -> StoreResult<Vec<PricedSpan>> {
    let mut spans = Vec::new();
    read(body, |_| true, &mut spans)?;
    Ok(spans)
}

fn read(body: &[u8], is_wanted: impl Fn(&[u8; 16]) -> bool, spans: &mut Vec<PricedSpan>) -> StoreResult<()> {
    let (head, packed) = body.split_first_chunk::<5>().ok_or(UNREADABLE)?;
    let [version, length @ ..] = *head;
    let length = u32::from_le_bytes(length) as usize;
    if version != VERSION || length > MAX_BYTES {
        return Err(UNREADABLE);
    }
    let raw = decompress(packed, length).map_err(|_| UNREADABLE)?;
    let (front, mut rest) = postcard::take_from_bytes::<Front<'_>>(&raw).map_err(|_| UNREADABLE)?;
    let agents: Vec<_> = front.agents.into_iter().map(|agent| Arc::new(agent.into_owned())).collect();
    let readings: Vec<Arc<[Reading]>> = front.readings.into_iter().map(Arc::from).collect();
    let shared = vec![OnceCell::new(); front.texts.len()];
    let context = Context { texts: &front.texts, shared: &shared, agents: &agents, readings: &readings };
    for section in &front.sections {
        let (rows, behind) = rest.split_at_checked(section.bytes as usize).ok_or(UNREADABLE)?;
        rest = behind;
        if is_wanted(&section.trace_id) {
            context.read_section(section, rows, spans)?;
        }
    }
    Ok(())
}

struct Context<'a> {
    texts: &'a [&'a str],
    /// Those of the texts that several spans can have together, once one has.
    shared: &'a [OnceCell<Text>],
    agents: &'a [Arc<AgentIdentity>],
    readings: &'a [Arc<[Reading]>],
}

impl Context<'_> {
    fn read_section(
        &self,
        section: &Section,
        mut rows: &[u8],
        spans: &mut Vec<PricedSpan>,
    ) -> StoreResult<()> {
        let trace_id = TraceId::from_bytes(&section.trace_id).map_err(|_| UNREADABLE)?;
        let begin = spans.len();
        let mut parents = Vec::new();
        for _ in 0..section.spans {
            let (row, rest) = postcard::take_from_bytes::<Row<'_>>(rows).map_err(|_| UNREADABLE)?;
            rows = rest;
            parents.push(row.parent);
            spans.push(self.span(trace_id, section.base, row)?);
        }
        for (place, parent) in parents.into_iter().enumerate() {
            spans[begin + place].span.parent_id = match parent {
                Parent::None => None,
                Parent::Elsewhere(id) => Some(SpanId::from_bytes(&id).map_err(|_| UNREADABLE)?),
                Parent::Here(parent) => {
                    Some(spans.get(begin + parent as usize).ok_or(UNREADABLE)?.span.span_id)
                }
            };
        }
        Ok(())
    }

    fn span(&self, trace_id: TraceId, base: i64, row: Row<'_>) -> StoreResult<PricedSpan> {
        let text = |place: u32| self.texts.get(place as usize).copied().ok_or(UNREADABLE);
        let shared = |place: u32| {
            let text = text(place)?;
            Ok::<_, StoreError>(self.shared[place as usize].get_or_init(|| Text::from(text)).clone())
        };
        let attributes = row
            .attributes
            .into_iter()
            .map(|(place, value)| Ok(Attribute { key: shared(place)?, value: value.into_owned() }))
            .collect::<StoreResult<_>>()?;
        let started = base.wrapping_add(row.started);
        let span = Span {
            trace_id,
            span_id: SpanId::from_bytes(&row.id).map_err(|_| UNREADABLE)?,
            parent_id: None,
            agent: self.agents.get(row.agent as usize).cloned().ok_or(UNREADABLE)?,
            name: text(row.name)?.to_owned(),
            operation: row.operation,
            started: UnixNanos(started),
            ended: UnixNanos(started.wrapping_add(row.duration as i64)),
            status: row.status,
            status_message: row.status_message.to_owned(),
            error_type: row.error_type.map(shared).transpose()?,
            model: row.model.map(shared).transpose()?,
            provider: row.provider.map(shared).transpose()?,
            usage: row.usage,
            reported_cost: row.reported_cost.map(Amount::from_picos),
            user: row.user.map(Text::from),
            session: row.session.map(Text::from),
            first_token_ms: row.first_token_ms,
            attributes,
            events: row.events.into_owned(),
            links: row.links.into_owned(),
            readings: self.readings.get(row.readings as usize).cloned().ok_or(UNREADABLE)?,
            redactions: row.redactions,
        };
        let cost = row.cost.map(|(picos, source)| Cost { amount: Amount::from_picos(picos), source });
        Ok(PricedSpan { span, cost, gap: row.gap })
    }
}

#[cfg(test)]
mod tests;
