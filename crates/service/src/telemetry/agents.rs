//! All agents of a project, each with what it did lately.

mod filter;

use super::figures::{Mean, Measured, latest, measured, spend};
use super::steps::{NANOS_A_DAY, NANOS_A_MINUTE, NANOS_AN_HOUR, Steps, resolve};
use crate::{Result, Service};
use ::telemetry::rollup::Spend as SpendSum;
use ::telemetry::store::{AgentSummary, Grouping, SeriesQuery, Sum};
use filter::Search;
use model::Actor;
use model::telemetry::view::{
    AgentCard, AgentChoices, AgentCounts, AgentList, AgentQuery, AgentSort, AgentTotals, Figure, Spark,
};
use model::telemetry::{AgentName, AgentStatus, Attribute, MetricName, Value};
use model::view::SortOrder;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

/// Points of a spark line, at most: the latest.
const MOST_POINTS: usize = 30;

/// An agent with its sums.
struct Listed {
    card: AgentCard,
    did: Did,
}

/// What one agent did in the range.
#[derive(Clone, Copy, Default)]
struct Did {
    requests: u64,
    errors: u64,
    spend: SpendSum,
    latency: Mean,
    gpu_memory_mb: Option<f64>,
}

impl Service {
    /// The agents of the actor's project that match, in order.
    pub async fn list_agents(&self, actor: &Actor, query: &AgentQuery) -> Result<AgentList> {
        let (project, open) = self.telemetry_of(actor).await?;
        let now = self.clock().now().into();
        let (from, to) = resolve(query.range, now)?;
        let steps = Steps::of_length((from, to), step_ns(to.0 - from.0));
        let series = SeriesQuery {
            range: steps.range_to_read(now),
            agents: None,
            step_ns: steps.step_ns,
            grouping: Grouping::ByAgent,
        };
        let (agents, sums) =
            futures::try_join!(open.store.agents(&project.id), open.store.series(&project.id, series))?;
        let (counts, choices) = (counts(&agents), choices(&agents));
        let mut sums = by_agent(sums);
        let listed = agents.into_iter().map(|agent| {
            let sums = sums.remove(&agent.name).unwrap_or_default();
            Listed::of(agent, &sums, &steps)
        });
        let search = Search::parse(&query.search);
        let mut listed: Vec<Listed> = listed.filter(|agent| agent.matches(query, &search)).collect();
        listed.sort_by(|one, other| one.compare(other, query.sort));
        Ok(AgentList {
            now,
            from: steps.from,
            to,
            counts,
            choices,
            totals: totals(&listed),
            sparks_from: steps.start(first_point(&steps)),
            sparks_step_s: steps.step_s(),
            agents: listed.into_iter().map(|listed| listed.card).collect(),
        })
    }
}

/// Mostly as long as sums are kept: of all agents at once, few are to be read.
fn step_ns(length_ns: i64) -> i64 {
    const MOST: i64 = MOST_POINTS as i64;
    if length_ns <= MOST * NANOS_A_MINUTE {
        NANOS_A_MINUTE
    } else if length_ns <= NANOS_AN_HOUR {
        NANOS_AN_HOUR / MOST
    } else if length_ns <= MOST * NANOS_AN_HOUR {
        NANOS_AN_HOUR
    } else {
        ((length_ns - 1) / (MOST * NANOS_A_DAY) + 1) * NANOS_A_DAY
    }
}

/// The step of the first point of spark lines.
fn first_point(steps: &Steps) -> usize {
    steps.len().saturating_sub(MOST_POINTS)
}

fn by_agent(sums: Vec<Sum>) -> HashMap<AgentName, Vec<Sum>> {
    let mut of: HashMap<AgentName, Vec<Sum>> = HashMap::new();
    for sum in sums {
        if let Some(agent) = &sum.agent {
            match of.get_mut(agent) {
                Some(sums) => sums.push(sum),
                None => drop(of.insert(agent.clone(), vec![sum])),
            }
        }
    }
    of
}

