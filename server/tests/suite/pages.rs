use axum::http::{StatusCode, header};
use model::{Clock, Timestamp};
use server::config::setting;
use service::SourceSettings;
use testkit::app::{Answer, REFERENCE_NOW, TestApp, fixture};

/// The nonce of a page's policy.
fn nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy");
    let (_, rest) = policy.split_once("'nonce-").unwrap_or_else(|| panic!("no nonce: {policy}"));
    rest.split('\'').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_page_runs_only_scripts_with_its_nonce() {
    let app = TestApp::reference().await;
    let (first, second) = (app.get("/").await, app.get("/").await);
    assert_eq!(first.status, StatusCode::OK);
    assert!(first.header("content-type").starts_with("text/html"));
    assert_eq!(first.header("cache-control"), "private, no-cache");
    assert_ne!(nonce(&first), nonce(&second));
    assert!(nonce(&first).len() >= 20);
    let policy = first.header("content-security-policy");
    assert!(policy.starts_with("default-src 'self'; script-src 'self' 'nonce-"), "{policy}");
    assert!(policy.contains("'wasm-unsafe-eval'"));
    let scripts: Vec<&str> = first.text().split("<script").skip(1).collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains(&format!("nonce=\"{}\"", nonce(&first))), "<script{tag}>");
    }
    // The policy lets no style attribute work.
    assert!(!first.text().contains(" style=\""), "a style attribute");
}

#[tokio::test]
async fn pages_are_compressed() {
    let app = TestApp::reference().await;
    let page = app.get_with("/", &[(header::ACCEPT_ENCODING, "br")]).await;
    assert_eq!(page.header("content-encoding"), "br");
    let page = app.get_with("/", &[(header::ACCEPT_ENCODING, "gzip")]).await;
    assert_eq!(page.header("content-encoding"), "gzip");
}

#[tokio::test]
async fn every_page_answers() {
    let app = TestApp::reference().await;
    for path in ["/", "/essentials/TB-Derivatives", "/essentials/deriv", "/explorer", "/rca"] {
        let page = app.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.text().starts_with("<!DOCTYPE html>"), "{path}");
    }
    let page = app.get("/no-such-page").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn the_sign_in_settings_are_those_that_the_server_reads() {
    let app = TestApp::reference().await;
    let page = app.get("/settings/sign-in").await;
    let of_sign_in =
        |setting: &&setting::Setting| setting.env.starts_with("OIDC_") || setting.env.starts_with("LDAP_");
    let known: Vec<&str> = setting::SETTINGS.iter().filter(of_sign_in).map(|setting| setting.env).collect();
    assert!(known.len() >= 14, "{known:?}");
    for name in &known {
        assert!(page.text().contains(&format!(">{name}<")), "{name} is not on the page");
    }
    let shown = page.text().matches(">OIDC_").count() + page.text().matches(">LDAP_").count();
    assert_eq!(shown, known.len());
}

#[tokio::test]
async fn files_of_the_site() {
    let site = tempfile::tempdir().unwrap();
    for (name, text) in [("pkg/sentry.js", "plain"), ("pkg/sentry.js.br", "br"), ("icon.svg", "<svg/>")] {
        let path = site.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let now: Timestamp = REFERENCE_NOW.parse().unwrap();
    let source = SourceSettings::File(fixture("estate.json"));
    let app = TestApp::start(source, "PROD", Clock::frozen(now), site.path()).await;

    let script = app.get("/pkg/sentry.js").await;
    assert_eq!((script.status, script.text()), (StatusCode::OK, "plain"));
    assert_eq!(script.header("content-type"), "text/javascript");
    assert_eq!(script.header("cache-control"), "no-cache");
    let changed = script.header("last-modified").to_owned();
    let again = app.get_with("/pkg/sentry.js", &[(header::IF_MODIFIED_SINCE, &changed)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let small = app.get_with("/pkg/sentry.js", &[(header::ACCEPT_ENCODING, "gzip, br")]).await;
    assert_eq!((small.text(), small.header("content-encoding")), ("br", "br"));
    assert_eq!(app.get("/icon.svg").await.header("cache-control"), "public, max-age=86400");
    for outside in ["/../Cargo.toml", "/%2e%2e/Cargo.toml", "/pkg/../../x", "/pkg", "/pkg/"] {
        assert_eq!(app.get(outside).await.status, StatusCode::NOT_FOUND, "{outside}");
    }
}
