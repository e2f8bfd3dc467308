//! Time from start to ready.

use crate::Setup;
use crate::sentry::Sentry;
use crate::table::{Row, number, percentile};

const STARTS: usize = 5;

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let mut seconds = Vec::new();
    for _ in 0..STARTS {
        seconds.push(Sentry::reference(setup).await?.ready_after.as_secs_f64());
    }
    let median = percentile(&mut seconds, 50.0)?;
    let slowest_ms = percentile(&mut seconds, 100.0)? * 1e3;
    let how = format!(
        "reference estate; spawn to the first /readyz that misses no source; median of {STARTS} starts, slowest {} ms",
        number(slowest_ms)
    );
    Ok(vec![Row::at_most("ready after start", median * 1e3, 500.0, "ms", how)])
}
