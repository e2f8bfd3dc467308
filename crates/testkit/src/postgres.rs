//! A private PostgreSQL: an ordinary user's process with its own data folder, on loopback and
//! a free port, that ends with the test.

mod process;

use process::Process;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Executor};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

const ADMIN_PASSWORD: &str = "admin-of-a-test";

/// A running server. Dropping it stops the server and deletes its data; so does the end of
/// the process, however it comes.
pub struct Postgres {
    dir: PathBuf,
    port: u16,
    databases: AtomicU32,
    process: Mutex<Option<Process>>,
}

impl Postgres {
    /// Starts a server. Panics where PostgreSQL is not installed, and says what to install.
    pub fn start() -> Self {
        let dir = process::initialise(ADMIN_PASSWORD);
        let (process, port) = Process::spawn_on_free_port(&dir);
        Self { dir, port, databases: AtomicU32::new(0), process: Mutex::new(Some(process)) }
    }

    /// The one server that the tests of a binary share; start one of your own to stop it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The URL of a database, as its administrator.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://admin:{ADMIN_PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes a new, empty database and returns its URL.
    pub async fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("CREATE DATABASE {name}")).await;
        self.url(&name)
    }

    /// Connects to a database as the administrator.
    pub async fn admin(&self, database: &str) -> PgConnection {
        let options = PgConnectOptions::from_str(&self.url(database)).expect("a URL");
        options.connect().await.expect("connect as the administrator")
    }

    /// Runs statements in a database as the administrator.
    pub async fn execute(&self, database: &str, sql: &str) {
        let done = self.admin(database).await.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Stops the server and keeps its data.
    pub fn stop(&self) {
        if let Some(process) = self.slot().take() {
            process.stop();
        }
    }

    /// Starts a stopped server on the same port and data.
    pub fn start_again(&self) {
        let mut slot = self.slot();
        if slot.is_none() {
            *slot = Some(Process::spawn(&self.dir, self.port).expect("start again"));
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its folder: data and log.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
