//! Pages, their server functions and their files.

use crate::api;
use crate::error::Fault;
use crate::guard::page_policy;
use crate::state::AppState;
use app::cookie::SessionCookie;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list};
use model::Actor;
use model::identity::Viewer;
use service::Service;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// Where `cargo leptos watch` tells an open page that there is a newer build.
const REBUILD_NOTICE: &str = " ws://127.0.0.1:3001 ws://localhost:3001";
/// Fonts and icons change with a release, if at all.
const KEEP_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");
/// The program's own files keep their names from build to build, so a browser asks whether
/// what it has is current: 304 where it is.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Every page and server function, with its answer compressed.
pub fn routes(state: &AppState) -> Router<AppState> {
    let shell = shell(state.leptos.clone());
    let context = context(state.service.clone());
    Router::new()
        .leptos_routes_with_context(state, pages().to_vec(), context, shell)
        .layer(api::compression())
}

/// The routes of all pages. They are found once in a process: meanwhile no page loads its data,
/// on any thread, and one that is rendered just then would wait for ever.
fn pages() -> &'static [AxumRouteListing] {
    static PAGES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(app::App));
    &PAGES
}

/// The paths of all pages.
pub fn list_routes() -> Vec<String> {
    pages().iter().map(|page| page.path().to_owned()).collect()
}

fn shell(options: LeptosOptions) -> impl Fn() -> leptos::prelude::AnyView + Clone + Send + Sync + 'static {
    use leptos::prelude::IntoAny;
    move || app::shell(options.clone()).into_any()
}

/// What pages and server functions find in their context: the use cases and the actor; the
/// request's id stands in its `X-Request-Id` header. Pages get their security policy here,
/// where their nonce is known.
fn context(service: Service) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(service.clone());
        let actor = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Actor>().cloned());
        provide_context(actor.unwrap_or(Actor::anonymous()));
        if let Some(parts) = use_context::<Parts>() {
            if let Some(viewer) = parts.extensions.get::<Viewer>() {
                provide_context(viewer.clone());
            }
            if let Some(cookie) = parts.extensions.get::<SessionCookie>() {
                provide_context(cookie.clone());
            }
        }
        let Some(response) = use_context::<ResponseOptions>() else { return };
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if let Some(nonce) = use_nonce() {
            let connect = if is_watched() { REBUILD_NOTICE } else { "" };
            if let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce, connect)) {
                response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
            }
        }
    }
}

/// Whether `cargo leptos watch` runs this.
fn is_watched() -> bool {
    std::env::var_os("LEPTOS_WATCH").is_some()
}

/// What no route answers: a file of the site, a problem under `/api`, else the page that says
/// that there is none.
pub async fn file_or_not_found(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if path == "/api" || path.starts_with("/api/") || !reads {
        return Fault::no_such_path().into_response();
    }
    let cache = if path.starts_with("/pkg/") { ASK_AGAIN } else { KEEP_A_DAY };
    if let Some(mut file) = find_file(&state.leptos.site_root, &request).await {
        file.headers_mut().insert(header::CACHE_CONTROL, cache);
        return file;
    }
    let render =
        leptos_axum::render_app_async_with_context(context(state.service.clone()), shell(state.leptos));
    let mut page = render(request).await;
    if page.status() == StatusCode::OK {
        *page.status_mut() = StatusCode::NOT_FOUND;
    }
    page
}

/// The file of the site that `request` names, in the smallest encoding that its reader takes.
fn find_file(root: &str, request: &Request) -> impl Future<Output = Option<Response>> + Send + use<> {
    let mut wanted = http::Request::new(Body::empty());
    *wanted.method_mut() = request.method().clone();
    *wanted.uri_mut() = request.uri().clone();
    *wanted.headers_mut() = request.headers().clone();
    let files =
        ServeDir::new(root).precompressed_br().precompressed_gzip().append_index_html_on_directories(false);
    async move {
        let found = files.oneshot(wanted).await.ok()?;
        let there = found.status() != StatusCode::NOT_FOUND;
        there.then(|| found.map(Body::new))
    }
}

/// Options of the pages: names as in the workspace's leptos metadata, files in `site_root`.
pub fn options(site_root: &Path) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("sentry")
        .site_root(site_root.display().to_string())
        .site_pkg_dir("pkg")
        .build()
}

/// `../site` beside the program: `target/site` for `target/release/sentry` and for
/// `target/debug/sentry`, whatever the working folder.
pub fn default_site_root() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.parent().and_then(Path::parent).unwrap_or(Path::new("target")).join("site")
}
