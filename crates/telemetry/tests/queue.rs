//! The queue in Redis: what it acknowledged is stored once, whatever dies.
//!
//! The test that kills runs itself as the process that is killed.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "contract/clickhouse.rs"]
mod clickhouse;
#[path = "contract/make.rs"]
#[expect(dead_code, reason = "other tests make more kinds of record")]
mod make;

use futures::future::join_all;
use model::Clock;
use model::identity::ProjectId;
use model::telemetry::{EventBody, MetricName};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use telemetry::agent_state::Thresholds;
use telemetry::pipeline::Refused;
use telemetry::queue::{Processor, Queue, QueueError, QueueSettings};
use telemetry::store::{
    Batch, BatchKey, ClickHouse, EventQuery, Grouping, Order, RecordQuery, SeriesQuery, SharedStore, Sqlite,
    TimeRange,
};
use telemetry::writer::Writer;
use testkit::redis::Redis;

/// How long anything that is waited for may take.
const PATIENCE: Duration = Duration::from_secs(60);
const CLAIM_AFTER: Duration = Duration::from_millis(300);

fn project() -> ProjectId {
    ProjectId::from("ours")
}

fn settings(redis: &Redis) -> QueueSettings {
    settings_of(&redis.url())
}

fn settings_of(url: &str) -> QueueSettings {
    let mut settings = QueueSettings::new(url.into()).unwrap();
    settings.claim_after = CLAIM_AFTER;
    settings
}

async fn open(redis: &Redis) -> Queue {
    Queue::open(settings(redis)).await.unwrap()
}

async fn open_with_room(redis: &Redis, bytes: u64) -> Queue {
    let mut settings = settings(redis);
    settings.most_bytes = bytes;
    Queue::open(settings).await.unwrap()
}

fn start(queue: &Queue, store: &SharedStore) -> Processor {
    Processor::start(
        queue.clone(),
        Writer::new(Arc::clone(store), Clock::system(), Thresholds::default()),
        Clock::system(),
    )
}

fn sqlite(dir: &Path) -> SharedStore {
    Arc::new(Sqlite::open(dir).unwrap())
}

/// Batch `number`: a record, a point and a log line, which no id names; an event and a span, which do.
fn batch(number: u64) -> Batch {
    let seconds = number as i64 % 3_600;
    let body = EventBody::Custom { name: "c".to_owned(), payload: Vec::new() };
    let mut event = make::event(1, seconds, body);
    let mut id = [1; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    event.event.id = model::telemetry::EventId::from_bytes(id);
    Batch {
        records: vec![make::record("writer", seconds, MetricName::Other("number".to_owned()), number as f64)],
        points: vec![make::point(seconds, 1.0, 1)],
        logs: vec![make::log(seconds, model::telemetry::LogLevel::Info, "m")],
        events: vec![event],
        spans: vec![make::call(number / 10 + 1, number % 10 + 1, number % 10, 10)],
        ..Batch::default()
    }
}

async fn submit(queue: &Queue, numbers: std::ops::Range<u64>) {
    for submitted in join_all(numbers.map(|number| queue.submit(project(), batch(number)))).await {
        submitted.unwrap();
    }
}

fn length(redis: &Redis, stream: &str) -> u64 {
    redis.execute(&format!("XLEN sentry:telemetry:{stream}")).parse().unwrap()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what} has not come about");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until_empty(redis: &Redis) {
    until("an empty queue", || length(redis, "queue") == 0).await;
    assert_eq!(redis.execute("GET sentry:telemetry:queue-bytes"), "0");
    assert!(redis.execute("XPENDING sentry:telemetry:queue processors").starts_with('0'));
}

/// Every record of these numbers is there once, and so is what the sums hold.
async fn check(store: &SharedStore, numbers: std::ops::Range<u64>) {
    let range = TimeRange { from: make::at(0), until: make::at(86_400) };
    let mut query =
        RecordQuery { range, agent: None, order: Order::OldestFirst, limit: 10_000, cursor: None };
    let records = store.metric_records(&project(), query.clone()).await.unwrap().items;
    let mut found: Vec<u64> = records.iter().map(|record| record.values[0].1 as u64).collect();
    found.sort_unstable();
    let expect: Vec<u64> = numbers.collect();
    let missing: Vec<_> = expect.iter().filter(|number| found.binary_search(number).is_err()).collect();
    assert!(missing.is_empty(), "lost: {missing:?}");
    assert_eq!(found, expect, "a record is there twice");
    query.cursor = None;
    let count = expect.len();
    assert_eq!(store.metric_points(&project(), query.clone()).await.unwrap().items.len(), count);
    let events = EventQuery { records: query, kind: None, trace_id: None };
    assert_eq!(store.events(&project(), events).await.unwrap().items.len(), count);
    let sums = SeriesQuery { range, agents: None, step_ns: 86_400_000_000_000, grouping: Grouping::Together };
    let day = store.series(&project(), sums).await.unwrap().remove(0).bucket;
    assert_eq!(day.numbers[&MetricName::Other("number".to_owned())].count, count as u64);
    let traces: BTreeSet<u64> = expect.iter().map(|number| number / 10 + 1).collect();
    let mut spans = 0;
    for trace in traces {
        spans += store.trace(&project(), make::trace_id(trace)).await.unwrap().unwrap().spans.len();
    }
    assert_eq!(spans, count);
}

