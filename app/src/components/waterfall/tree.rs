//! Which rows of a waterfall are shown, and where their bars lie: pure arithmetic.

use crate::components::time_chart::scale::nice_step;
use model::telemetry::SpanId;
use model::telemetry::view::SpanRow;
use std::collections::HashSet;

/// Whether other spans happened in the one at `index`.
pub(crate) fn is_parent(spans: &[SpanRow], index: usize) -> bool {
    match (spans.get(index), spans.get(index + 1)) {
        (Some(span), Some(next)) => next.depth > span.depth,
        _ => false,
    }
}

/// How many spans happened in the one at `index`, however deep.
pub(crate) fn descendants(spans: &[SpanRow], index: usize) -> usize {
    let Some(span) = spans.get(index) else { return 0 };
    spans[index + 1..].iter().take_while(|below| below.depth > span.depth).count()
}

/// The places of the spans that are not inside of a folded one.
pub(crate) fn unfolded(spans: &[SpanRow], folded: &HashSet<SpanId>) -> Vec<usize> {
    let mut shown = Vec::with_capacity(spans.len());
    let mut hidden_below = None::<u16>;
    for (index, span) in spans.iter().enumerate() {
        if hidden_below.is_some_and(|depth| span.depth > depth) {
            continue;
        }
        hidden_below = folded.contains(&span.id).then_some(span.depth);
        shown.push(index);
    }
    shown
}

/// The narrowest bar that can be seen, as a part of the axis.
const NARROWEST: f64 = 0.002;

/// Where a bar begins and how long it is, as parts of an axis of `length_ns`.
pub(crate) fn bar(span: &SpanRow, length_ns: u64) -> (f64, f64) {
    let part = |ns: u64| (ns as f64 / length_ns.max(1) as f64).clamp(0.0, 1.0);
    let begin = part(span.offset_ns);
    let width = (part(span.offset_ns.saturating_add(span.duration_ns)) - begin).max(NARROWEST);
    (begin.min(1.0 - width), width)
}

/// How many round times stand behind the start of an axis at most: beside the details it is narrow.
const TICKS: u32 = 3;

/// Round times on an axis of `length_ns`, and where they lie as parts of it.
pub(crate) fn ticks(length_ns: u64) -> Vec<(u64, f64)> {
    let length = length_ns.max(1) as f64;
    let step = nice_step(length, TICKS).max(1.0);
    (0..=TICKS)
        .map(|index| f64::from(index) * step)
        .take_while(|at| *at <= length)
        .map(|at| (at as u64, at / length))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use model::telemetry::{Operation, SpanStatus};

    /// A span that the test names by a number.
    pub(crate) fn span(id: u64, depth: u16) -> SpanRow {
        SpanRow {
            id: SpanId::from_bytes(&id.to_be_bytes()).unwrap(),
            depth,
            is_orphan: false,
            offset_ns: 0,
            duration_ns: 0,
            name: 0,
            agent: 0,
            model: None,
            operation: Operation::Other,
            status: SpanStatus::Unset,
            tokens: None,
            cost: None,
            is_unpriced: false,
        }
    }

    fn spans(depths: &[u16]) -> Vec<SpanRow> {
        depths.iter().zip(1..).map(|(depth, id)| span(id, *depth)).collect()
    }

    #[test]
    fn a_folded_span_hides_what_happened_in_it() {
        let spans = spans(&[0, 1, 2, 2, 1, 0, 1]);
        let check = |folded: &[usize], expect: &[usize]| {
            let folded = folded.iter().map(|index| spans[*index].id).collect();
            assert_eq!(unfolded(&spans, &folded), expect);
        };
        check(&[], &[0, 1, 2, 3, 4, 5, 6]);
        check(&[1], &[0, 1, 4, 5, 6]);
        check(&[0], &[0, 5, 6]);
        check(&[0, 1], &[0, 5, 6]);
        check(&[1, 5], &[0, 1, 4, 5]);
        check(&[3], &[0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn parents_and_their_descendants_are_known() {
        let spans = spans(&[0, 1, 2, 2, 1, 0]);
        let of: Vec<_> = (0..6).map(|index| (is_parent(&spans, index), descendants(&spans, index))).collect();
        assert_eq!(of, [(true, 4), (true, 2), (false, 0), (false, 0), (false, 0), (false, 0)]);
        assert_eq!((is_parent(&[], 0), descendants(&[], 0)), (false, 0));
    }

    #[test]
    fn bars_are_seen_and_do_not_stick_out() {
        let check = |offset_ns: u64, duration_ns: u64, expect: (f64, f64)| {
            let span = SpanRow { offset_ns, duration_ns, ..span(1, 0) };
            let (begin, width) = bar(&span, 1000);
            assert!((begin - expect.0).abs() < 1e-9 && (width - expect.1).abs() < 1e-9, "{begin} {width}");
        };
        check(0, 1000, (0.0, 1.0));
        check(250, 500, (0.25, 0.5));
        check(100, 0, (0.1, 0.002));
        check(1000, 0, (0.998, 0.002));
        check(500, u64::MAX, (0.5, 0.5));
    }

    #[test]
    fn ticks_are_round() {
        let at = |length: u64| ticks(length).iter().map(|(at, _)| *at).collect::<Vec<_>>();
        assert_eq!(at(1_000_000_000), [0, 500_000_000, 1_000_000_000]);
        assert_eq!(at(2_600_000_000), [0, 1_000_000_000, 2_000_000_000]);
        assert_eq!(at(7), [0, 5]);
        assert_eq!(at(0), [0, 1]);
    }

    /// Every tree of so many spans, as depths: a span is at most one deeper than the one before it.
    fn trees(size: usize) -> Vec<Vec<u16>> {
        let mut trees = vec![vec![0]];
        for _ in 1..size {
            let grow = |tree: &Vec<u16>| {
                let deepest = tree.last().map_or(0, |last| last + 1);
                (0..=deepest).map(|depth| [tree.as_slice(), &[depth]].concat()).collect::<Vec<_>>()
            };
            trees = trees.iter().flat_map(grow).collect();
        }
        trees
    }

    #[test]
    fn every_span_of_every_tree_is_shown_or_inside_of_a_folded_one() {
        let trees = trees(6);
        assert_eq!(trees.len(), 132);
        for depths in trees {
            let spans = spans(&depths);
            for choice in 0_u32..1 << spans.len() {
                let is_chosen = |index: &usize| choice & 1 << index != 0;
                let folded: HashSet<_> =
                    (0..spans.len()).filter(is_chosen).map(|index| spans[index].id).collect();
                let shown = unfolded(&spans, &folded);
                let inside: usize = shown
                    .iter()
                    .filter(|index| is_chosen(index))
                    .map(|index| descendants(&spans, *index))
                    .sum();
                assert_eq!(shown.len() + inside, spans.len(), "{depths:?} {choice:b}");
            }
        }
    }
}
