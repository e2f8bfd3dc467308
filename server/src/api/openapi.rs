//! `/api/openapi.json`: what the handlers say of themselves.

use axum::response::IntoResponse;
use axum::{Extension, response::Response};
use bytes::Bytes;
use http::header;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(info(
    title = "SENTRY",
    description = "Which business batches are done, late or broken. Everything is read-only towards what is watched. \
                   Errors are application/problem+json.",
))]
struct About;

/// Title and version, without paths.
pub fn about() -> utoipa::openapi::OpenApi {
    About::openapi()
}

/// The description of all routes, encoded.
#[derive(Clone, Debug)]
pub struct Description(pub Bytes);

/// This description
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "operations",
    responses((status = 200, content_type = "application/json", body = Object))
)]
pub async fn get_openapi(Extension(Description(json)): Extension<Description>) -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], json).into_response()
}
