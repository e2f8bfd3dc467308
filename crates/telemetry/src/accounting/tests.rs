use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn id(number: u64) -> SpanId {
    SpanId::from_bytes(&number.to_be_bytes()).unwrap()
}

/// `5<3$` is span 5 in span 3 with usage, `5` a root without.
fn span(text: &str) -> TreeSpan {
    let (ids, has_usage) = text.strip_suffix('$').map_or((text, false), |ids| (ids, true));
    let (own, parent) = ids.split_once('<').map_or((ids, None), |(own, parent)| (own, Some(parent)));
    let id = |digits: &str| id(digits.parse().unwrap());
    TreeSpan { id: id(own), parent: parent.map(id), has_usage }
}

fn ids(spans: &[SpanId]) -> Vec<u64> {
    spans.iter().map(|span| u64::from_be_bytes(*span.as_bytes())).collect()
}

#[test]
fn only_leaves_with_usage_count() {
    // Each batch: its spans, and what is new, counted and counted no more.
    type Batch = (&'static str, &'static [u64], &'static [u64], &'static [u64]);
    let check = |batches: &[Batch]| {
        let mut tree = TraceTree::default();
        for (spans, new, count, uncount) in batches {
            let changes = tree.add(spans.split_whitespace().map(span));
            assert_eq!(ids(&changes.new), *new, "{spans}");
            assert_eq!(ids(&changes.count), *count, "{spans}");
            assert_eq!(ids(&changes.uncount), *uncount, "{spans}");
            tree = TraceTree::decode(&tree.encode()).unwrap();
        }
    };
    check(&[("1$", &[1], &[1], &[])]);
    check(&[("1 2<1", &[1, 2], &[], &[])]);
    // A parent repeats its child's usage: before it, after it, in another batch.
    check(&[("1$ 2<1$", &[1, 2], &[2], &[])]);
    check(&[("2<1$ 1$", &[2, 1], &[2], &[])]);
    check(&[("1$", &[1], &[1], &[]), ("2<1$", &[2], &[2], &[1])]);
    check(&[("2<1$", &[2], &[2], &[]), ("1$", &[1], &[], &[])]);
    // Through spans without usage, whichever comes last.
    check(&[("1$ 2<1 3<2$", &[1, 2, 3], &[3], &[])]);
    check(&[("1$", &[1], &[1], &[]), ("3<2$", &[3], &[3], &[]), ("2<1", &[2], &[], &[1])]);
    check(&[("3<2$", &[3], &[3], &[]), ("2<1", &[2], &[], &[]), ("1$", &[1], &[], &[])]);
    // Siblings count each.
    check(&[("1$ 2<1$ 3<1$", &[1, 2, 3], &[2, 3], &[])]);
    check(&[("1$ 2<1$", &[1, 2], &[2], &[]), ("3<1$", &[3], &[3], &[])]);
    // Three in a row: counted once, then no more.
    check(&[("1$", &[1], &[1], &[]), ("2<1$", &[2], &[2], &[1]), ("3<2$", &[3], &[3], &[2])]);
    // Sent again.
    check(&[("1$ 1$", &[1], &[1], &[]), ("1$", &[], &[], &[]), ("2<1$ 1$", &[2], &[2], &[1])]);
    check(&[("1 1$", &[1], &[], &[])]);
    // A parent that never comes.
    check(&[("2<9$ 3<9$", &[2, 3], &[2, 3], &[])]);
}

#[test]
fn rings_end_and_none_in_them_counts() {
    let check = |spans: &str, count: &[u64]| {
        let changes = TraceTree::default().add(spans.split_whitespace().map(span));
        assert_eq!(ids(&changes.count), count, "{spans}");
        // One by one, what is counted and not taken back is the same.
        let mut tree = TraceTree::default();
        let mut counted = BTreeSet::new();
        for span in spans.split_whitespace().map(span) {
            let changes = tree.add([span]);
            counted.extend(ids(&changes.count));
            ids(&changes.uncount).iter().for_each(|id| assert!(counted.remove(id)));
        }
        assert_eq!(counted.into_iter().collect::<Vec<_>>(), count, "{spans}");
    };
    check("1<1$", &[1]);
    check("1<1$ 2<1$", &[2]);
    check("1<2$ 2<1$", &[]);
    check("1<2$ 2<3$ 3<1$", &[]);
    check("1<2$ 2<1$ 3<1$", &[3]);
    check("1<2 2<1 3<1$", &[3]);
}

