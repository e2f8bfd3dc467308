//! Metrics: records as they came, and their sums.

use super::list::{ALWAYS, ListQuery, Listed, last, range};
use crate::{Result, Service};
use ::telemetry::analysis::volume;
use ::telemetry::rollup::{Bucket, Level};
use ::telemetry::store::{AgentSummary, Grouping, Listing, SeriesQuery, Sum, TimeRange};
use model::Actor;
use model::telemetry::{AgentId, AgentName, MetricRecord, UnixNanos};
use std::collections::HashMap;
use std::fmt;

const NANOS_A_MINUTE: f64 = 60e9;

/// Which sums, and which page of them.
#[derive(Clone, Debug)]
pub struct SumQuery {
    /// How long each is.
    pub level: Level,
    /// From when on; the first one holds that moment. A day before the end, where it is not said.
    pub from: Option<UnixNanos>,
    /// Until when; the last one ends then or later. Now, where it is not said.
    pub until: Option<UnixNanos>,
    /// Of which agent: its id or name; `None` for all.
    pub agent: Option<String>,
    /// How many at most.
    pub limit: usize,
    /// Where the page before ended. Its range counts, not `from` and `until`.
    pub after: Option<SumCursor>,
}

/// A page of sums: a stretch of time, which may hold fewer than were asked for, or none.
pub struct Sums {
    /// The newest first; those of one time by agent.
    pub items: Vec<AgentSum>,
    /// When all of them are.
    pub range: TimeRange,
    /// Where the next page begins; `None` at the end.
    pub next: Option<SumCursor>,
}

/// What an agent did in a minute, hour or day.
pub struct AgentSum {
    /// The agent's id.
    pub agent_id: AgentId,
    /// Its name.
    pub agent: AgentName,
    /// When it begins.
    pub start: UnixNanos,
    /// When the next one begins.
    pub end: UnixNanos,
    /// What was done.
    pub bucket: Bucket,
    /// How many requests, see [`volume::requests`].
    pub requests: f64,
    /// What they cost, where it is known, see [`volume::cost`].
    pub cost: Option<f64>,
}

/// Where the next page of sums begins. Opaque; [`SumCursor::parse`] takes what `to_string` gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumCursor {
    range: TimeRange,
    /// The end of the next sum.
    before: UnixNanos,
    /// Agents of that sum up to this one were on the page before.
    agent: Option<AgentName>,
}

impl SumCursor {
    /// Reads the text of a cursor.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '.');
        let mut number = || parts.next()?.parse().ok().map(UnixNanos);
        let range = TimeRange { from: number()?, until: number()? };
        let before = number()?;
        let is_inside = ALWAYS.from <= range.from && range.from < before && before <= range.until;
        let agent = parts.next().map(AgentName::new);
        is_inside.then_some(Self { range, before, agent })
    }
}

impl fmt::Display for SumCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.range.from.0, self.range.until.0, self.before.0)?;
        self.agent.iter().try_for_each(|agent| write!(f, ".{agent}"))
    }
}

impl SumQuery {
    /// Where the first page begins: whole sums, which hold the whole range.
    fn begin(&self, now: UnixNanos) -> Result<SumCursor> {
        let step = self.level.nanos();
        let until = self.until.unwrap_or(now);
        let whole = range(self.from, self.until, last(Level::Day.nanos(), ceil(until, step)))?;
        let range = TimeRange { from: self.level.start_of(whole.from), until: ceil(until, step) };
        Ok(SumCursor { range, before: range.until, agent: None })
    }
}

/// The first moment from `at` on at which a step begins.
pub(super) fn ceil(at: UnixNanos, step: i64) -> UnixNanos {
    UnixNanos(at.0.saturating_add(step - 1).div_euclid(step).saturating_mul(step))
}

impl Service {
    /// Records of metrics, the newest first.
    pub async fn list_metrics(&self, actor: &Actor, query: ListQuery) -> Result<Listed<MetricRecord>> {
        let (project, open) = self.telemetry_of(actor).await?;
        let query = open.select(&project, &query, ALWAYS).await?;
        let page = open.store.metric_records(&project.id, query.clone()).await?;
        let range = query.range;
        open.listed(&project, page, Listing::MetricRecords(query), range).await
    }

