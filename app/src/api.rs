//! Server functions: what the pages ask for. Each takes the actor from the request, calls one
//! use case and converts the error.

pub mod ask;
pub mod audit;
pub mod board;
pub mod dated;
pub mod essential;
pub mod failures;
pub mod json;
#[cfg(feature = "ssr")]
pub(crate) mod once;
pub mod runs;
#[cfg(feature = "ssr")]
pub(crate) mod session;
pub mod settings;
pub mod sign_in;
pub mod telemetry;

#[cfg(feature = "ssr")]
use crate::error::AppError;

/// Whether a form without a script asks: its answer is a redirect.
#[cfg(feature = "ssr")]
pub(crate) fn is_form() -> bool {
    use axum::http::{header, request::Parts};
    leptos::prelude::use_context::<Parts>().is_some_and(|parts| {
        let accept = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    })
}

/// The use cases and the one who asks, as the server put them into the context.
///
/// # Errors
/// Why the server does not take the request: it puts the error into the request's extensions, so
/// that a page says it.
#[cfg(feature = "ssr")]
pub fn context() -> Result<(service::Service, model::Actor), AppError> {
    use leptos::prelude::use_context;
    let parts = use_context::<axum::http::request::Parts>();
    if let Some(error) = parts.and_then(|parts| parts.extensions.get::<AppError>().cloned()) {
        return Err(error);
    }
    let service = use_context::<service::Service>();
    let actor = use_context::<model::Actor>();
    service.zip(actor).ok_or_else(|| {
        tracing::error!("the server provides no service or no actor to its pages");
        AppError::new(model::ErrorKind::Internal, "The server could not answer this.")
    })
}
