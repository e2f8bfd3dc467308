//! What is done with telemetry, and where it is kept.

use super::ConfigError;
use super::values::Values;
use service::settings::{AgentThresholds, ClickHouseSettings, QueueSettings, TelemetrySettings};
use std::path::PathBuf;

/// Kept in `dir` unless a ClickHouse is set.
pub(super) fn telemetry(values: &Values, dir: PathBuf) -> Result<TelemetrySettings, ConfigError> {
    let in_flight_mb = values.number("telemetry.in_flight_mb", 64, 4096)?;
    Ok(TelemetrySettings {
        clickhouse: clickhouse(values)?,
        queue: queue(values)?,
        prices: values.path("telemetry.prices"),
        agents: agents(values)?,
        in_flight_bytes: usize::try_from(in_flight_mb << 20).unwrap_or(usize::MAX),
        ..TelemetrySettings::new(dir)
    })
}

fn agents(values: &Values) -> Result<AgentThresholds, ConfigError> {
    Ok(AgentThresholds {
        error_share: values.number("telemetry.agent_error_percent", 1, 100)? as f64 / 100.0,
        min_calls: values.number("telemetry.agent_error_min_calls", 1, 1_000_000)?,
        ..AgentThresholds::default()
    })
}

fn queue(values: &Values) -> Result<Option<QueueSettings>, ConfigError> {
    let most_mb = values.number("telemetry.queue_mb", 1, 1 << 20)?;
    let Some(url) = values.secret("redis.url") else { return Ok(None) };
    let settings = QueueSettings::new(url);
    let mut settings = settings.map_err(|error| values.refuse("redis.url", &error.to_string()))?;
    settings.most_bytes = most_mb << 20;
    Ok(Some(settings))
}

fn clickhouse(values: &Values) -> Result<Option<ClickHouseSettings>, ConfigError> {
    let Some(url) = values.secret("clickhouse.url") else { return Ok(None) };
    let settings = ClickHouseSettings::parse(&url);
    settings.map(Some).map_err(|error| values.refuse("clickhouse.url", &error.to_string()))
}
