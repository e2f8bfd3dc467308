//! What calls of models and reported requests cost: over time, by whom, and what of it is not known.

mod advice;
mod reported;
mod rows;

pub(super) use advice::{Means, advice, window};

use super::figures::{priced_calls, spend};
use super::steps::{NANOS_A_DAY, NANOS_A_MINUTE, NANOS_AN_HOUR, Range, Steps, resolve};
use crate::{Error, Result, Service};
use ::telemetry::analysis::{self, CostBucket as Costs, Step};
use ::telemetry::price::PriceTable;
use ::telemetry::rollup::Spend as SpendSum;
use ::telemetry::store::{Grouping, Party, PartySpend, SeriesQuery, StoreResult, Sum, TimeRange};
use model::telemetry::analysis::{CostSpike, Forecast};
use model::telemetry::view::{CostBucket, CostGrouping, CostQuery, CostView, Unpriced};
use model::telemetry::{AgentName, Flag, Price, UnixNanos};
use model::{Actor, Timestamp};
use reported::count_reported;
use rows::{by_day, by_model, by_party};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Ranges up to this long are shown in hours, longer ones in days, those of one hour in five minutes.
const IN_HOURS_NS: i64 = 3 * NANOS_A_DAY;
/// Users or sessions of a day that are looked at: the dearest.
const PARTIES_A_DAY: usize = 1000;
/// Days that a forecast looks back.
const FORECAST_DAYS: i64 = 7;

impl Service {
    /// What agents of the actor's project cost in a range of time, against the one before it.
    pub async fn get_costs(&self, actor: &Actor, query: &CostQuery) -> Result<CostView> {
        let (project, open) = self.telemetry_of(actor).await?;
        let (store, project) = (&open.store, &project.id);
        let now = self.clock().now();
        let party = party(query)?;
        let steps = steps(resolve(query.range, now.into())?, query.by, now.into());
        let only = (!query.agent.is_empty()).then(|| vec![AgentName::new(query.agent.as_str())]);
        // By agent each sum is as it is stored; together all percentiles would have to be merged.
        let by_agent = |range, step_ns| SeriesQuery {
            range,
            agents: only.clone(),
            step_ns,
            grouping: Grouping::ByAgent,
        };
        let series = by_agent(steps.range_to_read_with_before(now.into()), steps.step_ns);
        let days = by_agent(forecast_range(now), NANOS_A_DAY);
        let spend_by = async |range: TimeRange| -> StoreResult<Vec<PartySpend>> {
            match party {
                Some(party) => store.spend_by(project, party, range, PARTIES_A_DAY).await,
                None => Ok(Vec::new()),
            }
        };
        let (agents, mut sums, mut days, parties, parties_before) = futures::try_join!(
            store.agents(project),
            store.series(project, series),
            store.series(project, days),
            spend_by(steps.range()),
            spend_by(steps.range_before()),
        )?;
        count_reported(store, project, &mut sums, steps.step_ns, now.into()).await?;
        count_reported(store, project, &mut days, NANOS_A_DAY, now.into()).await?;

        let (before, during): (Vec<Sum>, Vec<Sum>) = sums.into_iter().partition(|sum| sum.start < steps.from);
        let (spent, spent_before) = (spent(&during), spent(&before));
        let (total, previous) = (spend(&spent), spend(&spent_before));
        let rows = match query.by {
            CostGrouping::Agent => rows::by_agent(&during, &before, &agents),
            CostGrouping::Model => by_model(&during, &before),
            CostGrouping::Day => by_day(&during, &before, &steps),
            CostGrouping::User | CostGrouping::Session => {
                by_party((&parties, &spent), (&parties_before, &spent_before))
            }
        };
        let mut means = Means::default();
        during.iter().for_each(|sum| means.add(&sum.bucket));
        Ok(CostView {
            now: now.into(),
            from: steps.from,
            to: steps.to,
            step_s: steps.step_s(),
            spend: total,
            previous: previous.cost,
            trend: analysis::cost_trend(total.cost, previous.cost),
            rows,
            buckets: buckets(&during, &steps),
            spikes: spikes(&before, &during, &steps),
            alerts: analysis::alerts(
                &window(steps.range(), &total),
                &window(steps.range_before(), &previous),
            ),
            forecast: forecast(&days, now),
            advice: advice(steps.range(), &total, &means),
            unpriced: unpriced(&during),
            prices: prices(&during, &self.0.telemetry.prices),
            agents: agents.into_iter().map(|agent| agent.name).collect(),
        })
    }
}

/// Which of the sums that are kept by day is asked for. They do not tell agents apart.
fn party(query: &CostQuery) -> Result<Option<Party>> {
    let party = match query.by {
        CostGrouping::User => Party::User,
        CostGrouping::Session => Party::Session,
        CostGrouping::Agent | CostGrouping::Model | CostGrouping::Day => return Ok(None),
    };
    match query.agent.as_str() {
        "" => Ok(Some(party)),
        _ => Err(Error::Invalid {
            field: "by",
            message: "users and sessions are added up over all agents: leave `agent` out".to_owned(),
        }),
    }
}