    /// Sums of all that agents measured, the newest first.
    pub async fn sum_metrics(&self, actor: &Actor, query: SumQuery) -> Result<Sums> {
        let (project, open) = self.telemetry_of(actor).await?;
        let now = self.clock().now().into();
        let step = query.level.nanos();
        let SumCursor { range, before, agent: seen } = match query.after.clone() {
            Some(cursor) => cursor,
            None => query.begin(now)?,
        };
        let mut agents = open.store.agents(&project.id).await?;
        if let Some(name) = &query.agent {
            let wanted = open.find_agent(&project, name).await?;
            agents.retain(|agent| agent.name == wanted);
        }
        // As many steps as fit on a page if each agent is in each of them.
        let steps = match seen {
            Some(_) => 1,
            None => (query.limit / agents.len().max(1)).max(1) as i64,
        };
        let from = UnixNanos(before.0.saturating_sub(steps.saturating_mul(step))).max(range.from);
        let wanted = query.agent.is_some().then(|| agents.iter().map(|agent| agent.name.clone()).collect());
        let series = SeriesQuery {
            range: TimeRange { from, until: before },
            agents: wanted,
            step_ns: step,
            grouping: Grouping::ByAgent,
        };
        let ids: HashMap<AgentName, AgentId> =
            agents.into_iter().map(|AgentSummary { name, id, .. }| (name, id)).collect();
        let sums = open.store.series(&project.id, series).await?;
        let mut items: Vec<AgentSum> =
            sums.into_iter().filter_map(|sum| agent_sum(sum, &ids, step, now)).collect();
        if let Some(seen) = &seen {
            items.retain(|item| item.agent > *seen);
        }
        items.sort_by(|one, other| (other.start, &one.agent).cmp(&(one.start, &other.agent)));
        let is_cut = items.len() > query.limit;
        items.truncate(query.limit);
        let next = match items.last() {
            Some(last) if is_cut => Some((last.end, Some(last.agent.clone()))),
            _ => (from > range.from).then_some((from, None)),
        };
        let next = next.map(|(before, agent)| SumCursor { range, before, agent });
        Ok(Sums { items, range, next })
    }
}

fn agent_sum(sum: Sum, ids: &HashMap<AgentName, AgentId>, step: i64, now: UnixNanos) -> Option<AgentSum> {
    let agent = sum.agent?;
    let (start, end) = (sum.start, UnixNanos(sum.start.0 + step));
    // The one that is not over is as long as it is so far.
    let minutes = (end.min(now).0 - start.0).max(0) as f64 / NANOS_A_MINUTE;
    let requests = volume::requests(&sum.bucket, minutes);
    let cost = volume::cost(&sum.bucket, requests);
    // An agent that came between the two questions is there next time.
    let agent_id = *ids.get(&agent)?;
    Some(AgentSum { agent_id, agent, start, end, bucket: sum.bucket, requests, cost })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let check = |text: &str, is_one: bool| {
            let read = SumCursor::parse(text);
            assert_eq!(read.map(|cursor| cursor.to_string()).as_deref(), is_one.then_some(text), "{text}");
        };
        check("0.60.60", true);
        check("0.60.30.an agent. of dots.", true);
        for text in ["", "0.60", "0.60.61", "0.60.0", "a.2.3"] {
            check(text, false);
        }
    }

    #[test]
    fn sums_hold_the_whole_range() {
        let hour = Level::Hour.nanos();
        let check = |from: Option<i64>, until: Option<i64>, expect: (i64, i64)| {
            let at = |minutes: i64| UnixNanos(minutes * Level::Minute.nanos());
            let query = SumQuery {
                level: Level::Hour,
                from: from.map(at),
                until: until.map(at),
                agent: None,
                limit: 1,
                after: None,
            };
            let range = query.begin(at(30 * 60 + 9)).unwrap().range;
            assert_eq!((range.from.0, range.until.0), (expect.0 * hour, expect.1 * hour));
        };
        check(None, None, (7, 31));
        check(Some(90), None, (1, 31));
        check(Some(90), Some(120), (1, 2));
        check(Some(90), Some(121), (1, 3));
        check(None, Some(30 * 60), (6, 30));
    }
}
