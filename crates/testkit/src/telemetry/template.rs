//! Bodies that become other ones in place.

use super::otlp;
use model::telemetry::{Span, SpanId, TraceId, UnixNanos};
use std::collections::HashMap;

/// Spreads numbers that follow each other over all 64 bits, each to another one (2⁶⁴ divided by the golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A request that sends spans. Encoded once; each [`Template::renew`] gives them other ids and
/// times where they stand, which costs next to nothing: a load shares its cores with the server.
#[derive(Clone)]
pub struct Template {
    bytes: Vec<u8>,
    spans: Vec<(TraceId, SpanId)>,
    ids: Vec<Place>,
    times: Vec<Place>,
}

/// Eight bytes, and what stood there first.
#[derive(Clone, Copy)]
struct Place {
    offset: usize,
    first: u64,
}

impl Template {
    /// The body of `POST /v1/traces`, behind what `head` writes for its length in bytes.
    pub fn traces(spans: &[Span], head: impl FnOnce(usize) -> String) -> Self {
        let body = otlp::traces(spans);
        let head = head(body.len());
        let mut known = HashMap::new();
        for span in spans {
            // Of a trace's id the second half stays as it is.
            let ids = [Some(&span.trace_id.as_bytes()[..8]), Some(span.span_id.as_bytes())];
            let parent = span.parent_id.as_ref().map(|id| &id.as_bytes()[..]);
            known.extend(ids.into_iter().chain([parent]).flatten().map(|id| (id.to_vec(), Kind::Id)));
            let events = span.events.iter().map(|event| event.at);
            let times = [span.started, span.ended].into_iter().chain(events);
            known.extend(times.map(|UnixNanos(at)| (at.to_le_bytes().to_vec(), Kind::Time)));
        }
        let (mut ids, mut times) = (Vec::new(), Vec::new());
        for (offset, eight) in body.windows(8).enumerate() {
            let place = || Place {
                offset: head.len() + offset,
                first: u64::from_le_bytes(eight.try_into().expect("eight bytes")),
            };
            match known.get(eight) {
                Some(Kind::Id) => ids.push(place()),
                Some(Kind::Time) => times.push(place()),
                None => {}
            }
        }
        let bytes = [head.as_bytes(), &body].concat();
        let spans = spans.iter().map(|span| (span.trace_id, span.span_id)).collect();
        Self { bytes, spans, ids, times }
    }

    /// The whole request with the ids of `turn`, which no other turn gives, and times so many nanoseconds later
    /// than they were first. Turn 0 is the first.
    pub fn renew(&mut self, turn: u64, later: i64) -> &[u8] {
        let spread = turn.wrapping_mul(SPREAD);
        let mut put = |place: &Place, value: u64| {
            self.bytes[place.offset..place.offset + 8].copy_from_slice(&value.to_le_bytes());
        };
        for place in &self.ids {
            put(place, place.first ^ spread);
        }
        for place in &self.times {
            put(place, place.first.wrapping_add_signed(later));
        }
        &self.bytes
    }

    /// The spans that [`Template::renew`] sends in that turn.
    pub fn spans_of(&self, turn: u64) -> impl Iterator<Item = (TraceId, SpanId)> {
        let spread = turn.wrapping_mul(SPREAD).to_le_bytes();
        self.spans.iter().map(move |(trace_id, span_id)| {
            let (mut trace_id, mut span_id) = (*trace_id.as_bytes(), *span_id.as_bytes());
            trace_id.iter_mut().zip(spread).for_each(|(byte, with)| *byte ^= with);
            span_id.iter_mut().zip(spread).for_each(|(byte, with)| *byte ^= with);
            let found =
                TraceId::from_bytes(&trace_id).and_then(|trace| Ok((trace, SpanId::from_bytes(&span_id)?)));
            found.expect("one of 2⁶⁴ turns makes a zero of a random id")
        })
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Id,
    Time,
}
