//! Memory while nobody asks for anything.

use crate::Setup;
use crate::sentry::Sentry;
use crate::table::{Row, number};
use std::time::Duration;

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let sentry = Sentry::reference(setup).await?;
    sentry.get("/").await?;
    sentry.get("/api/essentials").await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let how = format!(
        "VmRSS 3 s after one page and one REST answer of the reference estate; most so far (VmHWM) {} MB",
        number(sentry.memory_mb("VmHWM")?)
    );
    Ok(vec![Row::at_most("memory idle", sentry.memory_mb("VmRSS")?, 80.0, "MB", how)])
}
