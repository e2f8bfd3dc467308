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
mod opening;
mod own;
mod read;
mod sessions;
mod stats;
mod steps;
mod timeline;
mod traces;
mod upkeep;

pub use ::telemetry::otlp::{Encoding, Signal, answer};
pub use ::telemetry::queue::{DeadLetter, Queue};
pub use ::telemetry::rollup::{Bucket, Level, Numbers, Spend};
pub use ::telemetry::store::{
    AgentSummary, CostGap, Cursor, LogQuery, Order, Page, PricedEvent, PricedSpan, RecordQuery,
    SessionSummary, TimeRange, Trace, TraceQuery, TraceSummary,
};
pub use export::{CostRecord, Export, ExportKind, ExportQuery, Records};
pub use ingest::{MOST_BODY_BYTES, Room, Sent, Taken};
pub use list::{ListCursor, ListQuery, Listed, MOST_COUNTED};
pub use metrics::{AgentSum, SumCursor, SumQuery, Sums};
pub use opening::{Part, TelemetryCheck};
pub(crate) use own::OwnTurns;
pub use stats::{MOST_POINTS, Overview, StatsMetric, StatsQuery};

use crate::settings::TelemetrySettings;
use crate::{Error, Result};
use ::telemetry::pipeline::{Pipeline, Refused};
use ::telemetry::price::PriceTable;
use ::telemetry::queue::Processor;
use ::telemetry::store::{Batch, SharedStore};
use ::telemetry::writer::Writer;
use model::identity::ProjectId;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, OnceLock};
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
    /// Held while SQLite is written to.
    lock: OnceLock<File>,
}

/// How far the opening has come.
#[derive(Clone)]
enum State {
    Opening,
    Open(Open),
    /// Only taken here: others store and show it.
    Taking(Queue),
    Failed,
}

/// Open telemetry. Cheap to clone.
#[derive(Clone)]
struct Open {
    store: SharedStore,
    writer: Writer,
    pipeline: Way,
    /// Stores what is in the queue, where there is one.
    processor: Option<Processor>,
}

/// Where a batch goes.
#[derive(Clone)]
enum Way {
    /// Into the store, by this process.
    Store(Pipeline),
    /// Into the queue, for whoever stores it.
    Queue(Queue),
}

impl Way {
    /// Answers when the batch will not be lost any more.
    async fn submit(&self, project: ProjectId, batch: Batch) -> std::result::Result<(), Refused> {
        match self {
            Self::Store(pipeline) => pipeline.submit(project, batch).await.map(drop),
            Self::Queue(queue) => queue.submit(project, batch).await,
        }
    }
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
            lock: OnceLock::new(),
        })
    }

    /// To read.
    async fn open(&self) -> Result<Open> {
        match self.opened().await {
            State::Open(open) => Ok(open),
            State::Opening | State::Taking(_) | State::Failed => Err(unavailable()),
        }
    }

    /// To send.
    async fn way(&self) -> Result<Way> {
        match self.opened().await {
            State::Open(open) => Ok(open.pipeline),
            State::Taking(queue) => Ok(Way::Queue(queue)),
            State::Opening | State::Failed => Err(unavailable()),
        }
    }

    /// Waits a little for what is being opened.
    async fn opened(&self) -> State {
        let now = self.state.borrow().clone();
        if !matches!(now, State::Opening) {
            return now;
        }
        let mut state = self.state.subscribe();
        let opened = state.wait_for(|state| !matches!(state, State::Opening));
        match tokio::time::timeout(OPEN_WITHIN, opened).await {
            Ok(Ok(state)) => state.clone(),
            Ok(Err(_)) | Err(_) => State::Opening,
        }
    }
}

fn unavailable() -> Error {
    let message = "telemetry is not open yet".to_owned();
    Error::Busy { message, retry_after_s: OPEN_AGAIN.as_secs() }
}

fn read_prices(path: &Path) -> Result<PriceTable> {
    let refuse = |source| Error::Prices { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(|error| refuse(error.into()))?;
    PriceTable::parse(&text).map_err(|error| refuse(error.into()))
}
