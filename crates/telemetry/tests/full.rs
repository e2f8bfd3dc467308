//! A disk that is full refuses, and is written again when there is room, without a restart.
//!
//! The test runs itself as a process whose files may not grow beyond a limit, which it lifts later.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "contract/make.rs"]
#[expect(dead_code, reason = "other tests make more kinds of record")]
mod make;

use model::Clock;
use model::identity::ProjectId;
use model::telemetry::MetricName;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use telemetry::agent_state::Thresholds;
use telemetry::pipeline::{Pipeline, PipelineSettings, Refused};
use telemetry::store::{Batch, BatchKey, Order, RecordQuery, SharedStore, Sqlite, Store, TimeRange};
use telemetry::writer::Writer;

/// Where the process with the limit finds its folder; set for it only.
const DIR: &str = "TELEMETRY_FULL_DIR";
/// Refusals before the limit is lifted, and records after it.
const REFUSALS: usize = 3;
const RECORDS_AFTER: usize = 20;

fn project() -> ProjectId {
    ProjectId::from("ours")
}

fn batch(number: i64) -> Batch {
    let mut record = make::record("writer", number, MetricName::CpuPercent, 1.0);
    record.custom = vec![make::text("filling", &"x".repeat(20_000))];
    let mut key = [3; 16];
    key[..8].copy_from_slice(&number.to_be_bytes());
    Batch { key: Some(BatchKey(key)), records: vec![record], ..Batch::default() }
}

/// Sends one record after the other, each until it is stored, and says what becomes of it.
fn send(dir: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store: SharedStore = Arc::new(Sqlite::open(dir).unwrap());
        let pipeline = Pipeline::start(
            Writer::new(Arc::clone(&store), Clock::system(), Thresholds::default()),
            Clock::system(),
            PipelineSettings::default(),
        );
        for number in 0.. {
            loop {
                match pipeline.submit(project(), batch(number)).await {
                    Ok(_) => break println!("stored {number}"),
                    Err(Refused::Failing { .. }) => {
                        // What is there can be read.
                        let agents = store.agents(&project()).await.unwrap();
                        println!("failing with {} agents", agents.len());
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        }
    });
}

#[test]
fn a_full_disk_refuses_and_recovers() {
    #[expect(clippy::disallowed_methods, reason = "how the test tells the process that it is to be limited")]
    if let Ok(dir) = std::env::var(DIR) {
        return send(&PathBuf::from(dir));
    }
    let dir = tempfile::tempdir().unwrap();
    // A write beyond the limit is an error and not the end of the process: 2,048 blocks of 512 bytes.
    let limited = "trap '' XFSZ; ulimit -S -f 2048; exec \"$0\" \"$@\"";
    let mut child = Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_full_disk_refuses_and_recovers", "--nocapture"])
        .env(DIR, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stored = BTreeSet::new();
    let (mut refusals, mut after) = (0, 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if line == "failing with 1 agents" {
            refusals += 1;
            if refusals == REFUSALS {
                let pid = child.id().to_string();
                let lifted = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &pid]).status();
                assert!(lifted.unwrap().success());
            }
        } else if let Some(number) = line.strip_prefix("stored ").and_then(|number| number.parse().ok()) {
            assert!(stored.insert(number), "{number} was stored twice");
            after += usize::from(refusals >= REFUSALS);
            if after == RECORDS_AFTER {
                child.kill().unwrap();
            }
        }
    }
    child.wait().unwrap();
    assert!(refusals >= REFUSALS && after >= RECORDS_AFTER, "{refusals} refusals, {after} records after");

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let range = TimeRange { from: make::at(0), until: make::at(1_000_000) };
    let query = RecordQuery { range, agent: None, order: Order::OldestFirst, limit: 10_000, cursor: None };
    let store = Sqlite::open(dir.path()).unwrap();
    let found = runtime.block_on(store.metric_records(&project(), query)).unwrap().items;
    let found: Vec<_> = found.iter().map(|record| (record.at.0 - make::at(0).0) / 1_000_000_000).collect();
    let distinct: BTreeSet<i64> = found.iter().copied().collect();
    assert_eq!(distinct.len(), found.len(), "a record is there twice");
    assert!(stored.is_subset(&distinct), "lost: {:?}", stored.difference(&distinct));
}
