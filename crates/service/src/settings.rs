//! What a service is built from. The server fills this from file and environment.

pub use ::telemetry::agent_state::Thresholds as AgentThresholds;
pub use ::telemetry::queue::QueueSettings;
pub use ::telemetry::store::ClickHouseSettings;
pub use estate::catalog::{EssentialSettings, LenzAuth, LenzSettings};
pub use estate::sql::{CertificateCheck, MySqlSettings, QueryLimits, SqlSettings, SqliteSettings};
pub use identity::ldap::LdapSettings;
pub use identity::oidc::OidcSettings;
pub use llm::{
    Azure, AzureApi, Compatible, Limits as ModelLimits, Price, Provider, ServicePrincipal, TokenPrice,
};
use std::path::PathBuf;
use std::time::Duration;
pub use store::{StoreKind, StoreSettings};

/// Everything that a service needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the estate is read.
    pub source: SourceSettings,
    /// Badge in the header, for example `PROD`.
    pub environment: String,
    /// Base of links into Airflow, without a trailing slash.
    pub airflow_base_url: Option<String>,
    /// Between two polls of today's board.
    pub poll_today: Duration,
    /// Between two polls of a past date that somebody reads.
    pub poll_past: Duration,
    /// How long after the start the first polls wait for the first read of the whole catalog, so
    /// that no board shows a part of it.
    pub catalog_wait: Duration,
    /// Where our own state is.
    pub store: StoreSettings,
    /// What is done with telemetry.
    pub telemetry: TelemetrySettings,
    /// How people sign in, besides by a password of ours.
    pub sign_in: SignInSettings,
    /// The model that helps to understand questions and to word answers; none unless set.
    pub model: Option<ModelSettings>,
    /// Only this machine can ask: without accounts, whoever asks owns everything.
    pub is_loopback: bool,
}

/// What is done with what agents tell of themselves.
#[derive(Debug, Clone)]
pub struct TelemetrySettings {
    /// The folder that holds it, in SQLite; made if it is not there.
    pub dir: PathBuf,
    /// A ClickHouse that holds it in place of the folder.
    pub clickhouse: Option<ClickHouseSettings>,
    /// A Redis that holds it until it is stored; without one each process stores what it takes.
    pub queue: Option<QueueSettings>,
    /// File with the prices of models; those that come with the program unless set.
    pub prices: Option<PathBuf>,
    /// When an agent is said to fail, or to be gone.
    pub agents: AgentThresholds,
    /// Bytes of requests that may be in memory at once. Beyond it senders are told to try again.
    pub in_flight_bytes: usize,
}

impl TelemetrySettings {
    /// Kept in `dir`, with the program's own prices; 128 MiB of requests at once.
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            clickhouse: None,
            queue: None,
            prices: None,
            agents: AgentThresholds::default(),
            in_flight_bytes: 128 << 20,
        }
    }
}

/// How people sign in, besides by a password of ours.
#[derive(Debug, Clone, Default)]
pub struct SignInSettings {
    /// An OpenID Connect provider.
    pub oidc: Option<OidcSettings>,
    /// A directory.
    pub ldap: Option<LdapSettings>,
}

/// Which model is asked, and what it may take.
#[derive(Debug, Clone)]
pub struct ModelSettings(pub(crate) llm::Settings);

impl ModelSettings {
    /// A call ends within 12 s, retries included: a turn has 30 s, and answers without the model
    /// where that does not come.
    pub fn new(provider: Provider) -> Self {
        let limits = ModelLimits {
            first_byte_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(12),
            retries: 1,
            max_retry_after: Duration::from_secs(3),
            ..ModelLimits::default()
        };
        Self(llm::Settings { provider, limits, price: None })
    }

    /// What a call may take.
    pub fn limits(&self) -> &ModelLimits {
        &self.0.limits
    }

    /// The same with other bounds.
    #[must_use]
    pub fn with_limits(mut self, limits: ModelLimits) -> Self {
        self.0.limits = limits;
        self
    }

    /// The same, its costs counted.
    #[must_use]
    pub fn with_price(mut self, price: Price) -> Self {
        self.0.price = Some(price);
        self
    }

    /// What tokens cost, where that is known.
    pub fn price(&self) -> Option<Price> {
        self.0.price
    }

    /// Deployment or model, as the operator calls it.
    pub fn name(&self) -> &str {
        match &self.0.provider {
            Provider::Azure(azure) => &azure.deployment,
            Provider::Compatible(server) => &server.model,
        }
    }
}

/// Where the estate is read.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "there is one a process")]
pub enum SourceSettings {
    /// Made-up data, labelled as such.
    Demo {
        /// The same seed and time give the same data.
        seed: u64,
    },
    /// A file in the format of the reference estate.
    File(PathBuf),
    /// Databases and the catalog's API.
    Real {
        /// Workflow runs and tasks.
        sql: SqlSettings,
        /// The catalog.
        lenz: LenzSettings,
        /// Names, aliases, order and dependencies.
        essentials: Vec<EssentialSettings>,
        /// How long a catalog answer counts as fresh.
        lenz_cache_ttl: Duration,
    },
}

impl Settings {
    /// Settings with the default intervals (15 s today, 5 min for past dates, 8 s for the catalog), our own state and
    /// telemetry in SQLite in `data_dir`, passwords only, and for this machine only.
    pub fn new(source: SourceSettings, environment: impl Into<String>, data_dir: PathBuf) -> Self {
        Self {
            source,
            environment: environment.into(),
            airflow_base_url: None,
            poll_today: Duration::from_secs(15),
            poll_past: Duration::from_secs(300),
            catalog_wait: Duration::from_secs(8),
            telemetry: TelemetrySettings::new(data_dir.clone()),
            store: StoreSettings { kind: StoreKind::Sqlite { dir: data_dir } },
            sign_in: SignInSettings::default(),
            model: None,
            is_loopback: true,
        }
    }
}