/// The text that an agent says of itself under a name.
pub(super) fn said<'a>(metadata: &'a [Attribute], key: &str) -> Option<&'a str> {
    metadata.iter().find(|attribute| attribute.key == key).and_then(|attribute| match &attribute.value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

fn counts(agents: &[AgentSummary]) -> AgentCounts {
    let mut counts = AgentCounts::default();
    for agent in agents {
        *match agent.status {
            AgentStatus::Running => &mut counts.running,
            AgentStatus::Error => &mut counts.error,
            AgentStatus::Stopped => &mut counts.stopped,
            AgentStatus::Unknown => &mut counts.unknown,
        } += 1;
    }
    counts
}

fn choices(agents: &[AgentSummary]) -> AgentChoices {
    let of = |key| {
        let all: BTreeSet<&str> = agents.iter().filter_map(|agent| said(&agent.metadata, key)).collect();
        all.into_iter().map(str::to_owned).collect()
    };
    AgentChoices { environments: of("environment"), teams: of("team"), kinds: of("type") }
}

impl Listed {
    /// `sums` are in the order of time.
    fn of(agent: AgentSummary, sums: &[Sum], steps: &Steps) -> Self {
        let first = first_point(steps);
        let mut did = Did::default();
        let mut sparks = Figure::ON_CARD.map(|figure| Spark {
            figure,
            latest: None,
            points: vec![None; steps.len() - first],
        });
        for Sum { start, bucket, .. } in sums {
            let Some(place) = steps.place(*start) else { continue };
            let minutes = steps.minutes(place);
            did.requests += bucket.requests.count;
            did.errors += bucket.requests.errors;
            did.spend.add(&bucket.spend(), 1);
            if let Some(numbers) = bucket.numbers.get(&MetricName::GpuMemoryMb) {
                did.gpu_memory_mb = Some(numbers.last);
            }
            for spark in &mut sparks {
                let Some(of_step) = measured(spark.figure, bucket, minutes) else { continue };
                if spark.figure == Figure::Latency {
                    did.latency.add(of_step);
                }
                spark.latest = latest(spark.figure, bucket, minutes);
                if place >= first {
                    spark.points[place - first] = Some(of_step.value);
                }
            }
        }
        let text = |key| said(&agent.metadata, key).map(str::to_owned);
        let card = AgentCard {
            environment: text("environment"),
            team: text("team"),
            kind: text("type"),
            version: text("version"),
            id: agent.id,
            name: agent.name,
            status: agent.status,
            since: Some(agent.status_since),
            last_seen: Some(agent.last_seen),
            sparks: sparks.into(),
        };
        Self { card, did }
    }

    fn latest(&self, figure: Figure) -> Option<f64> {
        self.card.sparks.iter().find(|spark| spark.figure == figure)?.latest
    }

    fn matches(&self, query: &AgentQuery, search: &Search) -> bool {
        let card = &self.card;
        let is = |wanted: &str, said: &Option<String>| wanted.is_empty() || said.as_deref() == Some(wanted);
        let is_at_most = |most: Option<f64>, value: Option<f64>| {
            most.is_none_or(|most| value.is_some_and(|value| value <= most))
        };
        is(&query.environment, &card.environment)
            && is(&query.team, &card.team)
            && is(&query.kind, &card.kind)
            && query.status.is_none_or(|status| card.status == status)
            && is_at_most(query.max_latency_ms, self.did.latency.get())
            && is_at_most(query.max_cpu_percent, self.latest(Figure::Cpu))
            && search.matches(card)
    }

    fn compare(&self, other: &Self, (sort, order): (AgentSort, SortOrder)) -> Ordering {
        let ordering = match sort {
            AgentSort::Status => urgency(self.card.status).cmp(&urgency(other.card.status)),
            AgentSort::Name => Ordering::Equal,
            AgentSort::Latency => {
                let key = |listed: &Self| listed.did.latency.get().unwrap_or(f64::INFINITY);
                key(self).total_cmp(&key(other))
            }
            AgentSort::Cost => self.did.spend.cost_picos.cmp(&other.did.spend.cost_picos),
            AgentSort::LastSeen => self.card.last_seen.cmp(&other.card.last_seen),
        };
        let ordering = ordering.then_with(|| self.card.name.cmp(&other.card.name));
        match order {
            SortOrder::Ascending => ordering,
            SortOrder::Descending => ordering.reverse(),
        }
    }
}

/// What is down comes first.
fn urgency(status: AgentStatus) -> u8 {
    match status {
        AgentStatus::Error => 0,
        AgentStatus::Unknown => 1,
        AgentStatus::Stopped => 2,
        AgentStatus::Running => 3,
    }
}

fn totals(listed: &[Listed]) -> AgentTotals {
    let mut sum = SpendSum::default();
    let mut latency = Mean::default();
    for Listed { did, .. } in listed {
        sum.add(&did.spend, 1);
        latency.count += did.latency.count;
        latency.sum += did.latency.sum;
    }
    let spend = spend(&sum);
    let latest = |figure| listed.iter().filter_map(move |listed| listed.latest(figure));
    AgentTotals {
        requests: listed.iter().map(|listed| listed.did.requests).sum(),
        errors: listed.iter().map(|listed| listed.did.errors).sum(),
        cost: spend.cost,
        unpriced: spend.unpriced,
        tokens: spend.input.saturating_add(spend.output),
        mean_latency_ms: latency.get(),
        throughput_per_min: total(latest(Figure::Throughput)),
        mean_cpu_percent: mean(latest(Figure::Cpu)),
        mean_gpu_percent: mean(latest(Figure::Gpu)),
        memory_mb: total(latest(Figure::Memory)),
        gpu_memory_mb: total(listed.iter().filter_map(|listed| listed.did.gpu_memory_mb)),
    }
}

/// The sum; `None` of nothing.
fn total(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.reduce(|sum, value| sum + value)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut mean = Mean::default();
    values.for_each(|value| mean.add(Measured { count: 1, value }));
    mean.get()
}
