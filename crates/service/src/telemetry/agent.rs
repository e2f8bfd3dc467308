//! One agent in depth.

mod errors;

use super::costs::{Means, advice, window};
use super::figures::{latency, measured, point, spend};
use super::steps::{NANOS_AN_HOUR, Steps, minutes_between, resolve};
use super::traces::row;
use crate::{Error, Result, Service};
use ::telemetry::analysis::{self, Bucket, Observed};
use ::telemetry::rollup::Bucket as Sums;
use ::telemetry::store::{
    AgentSummary, Grouping, Order, RecordQuery, SeriesQuery, StatusChange, Sum, TraceQuery,
};
use model::Actor;
use model::telemetry::view::{
    AgentDetail, AgentFacts, Diagnosis, Figure, FigureSeries, ModelUse, StatusRow, TimeRange,
};
use model::telemetry::{AgentId, AgentState, UnixNanos};
use std::cmp::Reverse;

/// Points of a chart, at most.
const MOST_POINTS: i64 = 100;
/// Traces and changes that are shown.
const RECENT_TRACES: usize = 20;
const RECENT_CHANGES: usize = 50;

impl Service {
    /// One agent of the actor's project, in a range of time and against the one before it.
    pub async fn get_agent(&self, actor: &Actor, id: AgentId, range: TimeRange) -> Result<AgentDetail> {
        let (project, open) = self.telemetry_of(actor).await?;
        let (store, project) = (&*open.store, &project.id);
        let now = self.clock().now().into();
        let steps = Steps::around(resolve(range, now)?, MOST_POINTS);
        let agents = store.agents(project).await?;
        let agent = agents.into_iter().find(|agent| agent.id == id);
        let agent = agent.ok_or_else(|| Error::not_found("agent", &id.to_string(), Vec::new()))?;
        let series = SeriesQuery {
            range: steps.range_to_read_with_before(now),
            agents: Some(vec![agent.name.clone()]),
            step_ns: steps.step_ns,
            grouping: Grouping::Together,
        };
        let records = RecordQuery {
            range: steps.range(),
            agent: Some(agent.name.clone()),
            order: Order::NewestFirst,
            limit: RECENT_TRACES,
            cursor: None,
        };
        let (sums, traces, errors, changes) = futures::try_join!(
            store.series(project, series),
            store.traces(project, TraceQuery::of(records.clone())),
            errors::latest(store, project, &agent.name, records),
            store.status_changes(project, &agent.name, RECENT_CHANGES),
        )?;

        let (before, during): (Vec<Sum>, Vec<Sum>) = sums.into_iter().partition(|sum| sum.start < steps.from);
        let (total, total_before) = (total(&during), total(&before));
        let (spend, previous_spend) = (spend(&total.spend()), spend(&total_before.spend()));
        let (cost, cost_before) =
            (window(steps.range(), &spend), window(steps.range_before(), &previous_spend));
        let hours = hours(&during, &steps);
        let series = Figure::ON_PAGE.into_iter();
        let series = series.filter_map(|figure| figure_series(figure, (&during, &before), &hours, &steps));
        let mut means = Means::default();
        during.iter().for_each(|sum| means.add(&sum.bucket));
        Ok(AgentDetail {
            agent: facts(agent),
            now,
            from: steps.from,
            to: steps.to,
            step_s: steps.step_s(),
            series: series.collect(),
            cost_trend: analysis::cost_trend(spend.cost, previous_spend.cost),
            efficiency: analysis::efficiency(cost.cost, cost.requests),
            cost_alerts: analysis::alerts(&cost, &cost_before),
            cost_advice: advice(steps.range(), &spend, &means),
            spend,
            previous_spend,
            errors,
            models: models(&total),
            traces: traces.items.into_iter().map(row).collect(),
            changes: changes.into_iter().map(change).collect(),
            diagnosis: diagnosis(&during, &total, &steps),
        })
    }
}

fn facts(agent: AgentSummary) -> AgentFacts {
    AgentFacts {
        id: agent.id,
        name: agent.name,
        state: AgentState {
            status: agent.status,
            since: Some(agent.status_since),
            last_seen: Some(agent.last_seen),
        },
        first_seen: agent.first_seen,
        metadata: agent.metadata,
    }
}

fn change(change: StatusChange) -> StatusRow {
    StatusRow { at: change.at, from: change.from, to: change.to, why: change.why }
}

fn total(sums: &[Sum]) -> Sums {
    sums.iter().fold(Sums::default(), |mut total, sum| {
        total.merge(&sum.bucket);
        total
    })
}

