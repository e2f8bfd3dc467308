//! Costs of agents that tell what a request costs, and of no call of a model.

use crate::telemetry::steps::{NANOS_AN_HOUR, minutes_between};
use ::telemetry::analysis::volume;
use ::telemetry::rollup::{Bucket, Spend};
use ::telemetry::store::{Grouping, SeriesQuery, SharedStore, StoreResult, Sum, TimeRange};
use model::identity::ProjectId;
use model::telemetry::{AgentName, MetricName, UnixNanos};
use std::collections::BTreeMap;

/// Whose calls they are: no model is named.
const NO_MODEL: &str = "";

/// Makes what such agents report calls of a model that is not named, in sums by agent of `step_ns` each.
///
/// It is [`volume::cost`] by the hour, because a throughput stands for the time that it is summed over.
pub(super) async fn count_reported(
    store: &SharedStore,
    project: &ProjectId,
    sums: &mut [Sum],
    step_ns: i64,
    now: UnixNanos,
) -> StoreResult<()> {
    let mut places: BTreeMap<AgentName, BTreeMap<UnixNanos, usize>> = BTreeMap::new();
    for (place, sum) in sums.iter().enumerate() {
        if let Some(agent) = sum.agent.as_ref().filter(|_| only_reports(&sum.bucket)) {
            places.entry(agent.clone()).or_default().insert(sum.start, place);
        }
    }
    let starts = || places.values().flat_map(BTreeMap::keys).copied();
    let (Some(first), Some(last)) = (starts().min(), starts().max()) else { return Ok(()) };
    if step_ns <= NANOS_AN_HOUR {
        for place in places.values().flat_map(BTreeMap::values) {
            let sum = &mut sums[*place];
            let spend = spend(&sum.bucket, sum.start, step_ns, now);
            add(&mut sum.bucket, &spend);
        }
        return Ok(());
    }
    let hours = SeriesQuery {
        range: TimeRange { from: first, until: UnixNanos(last.0 + step_ns) },
        agents: Some(places.keys().cloned().collect()),
        step_ns: NANOS_AN_HOUR,
        grouping: Grouping::ByAgent,
    };
    for hour in store.series(project, hours).await? {
        let of_agent = hour.agent.as_ref().and_then(|agent| places.get(agent));
        let before = of_agent.and_then(|starts| starts.range(..=hour.start).next_back());
        if let Some((start, place)) = before
            && hour.start.0 < start.0 + step_ns
        {
            add(&mut sums[*place].bucket, &spend(&hour.bucket, hour.start, NANOS_AN_HOUR, now));
        }
    }
    Ok(())
}

fn only_reports(bucket: &Bucket) -> bool {
    bucket.calls.is_empty() && bucket.numbers.contains_key(&MetricName::CostPerRequest)
}

/// Of a step that begins at `start`, as far as it is over.
fn spend(bucket: &Bucket, start: UnixNanos, step_ns: i64, now: UnixNanos) -> Spend {
    let end = UnixNanos((start.0 + step_ns).min(now.0));
    let requests = volume::requests(bucket, minutes_between(start, end));
    let cost = volume::cost(bucket, requests).unwrap_or_default();
    Spend { calls: requests.round() as i64, cost_picos: (cost * 1e12).round() as i64, ..Spend::default() }
}

fn add(bucket: &mut Bucket, spend: &Spend) {
    bucket.calls.entry(NO_MODEL.into()).or_default().spend.add(spend, 1);
}
