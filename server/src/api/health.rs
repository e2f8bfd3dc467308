//! `/api/health`: one check a source, as of the calls that the pollers made, and one of the model.

use crate::api::json::state_word;
use crate::error::Answer;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use http::StatusCode;
use jiff::Timestamp;
use model::Actor;
use serde::Serialize;
use service::Service;
use service::ask::ModelState;
use service::health::HealthState;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How the whole is.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthJson {
    /// `ok` where every source answered its last call, else `degraded`.
    status: &'static str,
    /// By source: `fgw_database`, `airflow_database`, `lenz_api`; and `azure_openai`, the model.
    checks: BTreeMap<&'static str, CheckJson>,
    /// The server's time.
    timestamp: Timestamp,
}

/// How one source, or the model, is.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckJson {
    /// `starting` (not asked yet), `up` or `down`; of the model also `not_configured`.
    state: &'static str,
    /// How long the last call took.
    latency_ms: Option<u64>,
    /// Seconds since a call last succeeded; `null` before the first.
    age_s: Option<i64>,
    /// Why the last call failed; `null` when it did not.
    last_error: Option<String>,
    /// Of the model: when the first of its calls failed that have failed in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    down_since: Option<Timestamp>,
    /// Of the model: until when it is not asked, after repeated failures.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_until: Option<Timestamp>,
}

/// How the sources are
///
/// Asks nothing anew: however often it is called, the sources do not notice.
#[utoipa::path(
    get,
    path = "/api/health",
    tag = "operations",
    responses((status = 200, body = HealthJson), (status = 503, body = HealthJson, description = "Degraded"))
)]
pub async fn get_health(State(service): State<Service>, Extension(actor): Extension<Actor>) -> Answer {
    let health = service.get_health(&actor)?;
    let model = service.get_model_health(&actor)?;
    // Without the model questions are answered all the same: that is for the check to say.
    let (status, word) = match health.status {
        HealthState::Ok => (StatusCode::OK, "ok"),
        HealthState::Degraded => (StatusCode::SERVICE_UNAVAILABLE, "degraded"),
    };
    let age = |at: Timestamp| (health.timestamp.as_second() - at.as_second()).max(0);
    let checks = health.checks.iter().map(|check| {
        let json = CheckJson {
            state: state_word(check.state),
            latency_ms: check.latency_ms,
            age_s: check.last_success.map(age),
            last_error: check.error.clone(),
            down_since: None,
            paused_until: None,
        };
        (check.name.as_str(), json)
    });
    let model = CheckJson {
        state: match model.state {
            ModelState::NotConfigured => "not_configured",
            ModelState::Starting => "starting",
            ModelState::Up => "up",
            ModelState::Down => "down",
        },
        latency_ms: model.latency_ms,
        age_s: model.last_success.map(age),
        last_error: model.error,
        down_since: model.down_since,
        paused_until: model.paused_until,
    };
    let checks = checks.chain([("azure_openai", model)]).collect();
    let body = HealthJson { status: word, checks, timestamp: health.timestamp };
    Ok((status, Json(body)).into_response())
}
