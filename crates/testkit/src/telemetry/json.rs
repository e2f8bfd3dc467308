//! Records as the JSON routes take them.

use model::telemetry::{MetricName, MetricRecord, UnixNanos, Value};
use serde_json::{Map, Value as Json, json};

/// A time with nine digits behind the second: always as long.
pub fn time(at: UnixNanos) -> String {
    format!("{:.9}", at.timestamp())
}

/// The body of `POST /api/v1/metrics`.
///
/// # Panics
/// It has a number that the route has no name for, or a custom value of several.
pub fn metric(record: &MetricRecord) -> String {
    let mut body = Map::new();
    body.insert("agent_id".to_owned(), record.agent.name.as_str().into());
    body.insert("timestamp".to_owned(), time(record.at).into());
    for (name, value) in &record.values {
        let name = match name {
            MetricName::LatencyMs => "latency_ms",
            MetricName::ThroughputPerMin => "throughput_req_per_min",
            MetricName::CostPerRequest => "cost_per_request",
            MetricName::CpuPercent => "cpu_usage_percent",
            MetricName::GpuPercent => "gpu_usage_percent",
            MetricName::MemoryMb => "memory_usage_mb",
            other => panic!("the route has no name for {other:?}"),
        };
        body.insert(name.to_owned(), json!(value));
    }
    let custom = record.custom.iter().map(|custom| {
        let value = match &custom.value {
            Value::Text(text) => Json::from(text.as_str()),
            Value::Bool(is_so) => Json::from(*is_so),
            Value::Int(number) => Json::from(*number),
            Value::Double(number) => Json::from(*number),
            other => panic!("{} is no single value: {other:?}", custom.key),
        };
        (custom.key.to_string(), value)
    });
    body.insert("custom_metrics".to_owned(), Json::Object(custom.collect()));
    Json::Object(body).to_string()
}
