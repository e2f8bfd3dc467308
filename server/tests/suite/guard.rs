use axum::http::{HeaderName, StatusCode, header};
use testkit::app::{HOST, TestApp};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[tokio::test]
async fn other_host_names_are_refused() {
    let app = TestApp::reference().await;
    for other in ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "localhost.evil.example"] {
        let answer = app.get_with("/api/essentials", &[(header::HOST, other)]).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{other}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    for ours in [HOST, "localhost:3000", "LOCALHOST", "[::1]:3000", "127.0.0.1:9999"] {
        assert_eq!(app.get_with("/healthz", &[(header::HOST, ours)]).await.status, StatusCode::OK, "{ours}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_cannot_write() {
    let app = TestApp::reference().await;
    let origin = format!("http://{HOST}");
    for (name, value, status) in [
        (header::ORIGIN, "https://evil.example", StatusCode::FORBIDDEN),
        (header::ORIGIN, "http://127.0.0.1:4000", StatusCode::FORBIDDEN),
        (header::ORIGIN, "null", StatusCode::FORBIDDEN),
        (SEC_FETCH_SITE, "cross-site", StatusCode::FORBIDDEN),
        (SEC_FETCH_SITE, "same-site", StatusCode::FORBIDDEN),
        (SEC_FETCH_SITE, "same-origin", StatusCode::OK),
        (header::ORIGIN, origin.as_str(), StatusCode::OK),
    ] {
        let answer = app.post("/api/lenz/refresh", &[(name.clone(), value)], "").await;
        assert_eq!(answer.status, status, "{name}: {value}");
        // It answers to GET too, but it is no mere reading.
        for path in ["/api/lenz/refresh", "/api/lenz/refresh?name=UPC"] {
            let answer = app.get_with(path, &[(name.clone(), value)]).await;
            assert_eq!(answer.status, status, "GET {path}: {name}: {value}");
        }
    }
}

#[tokio::test]
async fn links_from_other_sites_can_be_followed() {
    let app = TestApp::reference().await;
    for path in ["/api/essentials", "/api/runs", "/"] {
        let answer = app.get_with(path, &[(SEC_FETCH_SITE, "cross-site")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let app = TestApp::reference().await;
    for path in ["/", "/nope", "/api/essentials", "/api/nope", "/api/openapi.json", "/healthz", "/metrics"] {
        let answer = app.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
        assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
    }
}
