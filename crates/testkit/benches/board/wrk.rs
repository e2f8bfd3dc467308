//! The load generator `wrk`, with its findings as JSON.

use crate::workspace;
use anyhow::{Context, bail};
use serde_json::Value;
use std::process::{Command, Stdio};

/// One load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load<'a> {
    /// What is asked for, whole.
    pub(crate) url: &'a str,
    /// Connections, each with one request under way at any time.
    pub(crate) connections: u32,
    /// How long.
    pub(crate) seconds: u32,
    /// `Accept-Encoding`, where it is sent.
    pub(crate) encoding: Option<&'a str>,
    /// `Cookie`, where one is sent.
    pub(crate) cookie: Option<&'a str>,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Findings {
    /// Whole answers a second.
    pub(crate) per_second: f64,
    /// Median time to a whole answer, in milliseconds.
    pub(crate) p50_ms: f64,
    /// 99th percentile of the same.
    pub(crate) p99_ms: f64,
    /// Bytes of one answer, with its head.
    pub(crate) bytes_each: f64,
}

/// Threads of wrk. More than one only takes the second core from the server.
const THREADS: u32 = 1;

impl Load<'_> {
    /// Runs it. An answer that is not 2xx or 3xx, or none at all, fails the measurement.
    pub(crate) async fn run(self) -> anyhow::Result<Findings> {
        let mut command = Command::new("wrk");
        command
            .arg(format!("-t{THREADS}"))
            .arg(format!("-c{}", self.connections))
            .arg(format!("-d{}s", self.seconds))
            .args(["--timeout", "5s", "-s"])
            .arg(workspace().join("bench/wrk.lua"));
        if let Some(encoding) = self.encoding {
            command.arg("-H").arg(format!("accept-encoding: {encoding}"));
        }
        if let Some(cookie) = self.cookie {
            command.arg("-H").arg(format!("cookie: {cookie}"));
        }
        command.arg(self.url).stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output()).await?;
        let output = output.context("run wrk: install it (Debian: apt-get install wrk)")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find(|line| line.starts_with('{'));
        let line = line.with_context(|| {
            format!("wrk found nothing: {text}{}", String::from_utf8_lossy(&output.stderr))
        })?;
        let found: Value = serde_json::from_str(line).with_context(|| format!("read `{line}`"))?;
        let figure = |name: &str| found[name].as_f64().with_context(|| format!("wrk tells no {name}"));
        let (requests, errors) = (figure("requests")?, figure("errors")?);
        if requests == 0.0 || errors > 0.0 {
            bail!("{}: {requests} answers, {errors} errors", self.url);
        }
        Ok(Findings {
            per_second: requests / (figure("duration_us")? / 1e6),
            p50_ms: figure("p50_us")? / 1e3,
            p99_ms: figure("p99_us")? / 1e3,
            bytes_each: figure("bytes")? / requests,
        })
    }

    /// How it was done, for the table.
    pub(crate) fn describe(&self) -> String {
        format!("wrk -t{THREADS} -c{} -d{}s", self.connections, self.seconds)
    }
}
