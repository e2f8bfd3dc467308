//! What only the store in a file has: what is behind its sums and series, and copies of it.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "contract/make.rs"]
#[expect(dead_code, reason = "other tests make more kinds of record")]
mod make;

use make::{at, call, log, point, record};
use model::identity::ProjectId;
use model::telemetry::{LogLevel, MetricName, Retention, UnixNanos};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use telemetry::retention;
use telemetry::store::{
    Batch, Grouping, Order, Party, Receipt, RecordKind, RecordQuery, SeriesQuery, SharedStore, Sqlite, Store,
    StoreError, TimeRange, Write,
};

const DAY_SECONDS: i64 = 86_400;

fn project() -> ProjectId {
    ProjectId::from("ours")
}

fn run<T>(test: impl AsyncFnOnce(&Path, Sqlite) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    runtime.block_on(async { test(dir.path(), Sqlite::open(dir.path()).unwrap()).await })
}

async fn write_as(store: &dyn Store, project: &str, batch: Batch) {
    let write = Write::new(ProjectId::from(project), at(0), batch);
    store.write(vec![write]).await.unwrap().remove(0).unwrap();
}

async fn write(store: &dyn Store, batch: Batch) {
    write_as(store, project().as_str(), batch).await;
}

/// Asks the file itself.
fn count(dir: &Path, what: &str) -> i64 {
    let connection = Connection::open(dir.join("telemetry.db")).unwrap();
    connection.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap()
}

fn all() -> TimeRange {
    TimeRange { from: at(-400 * DAY_SECONDS), until: at(DAY_SECONDS) }
}

fn records() -> RecordQuery {
    RecordQuery { range: all(), agent: None, order: Order::OldestFirst, limit: 10_000, cursor: None }
}

/// A point of a running total of a series of its own.
fn total(seconds: i64, series: &str) -> Batch {
    let mut point = point(seconds, 1.0, 1);
    point.running_since = Some(at(-400 * DAY_SECONDS));
    point.attributes = vec![make::text("gpu", series)];
    Batch { points: vec![point], ..Batch::default() }
}

#[test]
fn series_and_totals_go_with_the_last_of_their_points() {
    run(async |dir, store| {
        write(&store, total(-20 * DAY_SECONDS, "old")).await;
        write(&store, total(-20 * DAY_SECONDS, "used")).await;
        write(&store, total(-5 * DAY_SECONDS, "used")).await;
        write(&store, total(-5 * DAY_SECONDS, "new")).await;
        write_as(&store, "theirs", total(-20 * DAY_SECONDS, "old")).await;
        let check = async |before_days: i64, series: i64, totals: i64, points: i64| {
            let before = at(before_days * DAY_SECONDS);
            while store.prune(&project(), telemetry::store::RecordKind::Metrics, before).await.unwrap() {}
            let counts = (count(dir, "series"), count(dir, "running"), count(dir, "point"));
            assert_eq!(counts, (series, totals, points), "{before_days}");
        };
        check(-30, 4, 4, 5).await;
        // The day of a series' last point is kept whole.
        check(-19, 4, 4, 3).await;
        check(-18, 3, 3, 3).await;
        check(0, 1, 1, 1).await;
        // Their names can come again.
        write(&store, total(-1, "old")).await;
        let points = store.metric_points(&project(), records()).await.unwrap().items;
        assert_eq!(points[0].attributes, [make::text("gpu", "old")]);
        assert_eq!(points.len(), 1);
    });
}

/// What takes part in sums: a call with user and session, and a number.
fn summed(number: u64) -> Batch {
    let mut priced = call(number, 1, 0, 10);
    (priced.span.started, priced.span.ended) = (at(-60), at(-59));
    Batch {
        spans: vec![priced],
        records: vec![record("writer", -60, MetricName::CpuPercent, number as f64)],
        ..Batch::default()
    }
}

