//! The HTTP API without a login: what is asked, and every way an answer can be bad.

use super::server::{LenzServer, answer, client, limits};
use estate::SourceError;
use estate::catalog::parse::parse_definition;
use estate::catalog::{LenzAuth, LenzClient, LenzLimits, LenzSettings};
use model::EssentialName;
use serde_json::json;
use std::time::Duration;

fn name(text: &str) -> EssentialName {
    EssentialName::new(text)
}

#[tokio::test]
async fn asks_for_the_name_exactly() {
    let server = LenzServer::start().await;
    let lenz = client(&server.base_url, LenzAuth::None);
    let names = ["TB-Derivatives", "6G-FR2052a-E2E", "a b&c=d#e+f/g?h%20ü"];
    for text in names {
        lenz.get_definition(&name(text)).await.unwrap();
    }
    assert_eq!(server.asked(), names);
}

#[tokio::test]
async fn all_three_forms_of_slice_groups() {
    let server = LenzServer::start().await;
    let datasets = json!([
        {"datasetId": "one", "sliceGroups": {"slices": ["PB-1", "PB-2"]}, "sequenceOrder": 0},
        {"datasetId": "two", "sliceGroups": {"DERIV": ["FX_NA"], "REST": ["FX_EMEA"]}, "sequenceOrder": 1},
        {"datasetId": "three", "sequenceOrder": 2},
    ]);
    server.set_answer("TB-X", answer("TB-X", datasets));
    let raw = client(&server.base_url, LenzAuth::None).get_definition(&name("TB-X")).await.unwrap();
    let definition = parse_definition(&name("TB-X"), &raw).unwrap();
    let slices: Vec<usize> = definition.datasets.iter().map(|dataset| dataset.slices.len()).collect();
    assert_eq!(slices, [2, 2, 0]);
    assert!(definition.unrecognised.is_empty());
}

#[tokio::test]
async fn bad_answers_are_errors_that_say_what_is_wrong() {
    let server = LenzServer::start().await;
    let lenz = client(&server.base_url, LenzAuth::None);
    let ask = || async { lenz.get_definition(&name("A")).await.unwrap_err() };

    server.set_raw("<html><body>Sign in</body></html>");
    let error = ask().await;
    assert!(matches!(&error, SourceError::Malformed { what } if what.contains("web page")), "{error:?}");
    server.set_raw("{\"GLOBAL\": ");
    assert!(matches!(ask().await, SourceError::Malformed { .. }));
    server.set_raw("");
    assert!(matches!(ask().await, SourceError::Malformed { .. }));
    server.set_raw(vec![b' '; 4 * 1024 * 1024 + 1]);
    let error = ask().await;
    assert!(matches!(&error, SourceError::Malformed { what } if what.contains("larger")), "{error:?}");
    let mut largest = vec![b' '; 4 * 1024 * 1024 - 2];
    largest.extend(b"{}");
    server.set_raw(largest);
    assert_eq!(lenz.get_definition(&name("A")).await.unwrap(), json!({}));
    for status in [400, 401, 403, 500, 503] {
        server.set_status(status);
        let error = ask().await;
        assert!(
            matches!(&error, SourceError::Refused(cause) if cause.to_string().contains(&status.to_string()))
        );
        assert_eq!(error.to_string(), "refused the request");
    }
    server.set_status(404);
    assert!(matches!(ask().await, SourceError::UnknownName));
}

#[tokio::test]
async fn a_slow_server_is_left_at_the_time_limit() {
    let server = LenzServer::start().await;
    server.set_delay(Duration::from_secs(60));
    let settings = LenzSettings { base_url: server.base_url.clone(), auth: LenzAuth::None };
    let limits = LenzLimits { total: Duration::from_millis(200), ..limits() };
    let lenz = LenzClient::with_limits(settings, limits).unwrap();
    let error = lenz.get_definition(&name("A")).await.unwrap_err();
    assert!(matches!(error, SourceError::TimedOut { .. }), "{error:?}");
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let server = LenzServer::start().await;
    let base_url = server.base_url.clone();
    drop(server);
    let error = client(&base_url, LenzAuth::None).get_definition(&name("A")).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable(_)), "{error:?}");
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let adfs = || LenzAuth::AdfsForm { username: "ops".to_owned(), password: "secret".to_owned().into() };
    let check = |base_url: &str, auth: LenzAuth, expect: &str| {
        let error = LenzClient::new(LenzSettings { base_url: base_url.to_owned(), auth }).unwrap_err();
        assert!(
            matches!(&error, SourceError::Settings(text) if text.contains(expect)),
            "{base_url}: {error}"
        );
    };
    check("", LenzAuth::None, "is not an address");
    check("lenz.example.com", LenzAuth::None, "is not an address");
    check("ftp://lenz.example.com", LenzAuth::None, "has to begin with https://");
    check("https://ops:secret@lenz.example.com", LenzAuth::None, "holds a login");
    check("http://lenz.example.com", adfs(), "has to begin with https:// where a password is sent");
    check("http://localhost.example.com", adfs(), "has to begin with https:// where a password is sent");
    for good in
        ["https://lenz.example.com/api", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"]
    {
        LenzClient::new(LenzSettings { base_url: good.to_owned(), auth: adfs() }).unwrap();
    }
}
