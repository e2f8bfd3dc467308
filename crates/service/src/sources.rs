//! The sources of one estate, and what is known of each.

mod catalog_calls;

pub(crate) use catalog_calls::CatalogCalls;

use crate::audience::Audience;
use crate::error::Error;
use crate::settings::SourceSettings;
use estate::catalog::{CatalogSource, CatalogStore, LenzClient, RefreshOutcome};
use estate::demo::DemoEstate;
use estate::file::EstateFile;
use estate::sql::SqlRuns;
use estate::{Runs, SourceError};
use model::source::{SourceName, SourceState, SourceStatus};
use model::{BusinessDate, Clock, Timestamp};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Catalog answers of files and of the demo never change by themselves.
const FIXED_CATALOG_TTL: Duration = Duration::from_secs(24 * 3600);

pub(crate) struct Sources {
    pub(crate) runs: Runs,
    pub(crate) catalog: CatalogStore,
    /// The date of an estate file.
    pub(crate) business_date: Option<BusinessDate>,
    /// The environment of an estate file.
    pub(crate) environment: Option<String>,
    clock: Clock,
    status: Mutex<[SourceStatus; 3]>,
    catalog_calls: Mutex<Arc<CatalogCalls>>,
}

impl Sources {
    pub(crate) fn open(settings: SourceSettings, clock: &Clock) -> Result<Self, Error> {
        let (runs, catalog, business_date, environment) = match settings {
            SourceSettings::Demo { seed } => {
                let demo = DemoEstate::new(seed, clock.clone());
                let source = CatalogSource::Fixed(demo.catalog());
                let catalog = CatalogStore::new(source, demo.essentials(), FIXED_CATALOG_TTL, clock.clone());
                (Runs::Demo(demo.into_runs()), catalog, None, None)
            }
            SourceSettings::File(path) => {
                let file = EstateFile::load(&path)?;
                let source = CatalogSource::Fixed(file.catalog);
                let catalog = CatalogStore::new(source, file.essentials, FIXED_CATALOG_TTL, clock.clone());
                (Runs::File(file.runs), catalog, Some(file.business_date), Some(file.environment))
            }
            SourceSettings::Real { sql, lenz, essentials, lenz_cache_ttl } => {
                let source = CatalogSource::Lenz(LenzClient::new(lenz)?);
                let catalog = CatalogStore::new(source, essentials, lenz_cache_ttl, clock.clone());
                (Runs::Sql(SqlRuns::open(sql)?), catalog, None, None)
            }
        };
        let starting = |name| SourceStatus {
            name,
            state: SourceState::Starting,
            latency_ms: None,
            last_success: None,
            error: None,
        };
        let status =
            [SourceName::FgwDatabase, SourceName::AirflowDatabase, SourceName::LenzApi].map(starting);
        let catalog_calls = Mutex::new(Arc::new(CatalogCalls::new(catalog.essentials())));
        Ok(Self {
            runs,
            catalog,
            business_date,
            environment,
            clock: clock.clone(),
            status: Mutex::new(status),
            catalog_calls,
        })
    }

    /// How the sources are to `audience`, as of their last calls.
    pub(crate) fn status(&self, audience: &Audience) -> Vec<SourceStatus> {
        let all = self.lock().to_vec();
        if audience.sees_all() { all } else { self.catalog_calls().narrow(audience, &all) }
    }

    /// How the catalog's last calls went.
    pub(crate) fn catalog_calls(&self) -> Arc<CatalogCalls> {
        self.catalog_calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a call on `name` and remembers how it went.
    pub(crate) async fn observe<T>(
        &self,
        name: SourceName,
        call: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, SourceError> {
        metrics::counter!("sentry_source_calls_total", "source" => name.as_str()).increment(1);
        let started = Instant::now();
        let answer = call.await;
        self.record(name, started.elapsed(), answer.as_ref().err());
        answer
    }

    /// Makes a trivial call on Airflow's database; on the workflow database too where no poll
    /// has asked it yet.
    pub(crate) async fn check_airflow(&self) {
        let fresh = self
            .lock()
            .iter()
            .any(|status| status.name == SourceName::FgwDatabase && status.state == SourceState::Starting);
        if fresh {
            self.check_databases().await;
        } else {
            let _ = self.observe(SourceName::AirflowDatabase, self.runs.check_airflow()).await;
        }
    }

    /// Makes a trivial call on each database.
    pub(crate) async fn check_databases(&self) {
        let _ = tokio::join!(
            self.observe(SourceName::FgwDatabase, self.runs.check_workflow()),
            self.observe(SourceName::AirflowDatabase, self.runs.check_airflow()),
        );
    }

    /// Remembers which essentials a call on the catalog answered and failed for.
    pub(crate) fn record_catalog(&self, took: Duration, outcome: &RefreshOutcome) {
        let now = self.clock.now();
        let mut calls = self.catalog_calls.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut calls).record(outcome, took, now);
    }

    /// Says more of why the last call on `name` failed, if only for a part of what it asked.
    pub(crate) fn explain(&self, name: SourceName, error: String) {
        if let Some(status) = self.lock().iter_mut().find(|status| status.name == name) {
            status.error = Some(error);
        }
    }

    /// Counts `name` as down where no call on it has ended yet; `why` completes its label.
    pub(crate) fn record_late(&self, name: SourceName, why: &str) {
        let mut all = self.lock();
        let status = all.iter_mut().find(|status| status.name == name);
        let Some(status) = status.filter(|status| status.state == SourceState::Starting) else { return };
        status.state = SourceState::Down;
        status.error = Some(why.to_owned());
        tracing::warn!(source = name.as_str(), "{} {why}", name.label());
    }

    /// Remembers how a call on `name` went, and logs when that changes.
    pub(crate) fn record(&self, name: SourceName, took: Duration, error: Option<&SourceError>) {
        let now: Timestamp = self.clock.now();
        let mut all = self.lock();
        let Some(status) = all.iter_mut().find(|status| status.name == name) else { return };
        let was = status.state;
        status.latency_ms = Some(took.as_millis() as u64);
        match error {
            None => {
                status.state = SourceState::Up;
                status.last_success = Some(now);
                status.error = None;
                if was == SourceState::Down {
                    tracing::info!(source = name.as_str(), "{} answers again", name.label());
                }
            }
            Some(error) => {
                status.state = SourceState::Down;
                status.error = Some(error.to_string());
                metrics::counter!("sentry_source_errors_total", "source" => name.as_str()).increment(1);
                let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                if was == SourceState::Down {
                    tracing::debug!(source = name.as_str(), cause, "{} {error}", name.label());
                } else {
                    tracing::warn!(source = name.as_str(), cause, "{} {error}", name.label());
                }
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, [SourceStatus; 3]> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
