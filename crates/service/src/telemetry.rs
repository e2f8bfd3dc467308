//! What agents tell of themselves: the ways in ([`ingest`](self)), and what is kept of it.
//!
//! It is opened by [`Service::run`](crate::Service::run), apart from the start: what a process that died
//! has left takes a while to read, and boards do not wait for it. Whoever comes before is asked to wait.

mod agent;
mod agents;
mod costs;
mod events;
mod export;
mod figures;
mod ingest;
mod list;
mod live;
mod metrics;
mod own;
mod read;
mod sessions;
mod stats;
mod steps;
mod timeline;
mod traces;
mod upkeep;

pub use ::telemetry::otlp::{Encoding, Signal, answer};
pub use ::telemetry::rollup::{Bucket, Level, Numbers, Spend};
pub use ::telemetry::store::{
    AgentSummary, CostGap, Cursor, LogQuery, Order, Page, PricedEvent, PricedSpan, RecordQuery,
    SessionSummary, TimeRange, Trace, TraceQuery, TraceSummary,
};
pub use export::{CostRecord, Export, ExportKind, ExportQuery, Records};
pub use ingest::{MOST_BODY_BYTES, Room, Sent, Taken};
pub use list::{ListCursor, ListQuery, Listed, MOST_COUNTED};
pub use metrics::{AgentSum, SumCursor, SumQuery, Sums};
pub(crate) use own::OwnTurns;
pub use stats::{MOST_POINTS, Overview, StatsMetric, StatsQuery};

use crate::settings::TelemetrySettings;
use crate::{Error, Result, Service};
use ::telemetry::pipeline::{Pipeline, PipelineSettings};
use ::telemetry::price::PriceTable;
use ::telemetry::store::{SharedStore, Sqlite, StoreError, StoreResult};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use upkeep::Redactions;

/// How long a request waits for what is being opened.
const OPEN_WITHIN: Duration = Duration::from_secs(5);
/// Between two attempts to open it.
const OPEN_AGAIN: Duration = Duration::from_secs(5);

/// Telemetry, once it is open.
pub(crate) struct Telemetry {
    settings: TelemetrySettings,
    prices: PriceTable,
    /// A permit for each byte of requests that may be in memory.
    room: Arc<Semaphore>,
    /// For who reads a large request: what it unpacks to is many times its size.
    large: Semaphore,
    /// A permit for each page that may follow what comes in.
    followers: Arc<Semaphore>,
    state: watch::Sender<State>,
    redactions: Redactions,
}

/// How far the opening has come.
#[derive(Clone)]
enum State {
    Opening,
    Open(Open),
    Failed,
}

/// Open telemetry. Cheap to clone.
#[derive(Clone)]
struct Open {
    store: SharedStore,
    pipeline: Pipeline,
}

impl Telemetry {
    pub(crate) fn new(settings: TelemetrySettings) -> Result<Self> {
        let prices = settings.prices.as_deref().map_or_else(|| Ok(PriceTable::bundled()), read_prices)?;
        let room = Arc::new(Semaphore::new(settings.in_flight_bytes));
        Ok(Self {
            settings,
            prices,
            room,
            large: Semaphore::new(1),
            followers: Arc::new(Semaphore::new(live::MOST_FOLLOWERS)),
            state: watch::Sender::new(State::Opening),
            redactions: Redactions::default(),
        })
    }

    async fn open(&self) -> Result<Open> {
        let unavailable = || Error::Busy {
            message: "telemetry is not open yet".to_owned(),
            retry_after_s: OPEN_AGAIN.as_secs(),
        };
        if let State::Open(open) = &*self.state.borrow() {
            return Ok(open.clone());
        }
        let mut state = self.state.subscribe();
        let opened = state.wait_for(|state| !matches!(state, State::Opening));
        match tokio::time::timeout(OPEN_WITHIN, opened).await {
            Ok(Ok(state)) => match &*state {
                State::Open(open) => Ok(open.clone()),
                State::Opening | State::Failed => Err(unavailable()),
            },
            Ok(Err(_)) | Err(_) => Err(unavailable()),
        }
    }
}

fn read_prices(path: &Path) -> Result<PriceTable> {
    let refuse = |source| Error::Prices { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(|error| refuse(error.into()))?;
    PriceTable::parse(&text).map_err(|error| refuse(error.into()))
}

/// Blocks.
fn open_store(dir: &Path) -> StoreResult<SharedStore> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| StoreError::Unavailable(error.into()))?;
    Ok(Arc::new(Sqlite::open(dir)?))
}

impl Service {
    /// Opens telemetry, tries again while that fails, and then does what runs beside it, for ever.
    pub(crate) async fn keep_telemetry_open(&self) {
        let telemetry = &self.0.telemetry;
        loop {
            let dir = telemetry.settings.dir.clone();
            let opened = tokio::task::spawn_blocking(move || open_store(&dir)).await;
            match opened.unwrap_or_else(|error| Err(StoreError::Failed(error.into()))) {
                Ok(store) => {
                    let agents = telemetry.settings.agents;
                    let settings = PipelineSettings { agents, ..PipelineSettings::default() };
                    let pipeline = Pipeline::start(Arc::clone(&store), self.clock().clone(), settings);
                    let open = Open { store, pipeline };
                    telemetry.state.send_replace(State::Open(open.clone()));
                    return self.keep_telemetry(&open).await;
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "telemetry cannot be opened: agents are told to try again"
                    );
                    telemetry.state.send_replace(State::Failed);
                    tokio::time::sleep(OPEN_AGAIN).await;
                }
            }
        }
    }

    /// Takes no more telemetry, and answers when all that was taken is on disk. For the end of the
    /// server, once nobody asks any more.
    pub async fn close_telemetry(&self) {
        self.clone().store_waiting_turns().await;
        let state = self.0.telemetry.state.send_replace(State::Failed);
        if let State::Open(open) = state {
            open.pipeline.close().await;
        }
        self.write_redactions().await;
    }
}
