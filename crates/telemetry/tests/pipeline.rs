//! What waits is bounded, and what was taken is written.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "contract/make.rs"]
#[expect(dead_code, reason = "other tests make more kinds of record")]
mod make;

use futures::future::{join, join_all};
use model::Clock;
use model::ErrorKind;
use model::identity::ProjectId;
use model::telemetry::MetricName;
use std::sync::Arc;
use telemetry::agent_state::Thresholds;
use telemetry::pipeline::{Pipeline, PipelineSettings, Refused};
use telemetry::store::{
    Batch, Grouping, Order, RecordQuery, SeriesQuery, SharedStore, Sqlite, StoreError, TimeRange,
};
use telemetry::writer::Writer;

fn project() -> ProjectId {
    ProjectId::from("ours")
}

fn one(seconds: i64) -> Batch {
    let records = vec![make::record("writer", seconds, MetricName::CpuPercent, 1.0)];
    Batch { records, ..Batch::default() }
}

/// Runs a test on one thread, so that what is sent at once is queued before anything is written.
fn with_pipeline(settings: PipelineSettings, test: impl AsyncFnOnce(Pipeline, SharedStore)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let store: SharedStore = Arc::new(Sqlite::open(dir.path()).unwrap());
        let clock = Clock::frozen(make::at(0).timestamp());
        test(
            Pipeline::start(
                Writer::new(Arc::clone(&store), clock.clone(), Thresholds::default()),
                clock,
                settings,
            ),
            store,
        )
        .await;
    });
}

fn range() -> TimeRange {
    TimeRange { from: make::at(0), until: make::at(86_400) }
}

async fn stored(store: &SharedStore) -> usize {
    let query =
        RecordQuery { range: range(), agent: None, order: Order::NewestFirst, limit: 10_000, cursor: None };
    store.metric_records(&project(), query).await.unwrap().items.len()
}

#[test]
fn a_full_queue_refuses_at_once() {
    let check = |settings: PipelineSettings, taken: usize| {
        with_pipeline(settings, async |pipeline, store| {
            let all = join_all((0..5).map(|seconds| pipeline.submit(project(), one(seconds)))).await;
            let busy = all.iter().filter(|answer| matches!(answer, Err(Refused::Busy { .. }))).count();
            assert_eq!((all.iter().filter(|answer| answer.is_ok()).count(), busy), (taken, 5 - taken));
            // Those that were refused are taken when they are sent again.
            pipeline.submit(project(), one(9)).await.unwrap();
            assert_eq!(stored(&store).await, taken + 1);
        });
    };
    check(PipelineSettings::default(), 5);
    check(PipelineSettings { queue_batches: 2, ..PipelineSettings::default() }, 2);
    check(PipelineSettings { queue_bytes: 3 * one(0).memory_bytes(), ..PipelineSettings::default() }, 3);
    // One that is larger than the queue is taken alone.
    check(PipelineSettings { queue_bytes: 1, ..PipelineSettings::default() }, 1);
}

#[test]
fn what_was_taken_is_written_before_the_end() {
    with_pipeline(PipelineSettings::default(), async |pipeline, store| {
        let submitted = join_all((0..100).map(|seconds| pipeline.submit(project(), one(seconds))));
        let (answers, ()) = join(submitted, pipeline.close()).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(stored(&store).await, 100);
        let late = pipeline.submit(project(), one(0)).await;
        assert!(matches!(late, Err(Refused::Stopping { .. })));
        pipeline.close().await;
    });
}

#[test]
fn a_batch_that_cannot_be_stored_is_refused_alone() {
    with_pipeline(PipelineSettings::default(), async |pipeline, store| {
        let bad = Batch { points: vec![make::point(0, f64::NAN, 1)], ..one(0) };
        let (bad, good) = join(pipeline.submit(project(), bad), pipeline.submit(project(), one(1))).await;
        assert!(matches!(bad, Err(Refused::Rejected(_))));
        assert_eq!(good.unwrap().stored, 1);
        assert_eq!(stored(&store).await, 1);
    });
}

#[test]
fn who_stops_waiting_does_not_stop_the_writing() {
    with_pipeline(PipelineSettings::default(), async |pipeline, store| {
        let mut waiting = Box::pin(pipeline.submit(project(), one(0)));
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(waiting);
        pipeline.submit(project(), one(1)).await.unwrap();
        assert_eq!(stored(&store).await, 2);
    });
}

#[test]
fn a_store_that_is_opened_again_knows_all() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for round in 0..3 {
        let store: SharedStore = Arc::new(Sqlite::open(dir.path()).unwrap());
        runtime.block_on(async {
            let clock = Clock::frozen(make::at(0).timestamp());
            let pipeline = Pipeline::start(
                Writer::new(Arc::clone(&store), clock.clone(), Thresholds::default()),
                clock,
                PipelineSettings::default(),
            );
            pipeline.submit(project(), one(round)).await.unwrap();
            let query = SeriesQuery {
                range: range(),
                agents: None,
                step_ns: 86_400_000_000_000,
                grouping: Grouping::Together,
            };
            let sums = store.series(&project(), query).await.unwrap();
            assert_eq!(sums[0].bucket.numbers[&MetricName::CpuPercent].count, round as u64 + 1);
            assert_eq!(stored(&store).await, round as usize + 1);
        });
    }
}

#[test]
fn a_file_that_is_not_ours_is_refused_and_kept() {
    let check = |make_file: &dyn Fn(&std::path::Path), expect: &dyn Fn(&StoreError) -> bool, says: &str| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("telemetry.db");
        make_file(&path);
        let before = std::fs::read(&path).unwrap();
        let Err(error) = Sqlite::open(dir.path()).map(|_| ()) else { panic!("{says}: it was opened") };
        assert!(expect(&error) && error.to_string().contains(says), "{error}");
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(std::fs::read(&path).unwrap() == before, "{says}: it was changed");
    };
    let is_damaged = |error: &StoreError| matches!(error, StoreError::Damaged { .. });
    check(&|path| std::fs::write(path, "no database".repeat(1_000)).unwrap(), &is_damaged, "move it away");
    let sql = |path: &std::path::Path, sql: &str| {
        rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
    };
    check(&|path| sql(path, "CREATE TABLE theirs (a)"), &is_damaged, "telemetry.db");
    let newer = |path: &std::path::Path| {
        drop(Sqlite::open(path.parent().unwrap()).unwrap());
        // The writer has closed the file when nobody else has it open.
        sql(
            path,
            "PRAGMA busy_timeout = 5000; INSERT INTO migration VALUES (99); PRAGMA journal_mode = DELETE",
        );
    };
    let is_newer = |error: &StoreError| matches!(error, StoreError::NewerSchema { found: 99, .. });
    check(&newer, &is_newer, "later version");
}
