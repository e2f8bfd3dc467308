//! What is made of an agent's figures: trends, costs, findings, scores and advice, each with what
//! it stands on. The formulas are in `telemetry::analysis`.

mod cost;
mod health;

pub use cost::{
    Confidence, CostAdvice, CostAlert, CostAlertKind, CostSpike, CostTrend, Efficiency, Forecast, Saving,
    SavingKind,
};
pub use health::{
    Advice, Area, Basis, Finding, FindingKind, Health, Measure, Rating, Score, Severity, Subject,
};

use super::ids::UnixNanos;
use serde::{Deserialize, Serialize};

/// What a verdict stands on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was found.
    pub value: f64,
    /// What it is compared with.
    pub threshold: f64,
    /// From when on was looked.
    pub from: UnixNanos,
    /// Until when.
    pub to: UnixNanos,
    /// In how many measurements.
    pub count: u64,
}

/// Where a figure goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Up.
    Increasing,
    /// Down.
    Decreasing,
    /// Neither by so much that it says something.
    Stable,
}

/// Where a metric goes. Serialises with `trend` as `no_data`, `insufficient_data`, `increasing`,
/// `decreasing` or `stable`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "trend", rename_all = "snake_case")]
pub enum MetricTrend {
    /// It was not measured.
    NoData,
    /// It was measured in one bucket only.
    InsufficientData(Figures),
    /// Up.
    Increasing(Figures),
    /// Down.
    Decreasing(Figures),
    /// Neither by so much that it says something.
    Stable(Figures),
}

/// Of the buckets that a trend is of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many buckets.
    pub data_points: usize,
    /// From the first to the last, in percent of the first; `None` where the first is 0.
    pub change_percent: Option<f64>,
    /// The last.
    pub current_value: f64,
    /// The least.
    pub min_value: f64,
    /// The most.
    pub max_value: f64,
    /// Their mean.
    pub avg_value: f64,
}
