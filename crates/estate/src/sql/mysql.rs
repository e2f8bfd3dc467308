//! A pool of sessions on one database of a MySQL, MariaDB or Aurora server.

mod login;

use super::engine::TextRow;
use super::query::{self, PagedQuery};
use super::{CertificateCheck, MySqlSettings, QueryLimits, ResultTable, fault, read};
use crate::error::SourceError;
use login::Login;
use model::{BusinessDate, DatasetId};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sqlx::mysql::{MySql, MySqlConnectOptions, MySqlConnection, MySqlPool, MySqlPoolOptions, MySqlSslMode};
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Executor};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Sessions of one pool. They are opened when needed and none is kept open for its own sake:
/// the pool's upkeep of a minimum waits for a server that is down with places of the pool in
/// hand, and would keep readers out for a minute after it is back.
const MAX_CONNECTIONS: u32 = 15;

/// A session is replaced at this age. There is no idle time-out below it: a session
/// outlives the token that it logged in with, so closing an idle one early would only ask
/// for a token again.
const MAX_LIFETIME: Duration = Duration::from_secs(5 * 60 * 60);

/// How long to wait for a session: for a free one, or for TCP, TLS and login of a new one.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// `ORDER BY` the primary key with a `LIMIT` tempts the optimiser into walking that key, past
/// millions of rows of other dates. Without it, it takes the index on `BUSINESS_DATE`, which
/// InnoDB keeps in the order of the primary key within a date, or where fewer rows are
/// wanted the one on `OUTPUT_DATASET_ID`.
const AVOID_PRIMARY_KEY: &str = "IGNORE INDEX (PRIMARY)";

pub(super) struct MySqlDatabase {
    pool: MySqlPool,
    /// The workflow "table" is a view, or has no primary key: a hint would be an error.
    takes_no_hint: AtomicBool,
    login: Login,
    limits: QueryLimits,
}

impl MySqlDatabase {
    /// The workflow and the Airflow database.
    pub(super) fn open_both(settings: &MySqlSettings) -> Result<(Self, Self), SourceError> {
        let options = connect_options(settings)?;
        let open = |label, database: &str| {
            let login = Login::new(label, settings, options.clone().database(database));
            let pool = pool_options(settings.limits).connect_lazy_with(login.options());
            Self { pool, takes_no_hint: AtomicBool::new(false), login, limits: settings.limits }
        };
        Ok((
            open("workflow database", &settings.fgw_database),
            open("Airflow database", &settings.airflow_database),
        ))
    }

    pub(super) async fn list_runs(
        &self,
        date: BusinessDate,
        datasets: &[&DatasetId],
        max_rows: usize,
    ) -> Result<Vec<TextRow>, SourceError> {
        if !self.takes_no_hint.load(Ordering::Relaxed) {
            let query = query::runs(date, datasets, max_rows, AVOID_PRIMARY_KEY);
            match self.read(&query).await {
                Err(SourceError::Refused(cause)) if fault::is_unknown_index(&*cause) => {
                    tracing::warn!("WORKFLOW_RUN_INSTANCE has no primary key: reading it may be slow");
                    self.takes_no_hint.store(true, Ordering::Relaxed);
                }
                result => return result,
            }
        }
        self.read(&query::runs(date, datasets, max_rows, "")).await
    }

    pub(super) async fn read(&self, query: &PagedQuery) -> Result<Vec<TextRow>, SourceError> {
        read::read_pages(self.session().await?, query, self.limits).await
    }

    pub(super) async fn run(&self, sql: &str, max_examined_rows: u64) -> Result<ResultTable, SourceError> {
        read::run_checked(self.session().await?, sql, max_examined_rows, self.limits).await
    }

    /// A session that is logged in and set up. A refused login is tried once more when the
    /// password file holds something new.
    async fn session(&self) -> Result<PoolConnection<MySql>, SourceError> {
        let used = self.login.generation();
        let mut session = self.acquire().await;
        if matches!(session, Err(SourceError::LoginRejected(_))) && self.login.renew(used, &self.pool) {
            session = self.acquire().await;
        }
        match &session {
            Ok(_) => self.login.note_accepted(),
            Err(SourceError::LoginRejected(_)) => self.login.note_rejected(),
            Err(_) => {}
        }
        session
    }

