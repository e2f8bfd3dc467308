//! All that there is to ask for, and what happens around it.

use crate::api::openapi::Description;
use crate::api::tagged::TaggedJson;
use crate::error::Fault;
use crate::guard::{Hosts, guard};
use crate::identify::{Gate, identify, identify_sender};
use crate::request::observe;
use crate::state::AppState;
use crate::{api, operations, pages, sign_in};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router, middleware};
use http::StatusCode;
use service::telemetry::Part;
use std::sync::Arc;
use std::time::Duration;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// Largest body that is read of people: server functions take a few hundred bytes.
const MOST_BODY_BYTES: usize = 64 * 1024;
/// How long a body may pause.
const BODY_PAUSE: Duration = Duration::from_secs(10);

/// The whole server, for requests to `hosts` of whom `gate` knows.
///
/// Layers from the outside in: id, log, count and panics ([`crate::request`]); host, origin and
/// security headers ([`crate::guard`]); how long a body may pause; who asks ([`crate::identify`]); how
/// large a body may be; the route. What agents send has bounds of its own ([`api::ingest`]).
pub fn build_router(state: AppState, hosts: Hosts, gate: Gate) -> Router {
    let (api, mut description) = api::routes().split_for_parts();
    let (ingest, of_ingest) = api::ingest::routes().split_for_parts();
    description.merge(of_ingest);
    let description = TaggedJson::encode(&description).expect("a description has string keys only");
    Router::new()
        .merge(api)
        .merge(operations::routes())
        .merge(sign_in::routes())
        .merge(pages::routes(&state))
        .fallback(pages::file_or_not_found)
        .layer(Extension(Description(Arc::new(description))))
        .layer(RequestBodyLimitLayer::new(MOST_BODY_BYTES))
        .layer(middleware::from_fn_with_state(gate.clone(), identify))
        .merge(ingest.layer(middleware::from_fn_with_state(gate, identify_sender)))
        .method_not_allowed_fallback(refuse_method)
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(middleware::from_fn_with_state(hosts, guard))
        .layer(middleware::from_fn(observe))
        .with_state(state)
}

/// What a process answers that does one part of the work on telemetry: probes and metrics, and the ways in
/// where it takes what agents send. The layers are those of [`build_router`].
pub fn build_part_router(part: Part, state: AppState, hosts: Hosts, gate: Gate) -> Router {
    let ways_in = match part {
        Part::Ingest => api::ingest::routes().split_for_parts().0,
        Part::Process => Router::new(),
    };
    operations::part_routes()
        .route_layer(middleware::from_fn_with_state(gate.clone(), identify))
        .merge(ways_in.layer(middleware::from_fn_with_state(gate, identify_sender)))
        .fallback(refuse_path)
        .method_not_allowed_fallback(refuse_method)
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(middleware::from_fn_with_state(hosts, guard))
        .layer(middleware::from_fn(observe))
        .with_state(state)
}

async fn refuse_path() -> Response {
    Fault::new(StatusCode::NOT_FOUND, "pages and the rest are served by `sentry serve`").into_response()
}

async fn refuse_method() -> Response {
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, "this path is there, but not for this method").into_response()
}
