//! A private MariaDB: an ordinary user's process with its own data folder, on loopback and
//! a free port, that accepts nothing but TLS and ends with the test.

pub(crate) mod certificates;
mod estate;
mod large;
mod process;

pub use estate::Databases;
pub use large::{LargeEstate, load_large_estate};

use process::Process;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{ConnectOptions, Executor};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

const ADMIN_PASSWORD: &str = "admin-of-a-test";

/// A running server. Dropping it stops the server and deletes its data; so does the end of
/// the process, however it comes.
pub struct MariaDb {
    dir: PathBuf,
    port: u16,
    options: Vec<String>,
    process: Mutex<Option<Process>>,
}

impl MariaDb {
    /// Starts a server. Panics where MariaDB is not installed, and says what to install.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server whose certificate is for the host `name` only, as that of a server
    /// behind a load balancer is.
    pub fn start_as_host(name: &str) -> Self {
        Self::start_for(&[name], &[])
    }

    /// Starts a server with further options of `mariadbd`, for example
    /// `--innodb-buffer-pool-size=4G`.
    pub fn start_with(options: &[&str]) -> Self {
        Self::start_for(&["127.0.0.1", "localhost"], options)
    }

    fn start_for(host_names: &[&str], options: &[&str]) -> Self {
        let dir = process::initialise();
        certificates::write(&dir, host_names);
        let init = format!(
            "CREATE USER IF NOT EXISTS 'admin'@'%' IDENTIFIED BY '{ADMIN_PASSWORD}';\n\
             GRANT ALL ON *.* TO 'admin'@'%' WITH GRANT OPTION;\n"
        );
        std::fs::write(dir.join("init.sql"), init).expect("write init.sql");
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let (process, port) = Process::spawn_on_free_port(&dir, &options);
        Self { dir, port, options, process: Mutex::new(Some(process)) }
    }

    /// The one server that the tests of a binary share; start one of your own to stop it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<MariaDb> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Its address.
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// Its port; the same after [`Self::start_again`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The authority that issued its certificate.
    pub fn pem_path(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// An authority that did not.
    pub fn foreign_pem_path(&self) -> PathBuf {
        self.dir.join("foreign-ca.pem")
    }

    /// Connects as the administrator.
    pub async fn admin(&self) -> MySqlConnection {
        self.connect_as("admin", ADMIN_PASSWORD).await
    }

    /// Connects as the user of `databases`, without anything that we do to a session.
    pub async fn connect(&self, databases: &Databases) -> MySqlConnection {
        self.connect_as(&databases.user, &databases.password).await
    }

    async fn connect_as(&self, user: &str, password: &str) -> MySqlConnection {
        let options = MySqlConnectOptions::new()
            .host(self.host())
            .port(self.port)
            .username(user)
            .password(password)
            .ssl_mode(MySqlSslMode::VerifyCa)
            .ssl_ca(self.pem_path());
        options.connect().await.unwrap_or_else(|error| panic!("connect as {user}: {error}"))
    }

    /// Runs statements as the administrator.
    pub async fn execute(&self, sql: &str) {
        let mut admin = self.admin().await;
        let done = admin.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await;
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
            *slot = Some(Process::spawn(&self.dir, self.port, &self.options).expect("start again"));
        }
    }

    /// Makes the server fall silent: it keeps its connections and answers nothing.
    pub fn freeze(&self) {
        process::signal(&self.dir, "STOP");
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        process::signal(&self.dir, "CONT");
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its folder: data, certificates and log.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
