//! `GET /api/v1/metrics`: what agents measure of themselves, as it came or summed.

use super::attributes;
use super::query::{Bounds, agent, cursor, limit, list_query, one_of};
use crate::api::params::Params;
use crate::error::Answer;
use crate::error::dialect::Envelope;
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use model::Actor;
use model::telemetry::{MetricName, MetricRecord, UnixNanos};
use serde::Serialize;
use serde_json::{Map, Value, json};
use service::Service;
use service::telemetry::{AgentSum, Level, Numbers, SumCursor, SumQuery};
use utoipa::ToSchema;

/// Items of a page, unless asked otherwise.
const DEFAULT_METRICS: usize = 1_000;

/// What stands in a record, in the order of its columns.
pub(super) const RECORDED: [MetricName; 6] = [
    MetricName::LatencyMs,
    MetricName::ThroughputPerMin,
    MetricName::CostPerRequest,
    MetricName::CpuPercent,
    MetricName::GpuPercent,
    MetricName::MemoryMb,
];

/// A metric's name on these routes.
pub(super) fn field(name: &MetricName) -> &str {
    match name {
        MetricName::LatencyMs => "latency_ms",
        MetricName::ThroughputPerMin => "throughput_req_per_min",
        MetricName::CostPerRequest => "cost_per_request",
        MetricName::CpuPercent => "cpu_usage_percent",
        MetricName::GpuPercent => "gpu_usage_percent",
        MetricName::MemoryMb => "memory_usage_mb",
        MetricName::GpuMemoryMb => "gpu_memory_usage_mb",
        MetricName::GpuTemperatureC => "gpu_temperature_celsius",
        MetricName::GpuPowerW => "gpu_power_watts",
        MetricName::Other(name) => name,
    }
}

/// How long what an item says is of.
#[derive(Clone, Copy)]
enum Aggregation {
    Raw,
    Sums(Level),
}

const AGGREGATIONS: [Aggregation; 4] = [
    Aggregation::Raw,
    Aggregation::Sums(Level::Minute),
    Aggregation::Sums(Level::Hour),
    Aggregation::Sums(Level::Day),
];

fn word(aggregation: Aggregation) -> &'static str {
    match aggregation {
        Aggregation::Raw => "raw",
        Aggregation::Sums(Level::Minute) => "minute",
        Aggregation::Sums(Level::Hour) => "hour",
        Aggregation::Sums(Level::Day) => "day",
    }
}

/// A page of metrics.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricsJson {
    /// The newest first. Records have `metric_id`, `agent_id`, `agent_name`, `timestamp`, a field a metric
    /// type (`null` where it was not measured) and `custom_metrics`. Sums have `interval_start` (also as
    /// `timestamp`) and `interval_end`, `count` (records of the metric that most have), of each metric
    /// type that was measured `avg_`, `min_`, `max_`, `p50_`, `p95_` and `p99_`, and `total_requests` and
    /// `total_cost`.
    #[schema(value_type = Vec<Object>)]
    metrics: Vec<Map<String, Value>>,
    /// How many there are on all pages. `null` of more than 100,000 records, and of sums on several pages.
    total: Option<u64>,
    /// `raw`, `minute`, `hour` or `day`.
    aggregation: &'static str,
    /// When all of them are.
    time_range: TimeRangeJson,
    /// What `cursor` of the next page is; `null` on the last. A page of sums may hold fewer than asked for.
    next_cursor: Option<String>,
}

/// A range of time.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeRangeJson {
    /// Its first moment; `null` for the beginning of everything.
    start: Option<Timestamp>,
    /// The first moment after it; `null` where it has no end.
    end: Option<Timestamp>,
}

impl From<service::telemetry::TimeRange> for TimeRangeJson {
    fn from(range: service::telemetry::TimeRange) -> Self {
        Self {
            start: (range.from > UnixNanos(0)).then(|| range.from.timestamp()),
            end: (range.until < UnixNanos(i64::MAX)).then(|| range.until.timestamp()),
        }
    }
}

/// The metric types that are asked for; none for all.
struct Types<'a>(Vec<&'a str>);

impl<'a> Types<'a> {
    fn read(params: &'a Params) -> Self {
        let names = params.text("metric_types").unwrap_or_default().split(',').map(str::trim);
        Self(names.filter(|name| !name.is_empty()).collect())
    }

    fn take(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.contains(&name)
    }

