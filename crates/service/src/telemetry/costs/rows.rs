//! Costs by agent, model, user, session and day.

use super::PARTIES_A_DAY;
use crate::telemetry::figures::{priced_calls, spend};
use crate::telemetry::steps::{NANOS_A_DAY, Steps};
use ::telemetry::analysis::{cost_trend, efficiency};
use ::telemetry::rollup::Spend as SpendSum;
use ::telemetry::store::{AgentSummary, PartySpend, Sum};
use model::ask::Amount;
use model::telemetry::UnixNanos;
use model::telemetry::view::CostRow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// Rows of one answer: the dearest.
const MOST_ROWS: usize = 1000;

/// What each one spent, by name.
type Spent = BTreeMap<String, SpendSum>;

fn add(spent: &mut Spent, name: &str, sum: &SpendSum) {
    match spent.get_mut(name) {
        Some(known) => known.add(sum, 1),
        None => drop(spent.insert(name.to_owned(), *sum)),
    }
}

fn row(name: String, sum: &SpendSum, before: Amount) -> CostRow {
    let spend = spend(sum);
    CostRow {
        name,
        agent: None,
        spend,
        trend: cost_trend(spend.cost, before),
        efficiency: efficiency(spend.cost, priced_calls(&spend)),
    }
}

/// Those with calls, the dearest first.
fn rows(during: Spent, before: &Spent) -> Vec<CostRow> {
    let with_calls = during.into_iter().filter(|(_, sum)| sum.calls > 0);
    let cost_before = |name: &str| before.get(name).map(|sum| spend(sum).cost).unwrap_or_default();
    let mut rows: Vec<CostRow> = with_calls
        .map(|(name, sum)| {
            let before = cost_before(&name);
            row(name, &sum, before)
        })
        .collect();
    // By name where they cost the same.
    rows.sort_by_key(|row| Reverse((row.spend.cost, row.spend.calls)));
    rows.truncate(MOST_ROWS);
    rows
}

pub(super) fn by_agent(during: &[Sum], before: &[Sum], agents: &[AgentSummary]) -> Vec<CostRow> {
    let spent = |sums: &[Sum]| {
        let mut spent = Spent::new();
        for sum in sums {
            if let Some(agent) = &sum.agent {
                add(&mut spent, agent.as_str(), &sum.bucket.spend());
            }
        }
        spent
    };
    let ids: HashMap<&str, _> = agents.iter().map(|agent| (agent.name.as_str(), agent.id)).collect();
    let mut rows = rows(spent(during), &spent(before));
    rows.iter_mut().for_each(|row| row.agent = ids.get(row.name.as_str()).copied());
    rows
}

pub(super) fn by_model(during: &[Sum], before: &[Sum]) -> Vec<CostRow> {
    let spent = |sums: &[Sum]| {
        let mut spent = Spent::new();
        for (model, calls) in sums.iter().flat_map(|sum| &sum.bucket.calls) {
            add(&mut spent, model, &calls.spend);
        }
        spent
    };
    rows(spent(during), &spent(before))
}

/// Days with calls, by date; each against the day before it, as far as that is in one of the ranges.
pub(super) fn by_day(during: &[Sum], before: &[Sum], steps: &Steps) -> Vec<CostRow> {
    let mut days: BTreeMap<i64, SpendSum> = BTreeMap::new();
    for sum in before.iter().chain(during) {
        days.entry(sum.start.0.div_euclid(NANOS_A_DAY)).or_default().add(&sum.bucket.spend(), 1);
    }
    let is_whole = |day: i64| day * NANOS_A_DAY >= steps.range_before().from.0;
    let cost = |day: i64| days.get(&day).filter(|_| is_whole(day)).map(|sum| spend(sum).cost);
    let shown = days.range(steps.from.0.div_euclid(NANOS_A_DAY)..).filter(|(_, sum)| sum.calls > 0);
    let row = |(day, sum): (&i64, &SpendSum)| {
        let date = UnixNanos(day * NANOS_A_DAY).timestamp().to_zoned(jiff::tz::TimeZone::UTC).date();
        row(date.to_string(), sum, cost(day - 1).unwrap_or_default())
    };
    shown.map(row).collect()
}

/// Users or sessions, each with the total of the time; and as one without a name what nobody is named for,
/// unless there are more than were looked at. The time before is of whole days.
pub(super) fn by_party(
    (during, total): (&[PartySpend], &SpendSum),
    (before, total_before): (&[PartySpend], &SpendSum),
) -> Vec<CostRow> {
    rows(parties(during, total), &parties(before, total_before))
}

fn parties(parties: &[PartySpend], total: &SpendSum) -> Spent {
    let (mut spent, mut rest) = (Spent::new(), *total);
    for party in parties {
        add(&mut spent, &party.name, &party.spend);
        rest.add(&party.spend, -1);
    }
    let is_cut = parties.chunk_by(|one, other| one.day == other.day).any(|day| day.len() >= PARTIES_A_DAY);
    if !is_cut {
        add(&mut spent, "", &rest);
    }
    spent
}
