//! Where all goes through that is stored, whichever way it came.

use crate::agent_state::Thresholds;
use crate::agent_watch::{AgentWatch, Note};
use crate::changes::Changes;
use crate::store::{Receipt, SharedStore, StoreResult, Write, Written};
use model::Clock;
use model::identity::ProjectId;
use std::collections::HashSet;
use std::error::Error as StdError;
use std::sync::Arc;
use tokio::sync::watch;

/// A store, whose agents are watched, and of whose projects those who look at them are told. Cheap to
/// clone; all clones are one.
#[derive(Clone)]
pub struct Writer(Arc<Shared>);

struct Shared {
    store: SharedStore,
    agents: AgentWatch,
    changes: Changes,
}

impl Writer {
    /// Writes to `store`, and says by `thresholds` how agents do.
    pub fn new(store: SharedStore, clock: Clock, thresholds: Thresholds) -> Self {
        let changes = Changes::default();
        let agents = AgentWatch::new(Arc::clone(&store), clock, thresholds, changes.clone());
        Self(Arc::new(Shared { store, agents, changes }))
    }

    /// Watches the agents of what is written.
    pub fn agents(&self) -> &AgentWatch {
        &self.0.agents
    }

    /// Sees from now on that something of the project was written, as [`Changes`] tells it.
    pub fn follow(&self, project: &ProjectId) -> watch::Receiver<()> {
        self.0.changes.follow(project)
    }

    /// Writes a group, as [`Store::write`](crate::store::Store::write) does.
    pub(crate) async fn write(&self, group: Vec<Write>) -> StoreResult<Vec<StoreResult<Receipt>>> {
        self.begin_write(group).await.on_disk().await
    }

    /// Writes a group, as [`Store::begin_write`](crate::store::Store::begin_write) does.
    pub(crate) async fn begin_write(&self, group: Vec<Write>) -> Written {
        let records: usize = group.iter().map(|write| write.batch.len()).sum();
        let projects: HashSet<ProjectId> = group.iter().map(|write| write.project.clone()).collect();
        let notes = group.iter().map(Note::of).collect();
        let written = self.0.store.begin_write(group).await;
        let writer = self.clone();
        Written::when(async move {
            let written = written.on_disk().await;
            match &written {
                Ok(results) => {
                    writer.0.agents.hear(notes, results);
                    projects.iter().for_each(|project| writer.0.changes.mark(project));
                    metrics::counter!("sentry_telemetry_commits_total").increment(1);
                    metrics::histogram!("sentry_telemetry_commit_records").record(records as f64);
                }
                Err(error) => {
                    tracing::error!(
                        error = error as &dyn StdError,
                        records,
                        "telemetry could not be written"
                    );
                    metrics::counter!("sentry_telemetry_failures_total").increment(1);
                }
            }
            written
        })
    }

    /// Has the store do what can wait; true if there is more of it.
    pub(crate) async fn maintain(&self) -> bool {
        self.0.store.maintain().await.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn StdError, "telemetry could not be tidied up");
            false
        })
    }
}
