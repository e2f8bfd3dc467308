//! Spans and traces.

use super::make::{at, call, full_span, span, span_id, text, trace_id};
use super::{each_store, maintain, project, records, try_write, write};
use model::telemetry::{SpanStatus, TokenUsage, UnixNanos};
use std::collections::BTreeSet;
use telemetry::rollup::Spend;
use telemetry::store::{Batch, PricedSpan, Receipt, SharedStore, Trace, TraceQuery};

fn batch(spans: Vec<PricedSpan>) -> Batch {
    Batch { spans, ..Batch::default() }
}

async fn trace(store: &SharedStore, number: u64) -> Trace {
    store.trace(&project(), trace_id(number)).await.unwrap().expect("it was written")
}

/// The spans as they were sent, but for the identity of what they share.
fn assert_spans(found: &[PricedSpan], mut expect: Vec<PricedSpan>) {
    expect.sort_by_key(|priced| (priced.span.started, priced.span.span_id));
    assert_eq!(found, expect);
}

#[test]
fn spans_come_back_as_they_were_sent() {
    each_store(async |store| {
        let spans = vec![full_span(1, 3, 2), span(1, 2, 1), span(1, 1, 0), full_span(2, 1, 77)];
        let receipt = write(store, batch(spans.clone())).await;
        assert_eq!(receipt, Receipt { stored: 4, repeated: 0 });
        assert_spans(&trace(store, 1).await.spans, spans[..3].to_vec());
        assert_spans(&trace(store, 2).await.spans, spans[3..].to_vec());
        assert!(store.trace(&project(), trace_id(3)).await.unwrap().is_none());
        let other = model::identity::ProjectId::from("theirs");
        assert!(store.trace(&other, trace_id(1)).await.unwrap().is_none());
    });
}

#[test]
fn a_trace_is_summed_up_over_requests() {
    each_store(async |store| {
        let mut failed = call(1, 2, 1, 10);
        failed.span.status = SpanStatus::Error;
        write(store, batch(vec![failed, call(1, 3, 1, 20)])).await;
        let summary = trace(store, 1).await.summary;
        assert!(!summary.has_root);
        assert_eq!((summary.started, summary.ended), (at(2), at(4)));

        let mut root = span(1, 1, 0);
        root.span.name = "answer".to_owned();
        root.span.agent = super::make::agent("boss");
        root.span.ended = at(9);
        write(store, batch(vec![root])).await;
        let summary = trace(store, 1).await.summary;
        assert!(summary.has_root);
        assert_eq!((summary.name.as_str(), summary.agent.as_str()), ("answer", "boss"));
        assert_eq!((summary.started, summary.ended), (at(1), at(9)));
        assert_eq!((summary.spans, summary.errors), (3, 1));
        assert_eq!((summary.user.as_deref(), summary.session.as_deref()), (Some("ada"), Some("talk")));
        let spend = Spend { calls: 2, errors: 1, input: 30, cost_picos: 30, ..Spend::default() };
        assert_eq!(summary.spend, spend);
    });
}

#[test]
fn what_is_sent_again_is_stored_once() {
    each_store(async |store| {
        let spans = vec![call(1, 2, 1, 10), span(1, 1, 0)];
        write(store, batch(spans.clone())).await;
        let again = vec![call(1, 2, 1, 10), span(1, 1, 0), call(1, 3, 1, 5)];
        assert_eq!(write(store, batch(again.clone())).await, Receipt { stored: 1, repeated: 2 });
        // In one group and in one request, too.
        let twice = vec![batch(vec![span(2, 1, 0), span(2, 1, 0)]), batch(vec![span(2, 1, 0)])];
        let receipts: Vec<_> =
            try_write(store, twice).await.unwrap().into_iter().map(Result::unwrap).collect();
        assert_eq!(receipts, [Receipt { stored: 1, repeated: 1 }, Receipt { stored: 0, repeated: 1 }]);
        assert_spans(&trace(store, 1).await.spans, again);
        assert_eq!(trace(store, 1).await.summary.spend.cost_picos, 15);
        assert_eq!(trace(store, 2).await.spans.len(), 1);
    });
}

