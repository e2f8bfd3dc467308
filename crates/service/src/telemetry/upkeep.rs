//! What runs beside the ways in: agents are watched, what is too old is taken out, and what was redacted is
//! counted.

use super::Open;
use crate::{Result, Service};
use ::telemetry::retention;
use model::identity::{Project, ProjectId};
use model::telemetry::UnixNanos;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two looks at how agents do: an agent is down so much later than five minutes after its last word.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// After so many of them the agents that other servers heard of are taken in.
const LOAD_EVERY: u32 = 12;
/// After the start, what is waiting outside comes first.
const PRUNE_AFTER: Duration = Duration::from_secs(60);
/// Between two rounds of taking out what is too old.
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);
/// How often the number of redactions is written.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// How many secrets were taken out since that was last written, by project.
#[derive(Default)]
pub(super) struct Redactions(Mutex<HashMap<ProjectId, u64>>);

impl Redactions {
    pub(super) fn count(&self, project: &Project, count: u64) {
        if count > 0 {
            let slug = project.slug.to_string();
            metrics::counter!("sentry_telemetry_redactions_total", "project" => slug).increment(count);
            self.add(project.id.clone(), count);
        }
    }

    fn add(&self, project: ProjectId, count: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(project).or_default() += count;
    }

    fn take(&self) -> HashMap<ProjectId, u64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Service {
    /// Does all of it, for ever.
    pub(super) async fn keep_telemetry(&self, open: &Open) {
        tokio::join!(
            self.keep_agents_watched(open),
            self.keep_telemetry_pruned(open),
            self.keep_redactions_written()
        );
    }

    async fn keep_agents_watched(&self, open: &Open) {
        for sweep in (0..LOAD_EVERY).cycle() {
            let loaded = if sweep == 0 { self.load_agents(open).await } else { Ok(()) };
            let swept = open.writer.agents().sweep().await;
            if let Err(error) = loaded.and(swept.map_err(Into::into)) {
                tracing::warn!(error = &error as &dyn std::error::Error, "agents could not be looked at");
            }
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }

    async fn load_agents(&self, open: &Open) -> Result<()> {
        let mut result = Ok(());
        for project in self.0.accounts.store.list_projects().await? {
            result = open.writer.agents().load(&project.id).await.and(result);
        }
        Ok(result?)
    }

    /// There is one of it, so one round at a time. Other servers of the store may be at it too: what one has
    /// taken out the other does not find.
    async fn keep_telemetry_pruned(&self, open: &Open) {
        tokio::time::sleep(PRUNE_AFTER).await;
        loop {
            let begun = Instant::now();
            match self.prune_telemetry(open).await {
                Ok(steps) => {
                    let took_s = begun.elapsed().as_secs_f64();
                    metrics::gauge!("sentry_telemetry_prune_seconds").set(took_s);
                    let now_s = self.clock().now().as_second() as f64;
                    metrics::gauge!("sentry_telemetry_pruned_timestamp_seconds").set(now_s);
                    tracing::info!(steps, took_s, "telemetry that was too old is taken out");
                }
                Err(error) => {
                    metrics::counter!("sentry_telemetry_prune_failures_total").increment(1);
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "telemetry that is too old could not be taken out: the next round is in an hour"
                    );
                }
            }
            tokio::time::sleep(PRUNE_EVERY).await;
        }
    }

    /// One round over all projects, archived ones too; in how many steps.
    async fn prune_telemetry(&self, open: &Open) -> Result<u64> {
        let now = UnixNanos::from(self.clock().now());
        let mut result = Ok(0);
        for project in self.0.accounts.store.list_projects().await? {
            let retention = &project.telemetry.retention;
            let steps = retention::prune(&*open.store, &project.id, retention, now).await;
            // One project does not keep the others from their round.
            result = steps.and_then(|steps| result.map(|others: u64| others + steps));
        }
        Ok(result?)
    }

    pub(super) async fn keep_redactions_written(&self) {
        loop {
            tokio::time::sleep(WRITE_EVERY).await;
            self.write_redactions().await;
        }
    }

    /// Adds what was counted to the projects. What cannot be written is added the next time.
    pub(super) async fn write_redactions(&self) {
        for (project, count) in self.0.telemetry.redactions.take() {
            if let Err(error) = self.0.accounts.store.count_redactions(&project, count).await {
                tracing::warn!(%error, %project, "the number of redactions could not be written");
                self.0.telemetry.redactions.add(project, count);
            }
        }
    }
}