/// What is added up by day begins at midnight, UTC; what only whole days are kept of ends there too, or now.
fn steps((from, to): Range, by: CostGrouping, now: UnixNanos) -> Steps {
    let midnight = |at: i64| UnixNanos(at.div_euclid(NANOS_A_DAY) * NANOS_A_DAY);
    let (from, to) = match by {
        CostGrouping::Agent | CostGrouping::Model => (from, to),
        CostGrouping::Day => (midnight(from.0), to),
        CostGrouping::User | CostGrouping::Session => {
            (midnight(from.0), midnight(to.0 + NANOS_A_DAY - 1).min(to.max(now)))
        }
    };
    let length_ns = to.0 - from.0;
    let step_ns = if length_ns <= NANOS_AN_HOUR {
        5 * NANOS_A_MINUTE
    } else if length_ns <= IN_HOURS_NS {
        NANOS_AN_HOUR
    } else {
        NANOS_A_DAY
    };
    Steps::of_length((from, to), step_ns)
}

fn spent(sums: &[Sum]) -> SpendSum {
    sums.iter().fold(SpendSum::default(), |mut total, sum| {
        total.add(&sum.bucket.spend(), 1);
        total
    })
}

fn buckets(sums: &[Sum], steps: &Steps) -> Vec<CostBucket> {
    let mut spent = vec![SpendSum::default(); steps.len()];
    for Sum { start, bucket, .. } in sums {
        if let Some(place) = steps.place(*start) {
            spent[place].add(&bucket.spend(), 1);
        }
    }
    let bucket = |(place, sum): (usize, &SpendSum)| {
        let spend = spend(sum);
        CostBucket { at: steps.start(place), cost: spend.cost, calls: spend.calls }
    };
    spent.iter().enumerate().map(bucket).collect()
}

/// Each step that cost something, in order.
fn costs<'a>(sums: impl Iterator<Item = &'a Sum>) -> Vec<Costs> {
    let mut of: BTreeMap<UnixNanos, SpendSum> = BTreeMap::new();
    sums.for_each(|sum| of.entry(sum.start).or_default().add(&sum.bucket.spend(), 1));
    let costs = of.iter().map(|(start, sum)| Costs { start: *start, cost: spend(sum).cost });
    costs.filter(|bucket| bucket.cost.picos() > 0).collect()
}

/// Of the range; the one before it is what its first steps are compared with.
fn spikes(before: &[Sum], during: &[Sum], steps: &Steps) -> Vec<CostSpike> {
    let step = match steps.step_ns {
        NANOS_AN_HOUR => Step::Hour,
        NANOS_A_DAY => Step::Day,
        _ => return Vec::new(),
    };
    // The first step before may be a part of one.
    let first = steps.range_before().from;
    let whole = before.iter().filter(|sum| sum.start >= first);
    let mut spikes = analysis::spikes(&costs(whole.chain(during)), step);
    spikes.retain(|spike| spike.at >= steps.from);
    spikes
}

/// The month of `now` until today, and the days that a forecast looks back.
fn forecast_range(now: Timestamp) -> TimeRange {
    let today = UnixNanos::from(now).0.div_euclid(NANOS_A_DAY) * NANOS_A_DAY;
    let days_of_month = i64::from(now.to_zoned(jiff::tz::TimeZone::UTC).day()) - 1;
    let days = days_of_month.max(FORECAST_DAYS);
    TimeRange { from: UnixNanos(today - days * NANOS_A_DAY), until: UnixNanos(today + NANOS_A_DAY) }
}

fn forecast(days: &[Sum], now: Timestamp) -> Option<Forecast> {
    analysis::forecast(&costs(days.iter()), now)
}

fn unpriced(sums: &[Sum]) -> Vec<Unpriced> {
    let mut calls: BTreeMap<Flag, i64> = BTreeMap::new();
    for (model, of_model) in sums.iter().flat_map(|sum| &sum.bucket.calls) {
        let spend = &of_model.spend;
        *calls.entry(Flag::NoPrice { model: model.as_str().to_owned() }).or_default() += spend.unpriced;
        *calls.entry(Flag::NoTokens).or_default() += spend.without_tokens;
    }
    let known = calls.into_iter().filter_map(|(flag, calls)| {
        let calls = u64::try_from(calls).ok().filter(|calls| *calls > 0)?;
        Some(Unpriced { flag, calls })
    });
    let mut unpriced: Vec<Unpriced> = known.collect();
    unpriced.sort_by_key(|unpriced| Reverse(unpriced.calls));
    unpriced
}

/// The prices of the models that were asked, by model, the newest first. A price is valid from midnight on,
/// and no step goes beyond it.
fn prices(sums: &[Sum], table: &PriceTable) -> Vec<Price> {
    let mut used = BTreeMap::new();
    for Sum { start, bucket, .. } in sums {
        for (model, calls) in &bucket.calls {
            if priced_calls(&spend(&calls.spend)) > 0
                && let Some(price) = table.find(model, *start)
            {
                used.insert((&price.model, Reverse(price.valid_from)), price);
            }
        }
    }
    used.into_values().cloned().collect()
}