#[test]
fn a_parent_that_repeats_its_children_does_not_count() {
    each_store(async |store| {
        let check = async |requests: &[&[PricedSpan]], number: u64, expect: i64| {
            for spans in requests {
                write(store, batch(spans.to_vec())).await;
            }
            let spend = trace(store, number).await.summary.spend;
            assert_eq!((spend.input, spend.cost_picos), (expect, expect), "trace {number}");
        };
        // The child after its parent, before it, beside it.
        check(&[&[call(1, 1, 0, 30)], &[call(1, 2, 1, 30)]], 1, 30).await;
        check(&[&[call(2, 2, 1, 30)], &[call(2, 1, 0, 30)]], 2, 30).await;
        check(&[&[call(3, 2, 1, 30), call(3, 1, 0, 30)]], 3, 30).await;
        // Through a span without usage that comes last.
        check(&[&[call(4, 1, 0, 30)], &[call(4, 3, 2, 30)], &[span(4, 2, 1)]], 4, 30).await;
        let day = super::series::day(store).await;
        assert_eq!((day.spend().calls, day.spend().cost_picos), (4, 120));
        let spent =
            store.spend_by(&project(), telemetry::store::Party::User, super::all(), 10).await.unwrap();
        assert_eq!(spent.len(), 1);
        assert_eq!((spent[0].name.as_str(), spent[0].spend.cost_picos), ("ada", 120));
    });
}

#[test]
fn a_call_that_is_told_twice_counts_once() {
    each_store(async |store| {
        // Told by spans beside each other, the second from `seconds` after the first on.
        let told = |trace: u64, id: u64, seconds: i64, answer: &str, cached: u64| {
            let mut priced = call(trace, id, 1, 30);
            (priced.span.started, priced.span.ended) = (at(seconds), at(seconds + 10));
            priced.span.attributes = vec![text("gen_ai.response.id", answer)];
            priced.span.usage = priced.span.usage.map(|usage| TokenUsage { cache_read: cached, ..usage });
            priced
        };
        let check = async |requests: &[&[PricedSpan]], number: u64, calls: i64, cached: i64| {
            for spans in requests {
                write(store, batch(spans.to_vec())).await;
            }
            let spend = trace(store, number).await.summary.spend;
            let expect = (calls, calls * 30, calls * 30, cached);
            assert_eq!(
                (spend.calls, spend.input, spend.cost_picos, spend.cache_read),
                expect,
                "trace {number}"
            );
        };
        check(&[&[told(1, 2, 0, "a", 0), told(1, 3, 1, "a", 20)]], 1, 1, 20).await;
        check(&[&[told(2, 2, 0, "a", 0)], &[told(2, 3, 1, "a", 20)]], 2, 1, 20).await;
        check(&[&[told(3, 3, 1, "a", 20)], &[told(3, 2, 0, "a", 0)], &[span(3, 1, 0)]], 3, 1, 20).await;
        check(&[&[told(4, 2, 0, "a", 0), told(4, 3, 1, "b", 20)]], 4, 2, 20).await;
        check(&[&[told(5, 2, 0, "a", 0)], &[told(5, 3, 10, "a", 20)]], 5, 2, 20).await;
        let day = super::series::day(store).await;
        assert_eq!((day.spend().calls, day.spend().cost_picos), (7, 210));
    });
}

#[test]
fn packing_changes_nothing_that_is_read() {
    each_store(async |store| {
        let mut expect = Vec::new();
        for id in 1..=60 {
            let spans = vec![full_span(id % 7 + 1, id, id / 2), span(99, id, 0)];
            expect.extend(spans.clone());
            write(store, batch(spans)).await;
        }
        let of = |number: u64| {
            let is_of = |priced: &&PricedSpan| priced.span.trace_id == trace_id(number);
            expect.iter().filter(is_of).cloned().collect::<Vec<_>>()
        };
        for _ in 0..2 {
            for number in [1, 4, 7, 99] {
                assert_spans(&trace(store, number).await.spans, of(number));
            }
            maintain(store).await;
        }
        // More comes to what was packed.
        write(store, batch(vec![span(99, 100, 0)])).await;
        assert_eq!(trace(store, 99).await.spans.len(), 61);
    });
}

