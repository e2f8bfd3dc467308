//! What agents did, in a few numbers. The formulas are in [`volume`].

use super::Open;
use super::list::{last, range};
use super::metrics::ceil;
use crate::{Error, Result, Service};
use ::telemetry::analysis::volume;
use ::telemetry::rollup::{Bucket, Level, Spend};
use ::telemetry::store::{Grouping, SeriesQuery, Sum, TimeRange};
use model::Actor;
use model::identity::Project;
use model::telemetry::{AgentName, EventKind, UnixNanos};
use std::sync::Arc;

/// The most points of a series.
pub const MOST_POINTS: i64 = 10_000;
/// So many steps are read at once: each holds what all its percentiles need.
const STEPS_AT_ONCE: i64 = 500;

/// Of what.
#[derive(Clone, Debug)]
pub struct StatsQuery {
    /// So many hours until the end, where `from` is not said.
    pub hours: i64,
    /// From when on, where it is said.
    pub from: Option<UnixNanos>,
    /// Until when; now, where it is not said.
    pub until: Option<UnixNanos>,
    /// Of which agent: its id or name; `None` for all.
    pub agent: Option<String>,
}

/// All of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// See [`volume::events`].
    pub events: u64,
    /// See [`volume::errors`].
    pub errors: u64,
    /// See [`volume::error_rate_percent`].
    pub error_rate_percent: f64,
    /// Calls and cost.
    pub spend: Spend,
    /// See [`volume::tokens`].
    pub tokens: i64,
    /// See [`volume::latency_ms`].
    pub latency_ms: Option<f64>,
}

/// What a series is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsMetric {
    /// See [`volume::events`].
    Requests,
    /// See [`volume::errors`].
    Errors,
    /// See [`volume::tokens`].
    Tokens,
    /// What the calls of models cost.
    Cost,
}

impl StatsMetric {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Requests, Self::Errors, Self::Tokens, Self::Cost];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Errors => "errors",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
        }
    }

    fn of(self, sum: &Bucket) -> f64 {
        match self {
            Self::Requests => volume::events(sum) as f64,
            Self::Errors => volume::errors(sum) as f64,
            Self::Tokens => volume::tokens(&sum.spend()) as f64,
            Self::Cost => sum.spend().cost_picos as f64 / 1e12,
        }
    }
}

impl Service {
    /// All of it at a glance.
    pub async fn get_stats_overview(&self, actor: &Actor, query: StatsQuery) -> Result<Overview> {
        let sum = self.sum_all(actor, query).await?;
        let spend = sum.spend();
        Ok(Overview {
            events: volume::events(&sum),
            errors: volume::errors(&sum),
            error_rate_percent: volume::error_rate_percent(&sum),
            tokens: volume::tokens(&spend),
            spend,
            latency_ms: volume::latency_ms(&sum),
        })
    }

    /// Calls, tokens and cost by model, the dearest first.
    pub async fn list_token_stats(&self, actor: &Actor, query: StatsQuery) -> Result<Vec<(String, Spend)>> {
        let sum = self.sum_all(actor, query).await?;
        let models = sum.calls.into_iter().map(|(model, calls)| (String::from(model), calls.spend));
        let mut models: Vec<_> = models.collect();
        models.sort_by_key(|(_, spend)| std::cmp::Reverse((spend.cost_picos, spend.calls)));
        Ok(models)
    }

    /// How many events of each kind there were, the most frequent first.
    pub async fn list_event_stats(&self, actor: &Actor, query: StatsQuery) -> Result<Vec<(EventKind, u64)>> {
        let sum = self.sum_all(actor, query).await?;
        let mut kinds: Vec<_> = sum.events.into_iter().collect();
        kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
        Ok(kinds)
    }

    /// A number over time, in steps of a multiple of a minute: one for each step, the first of which holds
    /// the beginning of the range. Where nothing was done it is 0.
    pub async fn get_stats_timeseries(
        &self,
        actor: &Actor,
        query: StatsQuery,
        metric: StatsMetric,
        step_ns: i64,
    ) -> Result<Vec<(UnixNanos, f64)>> {
        let (project, open) = self.telemetry_of(actor).await?;
        let (range, agents) = self.stats_range(&project, &open, &query).await?;
        let from = UnixNanos(range.from.0.div_euclid(step_ns).saturating_mul(step_ns));
        let until = ceil(range.until, step_ns);
        let steps = (until.0 - from.0) / step_ns;
        if steps > MOST_POINTS {
            let message =
                format!("{steps} points are too many, {MOST_POINTS} the most: ask for longer steps");
            return Err(Error::Invalid { field: "interval", message });
        }
        let mut points: Vec<_> = (0..steps).map(|step| (UnixNanos(from.0 + step * step_ns), 0.0)).collect();
        for part in points.chunks_mut(STEPS_AT_ONCE as usize) {
            let (first, length) = (part[0].0, part.len() as i64);
            let range = TimeRange { from: first, until: UnixNanos(first.0 + length * step_ns) };
            for Sum { start, bucket, .. } in series(&project, &open, range, &agents, step_ns).await? {
                let place = (start.0 - first.0) / step_ns;
                if let Some(point) = usize::try_from(place).ok().and_then(|place| part.get_mut(place)) {
                    point.1 = metric.of(&bucket);
                }
            }
        }
        Ok(points)
    }

    async fn sum_all(&self, actor: &Actor, query: StatsQuery) -> Result<Bucket> {
        let (project, open) = self.telemetry_of(actor).await?;
        let (range, agents) = self.stats_range(&project, &open, &query).await?;
        let mut all = Bucket::default();
        for sum in series(&project, &open, range, &agents, Level::Day.nanos()).await? {
            all.merge(&sum.bucket);
        }
        Ok(all)
    }

    async fn stats_range(
        &self,
        project: &Arc<Project>,
        open: &Open,
        query: &StatsQuery,
    ) -> Result<(TimeRange, Option<Vec<AgentName>>)> {
        let until = query.until.unwrap_or_else(|| self.clock().now().into());
        let hours = query.hours.saturating_mul(Level::Hour.nanos());
        let range = range(query.from, query.until, last(hours, until))?;
        let agents = match &query.agent {
            Some(name) => Some(vec![open.find_agent(project, name).await?]),
            None => None,
        };
        Ok((range, agents))
    }
}

async fn series(
    project: &Project,
    open: &Open,
    range: TimeRange,
    agents: &Option<Vec<AgentName>>,
    step_ns: i64,
) -> Result<Vec<Sum>> {
    let query = SeriesQuery { range, agents: agents.clone(), step_ns, grouping: Grouping::Together };
    Ok(open.store.series(&project.id, query).await?)
}