#[tokio::test]
async fn what_is_acknowledged_is_stored_once() {
    let (redis, dir) = (Redis::start(), tempfile::tempdir().unwrap());
    let (queue, store) = (open(&redis).await, sqlite(dir.path()));
    submit(&queue, 0..100).await;
    assert_eq!(length(&redis, "queue"), 100);
    let processor = start(&queue, &store);
    // Also what comes while it waits, in order and alone.
    until_empty(&redis).await;
    for number in 100..110 {
        submit(&queue, number..number + 1).await;
    }
    until_empty(&redis).await;
    processor.close().await;
    check(&store, 0..110).await;
    // What comes once nobody reads waits for the next one.
    submit(&queue, 110..111).await;
    assert_eq!(length(&redis, "queue"), 1);
    let next = start(&queue, &store);
    until_empty(&redis).await;
    next.close().await;
    check(&store, 0..111).await;
}

#[tokio::test]
async fn what_was_written_but_not_taken_out_is_not_written_again() {
    let (redis, dir) = (Redis::start(), tempfile::tempdir().unwrap());
    let (queue, store) = (open(&redis).await, sqlite(dir.path()));
    submit(&queue, 0..10).await;
    // The same entries once more, as if they had not been taken out.
    let copies = redis.execute("COPY sentry:telemetry:queue copy");
    assert_eq!(copies, "1");
    let processor = start(&queue, &store);
    until_empty(&redis).await;
    processor.close().await;
    redis.execute("DEL sentry:telemetry:queue");
    redis.execute("RENAME copy sentry:telemetry:queue");
    let processor = start(&queue, &store);
    until_empty(&redis).await;
    processor.close().await;
    check(&store, 0..10).await;
}

#[tokio::test]
async fn a_redis_that_goes_away_comes_back() {
    let (redis, dir) = (Redis::start(), tempfile::tempdir().unwrap());
    let (queue, store) = (open(&redis).await, sqlite(dir.path()));
    submit(&queue, 0..20).await;
    redis.kill();
    let begun = Instant::now();
    let refused = queue.submit(project(), batch(20)).await.unwrap_err();
    assert!(matches!(refused, Refused::Away { .. }), "{refused}");
    assert!(begun.elapsed() < Duration::from_secs(6));
    assert!(queue.ping().await.is_err());
    // Who starts meanwhile goes on when it is there again.
    let processor = start(&open(&redis).await, &store);
    redis.start_again();
    until("Redis", || length(&redis, "queue") == 0).await;
    submit(&queue, 20..30).await;
    until_empty(&redis).await;
    redis.stop();
    redis.start_again();
    let again = Batch { key: Some(BatchKey([30; 16])), ..batch(30) };
    let submitted = async || queue.submit(project(), again.clone()).await.is_ok();
    while !submitted().await {}
    until_empty(&redis).await;
    // All data of it gone, and the group with it.
    redis.execute("FLUSHALL");
    submit(&queue, 31..32).await;
    until("the new group", || length(&redis, "queue") == 0).await;
    processor.close().await;
    check(&store, 0..32).await;
}

#[tokio::test]
async fn a_full_queue_refuses_until_there_is_room() {
    let redis = Redis::start();
    let queue = open_with_room(&redis, 4_000).await;
    let submitted = join_all((0..100).map(|number| queue.submit(project(), batch(number)))).await;
    let taken = submitted.iter().filter(|result| result.is_ok()).count();
    assert!((3..30).contains(&taken), "{taken}");
    assert!(submitted.iter().all(|result| matches!(result, Ok(()) | Err(Refused::Busy { .. }))));
    assert_eq!(length(&redis, "queue"), taken as u64);
    let bytes: u64 = redis.execute("GET sentry:telemetry:queue-bytes").parse().unwrap();
    assert!((3_000..=4_000).contains(&bytes), "{bytes}");
    let (dir, numbers) = (tempfile::tempdir().unwrap(), 1_000..1_005);
    let store = sqlite(dir.path());
    let processor = start(&queue, &store);
    until_empty(&redis).await;
    submit(&queue, numbers.start..numbers.start + 3).await;
    until_empty(&redis).await;
    processor.close().await;
    // One that is larger than the queue is taken alone.
    let queue = open_with_room(&redis, 1).await;
    submit(&queue, 2_000..2_001).await;
    assert!(matches!(queue.submit(project(), batch(1)).await, Err(Refused::Busy { .. })));
    // A Redis without memory says the same.
    let queue = open(&redis).await;
    redis.execute("CONFIG SET maxmemory 1");
    let refused = queue.submit(project(), batch(1)).await.unwrap_err();
    assert!(matches!(refused, Refused::Busy { .. }), "{refused}");
}

