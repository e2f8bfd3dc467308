//! `sentry check`: every connection that is set up, the model among them.

use serde_json::json;
use std::process::{Command, Output};
use testkit::model_server::{Answer, ModelServer};

/// Exit status of `sentry check` on the reference estate, and what it says of the model.
async fn check(environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sentry"));
    command.args(["check", "--estate"]).arg(testkit::app::fixture("estate.json"));
    command.arg("--data-dir").arg(data.path().join("data")).current_dir(data.path());
    command.env_clear().envs(environment.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let Output { status, stdout, .. } = output;
    let text = String::from_utf8(stdout).unwrap();
    let of_model = |line: &&str| line.split_whitespace().nth(1) == Some("model");
    (status.code(), text.lines().find(of_model).unwrap_or(&text).to_owned())
}

#[tokio::test]
async fn the_model_is_asked_once_and_what_it_says_is_told() {
    let asked = async |answer: Answer| {
        let server = ModelServer::start([answer]).await;
        let base_url = format!("{}/v1", server.url());
        let (status, line) = check(&[("OPENAI_BASE_URL", &base_url), ("OPENAI_MODEL", "m")]).await;
        assert_eq!(server.questions().len(), 1, "{line}");
        (status, line)
    };
    let (status, line) = asked(Answer::says("OK")).await;
    assert!(status == Some(0) && line.starts_with("up    model") && line.ends_with(" ms"), "{line}");
    let (status, line) = asked(Answer::declines("no")).await;
    assert!(status == Some(0) && line.starts_with("up    model"), "it is there: {line}");
    let (status, line) = asked(Answer::error(401, json!({}))).await;
    assert_eq!(status, Some(1), "{line}");
    assert!(line.starts_with("DOWN  model") && line.contains("does not accept our credentials"), "{line}");
    assert!(line.contains("Check AZURE_OPENAI_… or OPENAI_…"), "{line}");
}

#[tokio::test]
async fn a_model_that_cannot_be_reached_is_down() {
    // Nothing listens on the discard port.
    let (status, line) = check(&[("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"), ("OPENAI_MODEL", "m")]).await;
    assert_eq!(status, Some(1), "{line}");
    assert!(line.starts_with("DOWN  model") && line.contains("cannot be reached"), "{line}");
}

#[tokio::test]
async fn without_a_model_there_is_none_and_all_is_well() {
    let (status, line) = check(&[]).await;
    assert_eq!(status, Some(0), "{line}");
    assert!(line.starts_with("none  model") && line.contains("no model"), "{line}");
}

#[test]
fn what_telemetry_needs_is_asked() {
    let check = |url: &str, expect: [&str; 2]| {
        let data = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sentry"));
        command.args(["check", "--estate"]).arg(testkit::app::fixture("estate.json"));
        command.arg("--data-dir").arg(data.path()).current_dir(data.path());
        let output = command.env_clear().env("REDIS_URL", url).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find(|line| line.contains("Redis")).unwrap();
        assert!(line.starts_with(expect[0]) && line.contains(expect[1]), "{line}");
        assert_eq!(output.status.success(), expect[0] == "up");
    };
    let redis = testkit::redis::Redis::start();
    check(&redis.url(), ["up", "Redis"]);
    // Nothing listens on the discard port.
    check("redis://:hidden@127.0.0.1:9", ["DOWN", "Check REDIS_URL"]);
}
