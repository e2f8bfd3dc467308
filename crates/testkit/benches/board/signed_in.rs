//! What a session costs, and the same load as without one.

use crate::Setup;
use crate::page::first_bytes;
use crate::sentry::Sentry;
use crate::table::{Row, number, percentile};
use crate::wrk::Load;

/// Both servers in turn, so that the machine's moods are the same for both.
const TURNS: usize = 10;

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let open = Sentry::reference(setup).await?;
    let closed = Sentry::reference(setup).await?;
    let cookie = closed.become_owner().await?;
    let requests = setup.choose(100, 10);
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        without.extend(first_bytes(open.address, None, requests).await?.0);
        with.extend(first_bytes(closed.address, Some(&cookie), requests).await?.0);
    }
    let (without, with) = (percentile(&mut without, 50.0)?, percentile(&mut with, 50.0)?);
    drop(open);
    let mut rows = vec![Row::at_most(
        "a session adds to /, p50",
        (with - without).max(0.0),
        1.0,
        "ms",
        format!(
            "time to first byte of {} pages each, in turns on one connection: {} ms with a session, {} ms in open mode",
            TURNS * requests,
            number(with),
            number(without)
        ),
    )];
    for (path, bar, unit) in [("/api/essentials", 10_000.0, "requests/s"), ("/", 800.0, "pages/s")] {
        let url = closed.url(path);
        let load = Load {
            url: &url,
            connections: 32,
            seconds: setup.choose(10, 2),
            encoding: None,
            cookie: Some(&cookie),
        };
        Load { seconds: 1, ..load }.run().await?;
        let found = load.run().await?;
        let how =
            format!("{}; p50 {} ms, p99 {} ms", load.describe(), number(found.p50_ms), number(found.p99_ms));
        rows.push(Row::at_least(&format!("signed in: GET {path}"), found.per_second, bar, unit, how));
        if path != "/" {
            rows.push(Row::at_most(
                &format!("signed in: GET {path}: p99"),
                found.p99_ms,
                10.0,
                "ms",
                "the same run",
            ));
        }
    }
    Ok(rows)
}