#[test]
fn what_is_no_tree_is_refused() {
    let mut tree = TraceTree::default();
    tree.add(["1$", "2<1$", "3<9"].map(span));
    let good = tree.encode();
    assert_eq!(good.len(), 1 + 4 * 13);
    assert_eq!((tree.len(), TraceTree::decode(&good).unwrap().len()), (3, 3));
    assert!(TraceTree::decode(&TraceTree::default().encode()).unwrap().is_empty());

    let check = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        assert_eq!(TraceTree::decode(&bytes).unwrap_err(), Corrupt, "{bytes:?}");
    };
    check(&|bytes| bytes.clear());
    check(&|bytes| bytes[0] = 2);
    check(&|bytes| bytes.truncate(20));
    check(&|bytes| bytes[1..9].fill(0)); // no id
    check(&|bytes| bytes.copy_within(1..14, 14)); // one id twice
    check(&|bytes| bytes.extend_from_within(40..)); // the same, of a parent that has not come
    check(&|bytes| bytes[9] = 4); // a parent beyond the end
    check(&|bytes| bytes[13] = 8); // a flag that is never written
}

/// The longest way up and the widest span: quick only where each span is passed once.
#[test]
fn a_trace_of_30_000_spans_in_300_batches_is_added_in_little_time() {
    const SPANS: u64 = 30_000;
    let chain = |number: u64| (number > 1).then(|| number - 1);
    let star = |number: u64| (number > 1).then_some(1);
    let check = |parent: &dyn Fn(u64) -> Option<u64>, is_reversed: bool, is_kept: bool, expect: usize| {
        let span = |number| TreeSpan { id: id(number), parent: parent(number).map(id), has_usage: true };
        let mut spans: Vec<_> = (1..=SPANS).map(span).collect();
        if is_reversed {
            spans.reverse();
        }
        let mut tree = TraceTree::default();
        let mut counted = 0;
        for batch in spans.chunks(100) {
            let changes = tree.add(batch.iter().copied());
            counted = counted + changes.count.len() - changes.uncount.len();
            if is_kept {
                tree = TraceTree::decode(&tree.encode()).unwrap();
            }
        }
        assert_eq!(counted, expect);
        assert_eq!(tree.encode().len(), 1 + 13 * SPANS as usize);
    };
    check(&chain, false, true, 1);
    check(&chain, true, false, 1);
    check(&star, false, false, SPANS as usize - 1);
    check(&star, true, false, SPANS as usize - 1);
}

/// The definition itself: with usage, and on the way up from no span with usage.
fn leaves(spans: &[TreeSpan]) -> BTreeSet<u64> {
    let parents: HashMap<SpanId, SpanId> = spans
        .iter()
        .filter_map(|span| span.parent.filter(|parent| *parent != span.id).map(|parent| (span.id, parent)))
        .collect();
    let mut leaves: BTreeSet<SpanId> =
        spans.iter().filter(|span| span.has_usage).map(|span| span.id).collect();
    for span in spans.iter().filter(|span| span.has_usage) {
        let mut above = span.id;
        for _ in spans {
            let Some(parent) = parents.get(&above) else { break };
            leaves.remove(parent);
            above = *parent;
        }
    }
    ids(&leaves.into_iter().collect::<Vec<_>>()).into_iter().collect()
}

prop_compose! {
    /// Spans 1 to n with any parents: themselves, each other, some that never come.
    fn any_trace()(shape in prop::collection::vec((prop::option::of(1_u64..24), any::<bool>()), 1..20))
        -> Vec<TreeSpan> {
        let span = |(number, (parent, has_usage)): (usize, (Option<u64>, bool))| {
            TreeSpan { id: id(number as u64 + 1), parent: parent.map(id), has_usage }
        };
        shape.into_iter().enumerate().map(span).collect()
    }
}

proptest! {
    #[test]
    fn any_order_and_any_batches_count_the_same_leaves(
        (spans, shuffled) in any_trace().prop_flat_map(|spans| (Just(spans.clone()), Just(spans).prop_shuffle())),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        size in 1_usize..8,
    ) {
        let mut sent = shuffled;
        for index in again {
            sent.push(*index.get(&spans));
        }
        let mut tree = TraceTree::default();
        let (mut new, mut counted) = (BTreeSet::new(), BTreeSet::new());
        for batch in sent.chunks(size) {
            let changes = tree.add(batch.iter().copied());
            for id in ids(&changes.new) {
                prop_assert!(new.insert(id), "{} is new twice", id);
            }
            for id in ids(&changes.uncount) {
                prop_assert!(counted.remove(&id), "{} was not counted", id);
            }
            for id in ids(&changes.count) {
                prop_assert!(counted.insert(id), "{} is counted twice", id);
            }
            tree = TraceTree::decode(&tree.encode()).unwrap();
        }
        prop_assert_eq!(new.len(), spans.len());
        prop_assert_eq!(counted, leaves(&spans));
    }

    #[test]
    fn any_bytes_are_a_tree_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        bytes.insert(0, VERSION);
        if let Ok(tree) = TraceTree::decode(&bytes) {
            prop_assert_eq!(tree.encode(), bytes);
        }
    }
}
