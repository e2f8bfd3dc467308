//! Whose usage counts. In a trace a model's call and the agents and chains around it may all name
//! the same tokens, so only leaves count: a span with usage that has no other span with usage
//! below it, at any depth, through spans without usage too.
//!
//! Where two instrumentations are active at once, both tell of the same call, in spans beside each
//! other. Of those with the same parent, the same id of the model's answer and the same tokens sent
//! and answered, which overlap in time, one counts: the one that says more (see [`Answer`]). Calls one
//! after the other never are the same one, nor are any whose answers have other ids or none; two
//! instrumentations that do not share a trace, or do not name the answer, are not seen through.
//!
//! Spans of a trace come in any order and in many batches. [`TraceTree`] keeps what is needed to
//! know, with each batch, which spans count now and which that counted no longer do. The outcome
//! depends on the spans alone, not on their order.

mod answer;

pub use answer::Answer;

use answer::{Answers, Teller};
use foldhash::{HashMap, HashMapExt as _};
use model::telemetry::SpanId;

/// What accounting needs to know of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeSpan {
    /// Its id in the trace.
    pub id: SpanId,
    /// The span it happened in; a span that names itself is taken as a root.
    pub parent: Option<SpanId>,
    /// Whether it says what it used: tokens or a cost.
    pub has_usage: bool,
    /// The answer of a model that its usage is of, where it names one.
    pub answer: Option<Answer>,
}

/// What a batch changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Spans that were not seen before. Others of the batch were sent again.
    pub new: Vec<SpanId>,
    /// Of the new ones those whose usage counts.
    pub count: Vec<SpanId>,
    /// Counted by an earlier batch, and now known to have usage below them, or a span beside them that tells
    /// of the same answer: count them no more.
    pub uncount: Vec<SpanId>,
}

/// The spans of one trace, as far as accounting needs them.
///
/// Hostile data ends too: spans that are each other's parents are below each other, so none of
/// those in the ring counts. Of two spans with one id the first is taken.
#[derive(Clone, Debug, Default)]
pub struct TraceTree {
    nodes: Vec<Node>,
    index: HashMap<SpanId, u32>,
    answers: Answers,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    id: SpanId,
    /// Place of the parent in `nodes`, or [`NO_PARENT`].
    parent: u32,
    flags: u8,
}

const NO_PARENT: u32 = u32::MAX;

/// It has come; without this flag it is only known as somebody's parent.
const SEEN: u8 = 1;
const HAS_USAGE: u8 = 2;
/// A span with usage is below it.
const COVERED: u8 = 4;
/// It came with the batch that is being added; never set between batches.
const NEW: u8 = 8;
/// Another span that tells of the same answer counts.
const RETOLD: u8 = 16;

impl Node {
    fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn counts(&self) -> bool {
        self.is(HAS_USAGE) && !self.is(COVERED | RETOLD)
    }
}

impl TraceTree {
    /// How many spans were seen.
    pub fn len(&self) -> usize {
        self.nodes.iter().filter(|node| node.is(SEEN)).count()
    }

    /// Whether none was seen.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Adds a batch. Over all batches together it takes time in proportion to the spans.
    pub fn add(&mut self, spans: impl IntoIterator<Item = TreeSpan>) -> Changes {
        let mut new = Vec::new();
        let mut uncount = Vec::new();
        for span in spans {
            let place = self.place_of(span.id);
            if self.nodes[place as usize].is(SEEN) {
                continue;
            }
            let parent = span.parent.filter(|parent| *parent != span.id);
            let parent = parent.map_or(NO_PARENT, |parent| self.place_of(parent));
            let node = &mut self.nodes[place as usize];
            node.parent = parent;
            node.flags |= SEEN | NEW | if span.has_usage { HAS_USAGE } else { 0 };
            new.push(place);
            if node.is(HAS_USAGE | COVERED) {
                self.cover(parent, &mut uncount);
            }
            if let Some(answer) = span.answer.filter(|_| span.has_usage) {
                let teller = Teller { place, id: span.id, detail: answer.detail };
                for place in self.answers.add(answer, teller) {
                    self.mark(place, RETOLD, &mut uncount);
                }
            }
        }
        let count = new.iter().filter(|place| self.node(place).counts()).map(|place| self.node(place).id);
        let changes = Changes {
            count: count.collect(),
            new: new.iter().map(|place| self.node(place).id).collect(),
            uncount,
        };
        for place in new {
            self.nodes[place as usize].flags &= !NEW;
        }
        changes
    }

    fn node(&self, place: &u32) -> &Node {
        &self.nodes[*place as usize]
    }

    /// Marks `place` and what is known above it as having usage below. What is marked already has
    /// marked what is above it, so each span is passed once in its life.
    fn cover(&mut self, mut place: u32, uncount: &mut Vec<SpanId>) {
        while place != NO_PARENT {
            if self.node(&place).is(COVERED) {
                return;
            }
            self.mark(place, COVERED, uncount);
            place = self.node(&place).parent;
        }
    }

