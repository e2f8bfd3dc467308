use super::*;
use model::ask::Amount;
use model::telemetry::{
    AgentIdentity, AgentName, Attribute, Operation, Span, SpanStatus, TokenUsage, TraceId, UnixNanos, Value,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

fn id(number: u64) -> SpanId {
    SpanId::from_bytes(&number.to_be_bytes()).unwrap()
}

/// `5<3$` is span 5 in span 3 with usage, `5` a root without; `5<3$7@10-20+2` tells with detail 2 of
/// answer 7, from 10 to 20.
fn span(text: &str) -> TreeSpan {
    let (ids, usage) = text.split_once('$').map_or((text, None), |(ids, usage)| (ids, Some(usage)));
    let (own, parent) = ids.split_once('<').map_or((ids, None), |(own, parent)| (own, Some(parent)));
    let id = |digits: &str| id(digits.parse().unwrap());
    let answer = usage.filter(|usage| !usage.is_empty()).map(answer);
    TreeSpan { id: id(own), parent: parent.map(id), has_usage: usage.is_some(), answer }
}

fn answer(text: &str) -> Answer {
    let (text, detail) = text.split_once('+').unwrap_or((text, "0"));
    let (key, times) = text.split_once('@').unwrap();
    let (started, ended) = times.split_once('-').unwrap();
    let number = |digits: &str| digits.parse().unwrap();
    Answer {
        key: key.parse().unwrap(),
        started: number(started),
        ended: number(ended),
        detail: detail.parse().unwrap(),
    }
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
    // Beside each other, told twice: who says more counts, whichever comes first.
    check(&[("1 2<1$7@10-40 3<1$7@15-30+2", &[1, 2, 3], &[3], &[])]);
    check(&[("3<1$7@15-30+2", &[3], &[3], &[]), ("2<1$7@10-40 1", &[2, 1], &[], &[])]);
    check(&[("2<1$7@10-40", &[2], &[2], &[]), ("3<1$7@15-30+2", &[3], &[3], &[2])]);
    // Who say as much: the lower id.
    check(&[("3<1$7@10-40", &[3], &[3], &[]), ("2<1$7@15-30", &[2], &[2], &[3])]);
    // Others are calls of their own: another answer, one after the other, no answer's id.
    check(&[("2<1$7@10-40 3<1$8@15-30", &[2, 3], &[2, 3], &[])]);
    check(&[("2<1$7@10-20 3<1$7@20-30", &[2, 3], &[2, 3], &[])]);
    check(&[("2<1$7@10-40 3<1$", &[2, 3], &[2, 3], &[])]);
    // A third brings two together.
    check(&[("2<1$7@10-20 4<1$7@20-30", &[2, 4], &[2, 4], &[]), ("3<1$7@15-25", &[3], &[], &[4])]);
    // What is told twice, and below one of the two once more.
    check(&[("2<1$7@10-40 3<1$7@15-30", &[2, 3], &[2], &[]), ("4<2$8@16-29", &[4], &[4], &[2])]);
    // A parent's repetition is one, whatever counts below it.
    check(&[("1$", &[1], &[1], &[]), ("2<1$7@10-40 3<1$7@15-30", &[2, 3], &[2], &[1])]);
}

#[test]
fn an_answer_is_what_tells_a_call_from_another() {
    let base = || Span {
        trace_id: TraceId::from_bytes(&[1; 16]).unwrap(),
        span_id: id(2),
        parent_id: Some(id(1)),
        agent: Arc::new(AgentIdentity { name: AgentName::new("a"), id: None, metadata: Vec::new() }),
        name: "chat".to_owned(),
        operation: Operation::Model,
        started: UnixNanos(10),
        ended: UnixNanos(20),
        status: SpanStatus::Unset,
        status_message: String::new(),
        error_type: None,
        model: None,
        provider: None,
        usage: Some(TokenUsage { input: 1000, output: 500, ..TokenUsage::default() }),
        reported_cost: None,
        user: None,
        session: None,
        first_token_ms: None,
        attributes: vec![response("gen_ai.response.id", "chatcmpl-1")],
        events: Vec::new(),
        links: Vec::new(),
        readings: Arc::default(),
        redactions: 0,
    };
    fn response(key: &str, id: &str) -> Attribute {
        Attribute { key: key.into(), value: Value::Text(id.into()) }
    }
    let key = Answer::of(&base()).unwrap().key;
    assert_eq!(
        key, 0x62ca_5500_09e6_8d4c,
        "stored: another one would tell calls apart that were stored before"
    );
    let check = |change: &dyn Fn(&mut Span), is_same: Option<bool>| {
        let mut span = base();
        change(&mut span);
        assert_eq!(Answer::of(&span).map(|answer| answer.key == key), is_same, "{span:?}");
    };
    check(&|span| span.span_id = id(3), Some(true));
    check(&|span| span.model = Some("gpt-4o".into()), Some(true));
    check(&|span| span.attributes = vec![response("ai.response.id", "chatcmpl-1")], Some(true));
    check(&|span| span.usage.as_mut().unwrap().cache_read = 200, Some(true));
    check(&|span| span.parent_id = Some(id(3)), Some(false));
    check(&|span| span.parent_id = None, Some(false));
    check(&|span| span.usage.as_mut().unwrap().input = 1001, Some(false));
    check(&|span| span.usage.as_mut().unwrap().output = 0, Some(false));
    check(&|span| span.attributes = vec![response("gen_ai.response.id", "chatcmpl-2")], Some(false));
    check(&|span| span.attributes = vec![response("gen_ai.response.id", "")], None);
    check(&|span| span.attributes.clear(), None);
    check(&|span| span.usage = None, None);

    let check = |change: &dyn Fn(&mut Span), detail: u8, times: (i64, i64)| {
        let mut span = base();
        change(&mut span);
        let answer = Answer::of(&span).unwrap();
        assert_eq!((answer.detail, (answer.started, answer.ended)), (detail, times), "{span:?}");
    };
    check(&|_| {}, 0, (10, 20));
    check(&|span| span.ended = UnixNanos(10), 0, (10, 11));
    check(&|span| span.usage.as_mut().unwrap().reasoning = 50, 1, (10, 20));
    check(&|span| span.usage.as_mut().unwrap().cache_read = 200, 2, (10, 20));
    check(&|span| span.usage.as_mut().unwrap().cache_write = 200, 2, (10, 20));
    check(&|span| span.reported_cost = Some(Amount::from_picos(0)), 4, (10, 20));
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
    tree.add(["1$", "2<1$7@10-20", "3<9", "4<1$7@30-40"].map(span));
    let good = tree.encode();
    // 1, 2, 3, 9 and 4, and two answers.
    assert_eq!(good.len(), 5 + 5 * 13 + 2 * 29);
    assert_eq!((tree.len(), TraceTree::decode(&good).unwrap().len()), (4, 4));
    assert!(TraceTree::decode(&TraceTree::default().encode()).unwrap().is_empty());

    let check = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        assert_eq!(TraceTree::decode(&bytes).unwrap_err(), Corrupt, "{bytes:?}");
    };
    check(&|bytes| bytes.clear());
    check(&|bytes| bytes[0] = 1);
    check(&|bytes| bytes.truncate(20));
    check(&|bytes| bytes[1] = 6); // more spans than there are
    check(&|bytes| bytes[1] = 4); // fewer
    check(&|bytes| bytes[5..13].fill(0)); // no id
    check(&|bytes| bytes.copy_within(5..18, 18)); // one id twice
    check(&|bytes| bytes[13] = 5); // a parent beyond the end
    check(&|bytes| bytes[17] = 8); // a flag that is never written
    let answer = 5 + 5 * 13;
    check(&|bytes| bytes.truncate(bytes.len() - 1)); // not a whole answer
    check(&|bytes| bytes.extend_from_within(answer..)); // the same answers again
    check(&|bytes| bytes[answer + 16] = 10); // over before it begins
    check(&|bytes| bytes[answer + 16] = 31); // into the next one
    check(&|bytes| bytes[answer + 24] = 5); // of a span beyond the end
    check(&|bytes| bytes[answer + 24] = 2); // of a span without usage
}