    fn record(&self, record: MetricRecord) -> Map<String, Value> {
        let mut item = Map::new();
        let mut put = |name: &str, value: Value| item.insert(name.to_owned(), value);
        put("metric_id", json!(record.id.to_string()));
        put("agent_id", json!(record.agent.id.map(|id| id.to_string())));
        put("agent_name", json!(record.agent.name));
        put("timestamp", json!(record.at.timestamp()));
        for name in RECORDED.iter().filter(|name| self.take(field(name))) {
            let value = record.values.iter().find(|(other, _)| other == name).map(|(_, value)| *value);
            put(field(name), json!(value));
        }
        let custom = record.custom.into_iter().filter(|custom| self.take(&custom.key)).collect();
        put("custom_metrics", attributes::object(custom));
        item
    }

    fn sum(&self, sum: &AgentSum) -> Map<String, Value> {
        let mut item = Map::new();
        let mut put = |name: String, value: Value| item.insert(name, value);
        put("agent_id".to_owned(), json!(sum.agent_id.to_string()));
        put("agent_name".to_owned(), json!(sum.agent));
        put("timestamp".to_owned(), json!(sum.start.timestamp()));
        put("interval_start".to_owned(), json!(sum.start.timestamp()));
        put("interval_end".to_owned(), json!(sum.end.timestamp()));
        let numbers = sum.bucket.numbers.iter().filter(|(name, _)| self.take(field(name)));
        put(
            "count".to_owned(),
            json!(numbers.clone().map(|(_, numbers)| numbers.records).max().unwrap_or(0)),
        );
        for (name, numbers) in numbers {
            for (figure, value) in figures(numbers) {
                put(format!("{figure}_{}", field(name)), json!(value));
            }
        }
        put("total_requests".to_owned(), json!(sum.requests));
        put("total_cost".to_owned(), json!(sum.cost));
        item
    }
}

fn figures(numbers: &Numbers) -> [(&'static str, Option<f64>); 6] {
    let percentile = |share| numbers.sketch.percentile(share);
    [
        ("avg", numbers.mean()),
        ("min", Some(numbers.min)),
        ("max", Some(numbers.max)),
        ("p50", percentile(0.5)),
        ("p95", percentile(0.95)),
        ("p99", percentile(0.99)),
    ]
}

/// What agents measure of themselves
///
/// Records as they were sent to this path, or sums by minute, hour or day and agent of them and of
/// the points of OpenTelemetry's metrics. Percentiles are right to 1 %.
#[utoipa::path(
    get,
    path = "/api/v1/metrics",
    tag = "telemetry",
    params(
        ("agent_id" = Option<String>, Query, description = "The agent's id or name; all unless given"),
        ("start_date" = Option<String>, Query, description = "The first moment: ISO 8601, or `now-6h`; `start_time` is the same. Of sums a day before the end unless given"),
        ("end_date" = Option<String>, Query, description = "The first moment after it; `end_time` is the same"),
        ("metric_types" = Option<String>, Query, description = "Names with commas between them; all unless given"),
        ("aggregation" = Option<String>, Query, description = "raw, minute, hour or day; raw unless given; `aggregate` is the same"),
        ("limit" = Option<usize>, Query, description = "How many, 1 to 10,000; 1,000 unless given"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, whose range counts then"),
    ),
    responses(
        (status = 200, body = MetricsJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn list_metrics(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer<Json<MetricsJson>> {
    let name = params.either(["aggregation", "aggregate"]);
    let aggregation = one_of(name, params.text(name).unwrap_or("raw"), &AGGREGATIONS, word)?;
    let types = Types::read(&params);
    let answer = match aggregation {
        Aggregation::Raw => {
            let query = list_query(&params, &service, DEFAULT_METRICS)?;
            let listed = service.list_metrics(&actor, query).await?;
            MetricsJson {
                metrics: listed.items.into_iter().map(|record| types.record(record)).collect(),
                total: listed.total,
                aggregation: word(aggregation),
                time_range: listed.range.into(),
                next_cursor: listed.next.map(|cursor| cursor.to_string()),
            }
        }
        Aggregation::Sums(level) => {
            let Bounds { from, until } = Bounds::read(&params, &service)?;
            let after = cursor(&params, SumCursor::parse)?;
            let is_first = after.is_none();
            let limit = limit(&params, DEFAULT_METRICS)?;
            let query = SumQuery { level, from, until, agent: agent(&params), limit, after };
            let sums = service.sum_metrics(&actor, query).await?;
            let is_all = is_first && sums.next.is_none();
            MetricsJson {
                total: is_all.then_some(sums.items.len() as u64),
                metrics: sums.items.iter().map(|sum| types.sum(sum)).collect(),
                aggregation: word(aggregation),
                time_range: sums.range.into(),
                next_cursor: sums.next.map(|cursor| cursor.to_string()),
            }
        }
    };
    Ok(Json(answer))
}
