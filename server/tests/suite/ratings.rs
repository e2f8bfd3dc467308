//! `sentry ratings`: rated answers, read out beside a running server.

use futures::StreamExt;
use model::ask::{AskRequest, Rating, Thumb};
use model::{Actor, BusinessDate, Clock};
use serde_json::{Value, json};
use service::settings::{StoreKind, StoreSettings};
use service::{Service, Settings, SourceSettings};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use testkit::app::{REFERENCE_NOW, fixture};

/// What `sentry ratings` writes, line by line, and what it says beside that.
fn ratings(data: &Path) -> (Vec<Value>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sentry"));
    command.arg("ratings").arg("--data-dir").arg(data).current_dir(data).env_clear();
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{said}");
    let lines = String::from_utf8(stdout).unwrap();
    (lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), said)
}

#[tokio::test]
async fn every_rated_answer_is_a_line() {
    let data = tempfile::tempdir().unwrap();
    let source = SourceSettings::File(fixture("estate.json"));
    let mut settings = Settings::new(source, "TEST", PathBuf::new());
    settings.store = StoreSettings { kind: StoreKind::Sqlite { dir: data.path().to_owned() } };
    let clock = Clock::frozen(REFERENCE_NOW.parse().unwrap());
    let service = Service::open(settings, clock).await.unwrap();
    let owner = Actor::local_owner();
    service.refresh_catalog(&owner, None).await.unwrap();
    assert_eq!(ratings(data.path()), (Vec::new(), "0 ratings\n".to_owned()));

    let request = AskRequest { message: "what failed in 6G?".to_owned(), ..AskRequest::default() };
    let today = BusinessDate::parse("2026-02-18").unwrap();
    let turn = service.ask(&owner, request, today).await.unwrap();
    let events = service.follow_turn(&owner, &turn.thread_id, turn.turn_id, 0).await.unwrap();
    assert!(events.count().await > 0);
    let rating = Rating { thumb: Thumb::Down, comment: "which slice?".to_owned() };
    service.rate_turn(&owner, &turn.thread_id, turn.turn_id, Some(rating)).await.unwrap();
    let (lines, said) = ratings(data.path());
    assert_eq!((lines.len(), said.as_str()), (1, "1 ratings\n"));
    let line = &lines[0];
    assert_eq!((&line["question"], &line["thumb"]), (&json!("what failed in 6G?"), &json!("down")));
    assert_eq!((&line["comment"], &line["tier"]), (&json!("which slice?"), &json!(1)));
    assert!(
        line["answer"].as_str().is_some_and(|answer| answer.contains("enrich_6g_calc_results")),
        "{line}"
    );
}
