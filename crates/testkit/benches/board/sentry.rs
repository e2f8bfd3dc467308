//! The program under measurement, as a process of its own.

use crate::http::Connection;
use crate::{Setup, workspace};
use anyhow::{Context, bail};
use serde_json::Value;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::oidc_provider::browser;

/// Longer than this no start takes; the bar is far below.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The time that the reference estate stands at.
pub(crate) const REFERENCE_NOW: &str = "2026-02-18T12:09:40Z";

/// A running `sentry serve`. Dropping it ends it.
pub(crate) struct Sentry {
    child: Child,
    log: PathBuf,
    /// What it keeps.
    data: TempDir,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From spawning the process until `/readyz` names no source that is missing.
    pub(crate) ready_after: Duration,
}

impl Sentry {
    /// Serves the reference estate with its clock stopped.
    pub(crate) async fn reference(setup: &Setup) -> anyhow::Result<Self> {
        let estate = workspace().join("crates/testkit/fixtures/estate.json");
        let estate = estate.to_str().context("the project's path is no UTF-8")?.to_owned();
        Self::start(setup, &["--estate", &estate, "--now", REFERENCE_NOW], &[]).await
    }

    /// Starts with these options of `serve` and this environment, and waits until it is ready.
    pub(crate) async fn start(
        setup: &Setup,
        options: &[&str],
        environment: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")?;
        let address = free.local_addr().context("find a free port")?;
        drop(free);
        let log_path = log_path()?;
        let log = File::create(&log_path).with_context(|| format!("create {}", log_path.display()))?;
        let data = tempfile::tempdir().context("make a folder")?;
        let mut command = Command::new(&setup.sentry);
        command
            .args(["serve", "--listen", &address.to_string(), "--data-dir"])
            .arg(data.path())
            .args(options);
        // Only what is given counts, not what this shell is set up for.
        command.env_clear().envs(environment.iter().map(|(name, value)| (*name, value)));
        command.current_dir(std::env::temp_dir());
        command.stdin(Stdio::null()).stdout(log.try_clone().context("share the log")?).stderr(log);
        let started = Instant::now();
        let child = command.spawn().with_context(|| format!("start {}", setup.sentry.display()))?;
        let mut sentry = Self { child, log: log_path.clone(), data, address, ready_after: Duration::ZERO };
        while !sentry.is_ready().await {
            let log = || std::fs::read_to_string(&log_path).unwrap_or_default();
            if let Some(status) = sentry.child.try_wait().context("look after the program")? {
                bail!("sentry ended with {status}: {}", log().trim());
            }
            if started.elapsed() > START_LIMIT {
                bail!("sentry is not ready after {} s: {}", START_LIMIT.as_secs(), log().trim());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        sentry.ready_after = started.elapsed();
        Ok(sentry)
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut connection) = Connection::open(self.address).await else { return false };
        let Ok(answer) = connection.get("/readyz").await else { return false };
        let readiness: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        answer.status == 200 && readiness["not_ready"].as_array().is_some_and(Vec::is_empty)
    }

    /// Asks once, and wants a 200.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let answer = Connection::open(self.address).await?.get(path).await?;
        if answer.status != 200 {
            bail!("{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(answer.body)
    }

    /// Waits until the sources have answered for today's board.
    pub(crate) async fn wait_for_board(&self) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            match self.get("/api/essentials").await {
                Ok(_) => return Ok(()),
                Err(error) if started.elapsed() > START_LIMIT => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Makes the first owner by the link that it printed; the cookie of the owner's session.
    pub(crate) async fn become_owner(&self) -> anyhow::Result<String> {
        let log = std::fs::read_to_string(&self.log).context("read the log")?;
        let link = log.split("/setup/").nth(1).and_then(|rest| rest.split_whitespace().next());
        let form = [
            ("link", link.context("no set-up link in the log")?),
            ("email", "bench@example.org"),
            ("name", "bench"),
            ("password", "correct horse battery staple"),
        ];
        let made = browser().post(self.url("/api/ui/create_first_owner")).form(&form).send().await?;
        let cookie =
            made.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok()?.split(';').next());
        cookie.map(str::to_owned).with_context(|| format!("no session: {}", made.status()))
    }

    /// What a client types.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All files of what it keeps.
    pub(crate) fn data_bytes(&self) -> anyhow::Result<u64> {
        let mut bytes = 0;
        let mut folders = vec![self.data.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
                let entry = entry.context("list the data folder")?;
                let metadata = entry.metadata().context("look at a file of the data folder")?;
                if metadata.is_dir() { folders.push(entry.path()) } else { bytes += metadata.len() }
            }
        }
        Ok(bytes)
    }

    /// A figure of `/proc/PID/status` in megabytes (10⁶ bytes): `VmRSS` or `VmHWM`.
    pub(crate) fn memory_mb(&self, name: &str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .context("read the program's status")?;
        let kib = status.lines().find_map(|line| {
            line.strip_prefix(name)?
                .trim_start_matches(':')
                .trim()
                .trim_end_matches(" kB")
                .parse::<f64>()
                .ok()
        });
        Ok(kib.with_context(|| format!("there is no {name} in the program's status"))? * 1024.0 / 1e6)
    }
}

impl Drop for Sentry {
    fn drop(&mut self) {
        // It has no state of its own that an orderly end would save.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A log for each start of a run.
fn log_path() -> anyhow::Result<PathBuf> {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let logs = workspace().join("target/logs");
    std::fs::create_dir_all(&logs).with_context(|| format!("create {}", logs.display()))?;
    Ok(logs.join(format!("bench-sentry-{}.log", STARTED.fetch_add(1, Ordering::Relaxed))))
}