/// An hour, or a step where these are longer.
struct Hour {
    start: UnixNanos,
    minutes: f64,
    /// Whether all of it is in the range.
    is_whole: bool,
    bucket: Sums,
}

/// Those with a record.
fn hours(sums: &[Sum], steps: &Steps) -> Vec<Hour> {
    let length = NANOS_AN_HOUR.max(steps.step_ns);
    let hour_of = |sum: &Sum| sum.start.0.div_euclid(length) * length;
    let hour = |sums: &[Sum]| {
        let (start, end) = (hour_of(&sums[0]), hour_of(&sums[0]) + length);
        let (from, to) = (UnixNanos(start.max(steps.from.0)), UnixNanos(end.min(steps.to.0)));
        Hour {
            start: UnixNanos(start),
            minutes: minutes_between(from, to),
            is_whole: to.0 - from.0 == length,
            bucket: total(sums),
        }
    };
    sums.chunk_by(|one, other| hour_of(one) == hour_of(other)).map(hour).collect()
}

/// `None` where nothing was measured.
fn figure_series(
    figure: Figure,
    (during, before): (&[Sum], &[Sum]),
    hours: &[Hour],
    steps: &Steps,
) -> Option<FigureSeries> {
    let mut points = vec![None; steps.len()];
    for Sum { start, bucket, .. } in during {
        if let Some(place) = steps.place(*start) {
            points[place] = point(figure, bucket, steps.minutes(place));
        }
    }
    if points.iter().all(Option::is_none) {
        return None;
    }
    let mut previous = vec![None; steps.len()];
    for Sum { start, bucket, .. } in before {
        if let Some(place) = steps.place_before(*start) {
            let of_step = measured(figure, bucket, steps.minutes_before(place));
            previous[place] = of_step.map(|of_step| of_step.value);
        }
    }
    // A part of an hour costs a part: it says nothing of where costs go.
    let adds_up = matches!(figure, Figure::Cost | Figure::Tokens);
    let compared = hours.iter().filter(|hour| hour.is_whole || !adds_up);
    let means = compared.filter_map(|hour| {
        let of_hour = measured(figure, &hour.bucket, hour.minutes)?;
        Some(Bucket { start: hour.start, count: of_hour.count, mean: of_hour.value })
    });
    let trend = analysis::trend(&means.collect::<Vec<_>>());
    Some(FigureSeries { figure, points, previous, trend })
}

fn models(total: &Sums) -> Vec<ModelUse> {
    let asked = total.calls.iter().filter(|(_, calls)| calls.spend.calls > 0);
    let mut models: Vec<ModelUse> = asked
        .map(|(model, calls)| ModelUse {
            model: model.as_str().to_owned(),
            spend: spend(&calls.spend),
            p95_latency_ms: calls.latency.percentile(0.95),
            p95_first_token_ms: calls.first_token.percentile(0.95),
        })
        .collect();
    models.sort_by_key(|model| Reverse((model.spend.cost, model.spend.calls)));
    models
}

fn diagnosis(sums: &[Sum], total: &Sums, steps: &Steps) -> Diagnosis {
    let buckets = |figure: Figure| -> Vec<Bucket> {
        let of_step = |sum: &Sum| {
            let minutes = steps.minutes(steps.place(sum.start)?);
            let of_step = measured(figure, &sum.bucket, minutes)?;
            // A rate of requests that were counted is one measurement, however many they were.
            let is_one = figure == Figure::Throughput && sum.bucket.requests.count > 0;
            let count = if is_one { 1 } else { of_step.count };
            Some(Bucket { start: sum.start, count, mean: of_step.value })
        };
        sums.iter().filter_map(of_step).collect()
    };
    let heard: Vec<UnixNanos> = sums.iter().map(|sum| sum.start).collect();
    let observed = Observed {
        from: steps.from,
        to: steps.to,
        latency_ms: &buckets(Figure::Latency),
        latency_p95_ms: latency(total).and_then(|sketch| sketch.percentile(0.95)),
        throughput_per_min: &buckets(Figure::Throughput),
        cpu_percent: &buckets(Figure::Cpu),
        gpu_percent: &buckets(Figure::Gpu),
        memory_mb: &buckets(Figure::Memory),
        heard: &heard,
    };
    let (health, findings) = (analysis::health(&observed), analysis::diagnose(&observed));
    let advice = analysis::advice(&health, &findings);
    Diagnosis { health, findings, advice }
}
