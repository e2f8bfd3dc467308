//! One agent in depth.

use super::Spend;
use super::agents::Figure;
use super::traces::TraceRow;
use crate::telemetry::analysis::{
    Advice, CostAdvice, CostAlert, CostTrend, Efficiency, Finding, Health, MetricTrend,
};
use crate::telemetry::{AgentId, AgentName, AgentState, AgentStatus, Attribute, UnixNanos};
use serde::{Deserialize, Serialize};

/// One agent in a range of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentDetail {
    /// Who it is, and how it does.
    pub agent: AgentFacts,
    /// The server's time.
    pub now: UnixNanos,
    /// From when on it is shown: the start of the first step.
    pub from: UnixNanos,
    /// Until when.
    pub to: UnixNanos,
    /// From one step to the next, in seconds.
    pub step_s: u32,
    /// What is measured of it, in the order of [`Figure::ON_PAGE`].
    pub series: Vec<FigureSeries>,
    /// What was asked of models.
    pub spend: Spend,
    /// The same in the range of the same length before it.
    pub previous_spend: Spend,
    /// Where its cost goes.
    pub cost_trend: CostTrend,
    /// How dear a request is.
    pub efficiency: Efficiency,
    /// Costs that somebody should look at.
    pub cost_alerts: Vec<CostAlert>,
    /// How to spend less.
    pub cost_advice: CostAdvice,
    /// What failed, the most frequent first.
    pub errors: Vec<ErrorGroup>,
    /// Which models it asks, the dearest first.
    pub models: Vec<ModelUse>,
    /// Its latest traces.
    pub traces: Vec<TraceRow>,
    /// How it did, the newest first.
    pub changes: Vec<StatusRow>,
    /// What is wrong with it.
    pub diagnosis: Diagnosis,
}

/// Who an agent is, and how it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentFacts {
    /// Its id.
    pub id: AgentId,
    /// Its name.
    pub name: AgentName,
    /// How it does.
    pub state: AgentState,
    /// When it was first heard of.
    pub first_seen: UnixNanos,
    /// What it says of itself.
    pub metadata: Vec<Attribute>,
}

/// A figure over time, in equal steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FigureSeries {
    /// What it is of.
    pub figure: Figure,
    /// One for each step; `None` where nothing was measured.
    pub points: Vec<Option<Point>>,
    /// The values of the range of the same length before it, one for each step.
    pub previous: Vec<Option<f64>>,
    /// Where it goes.
    pub trend: MetricTrend,
}

/// What was measured in one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// How many measurements.
    pub count: u64,
    /// Their mean, or their sum where they add up: requests a minute, cost, tokens.
    pub value: f64,
    /// What half of them stay within; `None` of what adds up.
    pub p50: Option<f64>,
    /// What 95 % of them stay within.
    pub p95: Option<f64>,
    /// What 99 % of them stay within.
    pub p99: Option<f64>,
}

/// Spans that failed in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorGroup {
    /// What failed: the span's name.
    pub name: String,
    /// How: the error's type.
    pub error_type: Option<String>,
    /// What the latest of them said.
    pub message: String,
    /// How many.
    pub count: u64,
    /// The latest of them.
    pub latest: TraceRow,
}

/// What was asked of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelUse {
    /// The model; empty where none was named.
    pub model: String,
    /// Calls, tokens and cost.
    pub spend: Spend,
    /// What 95 % of its calls took at most, in milliseconds.
    pub p95_latency_ms: Option<f64>,
    /// What 95 % of its calls took at most to the first token, in milliseconds.
    pub p95_first_token_ms: Option<f64>,
}

/// A change of how an agent does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRow {
    /// When.
    pub at: UnixNanos,
    /// What it was.
    pub from: AgentStatus,
    /// What it is since.
    pub to: AgentStatus,
    /// Why, as a sentence without an end.
    pub why: String,
}

/// How an agent does beyond its status, with what that stands on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// How well, in points.
    pub health: Health,
    /// What is wrong, the worst first.
    pub findings: Vec<Finding>,
    /// What to do, the most urgent first.
    pub advice: Vec<Advice>,
}
