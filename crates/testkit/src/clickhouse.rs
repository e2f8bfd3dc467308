//! A private ClickHouse: its engine, from PyPI's `chdb-core`, behind its HTTP interface
//! (`clickhouse/server.py`, which says what differs from a whole server), on loopback and a free
//! port. It ends with the test.
//!
//! On two cores it takes 0.6 s to start, and stores 270,000 rows of 570 bytes a second in inserts of
//! 10,000 rows, 15,000 in inserts of 100. Its client needs `Compression::None`.

use crate::keeper::{Keeper, Signal};
use crate::oidc_provider::browser;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// A running server. Dropping it stops the server and deletes its data; so does the end of the
/// process, however it comes.
pub struct ClickHouse {
    dir: PathBuf,
    port: u16,
    databases: AtomicU32,
    process: Mutex<Option<Keeper>>,
}

impl ClickHouse {
    /// The one user.
    pub const USER: &str = "writer";
    /// The user's password.
    pub const PASSWORD: &str = "password-of-a-tests-clickhouse";

    /// Starts a server. Panics where it is not installed, and says how to.
    pub fn start() -> Self {
        let dir =
            tempfile::Builder::new().prefix("sentry-clickhouse-").tempdir().expect("create a folder").keep();
        let (process, port) = Keeper::start(&dir, |port| command(&dir, port), answers);
        Self { dir, port, databases: AtomicU32::new(0), process: Mutex::new(Some(process)) }
    }

    /// The one server that the tests of a binary share; start one of your own to stop it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<ClickHouse> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Where its HTTP interface is, without user and database.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Makes a new, empty database and returns its name.
    pub async fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute(&format!("CREATE DATABASE {name}")).await;
        name
    }

    /// Runs a query and returns its answer: tabs between columns, a line for each row.
    ///
    /// # Panics
    /// ClickHouse refuses the query.
    pub async fn execute(&self, sql: &str) -> String {
        let request = browser().post(self.url()).body(sql.to_owned());
        let request = request.header("X-ClickHouse-User", Self::USER);
        let request = request.header("X-ClickHouse-Key", Self::PASSWORD);
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a whole answer");
        assert!(status.is_success(), "{sql}: {text}");
        text
    }

    /// Stops the server in order and keeps its data.
    pub fn stop(&self) {
        self.end(Signal::Term);
    }

    /// Ends the server as a crash does, and keeps what it had written.
    pub fn kill(&self) {
        self.end(Signal::Kill);
    }

    /// Starts a stopped server on the same port and data.
    pub fn start_again(&self) {
        let mut slot = self.slot();
        if slot.is_none() {
            let started =
                Keeper::start_again(&self.dir, &command(&self.dir, self.port), || answers(self.port));
            *slot = Some(started.expect("start again"));
        }
    }

    fn end(&self, signal: Signal) {
        if let Some(process) = self.slot().take() {
            process.end(signal);
        }
    }

    fn slot(&self) -> MutexGuard<'_, Option<Keeper>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ClickHouse {
    fn drop(&mut self) {
        match self.slot().take() {
            Some(process) => process.abandon(),
            None => drop(std::fs::remove_dir_all(&self.dir)),
        }
    }
}

fn command(dir: &Path, port: u16) -> Vec<OsString> {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = crate_root.join("../../target/python/clickhouse/bin/python");
    let is_installed = python.with_file_name("../.installed-list").exists();
    assert!(
        is_installed,
        "ClickHouse is not installed: `scripts/install/python-parts.sh crates/testkit/clickhouse`, or `make setup`"
    );
    vec![
        "env".into(),
        // Neither UTC nor ours: what forgets a column's zone shows.
        "TZ=Asia/Kolkata".into(),
        python.into(),
        crate_root.join("clickhouse/server.py").into(),
        dir.join("data").into(),
        port.to_string().into(),
        ClickHouse::USER.into(),
        ClickHouse::PASSWORD.into(),
    ]
}

/// Whether it has loaded its data and takes queries.
fn answers(port: u16) -> bool {
    let ping = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.write_all(b"GET /ping HTTP/1.1\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    ping().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
