//! From spans in the order of time to the rows of a waterfall.

use super::{flag, row};
use ::telemetry::accounting::TraceTree;
use ::telemetry::store::{PricedSpan, Trace, tree_span};
use model::telemetry::view::{SpanRow, TraceView};
use model::telemetry::{Flag, SpanId, UnixNanos};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The trace with its first spans, at most `limit`.
pub(super) fn view(trace: Trace, now: UnixNanos, limit: Option<usize>) -> TraceView {
    let Trace { summary, spans } = trace;
    let counted: HashSet<SpanId> =
        TraceTree::default().add(spans.iter().map(tree_span)).count.into_iter().collect();
    // As sums do: what says no tokens cannot say the same as another one, so it counts wherever it is.
    let counts = |priced: &PricedSpan| {
        counted.contains(&priced.span.span_id) || (priced.gap.is_some() && !tree_span(priced).has_usage)
    };
    let flags: BTreeSet<Flag> = spans.iter().filter(|priced| counts(priced)).filter_map(flag).collect();
    let mut names = Names::default();
    let places = in_depth(&spans).into_iter().take(limit.unwrap_or(usize::MAX));
    let rows = places.map(|Place { index, depth, is_orphan }| {
        let priced = &spans[index];
        let (span, does_count) = (&priced.span, counts(priced));
        SpanRow {
            id: span.span_id,
            depth,
            is_orphan,
            offset_ns: span.started.0.abs_diff(summary.started.0),
            duration_ns: span.ended.0.abs_diff(span.started.0),
            name: names.place(&span.name),
            agent: names.place(span.agent.name.as_str()),
            model: span.model.as_deref().map(|model| names.place(model)),
            operation: span.operation,
            status: span.status,
            tokens: span.usage.map(|usage| (usage.input, usage.output)),
            cost: priced.cost.filter(|_| does_count),
            is_unpriced: priced.gap.is_some() && does_count,
        }
    });
    let rows = rows.collect();
    TraceView { trace: row(summary), now, flags: flags.into_iter().collect(), names: names.all, spans: rows }
}

/// Texts, each once.
#[derive(Default)]
struct Names {
    all: Vec<String>,
    places: HashMap<String, u32>,
}

impl Names {
    fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = u32::try_from(self.all.len()).expect("memory ends before 2^32 names");
        self.all.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        place
    }
}

/// Where a span stands in the waterfall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Among the spans.
    index: usize,
    depth: u16,
    is_orphan: bool,
}

/// Every span once, each before those that happened in it, and these in the order of `spans`. A span whose
/// parent is not there stands among the roots; so does the first of those that are each other's parents.
fn in_depth(spans: &[PricedSpan]) -> Vec<Place> {
    let index: HashMap<SpanId, usize> =
        spans.iter().enumerate().map(|(index, priced)| (priced.span.span_id, index)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut roots = Vec::new();
    for (place, priced) in spans.iter().enumerate() {
        let span = &priced.span;
        match span.parent_id.filter(|parent| *parent != span.span_id) {
            None => roots.push(Place { index: place, depth: 0, is_orphan: false }),
            Some(parent) => match index.get(&parent) {
                Some(parent) => children[*parent].push(place),
                None => roots.push(Place { index: place, depth: 0, is_orphan: true }),
            },
        }
    }
    let mut placed = vec![false; spans.len()];
    let mut places = Vec::with_capacity(spans.len());
    let mut walk = |root: Place, places: &mut Vec<Place>| {
        let mut open = vec![root];
        while let Some(place) = open.pop() {
            if std::mem::replace(&mut placed[place.index], true) {
                continue;
            }
            places.push(place);
            let depth = place.depth.saturating_add(1);
            open.extend(children[place.index].iter().rev().map(|index| Place {
                index: *index,
                depth,
                is_orphan: false,
            }));
        }
    };
    roots.into_iter().for_each(|root| walk(root, &mut places));
    // What no root leads to is in a ring.
    for index in 0..spans.len() {
        walk(Place { index, depth: 0, is_orphan: true }, &mut places);
    }
    places
}