#[test]
fn a_damaged_sum_keeps_no_other_from_being_added_to() {
    run(async |dir, store| {
        let query = SeriesQuery {
            range: TimeRange { from: at(-120), until: at(0) },
            agents: None,
            step_ns: 60_000_000_000,
            grouping: Grouping::Together,
        };
        let calls = async || -> i64 {
            let sums = store.series(&project(), query.clone()).await.unwrap();
            sums.iter().map(|sum| sum.bucket.spend().calls).sum()
        };
        let spent = async || {
            let days = store.spend_by(&project(), Party::User, all(), 10).await.unwrap();
            days.iter().map(|day| day.spend.calls).sum::<i64>()
        };
        write(&store, summed(1)).await;
        assert_eq!((calls().await, spent().await), (1, 1));
        let connection = Connection::open(dir.join("telemetry.db")).unwrap();
        connection
            .execute_batch(
                "UPDATE rollup SET body = x'ffffffffffffffffffffffff'; \
                 UPDATE party_spend SET spend = x'ff'; UPDATE session SET spend = x'ff'",
            )
            .unwrap();
        assert_eq!((calls().await, spent().await), (0, 0));
        write(&store, summed(2)).await;
        write(&store, summed(3)).await;
        assert_eq!((calls().await, spent().await), (2, 2));
        assert_eq!(store.sessions(&project(), records()).await.unwrap().items[0].spend.calls, 2);
        assert_eq!(count(dir, "unfolded"), 0);
    });
}

#[test]
fn damaged_observations_keep_no_server_from_starting() {
    run(async |dir, store| {
        write(&store, summed(1)).await;
        store.agents(&project()).await.unwrap();
        drop(store);
        let connection = Connection::open(dir.join("telemetry.db")).unwrap();
        connection.execute("INSERT INTO unfolded (body) VALUES (x'ffffffffffffffffffff')", []).unwrap();
        let store = Sqlite::open(dir).unwrap();
        write(&store, summed(2)).await;
        assert_eq!(store.metric_records(&project(), records()).await.unwrap().items.len(), 2);
        assert_eq!(count(dir, "unfolded"), 0);
    });
}

#[test]
fn what_is_as_old_as_it_is_kept_stays() {
    run(async |_, store| {
        let now = at(0);
        let at_age = |days: i64, seconds: i64| {
            let moment = -days * DAY_SECONDS + seconds;
            let records = vec![record("writer", moment, MetricName::CpuPercent, 1.0)];
            Batch { records, logs: vec![log(moment, LogLevel::Info, "m")], ..Batch::default() }
        };
        for (days, seconds) in [(90, -1), (90, 0), (30, -1), (30, 0), (0, 0)] {
            write(&store, at_age(days, seconds)).await;
        }
        let counts = async || {
            let logs = telemetry::store::LogQuery { records: records(), min_level: None, trace_id: None };
            let series = SeriesQuery {
                range: all(),
                agents: None,
                step_ns: 60_000_000_000,
                grouping: Grouping::Together,
            };
            (
                store.metric_records(&project(), records()).await.unwrap().items.len(),
                store.logs(&project(), logs).await.unwrap().items.len(),
                store.series(&project(), series).await.unwrap().len(),
            )
        };
        assert_eq!(counts().await, (5, 5, 5));
        retention::prune(&store, &project(), &Retention::default(), now).await.unwrap();
        assert_eq!(counts().await, (4, 4, 4));
        // Each kind for its own time.
        let retention = Retention { logs: 30, minutes: 1, ..Retention::default() };
        retention::prune(&store, &project(), &retention, now).await.unwrap();
        assert_eq!(counts().await, (4, 2, 1));
        retention::prune(&store, &"theirs".into(), &Retention { metrics: 1, ..retention }, now)
            .await
            .unwrap();
        assert_eq!(counts().await, (4, 2, 1));
    });
}

#[test]
fn others_write_between_the_steps() {
    run(async |_, store| {
        let old = (0..9_000)
            .map(|number| record("writer", -100 * DAY_SECONDS + number, MetricName::CpuPercent, 1.0));
        write(&store, Batch { records: old.collect(), ..Batch::default() }).await;
        let is_done = AtomicBool::new(false);
        let prune = async {
            let steps = retention::prune(&store, &project(), &Retention::default(), at(0)).await.unwrap();
            is_done.store(true, Ordering::Relaxed);
            steps
        };
        let write_meanwhile = async {
            let mut written = 0;
            while !is_done.load(Ordering::Relaxed) {
                write(
                    &store,
                    Batch {
                        records: vec![record("writer", written, MetricName::CpuPercent, 1.0)],
                        ..Batch::default()
                    },
                )
                .await;
                written += 1;
            }
            written
        };
        let (steps, written) = futures::future::join(prune, write_meanwhile).await;
        assert!(steps > 6 && written > 1, "{steps} steps, {written} written");
        let left = store.metric_records(&project(), records()).await.unwrap().items;
        assert_eq!(left.len() as i64, written);
        assert!(left.iter().all(|record| record.at >= at(0)));
    });
}

