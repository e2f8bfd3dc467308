//! What is too old goes, and nothing else.

use super::make::{at, call, event, log, point, record, trace_id};
use super::{all, each_store, maintain, project, records, write};
use model::telemetry::{EventBody, LogLevel, MetricName};
use telemetry::store::{
    Batch, EventQuery, Grouping, LogQuery, Party, RecordKind, SeriesQuery, SharedStore, TraceQuery,
};

const DAY_SECONDS: i64 = 86_400;

/// Something of every kind at a moment.
fn some(seconds: i64, number: u8) -> Batch {
    let mut priced = call(u64::from(number), 1, 0, 10);
    (priced.span.started, priced.span.ended) = (at(seconds), at(seconds + 1));
    priced.span.session = Some(format!("talk {number}").into());
    let body = EventBody::Custom { name: "c".to_owned(), payload: Vec::new() };
    let mut happened = event(number, seconds, body);
    happened.event.session = None;
    Batch {
        spans: vec![priced],
        records: vec![record("writer", seconds, MetricName::CpuPercent, 1.0)],
        points: vec![point(seconds, 1.0, 1)],
        logs: vec![log(seconds, LogLevel::Info, "m")],
        events: vec![happened],
        ..Batch::default()
    }
}

/// How many there are: traces, records, points, log records, events, minutes, days, users' days, sessions.
async fn counts(store: &SharedStore) -> [usize; 9] {
    let project = &project();
    let sums = async |step_ns| {
        let range = telemetry::store::TimeRange { from: at(-40 * DAY_SECONDS), until: at(40 * DAY_SECONDS) };
        let query = SeriesQuery { range, agents: None, step_ns, grouping: Grouping::Together };
        store.series(project, query).await.unwrap().len()
    };
    let logs = LogQuery { records: records(), min_level: None, trace_id: None };
    let events = EventQuery { records: records(), kind: None, trace_id: None };
    [
        store.traces(project, TraceQuery::of(records())).await.unwrap().items.len(),
        store.metric_records(project, records()).await.unwrap().items.len(),
        store.metric_points(project, records()).await.unwrap().items.len(),
        store.logs(project, logs).await.unwrap().items.len(),
        store.events(project, events).await.unwrap().items.len(),
        sums(60_000_000_000).await,
        sums(DAY_SECONDS * 1_000_000_000).await,
        store.spend_by(project, Party::User, all(), 100).await.unwrap().len(),
        store.sessions(project, records()).await.unwrap().items.len(),
    ]
}

async fn prune(store: &SharedStore, kind: RecordKind, before: i64) {
    while store.prune(&project(), kind, at(before)).await.unwrap() {}
}

#[test]
fn each_kind_goes_by_its_own_age() {
    each_store(async |store| {
        write(store, some(-20 * DAY_SECONDS, 1)).await;
        write(store, some(-10 * DAY_SECONDS, 2)).await;
        write(store, some(0, 3)).await;
        assert_eq!(counts(store).await, [3; 9]);
        let before = -15 * DAY_SECONDS;
        prune(store, RecordKind::Spans, before).await;
        assert_eq!(counts(store).await, [2, 3, 3, 3, 3, 3, 3, 3, 3]);
        prune(store, RecordKind::Metrics, before).await;
        assert_eq!(counts(store).await, [2, 2, 2, 3, 3, 3, 3, 3, 3]);
        prune(store, RecordKind::Logs, before).await;
        prune(store, RecordKind::Events, before).await;
        prune(store, RecordKind::Minutes, before).await;
        assert_eq!(counts(store).await, [2, 2, 2, 2, 2, 2, 3, 3, 3]);
        prune(store, RecordKind::Rollups, before).await;
        assert_eq!(counts(store).await, [2; 9]);
        for kind in RecordKind::ALL {
            prune(store, kind, before).await;
        }
        assert_eq!(counts(store).await, [2; 9]);
        for kind in RecordKind::ALL {
            prune(store, kind, DAY_SECONDS).await;
        }
        assert_eq!(counts(store).await, [0; 9]);
        maintain(store).await;
        write(store, some(0, 3)).await;
        assert_eq!(counts(store).await, [1; 9]);
    });
}

#[test]
fn the_bucket_that_the_age_is_in_stays_whole() {
    each_store(async |store| {
        write(store, some(30, 1)).await;
        prune(store, RecordKind::Minutes, 59).await;
        prune(store, RecordKind::Rollups, 0).await;
        assert_eq!(counts(store).await, [1; 9]);
        prune(store, RecordKind::Minutes, 60).await;
        assert_eq!(counts(store).await, [1, 1, 1, 1, 1, 0, 1, 1, 1]);
    });
}

#[test]
fn more_than_one_step_takes_out_goes_too() {
    each_store(async |store| {
        let records = (0..5_000).map(|seconds| record("writer", seconds, MetricName::CpuPercent, 1.0));
        write(store, Batch { records: records.collect(), ..Batch::default() }).await;
        let mut steps = 1;
        while store.prune(&project(), RecordKind::Metrics, at(4_990)).await.unwrap() {
            steps += 1;
        }
        assert!(steps > 1);
        assert_eq!(counts(store).await[1], 10);
    });
}

#[test]
fn a_trace_that_goes_on_loses_its_old_spans_only() {
    each_store(async |store| {
        for (id, day) in [(1, -20), (2, 0)] {
            let mut priced = call(1, id, 0, 10);
            (priced.span.started, priced.span.ended) = (at(day * DAY_SECONDS), at(day * DAY_SECONDS + 1));
            write(store, Batch { spans: vec![priced], ..Batch::default() }).await;
        }
        prune(store, RecordKind::Spans, -10 * DAY_SECONDS).await;
        let trace = store.trace(&project(), trace_id(1)).await.unwrap().unwrap();
        assert_eq!(trace.spans.len(), 1);
        // A child of what is gone comes: its parent's usage ceases to count, as far as it is known.
        write(store, Batch { spans: vec![call(1, 3, 1, 10)], ..Batch::default() }).await;
        assert_eq!(store.trace(&project(), trace_id(1)).await.unwrap().unwrap().spans.len(), 2);
    });
}
