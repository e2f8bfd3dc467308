//! What is made of an agent's figures. Each formula stands in one place, at the function that
//! applies it; what comes out says what it stands on.
//!
//! Everything takes slices in the order of time, as a store gives them, and never asks for more.

mod advice;
mod cost;
mod health;
mod trend;
pub mod volume;

pub use advice::{Spending, advice, cost_advice};
pub use cost::{CostBucket, CostWindow, Step, alerts, cost_trend, efficiency, forecast, spikes};
pub use health::{Observed, diagnose, health};
pub use trend::trend;

use model::telemetry::UnixNanos;

/// A metric's measurements of a span of time, or one of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// When it begins.
    pub start: UnixNanos,
    /// How many measurements: at least one.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
}

/// How many measurements, all together.
fn count(buckets: &[Bucket]) -> u64 {
    buckets.iter().map(|bucket| bucket.count).sum()
}

/// The mean of all measurements.
fn mean(buckets: &[Bucket]) -> Option<f64> {
    let count = count(buckets);
    (count > 0)
        .then(|| buckets.iter().map(|bucket| bucket.mean * bucket.count as f64).sum::<f64>() / count as f64)
}

/// By how much `after` is more than `before`, in percent of it; `None` where that is 0.
fn change_percent(before: f64, after: f64) -> Option<f64> {
    (before != 0.0).then(|| (after - before) / before * 100.0)
}
