//! Pages do not shift while records come in.

use super::make::{at, record, span};
use super::{each_store, project, records, write};
use model::telemetry::{AgentName, MetricName};
use telemetry::store::{
    Batch, Cursor, EventQuery, Listing, LogQuery, Order, RecordQuery, SharedStore, TimeRange, TraceQuery,
};

fn measured(seconds: i64) -> Batch {
    Batch { records: vec![record("writer", seconds, MetricName::CpuPercent, 1.0)], ..Batch::default() }
}

/// The seconds of all pages, while a record comes in at each of `meanwhile` after the first.
async fn walk(store: &SharedStore, order: Order, limit: usize, meanwhile: &[i64]) -> Vec<i64> {
    let mut query = RecordQuery { order, limit, ..records() };
    let mut seen = Vec::new();
    loop {
        let page = store.metric_records(&project(), query.clone()).await.unwrap();
        assert!(page.items.len() <= limit);
        seen.extend(page.items.iter().map(|record| (record.at.0 - super::make::at(0).0) / 1_000_000_000));
        let Some(next) = page.next else { return seen };
        if query.cursor.is_none() {
            for seconds in meanwhile {
                write(store, measured(*seconds)).await;
            }
        }
        // As it goes through a URL.
        query.cursor = Some(Cursor::parse(&next.to_string()).unwrap());
    }
}

#[test]
fn every_record_is_on_one_page() {
    each_store(async |store| {
        for seconds in [5, 1, 3, 3, 3, 2, 4] {
            write(store, measured(seconds)).await;
        }
        for limit in [1, 2, 3, 6, 7, 8, 1_000] {
            assert_eq!(walk(store, Order::NewestFirst, limit, &[]).await, [5, 4, 3, 3, 3, 2, 1]);
            assert_eq!(walk(store, Order::OldestFirst, limit, &[]).await, [1, 2, 3, 3, 3, 4, 5]);
        }
    });
}

#[test]
fn what_comes_in_meanwhile_moves_nothing() {
    each_store(async |store| {
        for seconds in 1..=6 {
            write(store, measured(seconds)).await;
        }
        // Before, among and behind what is still to come.
        let meanwhile = [0, 1, 3, 6, 9];
        assert_eq!(walk(store, Order::NewestFirst, 2, &meanwhile).await, [6, 5, 4, 3, 2, 1]);
    });
    each_store(async |store| {
        for seconds in 1..=6 {
            write(store, measured(seconds)).await;
        }
        assert_eq!(walk(store, Order::OldestFirst, 2, &[0, 1, 3, 6, 9]).await, [1, 2, 3, 4, 5, 6]);
    });
}

#[test]
fn traces_do_not_shift() {
    each_store(async |store| {
        let one = |number: u64| Batch { spans: vec![span(number, number, 0)], ..Batch::default() };
        for number in 1..=6 {
            write(store, one(number)).await;
        }
        let mut query = TraceQuery::of(RecordQuery { limit: 4, ..records() });
        let first = store.traces(&project(), query.clone()).await.unwrap();
        write(store, one(7)).await;
        query.records.cursor = first.next;
        let second = store.traces(&project(), query).await.unwrap();
        let names: Vec<_> =
            first.items.iter().chain(&second.items).map(|trace| trace.name.as_str()).collect();
        assert_eq!(names, ["step 6", "step 5", "step 4", "step 3", "step 2", "step 1"]);
        assert_eq!(second.next, None);
    });
}

#[test]
fn a_list_is_counted_whatever_its_page() {
    each_store(async |store| {
        for seconds in 1..=6 {
            write(store, measured(seconds)).await;
        }
        let other = record("reader", 2, MetricName::CpuPercent, 1.0);
        write(store, Batch { records: vec![other], ..Batch::default() }).await;
        let traces = (1..=3).flat_map(|trace| [span(trace, 1, 0), span(trace, 2, 1)]).collect();
        write(store, Batch { spans: traces, ..Batch::default() }).await;

        let page = store.metric_records(&project(), RecordQuery { limit: 2, ..records() }).await.unwrap();
        let second = RecordQuery { limit: 2, cursor: page.next, ..records() };
        let writer = RecordQuery { agent: Some(AgentName::new("writer")), ..records() };
        let late = RecordQuery { range: TimeRange { from: at(5), ..records().range }, ..records() };
        let nobody = RecordQuery { agent: Some(AgentName::new("nobody")), ..records() };
        let long = TraceQuery { min_duration_ns: 10_000_000_000, ..TraceQuery::of(records()) };
        for (listing, at_most, expect) in [
            (Listing::MetricRecords(records()), u64::MAX, 7),
            (Listing::MetricRecords(second), u64::MAX, 7),
            (Listing::MetricRecords(records()), 4, 4),
            (Listing::MetricRecords(writer), u64::MAX, 6),
            (Listing::MetricRecords(late), u64::MAX, 2),
            (Listing::MetricRecords(nobody), u64::MAX, 0),
            (Listing::Traces(TraceQuery::of(records())), u64::MAX, 3),
            (Listing::Traces(long), u64::MAX, 0),
            (Listing::Spans(records()), u64::MAX, 6),
            (Listing::Sessions(records()), u64::MAX, 0),
            (Listing::MetricPoints(records()), u64::MAX, 0),
            (Listing::Logs(LogQuery { records: records(), min_level: None, trace_id: None }), u64::MAX, 0),
            (Listing::Events(EventQuery { records: records(), kind: None, trace_id: None }), u64::MAX, 0),
        ] {
            let counted = store.count(&project(), listing.clone(), at_most).await.unwrap();
            assert_eq!(counted, expect, "{listing:?}");
        }
    });
}

#[test]
fn only_cursors_are_read_as_such() {
    let check = |text: &str, is_one: bool| assert_eq!(Cursor::parse(text).is_some(), is_one, "{text}");
    check("1.2.3", true);
    check("9223372036854775807.-5.0", true);
    for text in ["", "1", "1.2", "1.2.3.4", "a.2.3", "1..3", "9223372036854775808.1.1"] {
        check(text, false);
    }
}
