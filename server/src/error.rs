//! The one place where errors become HTTP answers: `application/problem+json` (RFC 9457).
//!
//! A problem says what the caller can do. What it must not say (hosts, users, statements,
//! causes) is logged here, once, with the request id that the problem carries.

use crate::request::RequestId;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use model::ErrorKind;
use serde::Serialize;
use utoipa::ToSchema;

/// Seconds after which it makes sense to ask again for what is not available.
const RETRY_AFTER_S: u64 = 15;

/// A problem as it is sent.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem; for programs. Relative to the server.
    #[serde(rename = "type")]
    #[schema(example = "/problems/not-found")]
    pub kind: &'static str,
    /// The kind in words.
    #[schema(example = "Not found")]
    pub title: &'static str,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What is wrong here and how to mend it.
    #[schema(example = "there is no essential `DERIVATVES`")]
    pub detail: String,
    /// The path that was asked for.
    #[schema(example = "/api/status/DERIVATVES")]
    pub instance: String,
    /// Names this request in the log.
    #[schema(example = "01JABCDEF0123456")]
    pub request_id: String,
    /// The parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// Names that are near to an unknown one, nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<String>,
}

/// What went wrong with a request. Handlers fail with it.
#[derive(Clone, Debug)]
pub struct Fault {
    status: StatusCode,
    detail: String,
    field: Option<&'static str>,
    nearest: Vec<String>,
    retry_after_s: Option<u64>,
}

impl Fault {
    /// A problem of `status` with `detail` for the caller.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), field: None, nearest: Vec::new(), retry_after_s: None }
    }

    /// The parameter `field` is malformed: 400.
    pub fn invalid(field: &'static str, detail: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// A defect of ours: 500 with a fixed sentence.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "something went wrong in SENTRY; the log says more under this request id",
        )
    }

    /// Nothing answers at this path: 404.
    pub fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "nothing answers here; /api/openapi.json lists what does")
    }

    /// The problem that this is for the request for `path`.
    fn problem(self, path: &str, request_id: &RequestId) -> Problem {
        let (kind, title) = name(self.status);
        Problem {
            kind,
            title,
            status: self.status.as_u16(),
            detail: self.detail,
            instance: path.to_owned(),
            request_id: request_id.to_string(),
            field: self.field,
            nearest: self.nearest,
        }
    }
}

/// Marks the answer; `explain` writes its body where path and request id are known.
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives a failed answer its body and keeps its headers.
pub(crate) fn explain(mut response: Response, path: &str, request_id: &RequestId) -> Response {
    let marked = response.extensions_mut().remove::<Fault>();
    let Some(fault) = marked.or_else(|| unmarked(&response, path)) else { return response };
    let status = fault.status;
    let retry_after_s =
        fault.retry_after_s.or((status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_S));
    let body = serde_json::to_vec(&fault.problem(path, request_id)).unwrap_or_default();
    *response.body_mut() = body.into();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// What the libraries refuse by themselves (a body that is too large, a path that is not UTF-8)
/// comes as plain text. Server functions have a form of their own for errors.
fn unmarked(response: &Response, path: &str) -> Option<Fault> {
    let status = response.status();
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let refused = status.is_client_error() && plain && !path.starts_with("/api/ui/");
    refused.then(|| match status {
        StatusCode::PAYLOAD_TOO_LARGE => Fault::new(status, "the body is larger than 64 KiB"),
        StatusCode::BAD_REQUEST => {
            Fault::new(status, "the path or the body cannot be read: percent-encode it as UTF-8")
        }
        _ => Fault::new(status, "this request cannot be answered"),
    })
}

impl From<service::Error> for Fault {
    fn from(error: service::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self {
                nearest: error.nearest().to_vec(),
                ..Self::new(StatusCode::NOT_FOUND, error.to_string())
            },
            ErrorKind::Invalid => {
                let field = match &error {
                    service::Error::Invalid { field, .. } => Some(*field),
                    _ => None,
                };
                Self { field, ..Self::new(StatusCode::BAD_REQUEST, error.to_string()) }
            }
            ErrorKind::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, error.to_string()),
            ErrorKind::Forbidden => Self::new(StatusCode::FORBIDDEN, error.to_string()),
            ErrorKind::Conflict => Self::new(StatusCode::CONFLICT, error.to_string()),
            ErrorKind::Limited => Self {
                retry_after_s: error.retry_after_s(),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string())
            },
            ErrorKind::Unavailable => Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            ErrorKind::Internal => {
                tracing::error!(error = &error as &dyn std::error::Error, "a use case failed");
                Self::internal()
            }
        }
    }
}

/// What a handler answers.
pub type Answer<T = Response> = Result<T, Fault>;

/// Type and title of a problem.
fn name(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::BAD_REQUEST => ("/problems/invalid", "Invalid request"),
        StatusCode::UNAUTHORIZED => ("/problems/unauthenticated", "Not signed in"),
        StatusCode::CONFLICT => ("/problems/conflict", "Changed meanwhile"),
        StatusCode::TOO_MANY_REQUESTS => ("/problems/too-many-requests", "Too many requests"),
        StatusCode::FORBIDDEN => ("/problems/forbidden", "Forbidden"),
        StatusCode::NOT_FOUND => ("/problems/not-found", "Not found"),
        StatusCode::METHOD_NOT_ALLOWED => ("/problems/method-not-allowed", "Method not allowed"),
        StatusCode::PAYLOAD_TOO_LARGE => ("/problems/too-large", "Body too large"),
        StatusCode::MISDIRECTED_REQUEST => ("/problems/unknown-host", "Unknown host"),
        StatusCode::SERVICE_UNAVAILABLE => ("/problems/unavailable", "Not available now"),
        _ => ("/problems/internal", "Internal error"),
    }
}
