use axum::http::{HeaderName, Method, StatusCode, header};
use model::{Clock, Timestamp};
use serde_json::json;
use service::SourceSettings;
use service::settings::{
    EssentialSettings, LenzAuth, LenzSettings, QueryLimits, SqlSettings, SqliteSettings,
};
use std::path::Path;
use std::time::Duration;
use testkit::app::{Answer, REFERENCE_NOW, TestApp, request};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A server whose sources cannot be reached.
pub(crate) async fn sources_down() -> TestApp {
    let essential = |name: &str| EssentialSettings {
        name: name.into(),
        display_name: name.to_owned(),
        aliases: Vec::new(),
        depends_on: Vec::new(),
    };
    let source = SourceSettings::Real {
        sql: SqlSettings::Sqlite(SqliteSettings {
            path: "/nonexistent/estate.sqlite".into(),
            limits: QueryLimits::default(),
        }),
        // Nothing listens on the discard port.
        lenz: LenzSettings { base_url: "http://127.0.0.1:9".to_owned(), auth: LenzAuth::None },
        essentials: vec![essential("UPC")],
        lenz_cache_ttl: Duration::from_secs(300),
    };
    let now: Timestamp = REFERENCE_NOW.parse().unwrap();
    TestApp::start(source, "PROD", Clock::frozen(now), Path::new("/nonexistent")).await
}

/// What every problem has.
fn check(answer: &Answer, status: StatusCode, instance: &str) -> serde_json::Value {
    assert_eq!(answer.status, status, "{instance}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{instance}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let problem = answer.json();
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["instance"], instance);
    assert_eq!(problem["request_id"], answer.header("x-request-id"));
    for field in ["type", "title", "detail"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {problem}");
    }
    problem
}

#[tokio::test]
async fn an_unknown_essential_lists_near_names() {
    let app = TestApp::reference().await;
    let answer = app.get("/api/status/DERIVATVES").await;
    let problem = check(&answer, StatusCode::NOT_FOUND, "/api/status/DERIVATVES");
    assert_eq!(problem["type"], "/problems/not-found");
    assert_eq!(problem["nearest"][0], "TB-Derivatives");
    assert!(problem["detail"].as_str().unwrap().contains("`DERIVATVES`"));
}

#[tokio::test]
async fn a_malformed_parameter_is_named() {
    let app = TestApp::reference().await;
    for (path, query, field) in [
        ("/api/essentials", "business_date=18-02-2026", "business_date"),
        ("/api/essentials", "business_date=2026-02-30", "business_date"),
        ("/api/essentials", "processing_type=MANUAL", "processing_type"),
        ("/api/status/DERIV", "business_date=today", "business_date"),
        ("/api/status/DERIV", "processing_type=x", "processing_type"),
        ("/api/live", "date=x", "date"),
        ("/api/essentials", "date=x", "date"),
        ("/api/essentials", "phase=x", "phase"),
        ("/api/status/DERIV", "date=x", "date"),
        ("/api/status/DERIV", "phase=MANUAL", "phase"),
        ("/api/runs", "date=x", "date"),
        ("/api/runs", "phase=MANUAL", "phase"),
        ("/api/runs", "sort=colour", "sort"),
        ("/api/runs", "limit=0", "limit"),
        ("/api/runs", "limit=1001", "limit"),
        ("/api/runs", "offset=-1", "offset"),
        ("/api/runs/export.csv", "date=x", "date"),
        ("/api/runs/export.csv", "phase=x", "phase"),
        ("/api/runs/export.json", "sort=-", "sort"),
        ("/api/runs/some-run/tasks", "date=x", "date"),
        ("/api/failures", "date=2026-2-18", "date"),
    ] {
        let answer = app.get(&format!("{path}?{query}")).await;
        let problem = check(&answer, StatusCode::BAD_REQUEST, path);
        assert_eq!(problem["field"], field, "{path}?{query}");
        assert!(problem["detail"].as_str().unwrap().starts_with(field), "{problem}");
    }
    let answer = app.get("/api/status/%FF").await;
    check(&answer, StatusCode::BAD_REQUEST, "/api/status/%FF");
}