#[test]
fn a_copy_is_whole_while_others_write() {
    run(async |dir, store| {
        let place = tempfile::tempdir().unwrap();
        let copy = place.path().join("copy");
        let shared: SharedStore = Arc::new(store.clone());
        let is_done = Arc::new(AtomicBool::new(false));
        // A trace and a record belong together: they are written at once.
        let writer = tokio::spawn({
            let (store, is_done) = (Arc::clone(&shared), Arc::clone(&is_done));
            async move {
                let mut written = 0;
                while !is_done.load(Ordering::Relaxed) {
                    written += 1;
                    write(&*store, summed(written)).await;
                }
                written
            }
        });
        // Some are there before the copy begins.
        while store.metric_records(&project(), records()).await.unwrap().items.len() < 20 {}
        let (from, to) = (dir.to_owned(), copy.clone());
        let copied = tokio::task::spawn_blocking(move || Sqlite::backup(&from, &to)).await.unwrap();
        assert!(copied.unwrap());
        is_done.store(true, Ordering::Relaxed);
        let written = writer.await.unwrap() as i64;
        assert!(matches!(Sqlite::backup(dir, &copy), Err(StoreError::Unavailable(_))), "it is there already");

        let restored = tempfile::tempdir().unwrap();
        assert_eq!(Sqlite::restore(&copy, restored.path()).unwrap(), None);
        let other = Sqlite::open(restored.path()).unwrap();
        let found = other.metric_records(&project(), records()).await.unwrap().items.len() as i64;
        assert!((20..=written).contains(&found), "{found} of {written}");
        let spent = other.spend_by(&project(), Party::User, all(), 10).await.unwrap();
        assert_eq!(spent.iter().map(|day| day.spend.calls).sum::<i64>(), found);
        // It goes on, and what is sent again is known.
        write(&other, summed(found as u64)).await;
        write(&other, summed(1_000_000)).await;
        let spent = other.spend_by(&project(), Party::User, all(), 10).await.unwrap();
        assert_eq!(spent.iter().map(|day| day.spend.calls).sum::<i64>(), found + 1);

        let again = tempfile::tempdir().unwrap();
        assert_eq!(Sqlite::restore(&copy, again.path()).unwrap(), None);
        let kept = Sqlite::restore(&copy, again.path()).unwrap().unwrap();
        assert!(Sqlite::check_backup(&kept).is_ok());
        let again = Sqlite::open(again.path()).unwrap();
        let records = again.metric_records(&project(), records()).await.unwrap();
        assert_eq!(records.items.len() as i64, found);
    });
}

#[test]
fn what_is_no_copy_of_ours_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    assert!(!Sqlite::backup(dir.path(), &place.path().join("none")).unwrap());
    assert!(!place.path().join("none").exists());
    let check = |name: &str, make: &dyn Fn(&Path)| {
        let file = place.path().join(name);
        make(&file);
        let refused = |result: Result<(), StoreError>| {
            let error = result.unwrap_err();
            assert!(
                matches!(error, StoreError::Damaged { .. } | StoreError::Unavailable(_)),
                "{name}: {error}"
            );
        };
        refused(Sqlite::check_backup(&file));
        refused(Sqlite::restore(&file, dir.path()).map(drop));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "{name}");
    };
    check("missing", &|_| {});
    check("empty", &|file| std::fs::write(file, "").unwrap());
    check("text", &|file| std::fs::write(file, "no database".repeat(1_000)).unwrap());
    check("foreign", &|file| {
        Connection::open(file).unwrap().execute_batch("CREATE TABLE project (id INTEGER)").unwrap();
    });
}

#[test]
fn no_record_is_seen_in_the_future() {
    run(async |_, store| {
        write(
            &store,
            Batch { records: vec![record("writer", 200, MetricName::CpuPercent, 1.0)], ..Batch::default() },
        )
        .await;
        let agent = store.agents(&project()).await.unwrap().remove(0);
        let times: [UnixNanos; 3] = [agent.first_seen, agent.last_seen, agent.status_since];
        assert_eq!(times, [at(0); 3]);
    });
}

