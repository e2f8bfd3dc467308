//! A process that is killed while it writes has every record that it acknowledged, once.
//!
//! The test runs itself as the process that is killed. A sender numbers its requests, sends those again
//! that were not acknowledged when the process died, and is told of each that is stored.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "contract/clickhouse.rs"]
mod clickhouse;
#[path = "contract/make.rs"]
#[expect(dead_code, reason = "other tests make more kinds of record")]
mod make;

use model::Clock;
use model::identity::ProjectId;
use model::telemetry::MetricName;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use telemetry::agent_state::Thresholds;
use telemetry::pipeline::{Pipeline, PipelineSettings};
use telemetry::store::{
    Batch, BatchKey, ClickHouse, EventQuery, Grouping, Order, RecordQuery, SeriesQuery, SharedStore, Sqlite,
    TimeRange,
};
use telemetry::writer::Writer;

/// Requests that are sent at the same time.
const SENDERS: u64 = 16;
/// Where the process that is killed finds what to do; set for it only.
const PLACE: &str = "TELEMETRY_KILL_PLACE";
const FIRST: &str = "TELEMETRY_KILL_FIRST";

/// Where a store is: a folder, or a ClickHouse's address and database.
enum Place {
    Sqlite(PathBuf),
    ClickHouse(String, String),
}

impl Place {
    fn parse(text: &str) -> Self {
        match text.split_once(' ') {
            Some((url, database)) => Self::ClickHouse(url.to_owned(), database.to_owned()),
            None => Self::Sqlite(text.into()),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Sqlite(dir) => dir.display().to_string(),
            Self::ClickHouse(url, database) => format!("{url} {database}"),
        }
    }

    async fn open(&self) -> SharedStore {
        match self {
            Self::Sqlite(dir) => Arc::new(Sqlite::open(dir).unwrap()),
            Self::ClickHouse(url, database) => {
                let settings = clickhouse::settings(url.clone(), database.clone());
                Arc::new(ClickHouse::open(&settings).await.unwrap())
            }
        }
    }
}

fn project() -> ProjectId {
    ProjectId::from("ours")
}

/// Request `number`: a record, an event, and spans of a trace that requests share, of which one is repeated
/// by its child in the next request.
fn batch(number: u64) -> Batch {
    let mut key = [7; 16];
    key[..8].copy_from_slice(&number.to_be_bytes());
    let seconds = number as i64 % 3_600;
    let mut id = [1; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let body = model::telemetry::EventBody::Custom { name: "c".to_owned(), payload: Vec::new() };
    let mut event = make::event(1, seconds, body);
    event.event.id = model::telemetry::EventId::from_bytes(id);
    let (trace, place) = (number / 10 + 1, number % 10 + 1);
    Batch {
        key: Some(BatchKey(key)),
        records: vec![make::record("writer", seconds, MetricName::Other("number".to_owned()), number as f64)],
        events: vec![event],
        spans: vec![make::call(trace, place, place - 1, 10)],
        ..Batch::default()
    }
}

/// Sends requests from `first` on until it is killed, and says which are stored.
fn send(place: &Place, first: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = place.open().await;
        let pipeline = Pipeline::start(
            Writer::new(store, Clock::system(), Thresholds::default()),
            Clock::system(),
            PipelineSettings::default(),
        );
        let senders = (0..SENDERS).map(|sender| {
            let pipeline = pipeline.clone();
            tokio::spawn(async move {
                for number in (first + sender..).step_by(SENDERS as usize) {
                    pipeline.submit(project(), batch(number)).await.unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "stored {number}").unwrap();
                    out.flush().unwrap();
                }
            })
        });
        for sender in senders.collect::<Vec<_>>() {
            sender.await.unwrap();
        }
    });
}

/// What is killed how often.
struct Plan {
    kills: u64,
    /// So many send the same requests at the same time.
    processes: usize,
}

