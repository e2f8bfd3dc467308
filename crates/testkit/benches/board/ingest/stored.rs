//! What pages take while ten million spans are stored.

use super::load::Load;
use super::requests::{SPANS_EACH, Spans, head};
use super::sender::Sender;
use super::start;
use crate::Setup;
use crate::http::Connection;
use crate::sentry::Sentry;
use crate::table::{Row, number, percentile};
use anyhow::{Context, ensure};
use model::Clock;
use model::telemetry::{TraceId, UnixNanos};
use std::time::Duration;
use testkit::telemetry::{Fleet, Template};

const DAY: Duration = Duration::from_secs(86_400);
/// Over so much time they are spread: as much as the longest range that pages offer.
const STORED_TIME: Duration = DAY.saturating_mul(30);
/// Longer than this no filling takes.
const FILL_LIMIT_S: u64 = 600;
/// Each sends over a connection of its own.
const AGENTS: usize = 16;
const LARGE_TRACE_SPANS: usize = 30_000;
const TIMES_ASKED: usize = 20;

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let (sentry, key) = start(setup).await?;
    let spans: u64 = setup.choose(10_000_000, 200_000);
    let before = sentry.data_bytes()?;
    let requests = spans / (SPANS_EACH * AGENTS) as u64;
    let sent = Spans::past(AGENTS, sentry.address, &key, requests, STORED_TIME);
    let (filled, _) = Load { address: sentry.address, seconds: FILL_LIMIT_S }.run(sent).await?;
    let stored = filled.requests * SPANS_EACH;
    ensure!(stored as u64 == spans, "only {stored} spans were stored within {FILL_LIMIT_S} s");
    let trace_id = send_large_trace(&sentry, &key).await?;
    let bytes_each = (sentry.data_bytes()? - before) as f64 / (stored + LARGE_TRACE_SPANS) as f64;

    let millions = format!("{} spans stored", number(stored as f64));
    let mut rows = vec![Row::information(
        &millions,
        format!("{} spans/s", number(filled.per_second * SPANS_EACH as f64)),
        format!(
            "over {} days of their own; {} bytes a span on disk",
            STORED_TIME.as_secs() / DAY.as_secs(),
            number(bytes_each)
        ),
    )];
    let trace = format!("/traces/{trace_id}");
    let spans_shown = number(LARGE_TRACE_SPANS as f64);
    for (page, path, shows, most_ms) in [
        ("agents page", "/agents", "support-copilot", 200.0),
        ("agents page of 30 days", "/agents?from=now-30d", "support-copilot", 200.0),
        ("cost page", "/costs", "support-copilot", 200.0),
        ("cost page by model", "/costs?by=model", "gpt-4o-mini", 200.0),
        ("cost page by session", "/costs?by=session", "session-", 200.0),
        ("trace of 30,000 spans", trace.as_str(), spans_shown.as_str(), 1000.0),
    ] {
        rows.push(ask(&sentry, page, path, shows, most_ms).await.with_context(|| path.to_owned())?);
    }
    Ok(rows)
}

/// The whole page, again and again; the first time nothing of it was read before.
async fn ask(sentry: &Sentry, page: &str, path: &str, shows: &str, most_ms: f64) -> anyhow::Result<Row> {
    let mut connection = Connection::open(sentry.address).await?;
    let mut took_ms = Vec::with_capacity(TIMES_ASKED);
    let mut bytes = 0;
    for _ in 0..TIMES_ASKED {
        let answer = connection.get(path).await?;
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(answer.status == 200 && text.contains(shows), "{}: shows no {shows}", answer.status);
        bytes = answer.body.len();
        took_ms.push(answer.total.as_secs_f64() * 1e3);
    }
    let first = took_ms[0];
    let slowest = percentile(&mut took_ms, 100.0)?;
    let how = format!(
        "GET {path}, {TIMES_ASKED} times: slowest; first {} ms, p50 {} ms; {} kB rendered",
        number(first),
        number(percentile(&mut took_ms, 50.0)?),
        number(bytes as f64 / 1e3)
    );
    Ok(Row::at_most(page, slowest, most_ms, "ms", how))
}

/// One trace in requests of [`SPANS_EACH`], as an exporter would.
async fn send_large_trace(sentry: &Sentry, key: &str) -> anyhow::Result<TraceId> {
    let ended = UnixNanos::from(Clock::system().now());
    let began = UnixNanos(ended.0 - DAY.as_nanos() as i64);
    let spans = Fleet::new(0).large_trace(LARGE_TRACE_SPANS, began);
    let mut sender = Sender::open(sentry.address).await?;
    for part in spans.chunks(SPANS_EACH) {
        let head = |length| head("/v1/traces", "application/x-protobuf", sentry.address, key, length);
        sender.send(Template::traces(part, head).renew(0, 0)).await?;
    }
    Ok(spans.first().context("a trace has spans")?.trace_id)
}
