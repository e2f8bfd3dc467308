//! REST: one file a resource. Handlers read parameters, call one use case and shape its answer.

pub mod audit;
pub mod chat;
pub mod essentials;
pub mod failures;
pub mod health;
pub mod ingest;
pub mod json;
pub mod lenz;
pub mod live;
pub mod openapi;
pub mod params;
pub mod project;
pub mod runs;
pub mod tagged;
pub mod tasks;
pub mod telemetry;

use crate::state::AppState;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Every route under `/api`, with its description.
pub fn routes() -> OpenApiRouter<AppState> {
    let encoded_once = OpenApiRouter::with_openapi(openapi::about())
        .routes(routes!(essentials::list_essentials))
        .routes(routes!(live::follow_board))
        .routes(routes!(live::follow_telemetry))
        .routes(routes!(chat::ask_and_follow))
        .routes(routes!(chat::follow_turn));
    let encoded_each_time = OpenApiRouter::new()
        .routes(routes!(essentials::get_status))
        .routes(routes!(health::get_health))
        .routes(routes!(lenz::refresh_catalog, lenz::refresh_catalog_by_get))
        .routes(routes!(runs::list_runs))
        .routes(routes!(runs::export::export_runs_csv))
        .routes(routes!(runs::export::export_runs_json))
        .routes(routes!(tasks::get_run_tasks))
        .routes(routes!(failures::list_failures))
        .routes(routes!(chat::ask))
        .routes(routes!(chat::cancel_turn))
        .routes(routes!(audit::export_audit_csv))
        .routes(routes!(audit::export_audit_jsonl))
        .routes(routes!(telemetry::agents::list_agents))
        .routes(routes!(telemetry::agents::get_agent))
        .routes(routes!(telemetry::costs::get_costs))
        .routes(routes!(telemetry::traces::list_traces))
        .routes(routes!(telemetry::traces::get_trace))
        .routes(routes!(telemetry::traces::get_span))
        .routes(routes!(telemetry::metrics::list_metrics))
        .routes(routes!(telemetry::stats::get_stats_overview))
        .routes(routes!(telemetry::stats::list_token_stats))
        .routes(routes!(telemetry::stats::list_event_stats))
        .routes(routes!(telemetry::stats::get_stats_timeseries))
        .routes(routes!(telemetry::events::list_events))
        .routes(routes!(telemetry::sessions::list_sessions))
        .routes(routes!(telemetry::export::export_telemetry, telemetry::export::export_telemetry_by_body))
        .routes(routes!(project::get_project, project::update_project))
        .routes(routes!(openapi::get_openapi))
        .layer(compression());
    encoded_once.merge(encoded_each_time)
}

/// Compresses answers that are made for one reader: cheaply. Leaves alone what is encoded
/// already, and event streams.
pub fn compression() -> CompressionLayer {
    CompressionLayer::new().quality(CompressionLevel::Fastest)
}
