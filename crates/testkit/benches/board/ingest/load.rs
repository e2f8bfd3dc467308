//! Connections that each send, wait for the answer, and send again.

use super::requests::Requests;
use super::sender::Sender;
use crate::table::{number, percentile};
use anyhow::Context;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// This process.
const OURS: &str = "/proc/self/stat";
/// Of a second, in what Linux counts a process' time.
const TICK: Duration = Duration::from_millis(10);

/// One load.
#[derive(Clone, Copy)]
pub(super) struct Load {
    /// Where it is sent.
    pub(super) address: SocketAddr,
    /// How long, if there is so much to send.
    pub(super) seconds: u64,
}

/// What came of it.
pub(super) struct Found {
    /// Whole answers.
    pub(super) requests: usize,
    /// The same a second.
    pub(super) per_second: f64,
    /// Median time to a whole answer.
    p50_ms: f64,
    /// 99th percentile of the same.
    pub(super) p99_ms: f64,
    /// What this process computed meanwhile.
    pub(super) cpu: Duration,
    /// How long it took.
    took: Duration,
}

impl Found {
    /// Latencies, and what the load itself took of the machine.
    pub(super) fn describe(&self) -> String {
        format!(
            "p50 {} ms, p99 {} ms; the load took {:.2} cores, {:.0} µs a request",
            number(self.p50_ms),
            number(self.p99_ms),
            self.cpu.as_secs_f64() / self.took.as_secs_f64(),
            self.cpu.as_secs_f64() * 1e6 / self.requests as f64
        )
    }
}

impl Load {
    /// Runs it, a connection for each of `requests`, which it gives back. An answer that is not 2xx fails it.
    pub(super) async fn run<R: Requests>(self, requests: Vec<R>) -> anyhow::Result<(Found, Vec<R>)> {
        let mut sending = JoinSet::new();
        let (started, cpu) = (Instant::now(), cpu_time(OURS)?);
        let deadline = started + Duration::from_secs(self.seconds);
        for (place, mut requests) in requests.into_iter().enumerate() {
            sending.spawn(async move {
                let mut sender = Sender::open(self.address).await?;
                let mut latencies_ms = Vec::new();
                while Instant::now() < deadline {
                    let Some(request) = requests.next() else { break };
                    let sent = Instant::now();
                    sender.send(request).await?;
                    latencies_ms.push(sent.elapsed().as_secs_f64() * 1e3);
                }
                anyhow::Ok((place, latencies_ms, requests))
            });
        }
        let mut latencies_ms = Vec::new();
        let mut requests = Vec::new();
        while let Some(sent) = sending.join_next().await {
            let (place, latencies, of) = sent??;
            latencies_ms.extend(latencies);
            requests.push((place, of));
        }
        let took = started.elapsed();
        requests.sort_by_key(|(place, _)| *place);
        let found = Found {
            requests: latencies_ms.len(),
            per_second: latencies_ms.len() as f64 / took.as_secs_f64(),
            p50_ms: percentile(&mut latencies_ms, 50.0)?,
            p99_ms: percentile(&mut latencies_ms, 99.0)?,
            cpu: cpu_time(OURS)? - cpu,
            took,
        };
        Ok((found, requests.into_iter().map(|(_, requests)| requests).collect()))
    }
}

/// What a process or thread has computed so far, by its file `stat`.
pub(super) fn cpu_time(stat: &str) -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string(stat).with_context(|| format!("read {stat}"))?;
    // Behind the name, which may have anything in it: the state, ten more fields, time of its own, time in the kernel.
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>();
    Ok(TICK * ticks.with_context(|| format!("read {stat}: {text}"))?)
}
