//! What everything costs.

use super::Spend;
use super::query::{InvalidQuery, one_of, written};
use super::range::TimeRange;
use crate::ask::Amount;
use crate::telemetry::analysis::{CostAdvice, CostAlert, CostSpike, CostTrend, Efficiency, Forecast};
use crate::telemetry::{AgentId, AgentName, Flag, Price, UnixNanos};
use serde::{Deserialize, Serialize};

/// By what costs are added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostGrouping {
    /// By agent.
    #[default]
    Agent,
    /// By model.
    Model,
    /// By end user.
    User,
    /// By conversation or session.
    Session,
    /// By day, UTC.
    Day,
}

impl CostGrouping {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 5] = [Self::Agent, Self::Model, Self::User, Self::Session, Self::Day];

    /// The word in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Model => "model",
            Self::User => "user",
            Self::Session => "session",
            Self::Day => "day",
        }
    }
}

/// Which costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostQuery {
    /// `from` and `to`.
    pub range: TimeRange,
    /// `by`.
    pub by: CostGrouping,
    /// `agent`: only this one's.
    pub agent: String,
}

impl Default for CostQuery {
    /// The last thirty days by agent.
    fn default() -> Self {
        Self { range: Self::RANGE, by: CostGrouping::Agent, agent: String::new() }
    }
}

impl CostQuery {
    /// The range where none is asked for.
    pub const RANGE: TimeRange = TimeRange { from: super::Moment::Ago(30 * 86_400), to: super::Moment::NOW };

    /// Reads decoded names and values. Unknown names and empty values count as absent.
    ///
    /// # Errors
    /// Which parameter is malformed.
    pub fn parse<'a>(query: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidQuery> {
        let mut read = Self::default();
        for (name, value) in query {
            let value = value.trim();
            if value.is_empty() || read.range.read(name, value)? {
                continue;
            }
            match name {
                "by" => read.by = one_of("by", value, &CostGrouping::ALL, CostGrouping::as_str)?,
                "agent" => read.agent = value.to_owned(),
                _ => {}
            }
        }
        Ok(read)
    }

    /// The parameters of a URL that asks for this; defaults are left out.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let [from, to] = self.range.parameters(Self::RANGE);
        let by = if self.by == CostGrouping::Agent { "" } else { self.by.as_str() };
        written([from, to, ("by", by.to_owned()), ("agent", self.agent.clone())])
    }
}

/// What a range of time cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostView {
    /// The server's time.
    pub now: UnixNanos,
    /// From when on: the start of the first bucket.
    pub from: UnixNanos,
    /// Until when.
    pub to: UnixNanos,
    /// From one bucket to the next, in seconds.
    pub step_s: u32,
    /// All of it.
    pub spend: Spend,
    /// What the range of the same length before it cost.
    pub previous: Amount,
    /// Where it goes.
    pub trend: CostTrend,
    /// By what the query asks for, the dearest first; days by date.
    pub rows: Vec<CostRow>,
    /// Over time.
    pub buckets: Vec<CostBucket>,
    /// Buckets that cost much more than those before them.
    pub spikes: Vec<CostSpike>,
    /// What somebody should look at.
    pub alerts: Vec<CostAlert>,
    /// What the month will have cost; `None` where there is too little to go by.
    pub forecast: Option<Forecast>,
    /// How to spend less.
    pub advice: CostAdvice,
    /// Calls whose cost is not known, the most frequent reason first.
    pub unpriced: Vec<Unpriced>,
    /// The prices that were used.
    pub prices: Vec<Price>,
    /// Agents that can be filtered by, sorted.
    pub agents: Vec<AgentName>,
}

/// What one agent, model, user, session or day cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostRow {
    /// Its name; empty where its sender gives none.
    pub name: String,
    /// Its id, of an agent.
    pub agent: Option<AgentId>,
    /// Calls, tokens and cost.
    pub spend: Spend,
    /// Where its cost goes.
    pub trend: CostTrend,
    /// How dear a request of it is.
    pub efficiency: Efficiency,
}

/// What one bucket of time cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostBucket {
    /// When it begins.
    pub at: UnixNanos,
    /// What it cost.
    pub cost: Amount,
    /// How many calls of models it had.
    pub calls: u64,
}

/// Calls whose cost is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpriced {
    /// Why.
    pub flag: Flag,
    /// How many.
    pub calls: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &[(&str, &str)]) -> Result<CostQuery, InvalidQuery> {
        CostQuery::parse(query.iter().copied())
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let check = |query: &[(&str, &str)], expect: &[(&str, &str)]| {
            let read = parse(query).unwrap();
            let written = read.parameters();
            let written: Vec<_> = written.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(written, expect);
            assert_eq!(parse(&written), Ok(read));
        };
        check(&[("from", "now-30d"), ("by", "agent")], &[]);
        check(
            &[("by", "session"), ("agent", "planner"), ("to", "2026-02-18")],
            &[("to", "2026-02-18T00:00:00Z"), ("by", "session"), ("agent", "planner")],
        );
        for by in CostGrouping::ALL {
            assert_eq!(parse(&[("by", by.as_str())]).map(|query| query.by), Ok(by));
        }
        assert_eq!(parse(&[("by", "team")]).unwrap_err().field, "by");
    }
}