/// Runs processes until they have acknowledged so many requests, and kills them.
fn run_and_kill(
    test: &str,
    place: &Place,
    first: u64,
    processes: usize,
    until: usize,
    acknowledged: &mut BTreeSet<u64>,
) {
    let (lines, said) = mpsc::channel();
    let mut children: Vec<Child> = Vec::new();
    for _ in 0..processes {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(PLACE, place.text())
            .env(FIRST, first.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        let lines = lines.clone();
        std::thread::spawn(move || out.map_while(Result::ok).for_each(|line| drop(lines.send(line))));
        children.push(child);
    }
    drop(lines);
    let mut count = 0;
    // What they have said before they died is read to the end.
    for line in said {
        if let Some(number) = line.strip_prefix("stored ").and_then(|number| number.parse().ok()) {
            acknowledged.insert(number);
            count += 1;
            if count == until {
                children.iter_mut().for_each(|child| child.kill().unwrap());
            }
        }
    }
    for child in &mut children {
        child.wait().unwrap();
    }
    assert!(count >= until, "they ended by themselves");
}

/// Kills the process of a test again and again, and looks at what it has stored.
fn kill_many_times(test: &str, plan: &Plan, place: impl FnOnce() -> Place) {
    #[expect(clippy::disallowed_methods, reason = "how the test tells the process that it is to be killed")]
    if let (Ok(place), Ok(first)) = (std::env::var(PLACE), std::env::var(FIRST)) {
        return send(&Place::parse(&place), first.parse().unwrap());
    }
    let place = place();
    let mut acknowledged = BTreeSet::new();
    for kill in 0..plan.kills {
        // The sender goes on with what was not acknowledged; what was is sent again in part as well.
        let first = (0..).find(|number| !acknowledged.contains(number)).unwrap();
        // At another place in the cycle of commits each time.
        let until = 20 + (kill * 37 % 101) as usize;
        run_and_kill(test, &place, first, plan.processes, until, &mut acknowledged);
    }
    assert!(acknowledged.len() as u64 > plan.kills * 10);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { check(&place.open().await, &acknowledged).await });
}

#[test]
fn every_acknowledged_record_is_there_once() {
    let mut dir = None;
    let plan = Plan { kills: 50, processes: 1 };
    kill_many_times("every_acknowledged_record_is_there_once", &plan, || {
        let dir = dir.insert(tempfile::tempdir().unwrap());
        Place::Sqlite(dir.path().to_owned())
    });
}

#[test]
fn every_record_that_clickhouse_acknowledged_is_there_once() {
    let plan = Plan { kills: 8, processes: 2 };
    kill_many_times("every_record_that_clickhouse_acknowledged_is_there_once", &plan, || {
        let server = testkit::clickhouse::ClickHouse::shared();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Place::ClickHouse(server.url(), runtime.block_on(server.create_database()))
    });
}

async fn check(store: &SharedStore, acknowledged: &BTreeSet<u64>) {
    let range = TimeRange { from: make::at(0), until: make::at(86_400) };
    let mut query =
        RecordQuery { range, agent: None, order: Order::OldestFirst, limit: 10_000, cursor: None };
    let mut numbers = Vec::new();
    loop {
        let page = store.metric_records(&project(), query.clone()).await.unwrap();
        numbers.extend(page.items.iter().map(|record| record.values[0].1 as u64));
        query.cursor = page.next;
        if page.next.is_none() {
            break;
        }
    }
    let stored: BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!(stored.len(), numbers.len(), "a record is there twice");
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");

    query.cursor = None;
    let events = EventQuery { records: query, kind: None, trace_id: None };
    let events = store.events(&project(), events).await.unwrap().items.len();
    assert_eq!(events, stored.len().min(10_000));

    // Each request is wholly there or not at all: the sums and the spans say the same as the records.
    let sums = SeriesQuery { range, agents: None, step_ns: 86_400_000_000_000, grouping: Grouping::Together };
    let sums = store.series(&project(), sums).await.unwrap();
    let numbers = &sums[0].bucket.numbers[&MetricName::Other("number".to_owned())];
    assert_eq!(numbers.count, stored.len() as u64);
    let (mut spans, mut counted) = (0, 0);
    let traces: BTreeSet<u64> = stored.iter().map(|number| number / 10 + 1).collect();
    for trace in traces {
        let trace = store.trace(&project(), make::trace_id(trace)).await.unwrap().unwrap();
        let ids: BTreeSet<_> = trace.spans.iter().map(|priced| priced.span.span_id).collect();
        assert_eq!((ids.len(), ids.len() as u64), (trace.spans.len(), trace.summary.spans));
        spans += ids.len();
        let parents: BTreeSet<_> = trace.spans.iter().filter_map(|priced| priced.span.parent_id).collect();
        let leaves = ids.difference(&parents).count() as i64;
        assert_eq!(trace.summary.spend.calls, leaves);
        counted += leaves;
    }
    assert_eq!(spans, stored.len());
    assert_eq!(sums[0].bucket.spend().calls, counted);
}
