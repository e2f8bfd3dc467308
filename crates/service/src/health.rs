//! How the sources are.

use crate::audience::Audience;
use crate::{Result, Service};
use model::source::{SourceState, SourceStatus};
use model::{Actor, Capability, Timestamp};
use serde::Serialize;
use std::time::Duration;

/// Between two looks at Airflow's database.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// How the whole is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Every source answers.
    Ok,
    /// One does not.
    Degraded,
}

/// One check a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// `ok` where every source answered its last call.
    pub status: HealthState,
    /// The sources, as of their last calls.
    pub checks: Vec<SourceStatus>,
    /// When.
    pub timestamp: Timestamp,
}

impl Service {
    /// How the sources are, as of the calls that the pollers made: asks nothing anew.
    pub fn get_health(&self, actor: &Actor) -> Result<Health> {
        self.require(actor, Capability::ViewEstate)?;
        let checks = self.0.sources.status(&Audience::of(actor));
        let ok = checks.iter().all(|check| check.state == SourceState::Up);
        let status = if ok { HealthState::Ok } else { HealthState::Degraded };
        Ok(Health { status, checks, timestamp: self.clock().now() })
    }

    /// The names of the sources that have not answered their last call: no secret, for probes.
    pub fn list_missing_sources(&self) -> Vec<&'static str> {
        let checks = self.0.sources.status(&Audience::default());
        let missing = checks.iter().filter(|check| check.state != SourceState::Up);
        missing.map(|check| check.name.as_str()).collect()
    }

    /// Whether the actor may read this server's own metrics.
    pub fn check_metrics(&self, actor: &Actor) -> Result<()> {
        self.require(actor, Capability::ViewEstate)
    }

    /// Calls Airflow's database from time to time: it is otherwise asked only when somebody
    /// opens a run, and nobody should learn then that it is down. (The pollers call the rest.)
    pub(crate) async fn keep_airflow_checked(&self) {
        loop {
            self.0.sources.check_airflow().await;
            tokio::time::sleep(CHECK_EVERY).await;
        }
    }

    /// Calls every source once, now: for `sentry check`.
    pub async fn check_sources(&self, actor: &Actor) -> Result<Health> {
        self.require(actor, Capability::ViewEstate)?;
        self.0.sources.check_databases().await;
        self.refresh_catalog(actor, None).await?;
        self.get_health(actor)
    }
}
