//! Workflow runs and tasks in MySQL, MariaDB or SQLite.
//!
//! Read-only by construction: every session is set to read-only before its first query
//! (SQLite files are opened so), and the statements of `sql/query.rs` and what a guard let
//! through ([`CheckedQuery`]) are all there is. The server ends each of them at the time limit. The workflow and the Airflow database are
//! two, and are never joined.

mod checked;
mod engine;
mod fault;
pub(crate) mod memory;
mod mysql;
mod query;
mod read;
mod row;
mod sqlite;

pub use checked::{CheckedQuery, ResultTable};

use crate::error::SourceError;
use engine::TextRow;
use model::source::SourceName;
use model::{BusinessDate, DagId, DatasetId, RunId, RunRow, TaskRow};
use mysql::MySqlDatabase;
use query::PagedQuery;
use secrecy::SecretString;
use serde::Deserialize;
use sqlite::SqliteDatabase;
use std::collections::HashSet;
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
pub struct SqlRuns {
    workflow: Database,
    airflow: Database,
    max_rows: usize,
}

/// How long a check may take, login included.
const CHECK_TIMEOUT: Duration = Duration::from_secs(7);

enum Database {
    MySql(Box<MySqlDatabase>),
    Sqlite(SqliteDatabase),
}

impl SqlRuns {
    /// Prepares the pools. Connects to nothing, so a server that is down fails no start.
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`SourceError::Settings`] where `pem_path` names a file that holds no certificate, or
    /// a limit is zero.
    pub fn open(settings: SqlSettings) -> Result<Self, SourceError> {
        let limits = match &settings {
            SqlSettings::MySql(settings) => settings.limits,
            SqlSettings::Sqlite(settings) => settings.limits,
        };
        if limits.timeout.is_zero() || limits.max_rows == 0 {
            return Err(SourceError::Settings("QUERY_TIMEOUT and MAX_QUERY_ROWS must be above 0".to_owned()));
        }
        let (workflow, airflow) = match settings {
            SqlSettings::MySql(settings) => {
                let (workflow, airflow) = MySqlDatabase::open_both(&settings)?;
                (Database::MySql(workflow.into()), Database::MySql(airflow.into()))
            }
            SqlSettings::Sqlite(settings) => {
                let database = SqliteDatabase::open(&settings);
                (Database::Sqlite(database.clone()), Database::Sqlite(database))
            }
        };
        Ok(Self { workflow, airflow, max_rows: limits.max_rows })
    }

    /// Every run of `date` that made one of `datasets`, in no particular order. Reads as many
    /// pages as there are: the answer is never truncated. All pages of up to 1,000 datasets
    /// are of one instant.
    ///
    /// Dataset ids are compared as whole strings, whatever the database's collation says.
    /// NULL reads as empty text where the column may be NULL.
    ///
    /// # Errors
    /// [`SourceError::Malformed`] names the row whose key, dataset or times cannot be read
    /// (for example a date of `0000-00-00`): leaving it out would make the board wrong
    /// without anyone knowing, and inventing a time no better.
    pub async fn list_runs(
        &self,
        date: BusinessDate,
        datasets: &[DatasetId],
    ) -> Result<Vec<RunRow>, SourceError> {
        let wanted: HashSet<&DatasetId> = datasets.iter().collect();
        let distinct: Vec<&DatasetId> = wanted.iter().copied().collect();
        let mut runs = Vec::new();
        for chunk in distinct.chunks(query::MAX_DATASETS) {
            let rows = match &self.workflow {
                Database::MySql(database) => database.list_runs(date, chunk, self.max_rows).await?,
                Database::Sqlite(database) => {
                    database.read(&query::runs(date, chunk, self.max_rows, "")).await?
                }
            };
            for row in rows {
                runs.push(row::read_run(date, row)?);
            }
        }
        runs.retain(|run| wanted.contains(&run.dataset_id));
        Ok(runs)
    }

    /// The tasks of one run, by start, those that never started last.
    pub async fn list_tasks(&self, dag_id: &DagId, run_id: &RunId) -> Result<Vec<TaskRow>, SourceError> {
        let rows = self.airflow.read(&query::tasks(dag_id, run_id, self.max_rows)).await?;
        let mut tasks = rows.into_iter().map(row::read_task).collect::<Result<Vec<_>, _>>()?;
        tasks.sort_by_key(|task| (task.started_at.is_none(), task.started_at));
        Ok(tasks)
    }

    /// The names of the columns of a table; none where the database has no such table.
    pub async fn list_columns(&self, database: SourceName, table: &str) -> Result<Vec<String>, SourceError> {
        let database = match database {
            SourceName::AirflowDatabase => &self.airflow,
            SourceName::FgwDatabase | SourceName::LenzApi => &self.workflow,
        };
        let query = match database {
            Database::MySql(_) => query::mysql_columns(table),
            Database::Sqlite(_) => query::sqlite_columns(table),
        };
        let rows = database.read(&query).await?;
        Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    /// Makes a trivial call to the workflow database. Takes 7 seconds at most.
    pub async fn check_workflow(&self) -> Result<(), SourceError> {
        self.workflow.check().await
    }

    /// Makes a trivial call to Airflow's database. Takes 7 seconds at most.
    pub async fn check_airflow(&self) -> Result<(), SourceError> {
        self.airflow.check().await
    }
}

impl Database {
    async fn read(&self, query: &PagedQuery) -> Result<Vec<TextRow>, SourceError> {
        match self {
            Self::MySql(database) => database.read(query).await,
            Self::Sqlite(database) => database.read(query).await,
        }
    }

    async fn check(&self) -> Result<(), SourceError> {
        match tokio::time::timeout(CHECK_TIMEOUT, self.read(&query::ping())).await {
            Ok(answer) => answer.map(drop),
            Err(_) => Err(SourceError::TimedOut { limit_s: CHECK_TIMEOUT.as_secs() }),
        }
    }
}
