//! The agents page of somebody who looks at it while all that comes in.

use crate::http::Connection;
use crate::sentry::Sentry;
use crate::table::{Row, number, percentile};
use anyhow::{Context, ensure};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A page that has not heard of anything for so long is not live. Changes are told once a second.
const QUIET_LIMIT: Duration = Duration::from_secs(10);

/// Follows telemetry, and asks for the page at each change, as a browser does.
pub(super) struct Watching {
    task: JoinHandle<anyhow::Result<Seen>>,
}

/// What was seen.
#[derive(Default)]
struct Seen {
    /// From the end of one whole page to the end of the next one.
    gaps_ms: Vec<f64>,
    /// From asking for a page to its end.
    pages_ms: Vec<f64>,
}

impl Watching {
    /// Looks until a load of so many seconds is over.
    pub(super) fn start(sentry: &Sentry, seconds: u64) -> Self {
        let until = Instant::now() + Duration::from_secs(seconds);
        Self { task: tokio::spawn(watch(sentry.address, until)) }
    }

    pub(super) async fn row(self, load: &str) -> anyhow::Result<Row> {
        let Seen { mut gaps_ms, mut pages_ms } = self.task.await??;
        let slowest_gap = percentile(&mut gaps_ms, 100.0).context("the page never changed")?;
        let slowest_page = percentile(&mut pages_ms, 100.0)?;
        let how = format!(
            "GET /agents at each change that /api/live/telemetry tells, {} times: longest time between two whole \
             pages; p50 {} ms; a page took p50 {} ms, at most {} ms",
            pages_ms.len(),
            number(percentile(&mut gaps_ms, 50.0)?),
            number(percentile(&mut pages_ms, 50.0)?),
            number(slowest_page)
        );
        Ok(Row::at_most(&format!("{load}: /agents beside it"), slowest_gap, 3000.0, "ms", how))
    }
}

async fn watch(address: SocketAddr, until: Instant) -> anyhow::Result<Seen> {
    let mut changes = Connection::open(address).await?.follow("/api/live/telemetry").await?;
    let mut pages = Connection::open(address).await?;
    let mut seen = Seen::default();
    let mut before: Option<Instant> = None;
    while Instant::now() < until {
        let event = timeout(QUIET_LIMIT, changes.next()).await.context("no change was told")??;
        if event.name != "change" {
            continue;
        }
        let answer = pages.get("/agents").await?;
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(answer.status == 200 && text.contains("support-copilot"), "{}: no agents", answer.status);
        seen.pages_ms.push(answer.total.as_secs_f64() * 1e3);
        seen.gaps_ms.extend(before.map(|before| before.elapsed().as_secs_f64() * 1e3));
        before = Some(Instant::now());
    }
    Ok(seen)
}
