//! `sentry ingest` and `sentry process` as processes of their own, with a Redis between them.

use model::telemetry::UnixNanos;
use model::{Clock, Origin};
use serde_json::json;
use service::telemetry::{Order, RecordQuery, TimeRange};
use service::{Presented, Settings, SourceSettings};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::app::{TestApp, fixture};
use testkit::oidc_provider::browser;
use testkit::redis::Redis;

/// How long anything that is waited for may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn sentry(words: &[&str], data: &Path, redis: Option<&Redis>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sentry"));
    command.args(words).args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(data);
    command.current_dir(data).env_clear().envs(redis.map(|redis| ("REDIS_URL", redis.url())));
    command
}

/// A process that listens. Dropping it kills it.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start(words: &[&str], data: &Path, redis: &Redis) -> Self {
        let mut command = sentry(words, data, Some(redis));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.rsplit(' ').next().unwrap().trim().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{words:?} says: {line}");
        Self { child, url }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = browser().get(format!("{}{path}", self.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Sends a record with this number, and returns status and `Retry-After`.
    async fn send(&self, number: u64) -> (u16, String) {
        let at = format!("2026-02-18T12:00:00.{number:06}Z");
        let body = json!({"agent_id": "a", "timestamp": at, "latency_ms": number}).to_string();
        let request = browser().post(format!("{}/api/v1/metrics", self.url)).body(body);
        let answer = request.header("content-type", "application/json").send().await.unwrap();
        let retry = answer.headers().get("retry-after");
        let retry = retry.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        (answer.status().as_u16(), retry)
    }

    async fn until_ready(&self, expect: u16) {
        until("readiness", async || self.get("/readyz").await.0 == expect).await;
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it in order.
    fn end(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success() && self.child.wait().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "{what} has not come about");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn waiting(redis: &Redis) -> u64 {
    redis.execute("XLEN sentry:telemetry:queue").parse().unwrap()
}

/// The numbers that are stored in the folder, each once.
async fn stored(data: TempDir) -> BTreeSet<u64> {
    let source = SourceSettings::File(fixture("estate.json"));
    let settings = Settings::new(source, "PROD", data.path().to_owned());
    let app = TestApp::start_with(settings, data, Clock::system(), Path::new("/nonexistent")).await;
    let owner = app.service.identify(Presented::Nothing, None, Origin::default()).await.unwrap().actor;
    let range = TimeRange { from: UnixNanos(0), until: UnixNanos(i64::MAX) };
    let query = RecordQuery { range, agent: None, order: Order::OldestFirst, limit: 10_000, cursor: None };
    let records = app.service.list_metric_records(&owner, query).await.unwrap().items;
    let numbers: BTreeSet<u64> = records.iter().map(|record| record.values[0].1 as u64).collect();
    assert_eq!(numbers.len(), records.len(), "a record is there twice");
    numbers
}

#[tokio::test]
async fn what_ingest_takes_is_stored_once_however_process_ends() {
    let (redis, data) = (Redis::start(), tempfile::tempdir().unwrap());
    let ingest = Process::start(&["ingest"], data.path(), &redis);
    ingest.until_ready(200).await;
    for kill in 0..3 {
        let process = Process::start(&["process"], data.path(), &redis);
        let sent = (kill + 1) * 50;
        for answer in futures::future::join_all((kill * 50..sent).map(|number| ingest.send(number))).await {
            assert_eq!(answer.0, 201);
        }
        until("progress", async || waiting(&redis) < 50).await;
        process.kill();
    }
    // Nobody stores it, and it is taken nevertheless.
    assert_eq!(ingest.send(150).await.0, 201);
    let process = Process::start(&["process"], data.path(), &redis);
    until("an empty queue", async || waiting(&redis) == 0).await;
    until("metrics", async || process.get("/metrics").await.1.contains("sentry_telemetry_queue_entries 0\n"))
        .await;
    // A process alone takes nothing, and neither shows pages.
    assert_eq!(process.send(0).await.0, 404);
    for part in [&ingest, &process] {
        assert_eq!(part.get("/").await.0, 404);
        assert_eq!(part.get("/healthz").await, (200, "ok\n".to_owned()));
    }
    // Only one may write to the folder. Another one says so, and waits for its turn.
    let mut command = sentry(&["process"], data.path(), Some(&redis));
    let mut second = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let said = BufReader::new(second.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.into_iter().any(|line| line.contains("several need CLICKHOUSE_URL")));
    second.kill().unwrap();
    second.wait().unwrap();
    process.end();
    ingest.end();
    assert_eq!(stored(data).await, (0..=150).collect());
}

#[tokio::test]
async fn without_its_redis_ingest_says_when_to_come_back() {
    let (redis, data) = (Redis::start(), tempfile::tempdir().unwrap());
    let ingest = Process::start(&["ingest"], data.path(), &redis);
    ingest.until_ready(200).await;
    redis.kill();
    let begun = Instant::now();
    assert_eq!(ingest.send(0).await, (503, "5".to_owned()));
    assert!(begun.elapsed() < Duration::from_secs(10));
    ingest.until_ready(503).await;
    redis.start_again();
    ingest.until_ready(200).await;
    assert_eq!(ingest.send(0).await.0, 201);
    ingest.end();
}

#[test]
fn what_could_not_be_stored_is_listed_and_sent_again() {
    let (redis, data) = (Redis::start(), tempfile::tempdir().unwrap());
    let run = |words: &[&str]| {
        let output = sentry(words, data.path(), Some(&redis)).output().unwrap();
        let (said, failure) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
        (output.status.success(), said.unwrap() + &failure.unwrap())
    };
    assert_eq!(run(&["process", "dead-letters"]), (true, String::new()));
    redis.execute("XADD sentry:telemetry:dead-letters 1771416000000-7 reason late memory 1 batch rubbish");
    let line = "1771416000000-7  2026-02-18T12:00:00Z  unreadable  late\n";
    assert_eq!(run(&["process", "dead-letters"]), (true, line.to_owned()));
    let (is_done, said) = run(&["process", "requeue", "1-1"]);
    assert!(!is_done && said.contains("no dead letter 1-1"), "{said}");
    assert_eq!(run(&["process", "requeue"]), (true, "1 batches are in the queue again.\n".to_owned()));
    assert_eq!((waiting(&redis), run(&["process", "dead-letters"])), (1, (true, String::new())));
}

#[test]
fn a_part_without_a_queue_says_what_to_do() {
    for words in [&["ingest"][..], &["process"], &["process", "dead-letters"], &["process", "requeue"]] {
        let data = tempfile::tempdir().unwrap();
        let Output { status, stderr, .. } = sentry(words, data.path(), None).output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert!(!status.success(), "{words:?}");
        assert!(said.contains("REDIS_URL is not set") && said.contains("sentry serve"), "{words:?}: {said}");
    }
}
