//! How an agent does, beyond its status.

use super::super::ids::UnixNanos;
use super::Evidence;
use serde::{Deserialize, Serialize};

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Low,
    /// Worth a look.
    Medium,
    /// To be mended.
    High,
    /// To be mended now.
    Critical,
}

/// Something that is wrong with an agent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// Of which measure.
    pub measure: Measure,
    /// How bad.
    pub severity: Severity,
    /// What it stands on, in the unit of the measure.
    pub evidence: Evidence,
}

/// What can be wrong with an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// It answers slowly.
    HighLatency,
    /// It does little.
    LowThroughput,
    /// It uses up its machine.
    HighResourceUsage,
    /// Its memory grows.
    MemoryLeak,
    /// It answers ever more slowly.
    PerformanceDegradation,
    /// It is silent for long times.
    IntermittentIssues,
}

impl FindingKind {
    /// What to do about it.
    pub fn recommendation(self) -> &'static str {
        match self {
            Self::HighLatency => {
                "Find the slowest spans of its traces, and the model or tool that they wait for"
            }
            Self::LowThroughput => "See whether requests wait for it or none come, and what its limits are",
            Self::HighResourceUsage => "Give it more of it or spread its work, and find what uses so much",
            Self::MemoryLeak => "Look for caches, histories and connections that grow with each request",
            Self::PerformanceDegradation => {
                "Compare with what was deployed, or sent to it, before it became slower"
            }
            Self::IntermittentIssues => "See whether it restarts, or loses its connection at these times",
        }
    }
}

/// What is measured of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Mean latency, in milliseconds.
    MeanLatencyMs,
    /// The latency that 95 % of requests stay within, in milliseconds.
    P95LatencyMs,
    /// Requests a minute.
    ThroughputPerMin,
    /// CPU in use, 0 to 100.
    CpuPercent,
    /// GPU in use, 0 to 100.
    GpuPercent,
    /// Memory in use, in MB.
    MemoryMb,
    /// By how much memory has grown, in percent.
    MemoryGrowthPercent,
    /// How long nothing was heard of it, in seconds.
    SilenceSeconds,
    /// How often it was heard of, in percent of how often it would be at its usual interval.
    HeardPercent,
}

/// How well an agent does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// From when on was looked.
    pub from: UnixNanos,
    /// Until when.
    pub to: UnixNanos,
    /// How fast it answers.
    pub latency: Score,
    /// How much it does.
    pub throughput: Score,
    /// How well it fits its machine.
    pub resources: Score,
    /// How steadily it is heard of.
    pub reliability: Score,
    /// All together, 0 to 100; 0 where nothing is known.
    pub overall: f64,
    /// In a word.
    pub rating: Rating,
}

/// A part of an agent's health.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// 0 to 100; 50 where nothing is known.
    pub points: f64,
    /// What it stands on; empty where nothing is known.
    pub basis: Vec<Basis>,
}

/// What a score stands on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// What was measured.
    pub measure: Measure,
    /// How much it was.
    pub value: f64,
    /// In how many measurements.
    pub count: u64,
}

/// An agent's health in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// 90 and more.
    Excellent,
    /// 75 and more.
    Good,
    /// 60 and more.
    Fair,
    /// 40 and more.
    Poor,
    /// Less.
    Critical,
    /// Nothing is known.
    Unknown,
}

/// Something to do for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// What for.
    pub subject: Subject,
    /// How soon.
    pub priority: Severity,
}

/// What an advice is for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A part of its health that has few points.
    Area(Area),
    /// Something that is wrong with it.
    Finding(Finding),
}

/// Parts of an agent's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// How fast it answers.
    Latency,
    /// How much it does.
    Throughput,
    /// How well it fits its machine.
    Resources,
    /// How steadily it is heard of.
    Reliability,
}

impl Area {
    /// What to do for it.
    pub fn actions(self) -> [&'static str; 4] {
        match self {
            Self::Latency => [
                "Find the slowest spans of its traces",
                "Shorten prompts and limit the length of answers",
                "Run calls that do not need each other at the same time",
                "Keep answers that are asked for again",
            ],
            Self::Throughput => [
                "See whether requests wait in a queue",
                "Raise how many requests run at the same time",
                "Look for limits that its provider sets",
                "Run one more of it",
            ],
            Self::Resources => [
                "Compare what it has with what it uses",
                "Find what uses most of CPU, GPU and memory",
                "Look for memory that is never given back",
                "Spread its work over the day",
            ],
            Self::Reliability => [
                "Look for restarts at the times when it was silent",
                "See whether its exporter drops data, or cannot reach this server",
                "Let it retry, with a limit, what fails",
                "Alert when nothing is heard of it",
            ],
        }
    }
}
