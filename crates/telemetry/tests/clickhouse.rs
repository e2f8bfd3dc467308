//! A ClickHouse that goes away and comes back, that others write to, that is newer than we are.

#[path = "contract/clickhouse.rs"]
mod clickhouse;
#[path = "contract/make.rs"]
#[expect(dead_code, reason = "other tests make more kinds of record")]
mod make;

use futures::future::join_all;
use model::ErrorKind;
use model::identity::ProjectId;
use model::telemetry::{EventBody, MetricName};
use telemetry::store::{
    Batch, BatchKey, ClickHouse, EventQuery, Grouping, Order, RecordQuery, SeriesQuery, Store, StoreError,
    StoreResult, TimeRange, Write,
};
use testkit::clickhouse::ClickHouse as Server;

fn project() -> ProjectId {
    ProjectId::from("ours")
}

/// A record, an event and a span that no other number has.
fn batch(number: u8) -> Batch {
    let seconds = i64::from(number);
    let body = EventBody::Custom { name: "c".to_owned(), payload: Vec::new() };
    Batch {
        key: Some(BatchKey([number; 16])),
        records: vec![make::record("writer", seconds, MetricName::CpuPercent, 1.0)],
        events: vec![make::event(number, seconds, body)],
        spans: vec![make::call(1, u64::from(number) + 1, u64::from(number), 10)],
        ..Batch::default()
    }
}

/// Records that are stored now.
async fn write(store: &ClickHouse, batch: Batch) -> StoreResult<u32> {
    let group = vec![Write { project: project(), received: make::at(0), batch }];
    store.write(group).await?.remove(0).map(|receipt| receipt.stored)
}

/// How many records, events and spans there are, and how many records and calls the day's sum holds.
async fn counts(store: &ClickHouse) -> StoreResult<[u64; 5]> {
    let project = project();
    let range = TimeRange { from: make::at(0), until: make::at(86_400) };
    let records = RecordQuery { range, agent: None, order: Order::NewestFirst, limit: 10_000, cursor: None };
    let events = EventQuery { records: records.clone(), kind: None, trace_id: None };
    let sums = SeriesQuery { range, agents: None, step_ns: 86_400_000_000_000, grouping: Grouping::Together };
    let day = store.series(&project, sums).await?.remove(0).bucket;
    Ok([
        store.metric_records(&project, records).await?.items.len() as u64,
        store.events(&project, events).await?.items.len() as u64,
        store.trace(&project, make::trace_id(1)).await?.map_or(0, |trace| trace.spans.len() as u64),
        day.numbers[&MetricName::CpuPercent].count,
        day.spend().calls as u64,
    ])
}

#[tokio::test]
async fn what_goes_away_comes_back() {
    let server = Server::start();
    let settings = clickhouse::settings(server.url(), server.create_database().await);
    let store = ClickHouse::open(&settings).await.unwrap();
    write(&store, batch(1)).await.unwrap();
    server.kill();
    assert_eq!(write(&store, batch(2)).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(counts(&store).await.unwrap_err().kind(), ErrorKind::Unavailable);
    // Who starts meanwhile waits for it.
    let late = ClickHouse::open(&settings).await.unwrap();
    assert_eq!(write(&late, batch(3)).await.unwrap_err().kind(), ErrorKind::Unavailable);
    server.start_again();
    for store in [&store, &late] {
        write(store, batch(2)).await.unwrap();
        write(store, batch(3)).await.unwrap();
        assert_eq!(counts(store).await.unwrap(), [3, 3, 3, 3, 1]);
    }
}

#[tokio::test]
async fn several_processes_write_to_one_database() {
    let server = Server::shared();
    let settings = clickhouse::settings(server.url(), server.create_database().await);
    let one = ClickHouse::open(&settings).await.unwrap();
    let other = ClickHouse::open(&settings).await.unwrap();
    // Each batch is sent to both.
    let both = (1..=20).flat_map(|number| [write(&one, batch(number)), write(&other, batch(number))]);
    let stored: u32 = join_all(both).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(stored, 60);
    for store in [&one, &other] {
        store.maintain().await.unwrap();
        assert_eq!(counts(store).await.unwrap(), [20, 20, 20, 20, 1]);
    }
}

#[tokio::test]
async fn what_a_process_that_died_has_left_is_finished() {
    let server = Server::shared();
    let settings = clickhouse::settings(server.url(), server.create_database().await);
    let store = ClickHouse::open(&settings).await.unwrap();
    for number in 1..=3 {
        write(&store, batch(number)).await.unwrap();
    }
    drop(store);
    // As if it had died before all rows of its entries were in their tables, and then amid a fold.
    for table in ["metric", "trace", "folded"] {
        server.execute(&format!("TRUNCATE TABLE {}.{table}", settings.database)).await;
        let next = ClickHouse::open(&settings).await.unwrap();
        assert_eq!(counts(&next).await.unwrap(), [3, 3, 3, 3, 1], "without {table}");
        if table == "metric" {
            server.execute(&format!("TRUNCATE TABLE {}.folded", settings.database)).await;
        }
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_kept() {
    let server = Server::shared();
    let settings = clickhouse::settings(server.url(), server.create_database().await);
    ClickHouse::open(&settings).await.unwrap();
    let database = &settings.database;
    server.execute(&format!("INSERT INTO {database}.migration VALUES (99)")).await;
    let refused = ClickHouse::open(&settings).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::NewerSchema { found: 99, known: 1 }), "{refused}");
}
