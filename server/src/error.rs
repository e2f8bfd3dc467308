//! The one place where errors become HTTP answers: `application/problem+json` (RFC 9457), but in the
//! `dialect` of those who send telemetry.
//!
//! A problem says what the caller can do. What it must not say (hosts, users, statements,
//! causes) is logged here, once, with the request id that the problem carries.

pub(crate) mod dialect;

use crate::request::RequestId;
use axum::response::{IntoResponse, Response};
use dialect::Dialect;
use http::{HeaderValue, StatusCode, header};
use model::ErrorKind;
use serde::Serialize;
use std::borrow::Cow;
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
    pub field: Option<Cow<'static, str>>,
    /// Names that are near to an unknown one, nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<String>,
}

/// What went wrong with a request. Handlers fail with it.
#[derive(Clone, Debug)]
pub struct Fault {
    status: StatusCode,
    detail: String,
    code: Option<&'static str>,
    field: Option<Cow<'static, str>>,
    nearest: Vec<String>,
    retry_after_s: Option<u64>,
}

impl Fault {
    /// A problem of `status` with `detail` for the caller.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            code: None,
            field: None,
            nearest: Vec::new(),
            retry_after_s: None,
        }
    }

    /// The parameter `field` is malformed: 400.
    pub fn invalid(field: &'static str, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(StatusCode::BAD_REQUEST, detail) }
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
        let name = name(self.status);
        Problem {
            kind: name.kind,
            title: name.title,
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
pub(crate) fn explain(
    mut response: Response,
    dialect: Dialect,
    path: &str,
    request_id: &RequestId,
) -> Response {
    let marked = response.extensions_mut().remove::<Fault>();
    let Some(fault) = marked.or_else(|| unmarked(&response, path)) else { return response };
    let status = fault.status;
    let retry_after_s =
        fault.retry_after_s.or((status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_S));
    let (content_type, body) = dialect.body(fault, path, request_id);
    *response.body_mut() = body.into();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
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

impl From<model::telemetry::view::InvalidQuery> for Fault {
    fn from(error: model::telemetry::view::InvalidQuery) -> Self {
        Self::invalid(error.field, error.to_string())
    }
}

impl From<service::Error> for Fault {
    fn from(error: service::Error) -> Self {
        let status = match error.kind() {
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Invalid => StatusCode::BAD_REQUEST,
            ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
            ErrorKind::Forbidden => StatusCode::FORBIDDEN,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Limited => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Internal => {
                tracing::error!(error = &error as &dyn std::error::Error, "a use case failed");
                return Self::internal();
            }
        };
        let fault = Self {
            nearest: error.nearest().to_vec(),
            retry_after_s: error.retry_after_s(),
            ..Self::new(status, error.to_string())
        };
        match error {
            service::Error::Invalid { field, .. } => Self { field: Some(field.into()), ..fault },
            service::Error::Message(message) => {
                Self { status: StatusCode::from_u16(message.status()).unwrap_or(status), ..fault }
            }
            service::Error::Record(invalid) => {
                let field = Some(invalid.field).filter(|field| !field.is_empty());
                Self { code: Some(invalid.code.as_str()), field: field.map(Cow::Owned), ..fault }
            }
            _ => fault,
        }
    }
}

/// What a handler answers.
pub type Answer<T = Response> = Result<T, Fault>;

/// How a kind of failure is called.
struct Name {
    /// Of problems.
    kind: &'static str,
    /// In words.
    title: &'static str,
    /// In [`Dialect::Envelope`].
    code: &'static str,
}

fn name(status: StatusCode) -> Name {
    let (kind, title, code) = match status {
        StatusCode::BAD_REQUEST => ("/problems/invalid", "Invalid request", "VALIDATION_ERROR"),
        StatusCode::UNAUTHORIZED => ("/problems/unauthenticated", "Not signed in", "UNAUTHENTICATED"),
        StatusCode::CONFLICT => ("/problems/conflict", "Changed meanwhile", "CONFLICT"),
        StatusCode::TOO_MANY_REQUESTS => {
            ("/problems/too-many-requests", "Too many requests", "TOO_MANY_REQUESTS")
        }
        StatusCode::FORBIDDEN => ("/problems/forbidden", "Forbidden", "FORBIDDEN"),
        StatusCode::NOT_FOUND => ("/problems/not-found", "Not found", "NOT_FOUND"),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("/problems/method-not-allowed", "Method not allowed", "METHOD_NOT_ALLOWED")
        }
        StatusCode::PAYLOAD_TOO_LARGE => ("/problems/too-large", "Body too large", "BODY_TOO_LARGE"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ("/problems/unsupported-media-type", "Unsupported media type", "UNSUPPORTED_MEDIA_TYPE")
        }
        StatusCode::MISDIRECTED_REQUEST => ("/problems/unknown-host", "Unknown host", "UNKNOWN_HOST"),
        StatusCode::SERVICE_UNAVAILABLE => ("/problems/unavailable", "Not available now", "UNAVAILABLE"),
        _ => ("/problems/internal", "Internal error", "INTERNAL_ERROR"),
    };
    Name { kind, title, code }
}
