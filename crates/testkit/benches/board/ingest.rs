//! What AI agents send: single metrics, and spans by the hundred.

mod load;
mod requests;
mod sender;
mod sink;
mod stored;
mod watching;

use crate::sentry::Sentry;
use crate::table::{Row, number};
use crate::{Setup, workspace};
use anyhow::{Context, ensure};
use load::{Found, Load};
use requests::{Metrics, Requests, SPANS_EACH, Spans};
use serde_json::Value;
use sink::Sink;
use testkit::oidc_provider::browser;
use watching::Watching;

const METRIC_CONNECTIONS: usize = 64;
/// Exporters of as many agents; each waits for its answer before it sends again.
const TRACE_CONNECTIONS: usize = 64;

const METRICS: &str = "POST /api/v1/metrics, one record each";
const TRACES: &str = "POST /v1/traces, 100 spans each";

pub(crate) use stored::measure as measure_stored;

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let mut rows = ceiling(setup).await?;
    rows.extend(metrics(setup).await?);
    rows.extend(traces(setup).await?);
    Ok(rows)
}

/// What the load reaches where nothing is done with it: the figures below it are the server's.
async fn ceiling(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let sink = Sink::start()?;
    let load = Load { address: sink.address, seconds: setup.choose(5, 1) };
    let metrics = run_beside(&sink, load, Metrics::many(METRIC_CONNECTIONS, sink.address, "none")).await?;
    let traces = run_beside(&sink, load, Spans::many(TRACE_CONNECTIONS, sink.address, "none")).await?;
    let how = |found: &Found| format!("against a server that only reads: {}", found.describe());
    let spans = format!("{} spans/s", number(traces.per_second * SPANS_EACH as f64));
    Ok(vec![
        Row::information(
            &format!("{METRICS}: the load alone"),
            format!("{} requests/s", number(metrics.per_second)),
            how(&metrics),
        ),
        Row::information(&format!("{TRACES}: the load alone"), spans, how(&traces)),
    ])
}

/// The sink is a thread of ours: what it computes is not the load's.
async fn run_beside<R: Requests>(sink: &Sink, load: Load, requests: Vec<R>) -> anyhow::Result<Found> {
    let before = sink.cpu_time()?;
    let (mut found, _) = load.run(requests).await?;
    found.cpu = found.cpu.saturating_sub(sink.cpu_time()? - before);
    Ok(found)
}

async fn metrics(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let (sentry, key) = start(setup).await?;
    let load = Load { address: sentry.address, seconds: setup.choose(10, 2) };
    let warm = Load { seconds: 1, ..load };
    let (_, requests) = warm.run(Metrics::many(METRIC_CONNECTIONS, sentry.address, &key)).await?;
    let (found, _) = load.run(requests).await?;
    let how = format!("{METRIC_CONNECTIONS} connections, {} s; {}", load.seconds, found.describe());
    Ok(vec![
        Row::at_least(METRICS, found.per_second, 12_000.0, "requests/s", how),
        Row::at_most(&format!("{METRICS}: p99"), found.p99_ms, 50.0, "ms", "the same run"),
        memory(&sentry, METRICS)?,
    ])
}

async fn traces(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let (sentry, key) = start(setup).await?;
    let before = sentry.data_bytes()?;
    let load = Load { address: sentry.address, seconds: setup.choose(10, 2) };
    let warm = Load { seconds: 1, ..load };
    let (warmed, requests) = warm.run(Spans::many(TRACE_CONNECTIONS, sentry.address, &key)).await?;
    let (found, requests) = load.run(requests).await?;
    check_stored(&sentry, &requests).await?;
    let spans = (warmed.requests + found.requests) * SPANS_EACH;
    let bytes_each = (sentry.data_bytes()? - before) as f64 / spans as f64;
    let how = format!("{TRACE_CONNECTIONS} connections, {} s; {}", load.seconds, found.describe());
    let per_second = found.per_second * SPANS_EACH as f64;
    let watching = Watching::start(&sentry, load.seconds);
    load.run(requests).await?;
    let watched = watching.row(TRACES).await?;
    Ok(vec![
        Row::at_least(TRACES, per_second, 120_000.0, "spans/s", how),
        memory(&sentry, TRACES)?,
        Row::at_most(
            "disk for a span",
            bytes_each,
            300.0,
            "bytes",
            format!("growth of the data folder by {} spans, all files", number(spans as f64)),
        ),
        watched,
    ])
}

/// A server with nothing in it, and a key that may send.
async fn start(setup: &Setup) -> anyhow::Result<(Sentry, String)> {
    let estate = workspace().join("crates/testkit/fixtures/estate.json");
    let estate = estate.to_str().context("the project's path is no UTF-8")?;
    let sentry = Sentry::start(setup, &["--estate", estate], &[]).await?;
    let form = [("name", "bench"), ("scopes[0]", "ingest"), ("scopes[1]", "read")];
    let made = browser().post(sentry.url("/api/ui/create_key")).form(&form).send().await?;
    let made: Value = serde_json::from_slice(&made.bytes().await?).context("read the key")?;
    let key = made["text"].as_str().with_context(|| format!("no key was made: {made}"))?.to_owned();
    Ok((sentry, key))
}

/// A fast answer for what is then not there would prove nothing.
async fn check_stored(sentry: &Sentry, requests: &[Spans]) -> anyhow::Result<()> {
    for requests in requests {
        let (trace_id, span_id) = requests.last_sent().context("a connection sent nothing")?;
        let found = sentry.get(&format!("/api/v1/traces/{trace_id}")).await?;
        let found = String::from_utf8_lossy(&found);
        ensure!(found.contains(&span_id.to_string()), "span {span_id} is not in its trace: {found}");
    }
    Ok(())
}

fn memory(sentry: &Sentry, load: &str) -> anyhow::Result<Row> {
    let most = sentry.memory_mb("VmHWM")?;
    Ok(Row::at_most(&format!("{load}: memory"), most, 300.0, "MB", "most during that load (VmHWM)"))
}