#[test]
fn traces_are_filtered() {
    each_store(async |store| {
        let mut failed = call(0xabc0, 1, 0, 10);
        failed.span.status = SpanStatus::Error;
        failed.span.ended = at(60);
        let mut other = span(0xdef0, 2, 0);
        other.span.agent = super::make::agent("reader");
        other.span.name = "Look Up".to_owned();
        other.gap = Some(telemetry::store::CostGap::NoPrice);
        write(store, batch(vec![failed, other, span(0xdef1, 3, 0)])).await;
        let check = async |change: &dyn Fn(&mut TraceQuery), expect: &[u64]| {
            let mut query = TraceQuery::of(records());
            change(&mut query);
            let found = store.traces(&project(), query.clone()).await.unwrap();
            let found: Vec<_> = found.items.iter().map(|trace| trace.trace_id).collect();
            assert_eq!(found, expect.iter().map(|number| trace_id(*number)).collect::<Vec<_>>(), "{query:?}");
        };
        check(&|_| (), &[0xdef1, 0xdef0, 0xabc0]).await;
        check(&|query| query.has_errors = Some(true), &[0xabc0]).await;
        check(&|query| query.has_errors = Some(false), &[0xdef1, 0xdef0]).await;
        check(&|query| query.min_duration_ns = 59_000_000_000, &[0xabc0]).await;
        check(&|query| query.min_duration_ns = 59_000_000_001, &[]).await;
        check(&|query| query.has_cost_gap = Some(true), &[0xdef0]).await;
        check(&|query| query.session = Some("talk".to_owned()), &[0xabc0]).await;
        check(&|query| query.records.agent = Some("reader".into()), &[0xdef0]).await;
        check(&|query| query.records.agent = Some("nobody".into()), &[]).await;
        check(&|query| query.records.range.from = at(2), &[0xdef1, 0xdef0]).await;
        check(&|query| query.records.range.until = at(2), &[0xabc0]).await;
        check(&|query| query.search = Some("look".to_owned()), &[0xdef0]).await;
        check(&|query| query.search = Some("%".to_owned()), &[]).await;
        check(&|query| query.search = Some("00000".to_owned()), &[0xdef1, 0xdef0, 0xabc0]).await;
        check(&|query| query.search = Some(trace_id(0xdef0).to_string().to_uppercase()), &[0xdef0]).await;
    });
}

#[test]
fn a_trace_is_read_in_pages() {
    each_store(async |store| {
        for spans in (1..=2_500).collect::<Vec<u64>>().chunks(300) {
            write(store, batch(spans.iter().map(|id| span(1, *id, id / 3)).collect())).await;
        }
        let mut seen = BTreeSet::new();
        let mut after: Option<(UnixNanos, _)> = None;
        loop {
            let page = store.trace_spans(&project(), trace_id(1), after, 400).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.span.started, last.span.span_id));
            assert!(page.iter().all(|priced| seen.insert(priced.span.span_id)));
        }
        assert_eq!(seen, (1..=2_500).map(span_id).collect());
    });
}

#[test]
fn one_request_of_many_spans_is_one_trace() {
    each_store(async |store| {
        let spans: Vec<_> = (1..=5_000).map(|id| full_span(1, id, 5_001 - id)).collect();
        write(store, batch(spans.clone())).await;
        assert_spans(&trace(store, 1).await.spans, spans);
    });
}

#[test]
fn an_export_holds_every_span_once() {
    each_store(async |store| {
        for number in 1..=250 {
            write(store, batch(vec![span(number, number, 0), span(number, number + 1, number)])).await;
        }
        let mut query = records();
        (query.limit, query.order) = (120, telemetry::store::Order::OldestFirst);
        let mut seen = Vec::new();
        loop {
            let page = store.export_traces(&project(), query.clone()).await.unwrap();
            seen.extend(page.items.iter().flat_map(|trace| &trace.spans).map(|priced| priced.span.started));
            maintain(store).await;
            query.cursor = page.next;
            if page.next.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 500);
        assert!(seen.iter().step_by(2).is_sorted());
    });
}
