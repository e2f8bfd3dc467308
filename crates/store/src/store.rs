//! The open database.

use crate::directory::DataDirectory;
use crate::error::{Error, Result};
use crate::migrate::migrate;
use model::Clock;
use secrecy::{ExposeSecret, SecretString};
use sqlx::any::{Any, AnyConnectOptions, AnyPoolOptions};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, Executor, Transaction};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// How long a start waits for the database.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long a request waits for a connection: a database that is gone is told from a busy one
/// by this only.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(3);
const SQLITE_CONNECTIONS: u32 = 8;
const POSTGRES_CONNECTIONS: u32 = 10;

/// Where our own state is.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// The kind of database, with its place.
    pub kind: StoreKind,
}

/// The kinds of database that can hold our own state.
#[derive(Clone, Debug)]
pub enum StoreKind {
    /// The file `sentry.db` in a folder of ours.
    Sqlite {
        /// The data directory; made if it is not there.
        dir: PathBuf,
    },
    /// A PostgreSQL server, 12 or later.
    Postgres {
        /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with `sslmode` and `sslrootcert` as
        /// libpq knows them.
        url: SecretString,
    },
}

/// Our own state. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    pool: AnyPool,
    dialect: Dialect,
    clock: Clock,
    /// SQLite knows one writer at a time. In this process they queue here, in order, instead
    /// of asking the file again and again.
    writer: Mutex<()>,
    /// Held open: its lock keeps others from replacing the database.
    _directory: Option<DataDirectory>,
}

/// Which of the two it is, for the few statements that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Store {
    /// Opens the database, makes it if it is not there, and brings its schema up to date. Safe
    /// when several processes start at once.
    ///
    /// # Errors
    /// [`Error::Directory`] or [`Error::Unavailable`] when it cannot be reached,
    /// [`Error::NewerSchema`] when a later version has written it, [`Error::Invalid`] for a URL
    /// that is none.
    pub async fn open(settings: &StoreSettings, clock: Clock) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let (options, dialect, directory) = match &settings.kind {
            StoreKind::Sqlite { dir } => {
                let directory = DataDirectory::enter(dir).await?;
                let options = sqlite_options(SqliteConnectOptions::new().filename(directory.database()))?;
                (options, Dialect::Sqlite, Some(directory))
            }
            StoreKind::Postgres { url } => (postgres_options(url)?, Dialect::Postgres, None),
        };
        let mut connection = connect(&options, dialect).await?;
        if dialect == Dialect::Sqlite {
            connection.execute("PRAGMA journal_mode = WAL").await?;
        }
        migrate(&mut connection, dialect, &clock).await?;
        connection.close().await?;
        let directory = match directory {
            Some(directory) => Some(directory.share().await?),
            None => None,
        };
        let connections = match dialect {
            Dialect::Sqlite => SQLITE_CONNECTIONS,
            Dialect::Postgres => POSTGRES_CONNECTIONS,
        };
        let pool = pool(options, dialect, connections);
        Ok(Self(Arc::new(Shared { pool, dialect, clock, writer: Mutex::new(()), _directory: directory })))
    }

    /// A database that is only read, where it stands: a backup.
    pub(crate) async fn over_file(options: SqliteConnectOptions) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let options = sqlite_options(options)?;
        // Says at once what is wrong; the pool would try again.
        connect(&options, Dialect::Sqlite).await?.close().await?;
        let pool = pool(options, Dialect::Sqlite, 1);
        let clock = Clock::system();
        let shared =
            Shared { pool, dialect: Dialect::Sqlite, clock, writer: Mutex::new(()), _directory: None };
        Ok(Self(Arc::new(shared)))
    }

    pub(crate) fn pool(&self) -> &AnyPool {
        &self.0.pool
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Waits for this process's turn to write.
    pub(crate) async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        match self.0.dialect {
            Dialect::Sqlite => Some(self.0.writer.lock().await),
            Dialect::Postgres => None,
        }
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin_transaction(&self) -> Result<Transaction<'static, Any>> {
        Ok(match self.0.dialect {
            Dialect::Sqlite => self.pool().begin_with("BEGIN IMMEDIATE").await?,
            Dialect::Postgres => self.pool().begin().await?,
        })
    }

    /// Ends all connections. Whoever still uses a clone gets [`Error::Unavailable`].
    pub async fn close(&self) {
        self.pool().close().await;
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.0.dialect).finish()
    }
}

fn sqlite_options(options: SqliteConnectOptions) -> Result<AnyConnectOptions> {
    Ok(quiet(AnyConnectOptions::from_url(&options.to_url_lossy())?))
}

fn postgres_options(url: &SecretString) -> Result<AnyConnectOptions> {
    // The driver's own words could repeat the URL, which holds a password.
    let invalid = || Error::Invalid("DATABASE_URL is not a URL of the form postgres://…".to_owned());
    let url = url.expose_secret();
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(invalid());
    }
    PgConnectOptions::from_str(url).map_err(|_| invalid())?;
    Ok(quiet(AnyConnectOptions::from_str(url).map_err(|_| invalid())?))
}

/// Statements are no news: values could be personal.
fn quiet(options: AnyConnectOptions) -> AnyConnectOptions {
    options.disable_statement_logging()
}

fn pool(options: AnyConnectOptions, dialect: Dialect, connections: u32) -> AnyPool {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_LIMIT)
        // A server may have gone away meanwhile, a file has not.
        .test_before_acquire(dialect == Dialect::Postgres)
        .after_connect(move |connection, _| Box::pin(prepare(connection, dialect)))
        .connect_lazy_with(options)
}

async fn connect(options: &AnyConnectOptions, dialect: Dialect) -> Result<AnyConnection> {
    let mut connection = tokio::time::timeout(CONNECT_LIMIT, AnyConnection::connect_with(options))
        .await
        .map_err(|_| Error::Unavailable(sqlx::Error::PoolTimedOut))??;
    prepare(&mut connection, dialect).await?;
    Ok(connection)
}

/// What holds for every connection.
async fn prepare(connection: &mut AnyConnection, dialect: Dialect) -> sqlx::Result<()> {
    let statements = match dialect {
        // FULL: an acknowledged record survives a power cut.
        Dialect::Sqlite => {
            "PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF"
        }
        // A process that hangs in a write must not stop all others for ever.
        Dialect::Postgres => {
            "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'; \
             SET synchronous_commit = on; SET client_min_messages = warning"
        }
    };
    connection.execute(sqlx::raw_sql(statements)).await?;
    Ok(())
}