#[tokio::test]
async fn unknown_runs_and_paths() {
    let app = TestApp::reference().await;
    for path in [
        "/api",
        "/api/",
        "/api/nope",
        "/api/incidents",
        "/api/chat/nope",
        "/api/ui/nope",
        "/api/runs/x/tasks",
    ] {
        check(&app.get(path).await, StatusCode::NOT_FOUND, path);
    }
    check(&app.post("/nope", &[], "").await, StatusCode::NOT_FOUND, "/nope");
}

#[tokio::test]
async fn a_wrong_method_says_which_are_right() {
    let app = TestApp::reference().await;
    for (path, allow) in [
        ("/api/essentials", "GET"),
        ("/api/chat/stream", "POST"),
        ("/api/lenz/refresh", "POST"),
        ("/healthz", "GET"),
    ] {
        let answer = app.send(request(Method::DELETE, path, &[], "".into())).await;
        check(&answer, StatusCode::METHOD_NOT_ALLOWED, path);
        assert!(answer.header("allow").contains(allow), "{path}: {}", answer.header("allow"));
    }
}

#[tokio::test]
async fn nothing_known_is_said_as_such() {
    let app = sources_down().await;
    for path in ["/api/essentials", "/api/status/UPC", "/api/runs", "/api/runs/export.csv", "/api/failures"] {
        let answer = app.get(path).await;
        check(&answer, StatusCode::SERVICE_UNAVAILABLE, path);
        assert_eq!(answer.header("retry-after"), "15");
        for internal in ["/nonexistent", "127.0.0.1"] {
            assert!(!answer.text().contains(internal), "{}", answer.text());
        }
    }
    assert_eq!(app.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(app.get("/readyz").await.status, StatusCode::OK);
    assert!(app.get("/readyz").await.json()["not_ready"].as_array().unwrap().contains(&json!("lenz_api")));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let app = TestApp::reference().await;
    let large = vec![b'x'; 64 * 1024 + 1];
    let length = large.len().to_string();
    let headers = [(header::CONTENT_LENGTH, length.as_str())];
    let answer = app.post("/api/lenz/refresh", &headers, large).await;
    check(&answer, StatusCode::PAYLOAD_TOO_LARGE, "/api/lenz/refresh");
}

#[tokio::test]
async fn a_panic_becomes_a_problem_without_its_text() {
    let panics = axum::Router::new()
        .route("/api/panic", axum::routing::get(|| async { panic!("secret of the house") as String }))
        .layer(axum::middleware::from_fn(server::request::observe));
    let request = request(Method::GET, "/api/panic", &[(REQUEST_ID, "my-id.1")], "".into());
    let response = tower::ServiceExt::oneshot(panics, request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 10_000).await.unwrap();
    let answer = Answer { status: parts.status, headers: parts.headers, body };
    check(&answer, StatusCode::INTERNAL_SERVER_ERROR, "/api/panic");
    assert!(!answer.text().contains("secret"));
    assert_eq!(answer.header("x-request-id"), "my-id.1");
}

#[tokio::test]
async fn request_ids_are_taken_or_made() {
    let app = TestApp::reference().await;
    let id = |answer: Answer| answer.header("x-request-id").to_owned();
    assert_eq!(id(app.get_with("/healthz", &[(REQUEST_ID, "Abc-1_2.3")]).await), "Abc-1_2.3");
    let long = "x".repeat(65);
    for malformed in ["", "two words", "<b>", &long] {
        let made = id(app.get_with("/healthz", &[(REQUEST_ID, malformed)]).await);
        assert!(made != malformed && made.len() > 16, "{made}");
    }
    assert_ne!(id(app.get("/healthz").await), id(app.get("/healthz").await));
}