#[tokio::test]
async fn what_cannot_be_stored_is_set_aside_with_the_reason() {
    let (redis, dir) = (Redis::start(), tempfile::tempdir().unwrap());
    let (queue, store) = (open(&redis).await, sqlite(dir.path()));
    let bad = Batch { points: vec![make::point(0, f64::NAN, 1)], ..batch(99) };
    queue.submit(project(), bad).await.unwrap();
    submit(&queue, 0..5).await;
    redis.execute("XADD sentry:telemetry:queue * by hand");
    redis.execute("XADD sentry:telemetry:queue * memory 1 batch rubbish");
    // One that ended five processors.
    submit(&queue, 5..6).await;
    let (processors, stream) = ("processors", "sentry:telemetry:queue");
    let ids = redis.execute(&format!("XREVRANGE {stream} + - COUNT 1"));
    let last = ids.lines().next().unwrap().to_owned();
    redis.execute(&format!("XREADGROUP GROUP {processors} gone COUNT 9 STREAMS {stream} >"));
    redis.execute(&format!("XCLAIM {stream} {processors} gone 0 {last} RETRYCOUNT 5"));
    let processor = start(&queue, &store);
    until_empty(&redis).await;
    check(&store, 0..5).await;

    let letters = queue.dead_letters(None).await.unwrap();
    let has = |part: &str| letters.iter().find(|letter| letter.reason.contains(part)).unwrap();
    assert_eq!(letters.len(), 4, "{letters:?}");
    assert_eq!(has("constraint failed").content, Some((project(), 5)));
    assert_eq!(letters.iter().filter(|letter| letter.content.is_none()).count(), 2);
    let tried = has("given to 5 processors").clone();
    assert_eq!(queue.dead_letters(Some(&letters[3].id)).await.unwrap(), []);
    assert_eq!(queue.dead_letters(Some(&letters[2].id)).await.unwrap(), letters[3..]);
    // What went back into the queue is stored, or set aside again.
    assert!(queue.requeue(&tried.id).await.unwrap());
    assert!(!queue.requeue(&tried.id).await.unwrap(), "it is there no more");
    assert!(queue.requeue(&has("constraint failed").id).await.unwrap());
    until_empty(&redis).await;
    processor.close().await;
    check(&store, 0..6).await;
    assert_eq!(queue.dead_letters(None).await.unwrap().len(), 3);
}

