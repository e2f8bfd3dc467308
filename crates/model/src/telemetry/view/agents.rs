//! All agents of a project.

use super::query::{InvalidQuery, number, one_of, written, written_number};
use super::range::TimeRange;
use crate::ask::Amount;
use crate::telemetry::{AgentId, AgentName, AgentStatus, UnixNanos};
use crate::view::SortOrder;
use serde::{Deserialize, Serialize};

/// What is measured of agents and drawn over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// How long a request takes, in milliseconds.
    Latency,
    /// From a request to the first piece of its answer, in milliseconds.
    FirstToken,
    /// Requests a minute.
    Throughput,
    /// Requests that failed, in percent of all.
    Errors,
    /// What a step of time cost.
    Cost,
    /// Tokens, those sent and those answered.
    Tokens,
    /// CPU in use, in percent.
    Cpu,
    /// GPU in use, in percent.
    Gpu,
    /// Memory in use, in MB.
    Memory,
}

impl Figure {
    /// What stands on a card, in its order.
    pub const ON_CARD: [Self; 6] =
        [Self::Latency, Self::Throughput, Self::Cost, Self::Cpu, Self::Gpu, Self::Memory];

    /// What stands on an agent's page, in its order: what a machine does stands below what people
    /// wait for.
    pub const ON_PAGE: [Self; 9] = [
        Self::Latency,
        Self::Throughput,
        Self::FirstToken,
        Self::Errors,
        Self::Gpu,
        Self::Cpu,
        Self::Memory,
        Self::Tokens,
        Self::Cost,
    ];
}

/// How the list of agents is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentSort {
    /// What is down first, then by name.
    #[default]
    Status,
    /// By name.
    Name,
    /// By mean latency.
    Latency,
    /// By cost.
    Cost,
    /// By when it was last heard of.
    LastSeen,
}

impl AgentSort {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Status, Self::Name, Self::Latency, Self::Cost, Self::LastSeen];

    /// The word in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Name => "name",
            Self::Latency => "latency",
            Self::Cost => "cost",
            Self::LastSeen => "last_seen",
        }
    }
}

/// Which agents, in which order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentQuery {
    /// `from` and `to`: of when the totals are.
    pub range: TimeRange,
    /// `q`: words of the name; `type:web OR type:api` asks for types.
    pub search: String,
    /// `environment`.
    pub environment: String,
    /// `team`.
    pub team: String,
    /// `type`.
    pub kind: String,
    /// `status`.
    pub status: Option<AgentStatus>,
    /// `max_latency_ms`: those whose mean latency is at most this.
    pub max_latency_ms: Option<f64>,
    /// `max_cpu_percent`: those whose CPU in use is at most this.
    pub max_cpu_percent: Option<f64>,
    /// `sort`: the key; `-` before it turns the order round.
    pub sort: (AgentSort, SortOrder),
}

impl AgentQuery {
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
                "q" => read.search = value.to_owned(),
                "environment" => read.environment = value.to_owned(),
                "team" => read.team = value.to_owned(),
                "type" => read.kind = value.to_owned(),
                "status" => {
                    read.status = Some(one_of("status", value, &AgentStatus::ALL, AgentStatus::as_str)?);
                }
                "max_latency_ms" => read.max_latency_ms = Some(number("max_latency_ms", value)?),
                "max_cpu_percent" => read.max_cpu_percent = Some(number("max_cpu_percent", value)?),
                "sort" => {
                    let (key, order) = match value.strip_prefix('-') {
                        Some(key) => (key, SortOrder::Descending),
                        None => (value, SortOrder::Ascending),
                    };
                    read.sort = (one_of("sort", key, &AgentSort::ALL, AgentSort::as_str)?, order);
                }
                _ => {}
            }
        }
        Ok(read)
    }

    /// The parameters of a URL that asks for this; defaults are left out.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let [from, to] = self.range.parameters(TimeRange::default());
        let sort = match self.sort {
            (AgentSort::Status, SortOrder::Ascending) => String::new(),
            (key, SortOrder::Ascending) => key.as_str().to_owned(),
            (key, SortOrder::Descending) => format!("-{}", key.as_str()),
        };
        written([
            from,
            to,
            ("q", self.search.clone()),
            ("environment", self.environment.clone()),
            ("team", self.team.clone()),
            ("type", self.kind.clone()),
            ("status", self.status.map(|status| status.as_str().to_owned()).unwrap_or_default()),
            ("max_latency_ms", written_number(self.max_latency_ms)),
            ("max_cpu_percent", written_number(self.max_cpu_percent)),
            ("sort", sort),
        ])
    }

    /// The same without any filter.
    pub fn unfiltered(&self) -> Self {
        Self { range: self.range, sort: self.sort, ..Self::default() }
    }

    /// Whether it leaves agents out.
    pub fn is_filtered(&self) -> bool {
        *self != self.unfiltered()
    }
}

/// The agents that a query asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentList {
    /// The server's time.
    pub now: UnixNanos,
    /// Of when the totals are.
    pub from: UnixNanos,
    /// Until when.
    pub to: UnixNanos,
    /// How many agents there are of which status, before any filter.
    pub counts: AgentCounts,
    /// What can be filtered by.
    pub choices: AgentChoices,
    /// Sums and means over the agents that match.
    pub totals: AgentTotals,
    /// When the first point of every spark line is.
    pub sparks_from: UnixNanos,
    /// From one point to the next, in seconds.
    pub sparks_step_s: u32,
    /// Those that match, in order.
    pub agents: Vec<AgentCard>,
}