/// The longest way up and the widest span: quick only where each span is passed once.
#[test]
fn a_trace_of_30_000_spans_in_300_batches_is_added_in_little_time() {
    const SPANS: u64 = 30_000;
    let chain = |number: u64| (number > 1).then(|| number - 1);
    let star = |number: u64| (number > 1).then_some(1);
    let check = |parent: &dyn Fn(u64) -> Option<u64>,
                 is_reversed: bool,
                 is_kept: bool,
                 is_retold: bool,
                 expect: usize| {
        let span = |number: u64| {
            // Each overlaps the one before, and says no more.
            let (started, ended) = (number as i64, number as i64 + 2);
            let answer = is_retold.then_some(Answer { key: 7, started, ended, detail: 0 });
            TreeSpan { id: id(number), parent: parent(number).map(id), has_usage: true, answer }
        };
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
        assert_eq!(tree.encode().len(), 5 + 13 * SPANS as usize + if is_retold { 29 } else { 0 });
    };
    check(&chain, false, true, false, 1);
    check(&chain, true, false, false, 1);
    check(&star, false, false, false, SPANS as usize - 1);
    check(&star, true, false, false, SPANS as usize - 1);
    // The root is the best of the answer, and does not count because of those below it.
    check(&star, false, false, true, 0);
    check(&star, true, false, true, 0);
}

