//! For the programs that look after this one: `/healthz`, `/readyz`, `/metrics`.

use crate::error::Answer;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json, Router, routing};
use http::{StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use model::Actor;
use serde::Serialize;
use service::Service;

use crate::state::AppState;

/// The three routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/healthz", routing::get(get_liveness))
        .route("/readyz", routing::get(get_readiness))
        .route("/metrics", routing::get(get_metrics))
}

/// The same of a process that does one part of the work on telemetry.
pub fn part_routes() -> Router<AppState> {
    Router::new()
        .route("/healthz", routing::get(get_liveness))
        .route("/readyz", routing::get(get_part_readiness))
        .route("/metrics", routing::get(get_metrics))
}

/// The process answers. Says nothing of sources: a restart would mend none.
async fn get_liveness() -> &'static str {
    "ok\n"
}

/// Whether requests may come, and what they will miss.
#[derive(Debug, Serialize)]
struct Readiness {
    /// Always, where there are pages: they are served from what is known, and say what is not.
    ready: bool,
    /// Sources that have not answered their last call; of a part its queue or store.
    not_ready: Vec<&'static str>,
}

async fn get_readiness(State(service): State<Service>) -> Json<Readiness> {
    Json(Readiness { ready: true, not_ready: service.list_missing_sources() })
}

async fn get_part_readiness(State(service): State<Service>) -> (StatusCode, Json<Readiness>) {
    if service.is_telemetry_ready().await {
        return (StatusCode::OK, Json(Readiness { ready: true, not_ready: Vec::new() }));
    }
    (StatusCode::SERVICE_UNAVAILABLE, Json(Readiness { ready: false, not_ready: vec!["telemetry"] }))
}

async fn get_metrics(
    State(metrics): State<PrometheusHandle>,
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
) -> Answer {
    service.check_metrics(&actor)?;
    // Set when it is asked for: a poller that hangs makes it grow.
    if let Some(age_s) = service.board_age_s() {
        metrics::gauge!("sentry_board_age_seconds").set(age_s);
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()).into_response())
}
