use axum::http::{StatusCode, header};
use jiff::SignedDuration;
use service::{Settings, SourceSettings};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use testkit::app::{REFERENCE_NOW, TestApp, fixture};

/// Each answer with a tag, and a query that changes it.
const TAGGED: [(&str, &str); 5] = [
    ("/api/essentials", "?processing_type=PRELIM"),
    ("/api/status/DERIV", "?processing_type=PRELIM"),
    ("/api/runs", "?status=failed"),
    ("/api/failures", "?date=2020-01-01"),
    ("/api/openapi.json", ""),
];

#[tokio::test]
async fn a_reader_that_has_the_content_is_told_so() {
    let app = TestApp::reference().await;
    for (path, _) in TAGGED {
        let first = app.get(path).await;
        assert_eq!((first.status, first.header("content-type")), (StatusCode::OK, "application/json"));
        let etag = first.header("etag").to_owned();
        assert!(etag.starts_with("W/\""), "{path}: {etag}");
        for known in [etag.as_str(), &format!("\"other\", {etag}"), &etag[2..], "*"] {
            let again = app.get_with(path, &[(header::IF_NONE_MATCH, known)]).await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}: {known}");
            assert!(again.body.is_empty());
            for (name, value) in
                [("etag", etag.as_str()), ("cache-control", "private, no-cache"), ("vary", "accept-encoding")]
            {
                assert_eq!(again.header(name), value, "{path}");
                assert_eq!(first.header(name), value, "{path}");
            }
        }
        let other = app.get_with(path, &[(header::IF_NONE_MATCH, "W/\"other\"")]).await;
        assert_eq!((other.status, other.body), (StatusCode::OK, first.body), "{path}");
    }
}

#[tokio::test]
async fn each_content_has_its_own_tag() {
    let app = TestApp::reference().await;
    let mut tags = BTreeSet::new();
    let mut answers = 0;
    for (path, query) in TAGGED {
        let etag = app.get(path).await.header("etag").to_owned();
        let other = app.get_with(&format!("{path}{query}"), &[(header::IF_NONE_MATCH, &etag)]).await;
        let differs = if query.is_empty() { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        assert_eq!(other.status, differs, "{path}{query}");
        answers += if query.is_empty() { 1 } else { 2 };
        tags.extend([etag, other.header("etag").to_owned()]);
    }
    assert_eq!(tags.len(), answers);
}

#[tokio::test]
async fn encodings_share_the_tag() {
    let app = TestApp::reference().await;
    for (path, _) in TAGGED {
        let etag = app.get(path).await.header("etag").to_owned();
        for encoding in ["gzip", "br"] {
            let accept = (header::ACCEPT_ENCODING, encoding);
            let encoded = app.get_with(path, std::slice::from_ref(&accept)).await;
            assert_eq!(encoded.header("content-encoding"), encoding, "{path}");
            assert_eq!(
                (encoded.header("etag"), encoded.header("vary")),
                (&*etag, "accept-encoding"),
                "{path}"
            );
            let known = app.get_with(path, &[accept, (header::IF_NONE_MATCH, &etag)]).await;
            assert_eq!((known.status, known.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
            assert_eq!((known.header("content-encoding"), known.header("vary")), ("", "accept-encoding"));
        }
    }
}

/// Runs that are under way get longer from second to second, but not from reader to reader.
#[tokio::test]
async fn the_tag_changes_with_the_poll_not_with_the_time() {
    let data = tempfile::tempdir().unwrap();
    let source = SourceSettings::File(fixture("estate.json"));
    let mut settings = Settings::new(source, "PROD", data.path().to_owned());
    settings.poll_today = Duration::from_millis(200);
    let clock = model::Clock::frozen(REFERENCE_NOW.parse().unwrap());
    let app = TestApp::start_with(settings, data, clock, Path::new("/nonexistent")).await;
    app.wait_for_board().await;
    for (path, _) in TAGGED.into_iter().filter(|(path, _)| *path != "/api/openapi.json") {
        let first = app.get(path).await;
        let polled_at = first.json()["timestamp"].clone();
        app.clock.advance(SignedDuration::from_secs(7));
        let known = first.header("etag");
        let polled = async {
            loop {
                let again = app.get_with(path, &[(header::IF_NONE_MATCH, known)]).await;
                match again.status {
                    StatusCode::NOT_MODIFIED => tokio::time::sleep(Duration::from_millis(5)).await,
                    _ => break again,
                }
            }
        };
        let next = tokio::time::timeout(Duration::from_secs(10), polled).await.expect("the next poll comes");
        assert_ne!(next.json()["timestamp"], polled_at, "{path}: only a poll makes another answer");
    }
}
