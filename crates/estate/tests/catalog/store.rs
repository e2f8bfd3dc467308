//! The catalog's cache against a server that is slow, down or odd.

use super::server::{LenzServer, answer, client};
use estate::SourceError;
use estate::catalog::{CatalogSource, CatalogStore, EssentialSettings, LenzAuth};
use jiff::SignedDuration;
use model::{Clock, EssentialName};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

const TTL: Duration = Duration::from_secs(300);

fn essentials(names: &[&str]) -> Vec<EssentialSettings> {
    names
        .iter()
        .map(|name| EssentialSettings {
            name: EssentialName::new(*name),
            display_name: name.to_lowercase(),
            aliases: vec![format!("{name}!")],
            depends_on: Vec::new(),
        })
        .collect()
}

async fn store(server: &LenzServer, names: &[&str]) -> (CatalogStore, Clock) {
    let clock = Clock::frozen("2026-02-18T12:00:00Z".parse().unwrap());
    let source = CatalogSource::Lenz(client(&server.base_url, LenzAuth::None));
    (CatalogStore::new(source, essentials(names), TTL, clock.clone()), clock)
}

fn known(store: &CatalogStore) -> Vec<String> {
    store.current().catalog.essentials.iter().map(|essential| essential.name.to_string()).collect()
}

#[tokio::test]
async fn all_names_are_read_at_start_a_few_at_a_time() {
    let server = LenzServer::start().await;
    server.set_delay(Duration::from_millis(30));
    let names: Vec<String> = (0..12).map(|number| format!("E{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (store, _) = store(&server, &names).await;
    assert!(store.current().catalog.essentials.is_empty());
    assert_eq!(store.current().entries.len(), 12);
    let outcome = store.prefetch().await;
    assert!(outcome.failed.is_empty());
    assert_eq!(outcome.refreshed.iter().map(ToString::to_string).collect::<Vec<_>>(), names);
    assert_eq!(known(&store), names, "in settings order");
    assert_eq!(server.calls(), 12);
    assert!((2..=4).contains(&server.most_at_once()), "{}", server.most_at_once());
    let current = store.current();
    assert!(current.entries.iter().all(|entry| entry.fetched_at.is_some() && !entry.stale));
    assert_eq!(current.catalog.essentials[3].aliases, ["E3!"]);
}

#[tokio::test]
async fn readers_that_want_the_same_name_share_one_call() {
    let server = LenzServer::start().await;
    server.set_delay(Duration::from_millis(100));
    let (store, _) = store(&server, &["A", "B"]).await;
    let store = Arc::new(store);
    let refreshes = (0..20).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            match number % 2 {
                0 => store.refresh(None).await,
                _ => store.refresh(Some(&EssentialName::new("A"))).await,
            }
        })
    });
    for refresh in futures::future::join_all(refreshes).await {
        assert!(refresh.unwrap().failed.is_empty());
    }
    assert_eq!(server.calls(), 2);
    assert_eq!(store.refresh(Some(&EssentialName::new("A"))).await.refreshed, ["A".into()]);
    assert_eq!(server.calls(), 3, "a later refresh makes a call of its own");

    server.set_status(503);
    let (one, other) = tokio::join!(store.refresh(None), store.refresh(None));
    assert_eq!((one.failed.len(), other.failed.len()), (2, 2));
    assert_eq!(server.calls(), 5, "failures are shared, too");
    assert_eq!(one.failed[0].1.to_string(), other.failed[0].1.to_string());
}

#[tokio::test]
async fn answers_outlive_the_server_and_say_so() {
    let server = LenzServer::start().await;
    let (store, clock) = store(&server, &["A", "B"]).await;
    store.prefetch().await;
    let fresh = store.current();

    clock.advance(SignedDuration::from_secs(299));
    assert!(store.refresh_stale().await.refreshed.is_empty(), "not yet");
    assert_eq!(server.calls(), 2);

    server.set_status(500);
    clock.advance(SignedDuration::from_secs(1));
    let outcome = store.refresh_stale().await;
    assert_eq!(outcome.failed.len(), 2);
    assert!(matches!(outcome.failed[0].1, SourceError::Refused(_)));
    let stale = store.current();
    assert_eq!(stale.catalog, fresh.catalog);
    assert_eq!(stale.version, fresh.version, "the content is the same");
    for (old, entry) in fresh.entries.iter().zip(&stale.entries) {
        assert!(entry.stale && entry.fetched_at == old.fetched_at);
        assert_eq!(entry.error.as_deref(), Some("refused the request"));
    }

    server.set_status(200);
    assert_eq!(store.refresh_stale().await.refreshed.len(), 2);
    let again = store.current();
    assert!(again.entries.iter().all(|entry| !entry.stale && entry.error.is_none()));
    assert_eq!(again.entries[0].fetched_at, Some(clock.now()));
}

#[tokio::test]
async fn one_that_fails_keeps_no_other_back() {
    let server = LenzServer::start().await;
    server.set_answer("B", serde_json::json!("broken"));
    let (store, _) = store(&server, &["A", "B", "C"]).await;
    let outcome = store.prefetch().await;
    assert_eq!(outcome.refreshed, ["A".into(), "C".into()]);
    assert_eq!(outcome.failed[0].0, "B".into());
    assert_eq!(known(&store), ["A", "C"]);
    let current = store.current();
    let broken = &current.entries[1];
    assert!(broken.fetched_at.is_none() && !broken.stale);
    assert!(broken.error.as_deref().unwrap().contains("not an object"), "{broken:?}");
    assert_eq!(store.refresh_stale().await.failed.len(), 1, "only what is missing is asked for again");
    assert_eq!(server.calls(), 4);
}

#[tokio::test]
async fn a_refresh_is_seen_by_every_reader_and_raises_the_version() {
    let server = LenzServer::start().await;
    let (store, _) = store(&server, &["A"]).await;
    store.prefetch().await;
    let before = store.current();
    store.refresh(None).await;
    assert_eq!(store.current().version, before.version, "nothing new");

    server.set_answer("A", answer("A", serde_json::json!([{"datasetId": "new"}, {"datasetId": 7}])));
    store.refresh(Some(&EssentialName::new("A"))).await;
    let after = store.current();
    assert!(after.version > before.version);
    assert_eq!(after.catalog.essentials[0].datasets[0].id.as_str(), "new");
    assert_eq!(after.entries[0].unrecognised, ["dataset 2 in the list has no datasetId"]);
    assert_eq!(before.catalog.essentials[0].datasets[0].id.as_str(), "A-1", "snapshots do not change");
}

#[tokio::test]
async fn a_name_that_is_not_in_the_settings_is_refused() {
    let server = LenzServer::start().await;
    let (store, _) = store(&server, &["A"]).await;
    let outcome = store.refresh(Some(&EssentialName::new("Z"))).await;
    assert_eq!(outcome.failed[0].0, "Z".into());
    assert_eq!(server.calls(), 0);
}

#[tokio::test]
async fn answers_at_hand_need_no_server() {
    let clock = Clock::frozen("2026-02-18T12:00:00Z".parse().unwrap());
    let answers = HashMap::from([("A".into(), answer("A", serde_json::json!([{"datasetId": "a"}])))]);
    let store = CatalogStore::new(CatalogSource::Fixed(answers), essentials(&["A", "B"]), TTL, clock);
    let outcome = store.prefetch().await;
    assert_eq!(outcome.refreshed, ["A".into()]);
    assert!(outcome.failed[0].1.to_string().contains("no answer for the essential"));
    assert_eq!(known(&store), ["A"]);
}
