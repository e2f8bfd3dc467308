//! What happens around every request: it gets an id, its panics become answers, and it is
//! logged and counted once.

use crate::api::ingest;
use crate::error::dialect::Dialect;
use crate::error::{Fault, explain};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::{HeaderName, HeaderValue, StatusCode};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

/// Header that carries the id, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that is taken from a caller.
const MOST_ID_CHARS: usize = 64;

/// Names one request in the log, in problems and in the answer's `X-Request-Id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The caller's, where it is well-formed (1 to 64 letters, digits, `-`, `_`, `.`), else a new one.
    fn of(request: &Request) -> Self {
        let given = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
        let well_formed = |id: &&str| {
            (1..=MOST_ID_CHARS).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        match given.filter(well_formed) {
            Some(id) => Self(id.into()),
            None => Self::next(),
        }
    }

    /// Unique among processes (a random prefix) and within this one (a counter). Not a secret.
    fn next() -> Self {
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Self(format!("{:016x}-{:x}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed)).into())
    }

    fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Outermost of all layers: see the module.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(&request);
    let route: Arc<str> = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| Arc::from("unmatched"), |path| Arc::from(path.as_str()));
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let dialect = Dialect::of(&path, request.headers());
    request.extensions_mut().insert(id.clone());

    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let response = answered.unwrap_or_else(|panic| {
        tracing::error!(request_id = %id, panic = panic_text(&*panic), "a request panicked");
        Fault::internal().into_response()
    });
    let mut response = explain(response, dialect, &path, &id);
    if let Some(value) = id.header() {
        response.headers_mut().insert(REQUEST_ID, value);
    }

    let status = response.status();
    let took = started.elapsed();
    let ms = took.as_micros() as f64 / 1e3;
    if is_no_news(&route, status) {
        tracing::debug!(request_id = %id, %method, %route, status = status.as_u16(), ms, "{method} {path} {}", status.as_u16());
    } else {
        tracing::info!(request_id = %id, %method, %route, status = status.as_u16(), ms, "{method} {path} {}", status.as_u16());
    }
    count(&method, route, status, took.as_secs_f64());
    response
}

/// Probes ask every few seconds, and agents send thousands of times a second. That they are taken, or
/// asked to wait, is counted.
fn is_no_news(route: &str, status: StatusCode) -> bool {
    match route {
        "/healthz" | "/readyz" | "/metrics" => status.is_success(),
        route if ingest::PATHS.contains(&route) => {
            status.is_success() || status == StatusCode::SERVICE_UNAVAILABLE
        }
        _ => false,
    }
}

fn count(method: &http::Method, route: Arc<str>, status: StatusCode, seconds: f64) {
    let status = match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    let method = match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        _ => "other",
    };
    metrics::counter!("sentry_http_requests_total", "method" => method, "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("sentry_http_request_duration_seconds", "route" => route).record(seconds);
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&'static str>().copied())
        .unwrap_or("of unknown content")
}
