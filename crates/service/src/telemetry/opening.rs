//! How telemetry is opened and closed, whole or as a part.

use super::{OPEN_AGAIN, Open, State, Way};
use crate::settings::TelemetrySettings;
use crate::{Result, Service};
use ::telemetry::pipeline::{Pipeline, PipelineSettings};
use ::telemetry::queue::{Processor, Queue};
use ::telemetry::store::{ClickHouse, SharedStore, Sqlite, Store, StoreError, StoreResult};
use ::telemetry::with_causes;
use ::telemetry::writer::Writer;
use model::{Actor, Capability};
use std::fs::{DirBuilder, File, TryLockError};
use std::future::Future;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

/// A file beside SQLite's that the one process holds which writes there.
const LOCK: &str = "telemetry.lock";

/// What a process does with telemetry that does nothing else. Both need a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Takes what agents send, and puts it into the queue.
    Ingest,
    /// Stores what is in the queue.
    Process,
}

/// How a server is that telemetry needs.
#[derive(Clone, Debug)]
pub struct TelemetryCheck {
    /// What people call it.
    pub name: &'static str,
    /// The environment variable that names it.
    pub setting: &'static str,
    /// Why it cannot be used.
    pub error: Option<String>,
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

impl Service {
    /// Does one part of the work on telemetry until `shutdown` completes.
    pub async fn run_part(&self, part: Part, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.keep_accounts() => {}
            () = self.keep_refusals_recorded() => {}
            () = self.keep_telemetry_open(Some(part)) => {}
        }
    }

    /// Opens telemetry, tries again while that fails, and then does what runs beside it, for ever. `None` is
    /// the whole.
    pub(crate) async fn keep_telemetry_open(&self, part: Option<Part>) {
        loop {
            let state = &self.0.telemetry.state;
            match self.open_telemetry(part).await {
                Ok(opened) => {
                    state.send_replace(opened.clone());
                    return match opened {
                        State::Open(open) => self.keep_telemetry(&open).await,
                        _ => self.keep_redactions_written().await,
                    };
                }
                Err(error) => {
                    tracing::error!(
                        error = with_causes(&*error),
                        "telemetry cannot be opened: agents are told to try again"
                    );
                    state.send_replace(State::Failed);
                    tokio::time::sleep(OPEN_AGAIN).await;
                }
            }
        }
    }

    async fn open_telemetry(&self, part: Option<Part>) -> std::result::Result<State, AnyError> {
        let settings = &self.0.telemetry.settings;
        let queue = match &settings.queue {
            Some(queue) => Some(Queue::open(queue.clone()).await?),
            None => None,
        };
        if part == Some(Part::Ingest) {
            return Ok(State::Taking(queue.ok_or("there is no queue to put it into")?));
        }
        let store = self.open_store(settings).await?;
        let clock = self.clock().clone();
        let writer = Writer::new(Arc::clone(&store), clock.clone(), settings.agents);
        let Some(queue) = queue else {
            let pipeline = Way::Store(Pipeline::start(writer.clone(), clock, PipelineSettings::default()));
            return Ok(State::Open(Open { store, writer, pipeline, processor: None }));
        };
        let processor = Some(Processor::start(queue.clone(), writer.clone(), clock));
        Ok(State::Open(Open { store, writer, pipeline: Way::Queue(queue), processor }))
    }

    /// Whether telemetry can be taken, or stored, by this process now.
    pub async fn is_telemetry_ready(&self) -> bool {
        let state = self.0.telemetry.state.borrow().clone();
        match state {
            State::Open(Open { pipeline: Way::Queue(queue), .. }) | State::Taking(queue) => {
                queue.ping().await.is_ok()
            }
            State::Open(_) => true,
            State::Opening | State::Failed => false,
        }
    }

    /// Calls ClickHouse and Redis once, now, as far as they are set: for `sentry check`.
    pub async fn check_telemetry(&self, actor: &Actor) -> Result<Vec<TelemetryCheck>> {
        self.require(actor, Capability::ViewEstate)?;
        let settings = &self.0.telemetry.settings;
        let mut checks = Vec::new();
        if let Some(clickhouse) = &settings.clickhouse {
            let asked = async {
                let store = ClickHouse::open(clickhouse).await?;
                store.agents(&self.0.estate_project.id).await
            };
            let error = asked.await.err().map(|error| with_causes(&error));
            checks.push(TelemetryCheck { name: "ClickHouse", setting: "CLICKHOUSE_URL", error });
        }
        if let Some(queue) = &settings.queue {
            let asked = async { Queue::open(queue.clone()).await?.ping().await };
            let error = asked.await.err().map(|error| with_causes(&error));
            checks.push(TelemetryCheck { name: "Redis", setting: "REDIS_URL", error });
        }
        Ok(checks)
    }

    /// Takes no more telemetry, and answers when all that was taken is on disk. For the end of the
    /// server, once nobody asks any more.
    pub async fn close_telemetry(&self) {
        self.clone().store_waiting_turns().await;
        let state = self.0.telemetry.state.send_replace(State::Failed);
        if let State::Open(open) = state {
            if let Way::Store(pipeline) = &open.pipeline {
                pipeline.close().await;
            }
            if let Some(processor) = &open.processor {
                processor.close().await;
            }
        }
        self.write_redactions().await;
    }

    async fn open_store(&self, settings: &TelemetrySettings) -> StoreResult<SharedStore> {
        if let Some(clickhouse) = &settings.clickhouse {
            return Ok(Arc::new(ClickHouse::open(clickhouse).await?));
        }
        let service = self.clone();
        let opened = tokio::task::spawn_blocking(move || -> StoreResult<SharedStore> {
            let telemetry = &service.0.telemetry;
            let dir = &telemetry.settings.dir;
            let unavailable = |error: std::io::Error| StoreError::Unavailable(error.into());
            DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unavailable)?;
            if telemetry.lock.get().is_none() {
                let lock = lock(dir).map_err(unavailable)?;
                // Nobody else sets it: it is opened by one task.
                let _ = telemetry.lock.set(lock);
            }
            Ok(Arc::new(Sqlite::open(dir)?))
        });
        opened.await.unwrap_or_else(|error| Err(StoreError::Failed(error.into())))
    }
}

/// Makes this process the one that writes to SQLite in `dir`, for as long as the file is open.
fn lock(dir: &Path) -> std::io::Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => std::io::Error::other(
            "another process writes to the telemetry in this folder: only one may; several need CLICKHOUSE_URL",
        ),
        TryLockError::Error(error) => error,
    })?;
    Ok(file)
}
