//! The use cases: what a reader of SENTRY can ask for, one module a feature. Each takes the
//! actor first, checks what that actor may do, acts, and answers with types of `model`.
//!
//! Pages and HTTP call this crate and nothing below it. It never renders, never parses HTTP
//! and lets readers cause few queries: the first poll of a date, a refresh of the catalog, the
//! tasks of a run that somebody opens, and what a question needs of the past.
//! Start with [`Service`]; [`boards`] holds the snapshots that everything reads.

pub mod accounts;
pub mod ask;
pub mod audience;
pub mod audit;
pub mod boards;
pub mod catalog;
pub mod error;
pub mod essentials;
pub mod failures;
pub mod health;
pub mod keys;
pub mod live;
pub mod members;
pub mod profile;
pub mod projects;
pub mod runs;
pub mod server_view;
pub mod settings;
pub mod sign_in;
mod sources;
pub mod storage;
pub mod tasks;
pub mod telemetry;

pub use accounts::{Identified, Presented};
pub use audience::Audience;
pub use boards::Snapshot;
pub use error::Error;
pub use settings::{Settings, SourceSettings};
pub use sign_in::{NewAccount, SessionToken};

use self::telemetry::{OwnTurns, Telemetry};
use accounts::Accounts;
use ask::{Asking, Queries};
use audit::Refusals;
use boards::Boards;
use catalog::FirstRead;
use model::identity::Project;
use model::view::Estate;
use model::{Actor, BusinessDate, Capability, Clock};
use sources::Sources;
use std::future::Future;
use std::sync::Arc;
use store::{Store, StoreKind};

/// The answer of a use case.
pub type Result<T> = std::result::Result<T, Error>;

/// All use cases over one estate. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    clock: Clock,
    estate: Estate,
    sources: Sources,
    boards: Boards,
    first_read: FirstRead,
    tasks: tasks::TaskCache,
    asking: Asking,
    accounts: Accounts,
    refusals: Refusals,
    telemetry: Telemetry,
    own_turns: OwnTurns,
    /// The project that the batch estate belongs to.
    estate_project: Arc<Project>,
}

impl Service {
    /// Builds the sources. A source that is down is no error: the pollers keep trying and
    /// every answer says so. Our own database must be there.
    ///
    /// # Errors
    /// Settings that cannot work: an unreadable estate file, a malformed address, a data
    /// directory that cannot be used.
    pub async fn open(settings: Settings, clock: Clock) -> Result<Self> {
        let demo = matches!(settings.source, SourceSettings::Demo { .. });
        let boards = Boards::new(&settings);
        let first_read = FirstRead::within(settings.catalog_wait);
        let asking = Asking::open(settings.model, Queries::new(&settings.source), &clock)?;
        let sources = Sources::open(settings.source, &clock)?;
        let telemetry = Telemetry::new(settings.telemetry)?;
        let estate = Estate {
            environment: sources.environment.clone().unwrap_or(settings.environment),
            demo,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            airflow_base_url: settings.airflow_base_url,
        };
        let tasks = tasks::TaskCache::new();
        let place = match &settings.store.kind {
            StoreKind::Sqlite { dir } => dir.display().to_string(),
            StoreKind::Postgres { .. } => "DATABASE_URL".to_owned(),
        };
        let store = Store::open(&settings.store, clock.clone()).await?;
        let estate_project = projects::find_or_create_estate_project(&store).await?;
        let accounts = Accounts::open(store, place, settings.sign_in, settings.is_loopback, &clock).await?;
        let refusals = Refusals::new();
        Ok(Self(Arc::new(Inner {
            clock,
            estate,
            sources,
            boards,
            first_read,
            tasks,
            asking,
            accounts,
            refusals,
            telemetry,
            own_turns: OwnTurns::default(),
            estate_project: Arc::new(estate_project),
        })))
    }

    /// Keeps catalog and boards fresh until `shutdown` completes.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.keep_catalog_fresh() => {}
            () = self.keep_boards_fresh() => {}
            () = self.keep_airflow_checked() => {}
            () = self.keep_accounts() => {}
            () = self.keep_refusals_recorded() => {}
            () = self.keep_lost_turns_ended() => {}
            () = self.prepare_queries() => {}
            () = self.keep_telemetry_open(None) => {}
            () = self.keep_turns_stored() => {}
        }
    }

    /// What does not change while the server runs.
    pub fn get_estate(&self, actor: &Actor) -> Result<Estate> {
        self.require(actor, Capability::ViewEstate)?;
        Ok(self.0.estate.clone())
    }

    /// The date that is shown where none is asked for: the estate file's, or today's in UTC.
    pub fn today(&self) -> BusinessDate {
        self.0.sources.business_date.unwrap_or_else(|| {
            BusinessDate::from(self.0.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date())
        })
    }

    /// The clock that everything here runs by.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }
}