/// Agents by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentCounts {
    /// Up.
    pub running: usize,
    /// Sends, but too much fails.
    pub error: usize,
    /// Stopped on purpose.
    pub stopped: usize,
    /// Not heard of.
    pub unknown: usize,
}

impl AgentCounts {
    /// How many are `status`.
    pub fn of(self, status: AgentStatus) -> usize {
        match status {
            AgentStatus::Running => self.running,
            AgentStatus::Error => self.error,
            AgentStatus::Stopped => self.stopped,
            AgentStatus::Unknown => self.unknown,
        }
    }

    /// All of them.
    pub fn total(self) -> usize {
        self.running + self.error + self.stopped + self.unknown
    }
}

/// What agents say of themselves, each once, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentChoices {
    /// Environments.
    pub environments: Vec<String>,
    /// Teams.
    pub teams: Vec<String>,
    /// Types.
    pub kinds: Vec<String>,
}

/// Over several agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentTotals {
    /// Requests.
    pub requests: u64,
    /// Of them failed.
    pub errors: u64,
    /// What they cost, as far as it is known.
    pub cost: Amount,
    /// Calls whose cost is not known.
    pub unpriced: u64,
    /// Tokens, sent and answered.
    pub tokens: u64,
    /// Mean over all requests, in milliseconds.
    pub mean_latency_ms: Option<f64>,
    /// Sum of the latest.
    pub throughput_per_min: Option<f64>,
    /// Mean of the latest.
    pub mean_cpu_percent: Option<f64>,
    /// Mean of the latest.
    pub mean_gpu_percent: Option<f64>,
    /// Sum of the latest.
    pub memory_mb: Option<f64>,
    /// Sum of the latest.
    pub gpu_memory_mb: Option<f64>,
}

/// An agent at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentCard {
    /// Its id.
    pub id: AgentId,
    /// Its name.
    pub name: AgentName,
    /// How it does.
    pub status: AgentStatus,
    /// Since when.
    pub since: Option<UnixNanos>,
    /// When something of it last came in.
    pub last_seen: Option<UnixNanos>,
    /// Where it runs.
    pub environment: Option<String>,
    /// Whose it is.
    pub team: Option<String>,
    /// What it is.
    pub kind: Option<String>,
    /// Which version of it.
    pub version: Option<String>,
    /// What is measured of it, in the order of [`Figure::ON_CARD`].
    pub sparks: Vec<Spark>,
}

/// A figure with how it came to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spark {
    /// What it is of.
    pub figure: Figure,
    /// The latest.
    pub latest: Option<f64>,
    /// At most thirty points, in equal steps; `None` where nothing was measured.
    pub points: Vec<Option<f64>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &[(&str, &str)]) -> Result<AgentQuery, InvalidQuery> {
        AgentQuery::parse(query.iter().copied())
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let check = |query: &[(&str, &str)], expect: &[(&str, &str)]| {
            let read = parse(query).unwrap();
            let written = read.parameters();
            let written: Vec<_> = written.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(written, expect, "{query:?}");
            assert_eq!(parse(&written), Ok(read));
        };
        check(&[], &[]);
        check(&[("from", "now-6h"), ("to", "now"), ("sort", "status"), ("q", " "), ("utm", "x")], &[]);
        check(&[("from", "now-24h")], &[("from", "now-1d")]);
        check(
            &[("status", "error"), ("type", "web"), ("q", "type:web OR type:api"), ("max_latency_ms", "500")],
            &[("q", "type:web OR type:api"), ("type", "web"), ("status", "error"), ("max_latency_ms", "500")],
        );
        check(
            &[
                ("environment", "production"),
                ("team", "backend"),
                ("max_cpu_percent", "80.5"),
                ("sort", "-cost"),
            ],
            &[
                ("environment", "production"),
                ("team", "backend"),
                ("max_cpu_percent", "80.5"),
                ("sort", "-cost"),
            ],
        );
        check(&[("sort", "-status")], &[("sort", "-status")]);
    }

    #[test]
    fn a_malformed_parameter_is_named() {
        for (name, value) in [
            ("from", "yesterday"),
            ("to", "2026-02-30"),
            ("status", "healthy"),
            ("max_latency_ms", "fast"),
            ("max_cpu_percent", "-1"),
            ("sort", "--cost"),
        ] {
            assert_eq!(parse(&[(name, value)]).unwrap_err().field, name);
        }
    }

    #[test]
    fn range_and_order_leave_no_agent_out() {
        assert!(!parse(&[("from", "now-1h"), ("sort", "-cost")]).unwrap().is_filtered());
        let filtered = parse(&[("from", "now-1h"), ("team", "backend")]).unwrap();
        assert!(filtered.is_filtered());
        assert_eq!(filtered.unfiltered(), parse(&[("from", "now-1h")]).unwrap());
    }

    #[test]
    fn every_status_is_counted_once() {
        let counts = AgentCounts { running: 1, error: 2, stopped: 4, unknown: 8 };
        let sum: usize = AgentStatus::ALL.iter().map(|status| counts.of(*status)).sum();
        assert_eq!((sum, counts.total()), (15, 15));
    }
}
