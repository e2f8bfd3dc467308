//! `sentry backup` and `sentry restore`: our own state and telemetry, beside a running server.

use axum::http::{StatusCode, header};
use model::Clock;
use serde_json::{Value, json};
use service::{Settings, SourceSettings};
use std::path::Path;
use std::process::{Command, Output};
use testkit::app::{REFERENCE_NOW, TestApp, fixture};

/// What `sentry` says, and whether it is content.
fn sentry(command: &str, file: &Path, data: &Path) -> (bool, String) {
    let mut sentry = Command::new(env!("CARGO_BIN_EXE_sentry"));
    sentry.arg(command).arg(file).arg("--data-dir").arg(data).current_dir(data).env_clear();
    let Output { status, stdout, stderr } = sentry.output().unwrap();
    (status.success(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

async fn serve(data: tempfile::TempDir) -> TestApp {
    let settings =
        Settings::new(SourceSettings::File(fixture("estate.json")), "TEST", data.path().to_owned());
    let clock = Clock::frozen(REFERENCE_NOW.parse().unwrap());
    TestApp::start_with(settings, data, clock, Path::new("/nonexistent")).await
}

async fn send(app: &TestApp, agent: &str) {
    let record = json!({"agent_id": agent, "latency_ms": 5}).to_string();
    let answer = app.post("/api/v1/metrics", &[(header::CONTENT_TYPE, "application/json")], record).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
}

async fn agents(app: &TestApp) -> Vec<String> {
    let answer = app.get("/api/v1/agents").await.json();
    let name = |agent: &Value| agent["name"].as_str().unwrap().to_owned();
    let mut names: Vec<_> = answer["agents"].as_array().unwrap().iter().map(name).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn telemetry_is_saved_and_restored_with_the_state() {
    let data = tempfile::tempdir().unwrap();
    let (dir, place) = (data.path().to_owned(), tempfile::tempdir().unwrap());
    let app = serve(data).await;
    send(&app, "before").await;
    let copy = place.path().join("copy.db");
    let (is_done, said) = sentry("backup", &copy, &dir);
    assert!(is_done && said.contains("copy.db.telemetry"), "{said}");
    send(&app, "after").await;
    assert_eq!(agents(&app).await, ["after", "before"]);

    // Not under a server that runs.
    let (is_done, said) = sentry("restore", &copy, &dir);
    assert!(!is_done, "{said}");
    assert_eq!(agents(&app).await, ["after", "before"]);

    let other = tempfile::tempdir().unwrap();
    let (is_done, said) = sentry("restore", &copy, other.path());
    assert!(is_done && said.contains("Telemetry is restored too."), "{said}");
    let restored = serve(other).await;
    assert_eq!(agents(&restored).await, ["before"]);
    send(&restored, "later").await;
    assert_eq!(agents(&restored).await, ["before", "later"]);
}

#[tokio::test]
async fn a_damaged_copy_of_telemetry_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let (dir, place) = (data.path().to_owned(), tempfile::tempdir().unwrap());
    let app = serve(data).await;
    send(&app, "writer").await;
    let copy = place.path().join("copy.db");
    assert!(sentry("backup", &copy, &dir).0);
    std::fs::write(place.path().join("copy.db.telemetry"), "damaged").unwrap();
    let other = tempfile::tempdir().unwrap();
    let (is_done, said) = sentry("restore", &copy, other.path());
    assert!(!is_done && said.contains("damaged"), "{said}");
    assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 0);
    // A copy of an older program has none beside it.
    std::fs::remove_file(place.path().join("copy.db.telemetry")).unwrap();
    let (is_done, said) = sentry("restore", &copy, other.path());
    assert!(is_done && said.contains("Telemetry is as it was"), "{said}");
}
