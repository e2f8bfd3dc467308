//! Records of metrics as `POST /api/v1/metrics` takes them: several numbers of one agent at one
//! moment.
//!
//! Known fields are checked. Whatever else is sent, such as `error_rate_percent` or `request_id`,
//! is kept beside the custom metrics, and what describes the agent (`environment`, `team`, `type`,
//! `version`) with the agent. A record needs at least one of the six metrics or a custom one.

use crate::body::fields::Fields;
use crate::body::{MAX_NAME_CHARS, tree};
use crate::invalid::{Invalid, InvalidCode};
use jiff::Timestamp;
use model::telemetry::{
    AgentId, AgentIdentity, AgentName, Attribute, MetricId, MetricName, MetricRecord, Value,
};
use std::sync::Arc;

/// A metric of fixed name, and the most that it can be. The least is 0.
struct Metric {
    field: &'static str,
    name: MetricName,
    max: f64,
}

const METRICS: [Metric; 6] = [
    Metric { field: "latency_ms", name: MetricName::LatencyMs, max: f64::MAX },
    Metric { field: "throughput_req_per_min", name: MetricName::ThroughputPerMin, max: f64::MAX },
    Metric { field: "cost_per_request", name: MetricName::CostPerRequest, max: f64::MAX },
    Metric { field: "cpu_usage_percent", name: MetricName::CpuPercent, max: 100.0 },
    Metric { field: "gpu_usage_percent", name: MetricName::GpuPercent, max: 100.0 },
    Metric { field: "memory_usage_mb", name: MetricName::MemoryMb, max: f64::MAX },
];

/// Fields that describe the agent, with the names that pages filter by.
const DESCRIPTIONS: [&str; 4] = ["environment", "team", "type", "version"];

/// How many custom metrics and other fields a record may have.
const MAX_CUSTOM: usize = 256;

/// Reads a record that came at `now`.
///
/// An `agent_id` that is a UUID is the agent's id; its name is then `agent_name`, or else `Agent-`
/// and the id's first eight digits. Any other `agent_id` is the agent's name.
///
/// # Errors
/// The field that is not as it must be, or that there is no metric.
pub fn read(json: &[u8], id: MetricId, now: Timestamp) -> Result<MetricRecord, Invalid> {
    let mut sent = Fields::of("", tree::read(json)?)?;
    let agent = Arc::new(agent(&mut sent)?);
    let at = sent.moment("timestamp", now)?.unwrap_or(now.into());
    let mut values = Vec::with_capacity(METRICS.len());
    for Metric { field, name, max } in &METRICS {
        values.extend(sent.measure(field, *max)?.map(|number| (name.clone(), number)));
    }
    let custom = sent.object("custom_metrics")?.unwrap_or_default();
    if values.is_empty() && custom.is_empty() {
        let message = "holds no metric: give at least one, such as latency_ms";
        return Err(Invalid { code: InvalidCode::NoMetrics, ..Invalid::new("", message) });
    }
    Ok(MetricRecord { id, agent, at, values, custom: with_others(custom, sent.rest())? })
}

fn agent(sent: &mut Fields) -> Result<AgentIdentity, Invalid> {
    let agent = sent.need("agent_id", Fields::name)?;
    let (name, id) = match AgentId::parse(&agent) {
        Ok(id) => {
            (sent.name("agent_name")?.unwrap_or_else(|| format!("Agent-{:.8}", id.to_string())), Some(id))
        }
        Err(_) => (agent, None),
    };
    let mut metadata = Vec::new();
    for key in DESCRIPTIONS {
        let text = sent.name(key)?;
        metadata.extend(text.map(|text| Attribute { key: key.into(), value: Value::Text(text.into()) }));
    }
    Ok(AgentIdentity { name: AgentName::new(name), id, metadata })
}

/// The custom metrics, and after them the fields that nothing else was made of.
fn with_others(metrics: Vec<Attribute>, others: Vec<Attribute>) -> Result<Vec<Attribute>, Invalid> {
    let invalid = |message: String| Err(Invalid::new("custom_metrics", message));
    let (first_other, mut all) = (metrics.len(), metrics);
    all.extend(others);
    if all.len() > MAX_CUSTOM {
        return invalid(format!("and the fields that are not known are more than {MAX_CUSTOM}"));
    }
    for (place, Attribute { key, value }) in all.iter().enumerate() {
        let is_plain = matches!(value, Value::Text(_) | Value::Bool(_) | Value::Int(_) | Value::Double(_));
        if key.chars().count() > MAX_NAME_CHARS {
            return invalid(format!("has a name of more than {MAX_NAME_CHARS} characters"));
        }
        if place < first_other && !is_plain {
            let field = format!("custom_metrics.{key}");
            return Err(Invalid::new(field, "must be a number, a text, true or false"));
        }
        if all[..place].iter().any(|other| other.key == *key) {
            return Err(Invalid::new(key.as_str(), "is given twice"));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
