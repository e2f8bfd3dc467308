//! `GET /api/essentials` under load.

use crate::Setup;
use crate::sentry::Sentry;
use crate::table::{Row, number};
use crate::wrk::Load;
use anyhow::{Context, ensure};
use serde_json::Value;

const PATH: &str = "/api/essentials";

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let sentry = Sentry::reference(setup).await?;
    check_answer(&sentry).await?;
    let url = sentry.url(PATH);
    let mut rows = Vec::new();
    let mut sizes = Vec::new();
    for (encoding, name) in [(None, "not compressed"), (Some("br"), "br")] {
        let load = Load { url: &url, connections: 32, seconds: setup.choose(10, 2), encoding, cookie: None };
        Load { seconds: 1, ..load }.run().await?;
        let found = load.run().await?;
        sizes.push(found.bytes_each);
        let how = format!(
            "{}, {name}: {} bytes an answer; p50 {} ms",
            load.describe(),
            number(found.bytes_each),
            number(found.p50_ms)
        );
        let what = format!("GET {PATH}, {name}");
        rows.push(Row::at_least(&what, found.per_second, 10_000.0, "requests/s", how));
        rows.push(Row::at_most(&format!("{what}: p99"), found.p99_ms, 10.0, "ms", "the same run"));
    }
    ensure!(sizes.is_sorted_by(|plain, br| br < plain), "the br answer is not compressed: {sizes:?} bytes");
    rows.push(Row::information(
        "memory after this load",
        format!("{} MB", number(sentry.memory_mb("VmRSS")?)),
        "VmRSS of the server",
    ));
    Ok(rows)
}

/// A fast answer that is not the board would prove nothing.
async fn check_answer(sentry: &Sentry) -> anyhow::Result<()> {
    let answer: Value = serde_json::from_slice(&sentry.get(PATH).await?).context("read the answer")?;
    let expected: Value = serde_json::from_str(testkit::reference::EXPECTED_DASHBOARD_JSON)?;
    let (summary, wanted) = (&answer["summary"], &expected["summary"]);
    ensure!(wanted.is_object() && summary == wanted, "{PATH} answers {summary}, not {wanted}");
    Ok(())
}