async fn write_span(store: &dyn Store, number: u64) -> Receipt {
    let batch = Batch { spans: summed(number).spans, ..Batch::default() };
    let write = Write::new(project(), at(0), batch);
    store.write(vec![write]).await.unwrap().remove(0).unwrap()
}

async fn spans_of(store: &dyn Store, number: u64) -> usize {
    let trace_id = summed(number).spans[0].span.trace_id;
    store.trace(&project(), trace_id).await.unwrap().map_or(0, |trace| trace.spans.len())
}

#[test]
fn a_trace_is_known_before_and_after_it_has_its_place() {
    run(async |dir, store| {
        write_span(&store, 1).await;
        let place = tempfile::tempdir().unwrap();
        let copy = place.path().join("copy");
        assert!(Sqlite::backup(dir, &copy).unwrap());
        Sqlite::restore(&copy, place.path()).unwrap();
        assert_eq!((count(place.path(), "trace"), count(place.path(), "trace_place")), (1, 0));
        let again = Receipt { stored: 0, repeated: 1 };
        let restored = Sqlite::open(place.path()).unwrap();
        for store in [&store, &restored] {
            assert_eq!(write_span(store, 1).await, again);
            assert_eq!(spans_of(store, 1).await, 1);
            assert_eq!(write_span(store, 1).await, again);
        }
        for dir in [dir, place.path()] {
            assert_eq!((count(dir, "trace"), count(dir, "trace_place")), (1, 1));
        }
    });
}

#[test]
fn a_writer_that_cannot_write_keeps_no_reader_from_a_trace() {
    run(async |dir, store| {
        write_span(&store, 1).await;
        let other = Connection::open(dir.join("telemetry.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert_eq!(spans_of(&store, 1).await, 1);
        assert_eq!(count(dir, "trace_place"), 0);
        other.execute_batch("ROLLBACK").unwrap();
    });
}

#[test]
fn places_go_with_their_traces() {
    run(async |dir, store| {
        for number in 1..=3 {
            write_span(&store, number).await;
        }
        let prune = async |before| {
            while store.prune(&project(), RecordKind::Spans, before).await.unwrap() {}
            (count(dir, "trace"), count(dir, "trace_place"))
        };
        assert_eq!(prune(at(-100)).await, (3, 3));
        assert_eq!(prune(at(0)).await, (0, 0));
        // Their rows' numbers are given again.
        assert_eq!(write_span(&store, 2).await, Receipt { stored: 1, repeated: 0 });
        drop(store);
        let store = Sqlite::open(dir).unwrap();
        assert_eq!((spans_of(&store, 1).await, spans_of(&store, 2).await), (0, 1));
    });
}

#[test]
fn traces_of_a_file_of_the_first_version_get_places() {
    run(async |dir, store| {
        write_span(&store, 1).await;
        drop(store);
        let connection = Connection::open(dir.join("telemetry.db")).unwrap();
        while count(dir, "unfolded") > 0 {}
        connection
            .execute_batch(
                "DROP TABLE trace_place; DROP TABLE placed; DELETE FROM migration WHERE version = 2; \
                 CREATE UNIQUE INDEX trace_by_id ON trace (trace_id, project)",
            )
            .unwrap();
        let store = Sqlite::open(dir).unwrap();
        assert_eq!(spans_of(&store, 1).await, 1);
        assert_eq!(write_span(&store, 1).await, Receipt { stored: 0, repeated: 1 });
        assert_eq!(count(dir, "trace_place"), 1);
    });
}

#[test]
fn large_spans_are_packed_once() {
    run(async |dir, store| {
        for number in 1..=40 {
            let mut spans = summed(number).spans;
            let size = if number <= 20 { 2_000_000 } else { 1_000 };
            spans[0].span.attributes.push(make::text("prompt", &"x".repeat(size)));
            write(&store, Batch { spans, ..Batch::default() }).await;
        }
        let mut steps = 0;
        while store.maintain().await.unwrap() {
            steps += 1;
        }
        assert_eq!(steps, 1);
        assert_eq!((count(dir, "span_block"), count(dir, "span_block WHERE is_small")), (21, 1));
        for number in 1..=40 {
            assert_eq!(spans_of(&store, number).await, 1);
        }
    });
}
