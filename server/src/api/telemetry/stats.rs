//! `/api/v1/stats/…`: what agents did, in a few numbers.

use super::query::{Bounds, agent, money, one_of};
use crate::api::params::Params;
use crate::error::dialect::Envelope;
use crate::error::{Answer, Fault};
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use model::Actor;
use model::telemetry::EventKind;
use serde::Serialize;
use service::Service;
use service::telemetry::{Spend, StatsMetric, StatsQuery};
use utoipa::ToSchema;

/// How far back it goes, unless asked otherwise, and at most.
const DEFAULT_HOURS: i64 = 24;
const MOST_HOURS: i64 = 720;

/// How long a step may be, and how many nanoseconds that is.
const INTERVALS: [(&str, i64); 4] =
    [("1m", 60_000_000_000), ("5m", 300_000_000_000), ("1h", 3_600_000_000_000), ("1d", 86_400_000_000_000)];

/// All of it at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewJson {
    /// Events, and whole requests of traces.
    total_events: u64,
    /// Events of type `error`, and whole requests that failed.
    total_errors: u64,
    /// The errors in percent of the events, to two digits.
    error_rate_pct: f64,
    /// What the calls of models cost whose cost is known, to four digits.
    total_cost_usd: f64,
    /// Calls whose cost is not known: no price, or no tokens.
    unpriced_count: i64,
    /// Tokens sent and answered.
    total_tokens: i64,
    /// Mean latency, to two digits.
    avg_latency_ms: Option<f64>,
}

/// What was asked of a model.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokensJson {
    /// The model; empty where nobody says.
    model: String,
    /// Tokens sent, those of a cache included.
    input_tokens: i64,
    /// Tokens answered.
    output_tokens: i64,
    /// What the calls cost whose cost is known, to six digits.
    total_cost_usd: f64,
    /// Calls.
    request_count: i64,
    /// Calls whose cost is not known: no price, or no tokens.
    unpriced_count: i64,
}

/// How many events of a type there were.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventCountJson {
    /// The type.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: EventKind,
    /// How many.
    count: u64,
}

/// A number over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeseriesJson {
    /// What it is of.
    metric: &'static str,
    /// From one step to the next.
    interval: &'static str,
    /// A point for each step, the oldest first; 0 where nothing was done.
    data: Vec<PointJson>,
}

/// A step of a series.
#[derive(Debug, Serialize, ToSchema)]
pub struct PointJson {
    /// When it begins.
    timestamp: Timestamp,
    /// The number.
    value: f64,
}

fn rounded(number: f64, digits: i32) -> f64 {
    let power = 10_f64.powi(digits);
    (number * power).round() / power
}

fn unpriced(spend: &Spend) -> i64 {
    spend.unpriced + spend.without_tokens
}

fn read(params: &Params, service: &Service) -> Answer<StatsQuery> {
    let refused = || Fault::invalid("hours", format!("hours: write a whole number from 1 to {MOST_HOURS}"));
    let hours = match params.text("hours") {
        None => DEFAULT_HOURS,
        Some(text) => {
            let hours = text.parse().ok().filter(|hours| (1..=MOST_HOURS).contains(hours));
            hours.ok_or_else(refused)?
        }
    };
    let Bounds { from, until } = Bounds::read(params, service)?;
    Ok(StatsQuery { hours, from, until, agent: agent(params) })
}

