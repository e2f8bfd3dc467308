//! Takes out what is too old, beside everything else.

use crate::store::{RecordKind, Store, StoreResult};
use jiff::SignedDuration;
use model::identity::ProjectId;
use model::telemetry::{Retention, UnixNanos};
use std::time::Instant;

/// For how many days records of a kind are kept.
fn days(retention: &Retention, kind: RecordKind) -> u16 {
    match kind {
        RecordKind::Spans => retention.spans,
        RecordKind::Metrics => retention.metrics,
        RecordKind::Logs => retention.logs,
        RecordKind::Events => retention.events,
        RecordKind::Minutes => retention.minutes,
        RecordKind::Rollups => retention.rollups,
    }
}

/// Takes out all records of a project that are older at `now` than they are kept, and says in how many
/// steps. Each is bounded, and after it as much time is left to others as it took.
///
/// # Errors
/// The store does not take a step: what was taken out before stays so.
pub async fn prune(
    store: &dyn Store,
    project: &ProjectId,
    retention: &Retention,
    now: UnixNanos,
) -> StoreResult<u64> {
    let mut steps = 0;
    for kind in RecordKind::ALL {
        let kept = SignedDuration::from_hours(24 * i64::from(days(retention, kind)));
        let kept = i64::try_from(kept.as_nanos()).unwrap_or(i64::MAX);
        let before = UnixNanos(now.0.saturating_sub(kept));
        loop {
            let begun = Instant::now();
            let has_more = store.prune(project, kind, before).await?;
            steps += 1;
            metrics::counter!("sentry_telemetry_prune_steps_total").increment(1);
            if !has_more {
                break;
            }
            tokio::time::sleep(begun.elapsed()).await;
        }
    }
    Ok(steps)
}
