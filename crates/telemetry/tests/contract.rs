//! What every store keeps to. Each test runs on each kind of store.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "contract/agents.rs"]
mod agents;
#[path = "contract/clickhouse.rs"]
mod clickhouse;
#[path = "contract/make.rs"]
mod make;
#[path = "contract/paging.rs"]
mod paging;
#[path = "contract/records.rs"]
mod records;
#[path = "contract/retention.rs"]
mod retention;
#[path = "contract/series.rs"]
mod series;
#[path = "contract/traces.rs"]
mod traces;

use model::identity::ProjectId;
use model::telemetry::UnixNanos;
use std::sync::Arc;
use telemetry::store::{
    Batch, ClickHouse, Order, Receipt, RecordQuery, SharedStore, Sqlite, StoreResult, TimeRange, Write,
};

/// Runs a test on a new store of each kind.
fn each_store(test: impl AsyncFn(&SharedStore)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let sqlite: SharedStore = Arc::new(Sqlite::open(dir.path()).unwrap());
    runtime.block_on(test(&sqlite));
    runtime.block_on(async {
        let server = testkit::clickhouse::ClickHouse::shared();
        let settings = clickhouse::settings(server.url(), server.create_database().await);
        let clickhouse: SharedStore = Arc::new(ClickHouse::open(&settings).await.unwrap());
        test(&clickhouse).await;
    });
}

fn project() -> ProjectId {
    ProjectId::from("ours")
}

async fn write(store: &SharedStore, batch: Batch) -> Receipt {
    try_write(store, vec![batch]).await.unwrap().remove(0).unwrap()
}

/// Writes a batch that came in at a moment.
async fn write_at(store: &SharedStore, received: UnixNanos, batch: Batch) -> Receipt {
    let write = Write::new(project(), received, batch);
    store.write(vec![write]).await.unwrap().remove(0).unwrap()
}

/// Writes batches as one group.
async fn try_write(store: &SharedStore, batches: Vec<Batch>) -> StoreResult<Vec<StoreResult<Receipt>>> {
    let received = make::at(0);
    let write = |batch| Write::new(project(), received, batch);
    store.write(batches.into_iter().map(write).collect()).await
}

async fn maintain(store: &SharedStore) {
    while store.maintain().await.unwrap() {}
}

fn all() -> TimeRange {
    TimeRange { from: UnixNanos(0), until: UnixNanos(i64::MAX) }
}

/// All records, newest first.
fn records() -> RecordQuery {
    RecordQuery { range: all(), agent: None, order: Order::NewestFirst, limit: 1_000, cursor: None }
}