/// All of it at a glance
#[utoipa::path(
    get,
    path = "/api/v1/stats/overview",
    tag = "telemetry",
    params(
        ("hours" = Option<i64>, Query, description = "How far back, 1 to 720; 24 unless given"),
        ("start_date" = Option<String>, Query, description = "From when on, in place of `hours`"),
        ("end_date" = Option<String>, Query, description = "Until when; now unless given"),
        ("agent_id" = Option<String>, Query, description = "The agent's id or name; all unless given"),
    ),
    responses(
        (status = 200, body = OverviewJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn get_stats_overview(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer<Json<OverviewJson>> {
    let overview = service.get_stats_overview(&actor, read(&params, &service)?).await?;
    let spend = &overview.spend;
    Ok(Json(OverviewJson {
        total_events: overview.events,
        total_errors: overview.errors,
        error_rate_pct: rounded(overview.error_rate_percent, 2),
        total_cost_usd: rounded(money(spend.cost_picos), 4),
        unpriced_count: unpriced(spend),
        total_tokens: overview.tokens,
        avg_latency_ms: overview.latency_ms.map(|latency| rounded(latency, 2)),
    }))
}

/// Tokens and cost by model, the dearest first
#[utoipa::path(
    get,
    path = "/api/v1/stats/tokens",
    tag = "telemetry",
    params(
        ("hours" = Option<i64>, Query, description = "How far back, 1 to 720; 24 unless given"),
        ("start_date" = Option<String>, Query, description = "From when on, in place of `hours`"),
        ("end_date" = Option<String>, Query, description = "Until when; now unless given"),
        ("agent_id" = Option<String>, Query, description = "The agent's id or name; all unless given"),
    ),
    responses(
        (status = 200, body = Vec<TokensJson>),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn list_token_stats(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer<Json<Vec<TokensJson>>> {
    let models = service.list_token_stats(&actor, read(&params, &service)?).await?;
    let models = models.into_iter().map(|(model, spend)| TokensJson {
        model,
        input_tokens: spend.input,
        output_tokens: spend.output,
        total_cost_usd: rounded(money(spend.cost_picos), 6),
        request_count: spend.calls,
        unpriced_count: unpriced(&spend),
    });
    Ok(Json(models.collect()))
}

/// How many events of each type there were, the most frequent first
#[utoipa::path(
    get,
    path = "/api/v1/stats/events-by-type",
    tag = "telemetry",
    params(
        ("hours" = Option<i64>, Query, description = "How far back, 1 to 720; 24 unless given"),
        ("start_date" = Option<String>, Query, description = "From when on, in place of `hours`"),
        ("end_date" = Option<String>, Query, description = "Until when; now unless given"),
        ("agent_id" = Option<String>, Query, description = "The agent's id or name; all unless given"),
    ),
    responses(
        (status = 200, body = Vec<EventCountJson>),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn list_event_stats(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer<Json<Vec<EventCountJson>>> {
    let kinds = service.list_event_stats(&actor, read(&params, &service)?).await?;
    Ok(Json(kinds.into_iter().map(|(kind, count)| EventCountJson { kind, count }).collect()))
}

/// A number over time
///
/// `requests` and `errors` as in the overview, `tokens`, or `cost`. At most 10,000 points.
#[utoipa::path(
    get,
    path = "/api/v1/stats/timeseries",
    tag = "telemetry",
    params(
        ("metric" = Option<String>, Query, description = "requests, errors, tokens or cost; requests unless given"),
        ("interval" = Option<String>, Query, description = "1m, 5m, 1h or 1d; 1h unless given"),
        ("hours" = Option<i64>, Query, description = "How far back, 1 to 720; 24 unless given"),
        ("start_date" = Option<String>, Query, description = "From when on, in place of `hours`"),
        ("end_date" = Option<String>, Query, description = "Until when; now unless given"),
        ("agent_id" = Option<String>, Query, description = "The agent's id or name; all unless given"),
    ),
    responses(
        (status = 200, body = TimeseriesJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn get_stats_timeseries(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer<Json<TimeseriesJson>> {
    let metric = params.text("metric").unwrap_or(StatsMetric::Requests.as_str());
    let metric = one_of("metric", metric, &StatsMetric::ALL, StatsMetric::as_str)?;
    let interval = params.text("interval").unwrap_or("1h");
    let (interval, step_ns) = one_of("interval", interval, &INTERVALS, |(word, _)| word)?;
    let points = service.get_stats_timeseries(&actor, read(&params, &service)?, metric, step_ns).await?;
    let data = points.into_iter().map(|(at, value)| PointJson { timestamp: at.timestamp(), value }).collect();
    Ok(Json(TimeseriesJson { metric: metric.as_str(), interval, data }))
}
