//! Workflow runs and tasks in MySQL, MariaDB or SQLite, read-only by construction.

use crate::error::SourceError;
use model::{BusinessDate, DagId, DatasetId, RunId, RunRow, TaskRow};
use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// Which databases to read, and how.
#[derive(Clone, Debug)]
pub enum SqlSettings {
    /// MySQL, MariaDB or Aurora: two databases on one server.
    MySql(MySqlSettings),
    /// One SQLite file that holds both tables.
    Sqlite(SqliteSettings),
}

/// A MySQL, MariaDB or Aurora server, from its components: never a URL, because tokens
/// contain `%`, `@`, `&`, `?` and `=`.
#[derive(Clone, Debug)]
pub struct MySqlSettings {
    /// Host name or address (`RDS_HOST`).
    pub host: String,
    /// Port (`RDS_PORT`).
    pub port: u16,
    /// User (`RDS_USER`).
    pub user: String,
    /// Password or IAM token (`RDS_PASSWORD`).
    pub password: SecretString,
    /// File that holds a newer token (`RDS_PASSWORD_FILE`): read again when a login is refused.
    pub password_file: Option<PathBuf>,
    /// Certificate authorities of the server (`RDS_PEM_PATH`). Without that file the
    /// connection is encrypted, but nobody knows with whom.
    pub pem_path: Option<PathBuf>,
    /// What is checked of the server's certificate once `pem_path` is there.
    pub certificate_check: CertificateCheck,
    /// Database of `WORKFLOW_RUN_INSTANCE` (`FGW_DATABASE`).
    pub fgw_database: String,
    /// Database of `task_instance` (`AIRFLOW_DATABASE`).
    pub airflow_database: String,
    /// Bounds of every query.
    pub limits: QueryLimits,
}

/// What is checked of a server's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateCheck {
    /// Its issuer, and that it is for the host that we connect to.
    #[default]
    Host,
    /// Its issuer only: for a server behind a load balancer whose name the certificate
    /// does not carry. Weaker: the machine's own certificate authorities count as issuers too.
    Issuer,
}

/// A SQLite file with the same tables.
#[derive(Clone, Debug)]
pub struct SqliteSettings {
    /// The file; it is never created or written.
    pub path: PathBuf,
    /// Bounds of every query.
    pub limits: QueryLimits,
}

/// Bounds of every query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryLimits {
    /// After this the server ends the query (`QUERY_TIMEOUT`).
    pub timeout: Duration,
    /// Rows of one query (`MAX_QUERY_ROWS`); more are read page by page.
    pub max_rows: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), max_rows: 500 }
    }
}

/// Workflow runs and tasks in databases.
pub struct SqlRuns {}

impl SqlRuns {
    /// Prepares the pools. Connects to nothing, so that a server that is down fails no start.
    pub fn open(settings: SqlSettings) -> Result<Self, SourceError> {
        Err(SourceError::Settings(format!("not readable yet: {settings:?}")))
    }

    /// Every run of `date` that made one of `datasets`.
    pub async fn list_runs(
        &self,
        date: BusinessDate,
        datasets: &[DatasetId],
    ) -> Result<Vec<RunRow>, SourceError> {
        Err(SourceError::Settings(format!("{date} {}", datasets.len())))
    }

    /// The tasks of one run, by start, those that never started last.
    pub async fn list_tasks(&self, dag_id: &DagId, run_id: &RunId) -> Result<Vec<TaskRow>, SourceError> {
        Err(SourceError::Settings(format!("{dag_id} {run_id}")))
    }

    /// Makes a trivial call to each database: `(workflow, airflow)`.
    pub async fn check(&self) -> (Result<(), SourceError>, Result<(), SourceError>) {
        let refused = || Err(SourceError::Settings(String::new()));
        (refused(), refused())
    }
}