    /// Sets a flag with which it does not count.
    fn mark(&mut self, place: u32, flag: u8, uncount: &mut Vec<SpanId>) {
        let node = &mut self.nodes[place as usize];
        if node.counts() && !node.is(NEW) {
            uncount.push(node.id);
        }
        node.flags |= flag;
    }

    /// Where the span is, or is to be.
    fn place_of(&mut self, id: SpanId) -> u32 {
        let next = u32::try_from(self.nodes.len()).expect("memory ends before a trace of 2^32 spans");
        let place = *self.index.entry(id).or_insert(next);
        if place == next {
            self.nodes.push(Node { id, parent: NO_PARENT, flags: 0 });
        }
        place
    }
}

/// Bytes that [`TraceTree::encode`] takes for a span.
const NODE_BYTES: usize = 13;
/// Bytes that it takes for an answer, besides.
const ANSWER_BYTES: usize = 29;
/// First byte of the encoded form.
const VERSION: u8 = 2;

/// The bytes are no [`TraceTree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no tree of spans")]
pub struct Corrupt;

impl TraceTree {
    /// The tree in 13 bytes a span, and 29 more for each answer that has an id, to keep it between batches.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(5 + NODE_BYTES * self.nodes.len());
        bytes.push(VERSION);
        let nodes = u32::try_from(self.nodes.len()).expect("places fit into 32 bits");
        bytes.extend_from_slice(&nodes.to_le_bytes());
        for node in &self.nodes {
            bytes.extend_from_slice(node.id.as_bytes());
            bytes.extend_from_slice(&node.parent.to_le_bytes());
            bytes.push(node.flags);
        }
        for (Answer { key, started, ended, detail }, place) in self.answers.iter() {
            bytes.extend_from_slice(&key.to_le_bytes());
            bytes.extend_from_slice(&started.to_le_bytes());
            bytes.extend_from_slice(&ended.to_le_bytes());
            bytes.extend_from_slice(&place.to_le_bytes());
            bytes.push(detail);
        }
        bytes
    }

    /// Reads what [`TraceTree::encode`] wrote.
    ///
    /// # Errors
    /// [`Corrupt`] where the bytes are nothing of that kind.
    pub fn decode(bytes: &[u8]) -> Result<Self, Corrupt> {
        let [VERSION, n0, n1, n2, n3, bytes @ ..] = bytes else { return Err(Corrupt) };
        let nodes = u32::from_le_bytes([*n0, *n1, *n2, *n3]) as usize;
        let node_bytes = nodes.checked_mul(NODE_BYTES).ok_or(Corrupt)?;
        let (nodes, answers) = bytes.split_at_checked(node_bytes).ok_or(Corrupt)?;
        let mut tree = Self::decode_nodes(nodes)?;
        let (answers, []) = answers.as_chunks::<ANSWER_BYTES>() else { return Err(Corrupt) };
        for answer in answers {
            tree.decode_answer(answer).ok_or(Corrupt)?;
        }
        Ok(tree)
    }

    fn decode_nodes(bytes: &[u8]) -> Result<Self, Corrupt> {
        let (chunks, []) = bytes.as_chunks::<NODE_BYTES>() else { return Err(Corrupt) };
        let (nodes, index) = (Vec::with_capacity(chunks.len()), HashMap::with_capacity(chunks.len()));
        let mut tree = Self { nodes, index, answers: Answers::default() };
        for (place, [id @ .., p0, p1, p2, p3, flags]) in (0..).zip(chunks) {
            let id = SpanId::from_bytes(id).map_err(|_| Corrupt)?;
            let parent = u32::from_le_bytes([*p0, *p1, *p2, *p3]);
            let is_known = parent == NO_PARENT || (parent as usize) < chunks.len();
            if !is_known || flags & !(SEEN | HAS_USAGE | COVERED | RETOLD) != 0 {
                return Err(Corrupt);
            }
            if tree.index.insert(id, place).is_some() {
                return Err(Corrupt);
            }
            tree.nodes.push(Node { id, parent, flags: *flags });
        }
        Ok(tree)
    }

    fn decode_answer(&mut self, bytes: &[u8; ANSWER_BYTES]) -> Option<()> {
        let (key, rest) = bytes.split_first_chunk()?;
        let (started, rest) = rest.split_first_chunk()?;
        let (ended, rest) = rest.split_first_chunk()?;
        let (place, rest) = rest.split_first_chunk()?;
        let [detail] = *rest else { return None };
        let place = u32::from_le_bytes(*place);
        let node = self.nodes.get(place as usize).filter(|node| node.is(HAS_USAGE) && !node.is(RETOLD))?;
        let answer = Answer {
            key: u64::from_le_bytes(*key),
            started: i64::from_le_bytes(*started),
            ended: i64::from_le_bytes(*ended),
            detail,
        };
        self.answers.push(answer, Teller { place, id: node.id, detail })
    }
}

#[cfg(test)]
mod tests;