    async fn acquire(&self) -> Result<PoolConnection<MySql>, SourceError> {
        self.pool.acquire().await.map_err(|error| fault::classify_opening(error, self.limits))
    }
}

/// Everything but the password and the database.
fn connect_options(settings: &MySqlSettings) -> Result<MySqlConnectOptions, SourceError> {
    let options = MySqlConnectOptions::new()
        .host(&settings.host)
        .port(settings.port)
        .username(&settings.user)
        .charset("utf8mb4")
        .timezone(Some("+00:00".to_owned()))
        // IAM tokens are sent as they are; every mode below encrypts.
        .enable_cleartext_plugin(true);
    match settings.pem_path.as_deref().filter(|path| path.exists()) {
        Some(path) => {
            check_pem(path)?;
            let mode = match settings.certificate_check {
                CertificateCheck::Host => MySqlSslMode::VerifyIdentity,
                CertificateCheck::Issuer => MySqlSslMode::VerifyCa,
            };
            Ok(options.ssl_mode(mode).ssl_ca(path))
        }
        None => {
            tracing::warn!(
                "no file at RDS_PEM_PATH: connections to the databases are encrypted, but the server is not verified"
            );
            Ok(options.ssl_mode(MySqlSslMode::Required))
        }
    }
}

fn check_pem(path: &Path) -> Result<(), SourceError> {
    let certificates: Result<Vec<_>, _> = match CertificateDer::pem_file_iter(path) {
        Ok(certificates) => certificates.collect(),
        Err(error) => Err(error),
    };
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(()),
        Ok(_) => Err(SourceError::Settings("the file at RDS_PEM_PATH holds no certificate".to_owned())),
        Err(error) => {
            tracing::error!(%error, path = %path.display(), "RDS_PEM_PATH cannot be read");
            Err(SourceError::Settings("the file at RDS_PEM_PATH cannot be read as PEM".to_owned()))
        }
    }
}

fn pool_options(limits: QueryLimits) -> MySqlPoolOptions {
    MySqlPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .max_lifetime(MAX_LIFETIME)
        .idle_timeout(None)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(true)
        .after_connect(move |connection, _| Box::pin(set_up(connection, limits)))
}

/// Makes a session read-only and gives it the time limit, in the words of its server.
/// (The driver has set its zone to UTC.)
async fn set_up(connection: &mut MySqlConnection, limits: QueryLimits) -> sqlx::Result<()> {
    let version: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(&mut *connection).await?;
    connection.execute(AssertSqlSafe(limit_statement(&version, limits))).await?;
    connection.execute("SET SESSION TRANSACTION READ ONLY").await?;
    Ok(())
}

/// MariaDB counts in seconds, MySQL and Aurora in milliseconds.
fn limit_statement(version: &str, limits: QueryLimits) -> String {
    if version.contains("MariaDB") {
        format!("SET SESSION max_statement_time = {}", limits.timeout.as_secs_f64())
    } else {
        format!("SET SESSION MAX_EXECUTION_TIME = {}", limits.timeout.as_millis().max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_in_the_words_of_the_server() {
        for (version, timeout_ms, expect) in [
            ("10.11.19-MariaDB-0+deb12u1", 10_000, "SET SESSION max_statement_time = 10"),
            ("10.11.19-MariaDB-0+deb12u1", 250, "SET SESSION max_statement_time = 0.25"),
            ("8.0.39", 10_000, "SET SESSION MAX_EXECUTION_TIME = 10000"),
            ("8.0.mysql_aurora.3.08.0", 250, "SET SESSION MAX_EXECUTION_TIME = 250"),
        ] {
            let limits = QueryLimits { timeout: Duration::from_millis(timeout_ms), max_rows: 500 };
            assert_eq!(limit_statement(version, limits), expect);
        }
    }
}
