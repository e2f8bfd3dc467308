//! The board as the server renders it.

use crate::Setup;
use crate::http::Connection;
use crate::sentry::Sentry;
use crate::table::{Row, number, percentile};
use crate::wrk::Load;
use anyhow::ensure;
use std::net::SocketAddr;
use std::time::Duration;

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let sentry = Sentry::reference(setup).await?;
    check_page(&sentry.get("/").await?)?;
    let url = sentry.url("/");
    let load =
        Load { url: &url, connections: 32, seconds: setup.choose(10, 2), encoding: None, cookie: None };
    Load { seconds: 1, ..load }.run().await?;
    let found = load.run().await?;
    let requests = setup.choose(1000, 100);
    let (mut alone, whole) = first_bytes(sentry.address, None, requests).await?;
    let beside = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        first_bytes(sentry.address, None, setup.choose(200, 20)).await
    };
    let (loaded, beside) = tokio::join!(load.run(), beside);
    loaded?;
    let (mut beside, _) = beside?;
    Ok(vec![
        Row::at_least(
            "rendered /",
            found.per_second,
            800.0,
            "pages/s",
            format!(
                "{}: {} bytes a page, not compressed; whole page p50 {} ms, p99 {} ms",
                load.describe(),
                number(found.bytes_each),
                number(found.p50_ms),
                number(found.p99_ms)
            ),
        ),
        Row::at_most(
            "/: time to first byte, p50",
            percentile(&mut alone, 50.0)?,
            5.0,
            "ms",
            format!(
                "{requests} requests one after the other on 1 connection, nothing else; p99 {} ms, \
                 whole page p50 {} ms",
                number(percentile(&mut alone, 99.0)?),
                number(whole)
            ),
        ),
        Row::information(
            "/: time to first byte under full load, p50",
            format!("{} ms", number(percentile(&mut beside, 50.0)?)),
            format!("1 connection beside {} on both cores", load.describe()),
        ),
    ])
}

/// Milliseconds to the first byte of each of `requests` pages on one connection, and the median
/// to the whole page.
pub(crate) async fn first_bytes(
    address: SocketAddr,
    cookie: Option<&str>,
    requests: usize,
) -> anyhow::Result<(Vec<f64>, f64)> {
    let mut connection = Connection::open(address).await?.with_cookie(cookie);
    let (mut first, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..requests {
        let answer = connection.get("/").await?;
        ensure!(answer.status == 200, "/: {}", answer.status);
        check_page(&answer.body)?;
        first.push(answer.first_byte.as_secs_f64() * 1e3);
        whole.push(answer.total.as_secs_f64() * 1e3);
    }
    let whole = percentile(&mut whole, 50.0)?;
    Ok((first, whole))
}

/// A fast page that is not the whole board would prove nothing.
fn check_page(body: &[u8]) -> anyhow::Result<()> {
    let page = String::from_utf8_lossy(body);
    for shown in ["<title>SENTRY", "DERIVATIVES", "FR2052A (6G)", "</html>"] {
        ensure!(page.contains(shown), "the rendered page does not hold `{shown}`");
    }
    Ok(())
}
