//! Metrics: numbers at a time.

use super::agent::AgentIdentity;
use super::ids::{MetricId, UnixNanos};
use super::value::Attribute;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a number is of. Other names are kept as the sender spells them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricName {
    /// How long a request took, in milliseconds.
    LatencyMs,
    /// Requests a minute.
    ThroughputPerMin,
    /// Cost of a request.
    CostPerRequest,
    /// CPU in use, 0 to 100.
    CpuPercent,
    /// GPU in use, 0 to 100.
    GpuPercent,
    /// Memory in use, in MB (10⁶ bytes).
    MemoryMb,
    /// GPU memory in use, in MB.
    GpuMemoryMb,
    /// Temperature of a GPU, in °C.
    GpuTemperatureC,
    /// Power that a GPU draws, in watts.
    GpuPowerW,
    /// Any other, as its sender names it.
    Other(String),
}

/// One number of one series, as OpenTelemetry sends them.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricPoint {
    /// Whose it is.
    pub agent: Arc<AgentIdentity>,
    /// What it is of.
    pub name: MetricName,
    /// Its name as sent.
    pub sent_name: String,
    /// Its unit as sent, such as `s` or `By`; empty where none is.
    pub unit: String,
    /// When.
    pub at: UnixNanos,
    /// The number, in the unit of `name`; of a histogram the mean. Never NaN or infinite.
    pub value: f64,
    /// How many measurements it stands for: 1 but for histograms and summaries.
    pub count: u64,
    /// Since when `value` and `count` sum up, where they are running totals, as those of counters and
    /// histograms of cumulative temporality are; `None` where each point stands for itself.
    pub running_since: Option<UnixNanos>,
    /// Which series of that name: device, model and the like.
    pub attributes: Vec<Attribute>,
}

/// A record of metrics as `POST /api/v1/metrics` takes it: several numbers of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricRecord {
    /// Its id.
    pub id: MetricId,
    /// Whose it is.
    pub agent: Arc<AgentIdentity>,
    /// When.
    pub at: UnixNanos,
    /// The numbers, each name once; at least one, or a custom one.
    pub values: Vec<(MetricName, f64)>,
    /// Numbers, texts and yes or no with names of the sender's own.
    pub custom: Vec<Attribute>,
}
