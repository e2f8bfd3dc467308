//! `/api/openapi.json`: what the handlers say of themselves.

use crate::api::tagged::TaggedJson;
use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use std::sync::Arc;
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

/// The description of all routes, encoded once.
#[derive(Clone, Debug)]
pub struct Description(pub Arc<TaggedJson>);

/// This description
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "operations",
    responses(
        (status = 200, content_type = "application/json", body = Object),
        (status = 304, description = "The reader has this content"),
    )
)]
pub async fn get_openapi(
    Extension(Description(description)): Extension<Description>,
    headers: HeaderMap,
) -> Response {
    description.answer(&headers, |json| json.clone().into_response())
}
