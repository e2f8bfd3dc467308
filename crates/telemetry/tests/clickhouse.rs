//! A ClickHouse that goes away and comes back, that others write to, that is newer than we are; what of it
//! is dropped; what it cannot take.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "contract/clickhouse.rs"]
mod clickhouse;
#[path = "contract/make.rs"]
#[expect(dead_code, reason = "other tests make more kinds of record")]
mod make;

use futures::future::join_all;
use model::identity::ProjectId;
use model::telemetry::{EventBody, MetricName, UnixNanos};
use model::{Clock, ErrorKind};
use telemetry::store::{
    Batch, BatchKey, ClickHouse, ClickHouseSettings, EventQuery, Grouping, Order, RecordKind, RecordQuery,
    SeriesQuery, Store, StoreError, StoreResult, TimeRange, Write,
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
    write_for(store, project(), batch).await
}

async fn write_for(store: &ClickHouse, project: ProjectId, batch: Batch) -> StoreResult<u32> {
    // Keys go by age, of which the server's clock decides.
    let received = Clock::system().now().into();
    let group = vec![Write::new(project, received, batch)];
    store.write(group).await?.remove(0).map(|receipt| receipt.stored)
}

/// How many records of metrics a project has.
async fn records_of(store: &ClickHouse, project: &ProjectId) -> usize {
    let range = TimeRange { from: UnixNanos(0), until: UnixNanos(i64::MAX) };
    let query = RecordQuery { range, agent: None, order: Order::NewestFirst, limit: 10_000, cursor: None };
    store.metric_records(project, query).await.unwrap().items.len()
}

/// All that an error says, with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(format!("{error} {error:?}"), |all, cause| format!("{all}: {cause} {cause:?}"))
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

#[tokio::test]
async fn old_parts_are_dropped_up_to_the_border() {
    let server = Server::shared();
    let settings = clickhouse::settings(server.url(), server.create_database().await);
    let store = ClickHouse::open(&settings).await.unwrap();
    let other = ClickHouse::open(&settings).await.unwrap();
    let theirs = ProjectId::from("theirs");
    // The tests' beginning is that of a month, and so of a partition.
    let of = |seconds| Batch {
        records: vec![make::record("writer", seconds, MetricName::CpuPercent, 1.0)],
        ..Batch::default()
    };
    for seconds in [-40 * 86_400, -2, -1, 0, 1] {
        write(&store, of(seconds)).await.unwrap();
    }
    write_for(&store, theirs.clone(), of(-1)).await.unwrap();
    let prune = async |project: &ProjectId, before| {
        while store.prune(project, RecordKind::Metrics, make::at(before)).await.unwrap() {}
    };
    prune(&project(), -2).await;
    assert_eq!([records_of(&store, &project()).await, records_of(&store, &theirs).await], [4, 1]);
    // Another process puts what stays into the partition that goes.
    let writing = async {
        for _ in 0..10 {
            write_for(&other, theirs.clone(), of(-3)).await.unwrap();
        }
    };
    let ours = project();
    futures::join!(prune(&ours, 0), writing);
    assert_eq!([records_of(&store, &project()).await, records_of(&store, &theirs).await], [2, 11]);
    prune(&theirs, 0).await;
    assert_eq!([records_of(&store, &project()).await, records_of(&store, &theirs).await], [2, 0]);
    let database = &settings.database;
    let left = "SELECT uniq(partition) FROM system.parts WHERE active AND table = 'metric' AND database";
    assert_eq!(server.execute(&format!("{left} = '{database}'")).await, "1\n");
}

#[tokio::test]
async fn a_large_group_is_looked_up_in_pieces() {
    let server = Server::shared();
    let settings = clickhouse::settings(server.url(), server.create_database().await);
    let store = ClickHouse::open(&settings).await.unwrap();
    let spans = (1..=4_000).map(|number| {
        let mut priced = make::call(number, 1, 0, 1);
        priced.span.session = Some(format!("{number} {}", "s".repeat(100)).into());
        priced
    });
    let large = Batch { spans: spans.collect(), ..Batch::default() };
    assert_eq!(write(&store, large.clone()).await.unwrap(), 4_000);
    assert_eq!(write(&store, large).await.unwrap(), 0);
    let range = TimeRange { from: make::at(0), until: make::at(86_400) };
    let sessions = RecordQuery { range, agent: None, order: Order::NewestFirst, limit: 10_000, cursor: None };
    assert_eq!(store.sessions(&project(), sessions).await.unwrap().items.len(), 4_000);
    // What is too long to be looked for keeps nothing else out.
    let mut long = make::call(1, 2, 1, 1);
    long.span.user = Some("u".repeat(200_000).into());
    let refused = write(&store, Batch { spans: vec![long], ..Batch::default() }).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert_eq!(write(&store, batch(200)).await.unwrap(), 3);
}

#[tokio::test]
async fn errors_name_the_server_and_nothing_secret() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_url = format!("http://{}", silent.local_addr().unwrap());
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone_url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let url = Server::shared().url();
    let check = async |url: String, expect: Option<&str>| {
        let with_user = url.replace("://", "://writer:s3cret@");
        let settings = ClickHouseSettings::parse(&with_user.into()).unwrap();
        let store = ClickHouse::open(&settings).await.unwrap();
        let error = store.agents(&project()).await.unwrap_err();
        let said = chain(&error);
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{said}");
        let expect = expect.map_or_else(|| format!("no answer of ClickHouse at {url}"), str::to_owned);
        assert!(said.contains(&expect) && !said.contains("s3cret"), "{said}");
    };
    let not_tls = url.replace("http", "https");
    futures::join!(
        // It takes the request and never answers.
        check(silent_url, None),
        check(gone_url, None),
        check(not_tls, None),
        check(url, Some("AUTHENTICATION_FAILED")),
    );
}
