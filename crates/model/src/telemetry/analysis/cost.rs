//! What is made of costs.

use super::super::ids::UnixNanos;
use super::health::Severity;
use super::{Direction, Evidence};
use crate::ask::Amount;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A window's cost against that of the window before it, of the same length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostTrend {
    /// Where it goes.
    pub direction: Direction,
    /// By how much, in percent of the window before; `None` where one of them cost nothing.
    pub change_percent: Option<f64>,
}

/// How dear a request is on average.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Efficiency {
    /// At most 0.001.
    Excellent,
    /// At most 0.005.
    Good,
    /// At most 0.01.
    Fair,
    /// More.
    Poor,
    /// There were no requests, or they cost nothing.
    Unknown,
}

/// A bucket that cost much more than those before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostSpike {
    /// When the bucket begins.
    pub at: UnixNanos,
    /// What it cost.
    pub cost: Amount,
    /// What each of those before it cost on average.
    pub baseline: Amount,
    /// How many times the baseline it cost.
    pub ratio: f64,
    /// Of how many buckets the baseline is.
    pub buckets: u32,
}

/// Costs that somebody should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostAlert {
    /// What is wrong with them.
    pub kind: CostAlertKind,
    /// How bad it is.
    pub severity: Severity,
    /// What it cost: in all, or a request on average.
    pub value: Amount,
    /// What it would have had to stay at.
    pub threshold: Amount,
    /// From when on was looked.
    pub from: UnixNanos,
    /// Until when.
    pub to: UnixNanos,
    /// At how many requests.
    pub count: u64,
}

/// What can be wrong with costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostAlertKind {
    /// They rose.
    CostSpike,
    /// A request became dearer.
    EfficiencyDrop,
}

/// What a month will have cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// The month's last day.
    pub month_end: Date,
    /// What it has cost so far.
    pub spent: Amount,
    /// What a day costs.
    pub per_day: Amount,
    /// Of how many days that is the mean.
    pub days: u32,
    /// What it will have cost.
    pub expected: Amount,
}

/// How to spend less.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostAdvice {
    /// What could be done, the largest saving first.
    pub savings: Vec<Saving>,
    /// What all of it may save in thirty days, rounded to hundredths.
    pub potential_monthly_savings: Amount,
    /// How sure that is.
    pub confidence: Confidence,
}

/// One way to spend less.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saving {
    /// Which.
    pub kind: SavingKind,
    /// What it stands on.
    pub evidence: Evidence,
    /// What it may have saved in that window: a rule of thumb.
    pub saving: Amount,
}

/// Ways to spend less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SavingKind {
    /// A request is dear.
    DearRequests,
    /// Requests are slow, and not cheap.
    SlowRequests,
    /// The CPU has little to do.
    IdleCpu,
    /// Little memory is used.
    IdleMemory,
    /// Few requests come.
    FewRequests,
}

impl SavingKind {
    /// What to do.
    pub fn advice(self) -> &'static str {
        match self {
            Self::DearRequests => "Try a smaller model, shorter prompts, or the provider's cache of prompts",
            Self::SlowRequests => "Limit the length of answers and run independent calls at the same time",
            Self::IdleCpu => "Give it less CPU, or let it share a machine",
            Self::IdleMemory => "Give it less memory",
            Self::FewRequests => "Stop it between requests, or take requests in batches",
        }
    }
}

/// How sure an advice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// There is nothing to go by.
    Low,
    /// Rules of thumb apply.
    Medium,
    /// There is nothing to save.
    High,
}
