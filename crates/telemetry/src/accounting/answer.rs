//! The answers of models that spans tell of, so that one that is told twice counts once.

use model::telemetry::{Span, SpanId, TokenUsage, Value};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What names an answer: OpenTelemetry's attribute, and Vercel's.
const IDS: [&str; 2] = ["gen_ai.response.id", "ai.response.id"];

/// The answer of a model that a span tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Hash of what spans that tell of one answer have in common: parent, the answer's id, tokens sent and
    /// answered.
    pub key: u64,
    /// When the span began.
    pub started: i64,
    /// When it was over; always later.
    pub ended: i64,
    /// The higher, the more it says of what was used.
    pub detail: u8,
}

impl Answer {
    /// The answer that a span tells of; `None` where it does not say its id or the tokens.
    pub fn of(span: &Span) -> Option<Self> {
        let usage = span.usage.as_ref()?;
        let id = IDS.iter().find_map(|id| {
            span.attributes.iter().find_map(|attribute| match &attribute.value {
                Value::Text(text) if attribute.key == *id && !text.is_empty() => Some(text.as_bytes()),
                _ => None,
            })
        })?;
        let parent = span.parent_id.map_or([0; 8], |id| *id.as_bytes());
        let parts = [&parent[..], &usage.input.to_le_bytes(), &usage.output.to_le_bytes(), id];
        Some(Self {
            key: hash(parts.into_iter().flatten()),
            started: span.started.0,
            ended: span.ended.0.max(span.started.0.saturating_add(1)),
            detail: detail(span.reported_cost.is_some(), usage),
        })
    }
}

/// A cost says the most, then what came from a cache, which changes the price, then what was thought.
fn detail(has_cost: bool, usage: &TokenUsage) -> u8 {
    let has_cached = usage.cache_read > 0 || usage.cache_write > 0;
    u8::from(has_cost) << 2 | u8::from(has_cached) << 1 | u8::from(usage.reasoning > 0)
}

/// FNV-1a of 64 bits: it is stored, so it must be the same in every version.
fn hash<'a>(bytes: impl Iterator<Item = &'a u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The answers of one trace. Spans of one key that overlap in time, if only by way of others, tell of
/// the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers(BTreeMap<(u64, i64), Told>);

/// One answer, from its first span's start to the last one's end. Those of one key do not overlap.
#[derive(Clone, Copy, Debug)]
struct Told {
    ended: i64,
    best: Teller,
}

/// A span that tells of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Teller {
    pub(super) place: u32,
    pub(super) id: SpanId,
    pub(super) detail: u8,
}

impl Teller {
    /// The higher one counts: who says more, else the lower id.
    fn rank(&self) -> (u8, Reverse<SpanId>) {
        (self.detail, Reverse(self.id))
    }
}

impl Answers {
    /// Adds a span; the places of those, itself among them, that now are not the best of their answer.
    pub(super) fn add(&mut self, answer: Answer, teller: Teller) -> Vec<u32> {
        let Answer { key, mut started, mut ended, detail: _ } = answer;
        let mut best = teller;
        let mut losers = Vec::new();
        loop {
            let last = self.0.range((key, i64::MIN)..(key, ended)).next_back();
            let Some((&place, &told)) = last.filter(|(_, told)| told.ended > started) else { break };
            self.0.remove(&place);
            started = started.min(place.1);
            ended = ended.max(told.ended);
            let loser = if told.best.rank() > best.rank() {
                std::mem::replace(&mut best, told.best)
            } else {
                told.best
            };
            losers.push(loser.place);
        }
        self.0.insert((key, started), Told { ended, best });
        losers
    }

    /// In the order in which [`Answers::push`] takes them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Answer, u32)> {
        self.0.iter().map(|(&(key, started), &Told { ended, best })| {
            (Answer { key, started, ended, detail: best.detail }, best.place)
        })
    }

    /// Takes back what [`Answers::iter`] gave; `None` where it cannot have been given.
    pub(super) fn push(&mut self, answer: Answer, best: Teller) -> Option<()> {
        let Answer { key, started, ended, detail: _ } = answer;
        let is_behind = self
            .0
            .last_key_value()
            .is_none_or(|(last, told)| last.0 < key || last.0 == key && told.ended <= started);
        if started >= ended || !is_behind {
            return None;
        }
        self.0.insert((key, started), Told { ended, best });
        Some(())
    }
}
