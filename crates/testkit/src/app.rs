//! The whole server in this process: no port, no sleep, a clock that the test moves.

use axum::Router;
use axum::body::{Body, BodyDataStream, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, header};
use model::{Actor, Clock, Timestamp};
use server::api::essentials::RenderedEssentials;
use server::guard::Hosts;
use server::identify::Gate;
use server::router::build_router;
use server::state::{AppState, Shutdown};
use server::{pages, telemetry};
use service::{Service, Settings, SourceSettings};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// The moment that the reference estate is a picture of.
pub const REFERENCE_NOW: &str = "2026-02-18T12:09:40Z";
/// What the server listens on, as far as its host check knows.
pub const HOST: &str = "127.0.0.1:3000";
/// Largest answer that a test reads.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// How long sources in memory may take to answer.
const FIRST_BOARD_WITHIN: Duration = Duration::from_secs(10);

/// A server with its pollers; both end with it.
pub struct TestApp {
    /// Time as this server sees it.
    pub clock: Clock,
    /// What it serves.
    pub service: Service,
    router: Router,
    switch: watch::Sender<bool>,
    pollers: JoinHandle<()>,
    _data: TempDir,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, as it was sent.
    pub body: Bytes,
}

impl Answer {
    /// A header's text; empty where it is not there.
    pub fn header(&self, name: impl AsRef<str>) -> &str {
        self.headers.get(name.as_ref()).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    ///
    /// # Panics
    /// It is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// It is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }
}

/// Path of a fixture of this crate.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

impl TestApp {
    /// The reference estate at its own moment, with its first board at hand.
    ///
    /// # Panics
    /// It cannot be served.
    pub async fn reference() -> Self {
        let now: Timestamp = REFERENCE_NOW.parse().expect("a time");
        let source = SourceSettings::File(fixture("estate.json"));
        let app = Self::start(source, "PROD", Clock::frozen(now), Path::new("/nonexistent")).await;
        app.wait_for_board().await;
        app
    }

    /// Any estate, with the pages' files in `site_root`. Waits for nothing.
    ///
    /// # Panics
    /// The settings cannot work.
    pub async fn start(source: SourceSettings, environment: &str, clock: Clock, site_root: &Path) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let settings = Settings::new(source, environment, data.path().to_owned());
        Self::start_with(settings, data, clock, site_root).await
    }

    /// A server by `settings`, whose own state may be in `data`.
    ///
    /// # Panics
    /// The settings cannot work.
    pub async fn start_with(settings: Settings, data: TempDir, clock: Clock, site_root: &Path) -> Self {
        let service = Service::open(settings, clock.clone()).await.expect("settings that work");
        let (switch, shutdown) = Shutdown::new();
        let state = AppState {
            service: service.clone(),
            leptos: pages::options(site_root),
            essentials: Arc::new(RenderedEssentials::default()),
            metrics: telemetry::metrics(),
            shutdown: shutdown.clone(),
        };
        let gate = Gate::new(service.clone(), None, Vec::new());
        let router = build_router(state, Hosts::of(HOST.parse().expect("an address"), None), gate);
        let polled = service.clone();
        let pollers = tokio::spawn(async move { polled.run(shutdown.wait()).await });
        Self { clock, service, router, switch, pollers, _data: data }
    }

    /// Waits until today's first board is there.
    ///
    /// # Panics
    /// It does not come.
    pub async fn wait_for_board(&self) {
        let there = async {
            loop {
                let snapshot = self.service.get_board(&Actor::local_owner(), self.service.today()).await;
                if snapshot.is_ok_and(|snapshot| snapshot.board.is_some()) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(FIRST_BOARD_WITHIN, there).await.expect("the first board comes");
    }

    /// Begins the orderly end, as SIGTERM does.
    pub fn shut_down(&self) {
        self.switch.send_replace(true);
    }

    /// The router itself, to serve it on a port.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// GET `path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    /// GET `path` with `headers`.
    pub async fn get_with(&self, path: &str, headers: &[(HeaderName, &str)]) -> Answer {
        self.send(request(Method::GET, path, headers, Body::empty())).await
    }

    /// POST `body` to `path` with `headers`.
    pub async fn post(&self, path: &str, headers: &[(HeaderName, &str)], body: impl Into<Body>) -> Answer {
        self.send(request(Method::POST, path, headers, body.into())).await
    }

    /// Any request, and its whole answer.
    ///
    /// # Panics
    /// The answer breaks off.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.begin(request).await.into_parts();
        let body = to_bytes(body, MOST_BYTES).await.expect("a whole answer");
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Any request, and its answer as far as its head.
    pub async fn begin(&self, request: Request<Body>) -> Response<Body> {
        let Ok(response) = self.router.clone().oneshot(request).await;
        response
    }

    /// GET `path`, whose answer does not end: its head, and its body piece by piece.
    pub async fn follow(
        &self,
        path: &str,
        headers: &[(HeaderName, &str)],
    ) -> (StatusCode, HeaderMap, BodyDataStream) {
        let (parts, body) = self.begin(request(Method::GET, path, headers, Body::empty())).await.into_parts();
        (parts.status, parts.headers, body.into_data_stream())
    }
}

/// A request to [`HOST`], unless `headers` name another.
///
/// # Panics
/// Path or headers are malformed.
pub fn request(method: Method, path: &str, headers: &[(HeaderName, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, HOST).body(body);
    let request_headers = request.as_mut().expect("a request").headers_mut();
    for (name, value) in headers {
        request_headers.insert(name, value.parse().expect("a header's value"));
    }
    request.expect("a request")
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shut_down();
        self.pollers.abort();
    }
}