/// The definition itself: with usage, on the way up from no span with usage, and of those that tell of one
/// answer the best.
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
    let tellers: Vec<(Answer, SpanId)> = spans
        .iter()
        .filter(|span| span.has_usage)
        .filter_map(|span| span.answer.map(|answer| (answer, span.id)))
        .collect();
    for (one, loser) in &tellers {
        let mut same = vec![*one];
        for _ in &tellers {
            let overlaps = |other: &Answer| {
                same.iter().any(|known| {
                    known.key == other.key && known.started < other.ended && other.started < known.ended
                })
            };
            same = tellers.iter().map(|(other, _)| *other).filter(overlaps).collect();
        }
        let better = |(other, id): &(Answer, SpanId)| {
            same.contains(other) && (other.detail > one.detail || other.detail == one.detail && id < loser)
        };
        if tellers.iter().any(better) {
            leaves.remove(loser);
        }
    }
    ids(&leaves.into_iter().collect::<Vec<_>>()).into_iter().collect()
}

prop_compose! {
    fn any_answer()(key in 0_u64..2, started in 0_i64..30, length in 1_i64..8, detail in 0_u8..3) -> Answer {
        Answer { key, started, ended: started + length, detail }
    }
}

prop_compose! {
    /// Spans 1 to n with any parents, themselves, each other, some that never come, and any answers.
    fn any_trace()(shape in prop::collection::vec(
        (prop::option::of(1_u64..24), any::<bool>(), prop::option::of(any_answer())), 1..20,
    )) -> Vec<TreeSpan> {
        let span = |(number, (parent, has_usage, answer)): (usize, (Option<u64>, bool, Option<Answer>))| {
            TreeSpan { id: id(number as u64 + 1), parent: parent.map(id), has_usage, answer }
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
        bytes.splice(0..0, [VERSION, (bytes.len() / 13) as u8, 0, 0, 0]);
        if let Ok(tree) = TraceTree::decode(&bytes) {
            prop_assert_eq!(tree.encode(), bytes);
        }
    }
}