#[tokio::test]
async fn too_many_dead_letters_leave_the_rest_in_the_queue() {
    let (redis, dir) = (Redis::start(), tempfile::tempdir().unwrap());
    let (queue, store) = (open(&redis).await, sqlite(dir.path()));
    let fill = "for i = 1, 1000 do redis.call('XADD',KEYS[1],'*','reason','r','memory','0','batch','b')end";
    redis.execute(&format!("EVAL {} 1 sentry:telemetry:dead-letters", fill.replace(' ', "--[[]]")));
    let bad = Batch { points: vec![make::point(0, f64::NAN, 1)], ..batch(99) };
    queue.submit(project(), bad).await.unwrap();
    submit(&queue, 0..5).await;
    let processor = start(&queue, &store);
    until("the good ones", || length(&redis, "queue") == 1).await;
    check(&store, 0..5).await;
    redis.execute("XTRIM sentry:telemetry:dead-letters MAXLEN 0");
    until_empty(&redis).await;
    processor.close().await;
    assert_eq!(queue.dead_letters(None).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_away_loses_nothing() {
    let (redis, server) = (Redis::start(), testkit::clickhouse::ClickHouse::start());
    let settings = clickhouse::settings(server.url(), server.create_database().await);
    let store: SharedStore = Arc::new(ClickHouse::open(&settings).await.unwrap());
    let claim_after = Duration::from_secs(3);
    let mut patient = QueueSettings::new(redis.url().into()).unwrap();
    patient.claim_after = claim_after;
    let queue = Queue::open(patient).await.unwrap();
    let processor = start(&queue, &store);
    submit(&queue, 0..10).await;
    until_empty(&redis).await;
    server.kill();
    submit(&queue, 10..20).await;
    // For longer than it takes another processor to take over; but this one lives.
    let held = || !redis.execute("XPENDING sentry:telemetry:queue processors").starts_with('0');
    until("a group", held).await;
    let other: SharedStore = Arc::new(ClickHouse::open(&settings).await.unwrap());
    let second = start(&queue, &other);
    tokio::time::sleep(2 * claim_after).await;
    let attempts = redis.execute("XPENDING sentry:telemetry:queue processors - + 10");
    assert!(attempts.lines().skip(3).step_by(4).all(|attempts| attempts == "1"), "{attempts}");
    server.start_again();
    until_empty(&redis).await;
    processor.close().await;
    second.close().await;
    assert_eq!(queue.dead_letters(None).await.unwrap(), []);
    store.maintain().await.unwrap();
    check(&store, 0..20).await;
}

#[tokio::test]
async fn several_processors_share_the_work() {
    let (redis, server) = (Redis::start(), testkit::clickhouse::ClickHouse::shared());
    let settings = clickhouse::settings(server.url(), server.create_database().await);
    let queue = open(&redis).await;
    let mut processors = Vec::new();
    for _ in 0..3 {
        let store: SharedStore = Arc::new(ClickHouse::open(&settings).await.unwrap());
        processors.push(start(&queue, &store));
    }
    for tens in 0..20 {
        submit(&queue, tens * 10..tens * 10 + 10).await;
    }
    until_empty(&redis).await;
    for processor in &processors {
        processor.close().await;
    }
    let store: SharedStore = Arc::new(ClickHouse::open(&settings).await.unwrap());
    store.maintain().await.unwrap();
    check(&store, 0..200).await;
}

#[tokio::test]
async fn addresses_that_cannot_work_are_refused() {
    for address in ["", "redis", "http://127.0.0.1:6379", "redis://", "redis://:hidden@host:port"] {
        let refused = QueueSettings::new(address.into()).unwrap_err();
        assert!(matches!(refused, QueueError::Address), "{address}: {refused}");
        assert!(!format!("{refused:?}").contains("hidden"));
    }
    let redis = Redis::start();
    let wrong = redis.url().replace(Redis::PASSWORD, "wrong");
    let encrypted = redis.url().replace("redis:", "rediss:");
    for address in [wrong, encrypted] {
        let settings = QueueSettings::new(address.as_str().into()).unwrap();
        assert!(!format!("{settings:?}").contains("wrong"));
        assert!(Queue::open(settings).await.unwrap().ping().await.is_err(), "{address}");
    }
}

/// Where the process that is killed finds queue and store; set for it only.
const URL: &str = "TELEMETRY_QUEUE_URL";
const DIR: &str = "TELEMETRY_QUEUE_DIR";
const KILLS: u64 = 20;
const EACH: u64 = 60;

/// Stores what is in the queue until it is killed, or the test is gone.
async fn process(url: &str, dir: &str) {
    let queue = Queue::open(settings_of(url)).await.unwrap();
    let _processor = start(&queue, &sqlite(Path::new(dir)));
    let gone = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    tokio::task::spawn_blocking(gone).await.unwrap().unwrap();
}

fn spawn(redis: &Redis, dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_is_acknowledged_outlives_processors_that_are_killed"])
        .env(URL, redis.url())
        .env(DIR, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn what_is_acknowledged_outlives_processors_that_are_killed() {
    #[expect(clippy::disallowed_methods, reason = "how the test tells the process that it is to be killed")]
    if let (Ok(url), Ok(dir)) = (std::env::var(URL), std::env::var(DIR)) {
        return process(&url, &dir).await;
    }
    let (redis, dir) = (Redis::start(), tempfile::tempdir().unwrap());
    let queue = open(&redis).await;
    for kill in 0..KILLS {
        let mut child = spawn(&redis, dir.path());
        let submitted = (kill + 1) * EACH;
        let waiting = length(&redis, "queue");
        submit(&queue, kill * EACH..submitted).await;
        // At another place in the cycle of groups each time.
        let left = (waiting + EACH).saturating_sub(1 + kill * 37 % EACH);
        until("progress", || length(&redis, "queue") <= left).await;
        // What five in a row are killed with is set aside, as it must be: every fourth finishes everything.
        if kill % 4 == 3 {
            until_empty(&redis).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut last = spawn(&redis, dir.path());
    until_empty(&redis).await;
    last.kill().unwrap();
    last.wait().unwrap();
    assert_eq!(queue.dead_letters(None).await.unwrap(), []);
    check(&sqlite(dir.path()), 0..KILLS * EACH).await;
}
