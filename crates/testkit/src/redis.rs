//! A private Redis that keeps what it acknowledged: on loopback and a free port, with a password,
//! every write synced to its file before the answer. It ends with the test.

use crate::keeper::{self, Keeper, Signal};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A running server. Dropping it stops the server and deletes its data; so does the end of the
/// process, however it comes.
pub struct Redis {
    dir: PathBuf,
    port: u16,
    process: Mutex<Option<Keeper>>,
}

impl Redis {
    /// Its password.
    pub const PASSWORD: &str = "password-of-a-tests-redis";

    /// Starts a server. Panics where Redis is not installed, and says how to.
    pub fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("sentry-redis-").tempdir().expect("create a folder").keep();
        let (process, port) = Keeper::start(&dir, |port| command(&dir, port), answers);
        Self { dir, port, process: Mutex::new(Some(process)) }
    }

    /// Its URL, with the password.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", Self::PASSWORD, self.port)
    }

    /// Runs a command, its words apart by spaces, and returns the answer as `redis-cli` prints it to a
    /// file: a line for each element, an empty one for nothing.
    ///
    /// # Panics
    /// Redis refuses the command.
    pub fn execute(&self, command: &str) -> String {
        let words = command.split_whitespace();
        let output = cli(self.port).arg("-e").args(words).output().expect("run redis-cli");
        let said = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        let refused = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {said}{refused}");
        said
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

impl Drop for Redis {
    fn drop(&mut self) {
        match self.slot().take() {
            Some(process) => process.abandon(),
            None => drop(std::fs::remove_dir_all(&self.dir)),
        }
    }
}

fn command(dir: &Path, port: u16) -> Vec<OsString> {
    let mut command = vec![program("redis-server").into_os_string()];
    let port = port.to_string();
    for (name, value) in [
        ("--bind", "127.0.0.1"),
        ("--port", &port),
        ("--requirepass", Redis::PASSWORD),
        ("--appendonly", "yes"),
        ("--appendfsync", "always"),
        ("--save", ""),
    ] {
        command.extend([name, value].map(OsString::from));
    }
    command.push("--dir".into());
    command.push(dir.into());
    command
}

/// Whether it has read its data and takes commands with the password.
fn answers(port: u16) -> bool {
    let pong = cli(port).arg("PING").output().expect("run redis-cli");
    pong.stdout.starts_with(b"PONG")
}

fn cli(port: u16) -> Command {
    let mut command = Command::new(program("redis-cli"));
    command.args(["-h", "127.0.0.1", "-p", &port.to_string()]).env("REDISCLI_AUTH", Redis::PASSWORD);
    command
}

/// One of Redis' programs: where set-up unpacks them, else where systems keep them.
fn program(name: &str) -> PathBuf {
    let unpacked = keeper::tools().join("redis");
    let folders =
        [&unpacked, Path::new("/usr/bin"), Path::new("/usr/local/bin"), Path::new("/opt/homebrew/bin")];
    let mut candidates = folders.map(|folder| folder.join(name)).into_iter();
    candidates
        .find(|candidate| candidate.exists())
        .unwrap_or_else(|| panic!("{name} is not installed: scripts/install/redis.sh, or `make setup`"))
}
