//! Turns that outlive their readers, and servers.

use crate::models::patient;
use crate::support::{follow_up, home, open, open_at, person, question, today};
use futures::StreamExt;
use model::ask::{AskEvent, Outcome, TurnId, TurnPage, TurnRef};
use service::Error;
use service::settings::StoreKind;
use testkit::model_server::{Answer, ModelServer};
use testkit::postgres::Postgres;

#[tokio::test]
async fn a_turn_goes_on_without_a_reader_and_is_kept() {
    let home = home().await;
    let ada = person("ada");
    let turn = home.ask(&ada, question("what failed in 6G?"), today()).await.unwrap();
    let mut reader = home.follow_turn(&ada, &turn.thread_id, turn.turn_id, 0).await.unwrap();
    let first = reader.next().await.unwrap().0;
    drop(reader);
    let rest = home.events(&ada, &turn, first).await;
    assert_eq!(rest[0].0, first + 1);
    assert!(rest.iter().zip(first + 1..).all(|((id, _), expect)| *id == expect));
    assert!(matches!(rest.last(), Some((_, AskEvent::Response(_)))));

    // The next server has only what was kept.
    let later = open(&home.data, None).await;
    let events = later.follow_turn(&ada, &turn.thread_id, turn.turn_id, first).await.unwrap();
    let events: Vec<_> = events.collect().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].0, &*events[0].1), (first + 1, &rest.last().unwrap().1));
}

#[tokio::test]
async fn who_may_not_read_a_turn_finds_none() {
    let home = home().await;
    let ada = person("ada");
    let (turn, _) = home.asked(&ada, "how is SNU doing?").await;
    for (who, thread, id) in [
        (person("bob"), turn.thread_id.clone(), turn.turn_id),
        (ada.clone(), "guess".into(), turn.turn_id),
        (ada.clone(), turn.thread_id.clone(), TurnId(2)),
        (ada, turn.thread_id.clone(), TurnId(u64::MAX)),
    ] {
        let events = home.follow_turn(&who, &thread, id, 0).await;
        assert!(matches!(events, Err(Error::NotFound { .. })), "{thread} {id:?}");
    }
    let nobody = model::Actor::anonymous();
    let asked = home.ask(&nobody, question("how is SNU doing?"), today()).await;
    assert!(matches!(asked, Err(Error::Unauthenticated(_))), "{asked:?}");
}

/// Begins two turns, half a minute apart, on a server that is killed meanwhile. When the next one
/// starts, only the first is older than any turn can be: another server that shares the database
/// could still be at the second.
async fn check_lost_turns(kind: StoreKind) {
    let never = || Answer::says("late").never_comes();
    let model = ModelServer::start([never(), never()]).await;
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (settings, place) = (patient(model.url()), kind.clone());
    let begun = server.spawn(async {
        let service = open_at("2026-02-18T12:09:40Z", place, settings).await;
        let ask =
            async || service.ask(&person("ada"), question("what failed in 6G?"), today()).await.unwrap();
        let old = ask().await;
        service.clock().advance(jiff::SignedDuration::from_secs(30));
        (old, ask().await)
    });
    let (old, young) = begun.await.unwrap();
    while model.questions().len() < 2 {
        tokio::task::yield_now().await;
    }
    server.shutdown_background();
    model.abandoned(2).await;

    let ada = person("ada");
    let next = open_at("2026-02-18T12:10:41Z", kind, None).await;
    let outcome = async |turn: &TurnRef| {
        let mut turns = next.get_thread(&ada, &turn.thread_id, TurnPage::Newest).await.unwrap().turns;
        turns.remove(0).outcome
    };
    let running = tokio::spawn({
        let next = next.clone();
        async move { next.run(std::future::pending()).await }
    });
    let kept = loop {
        match outcome(&old).await {
            Some(outcome) => break outcome,
            None => tokio::task::yield_now().await,
        }
    };
    running.abort();
    assert_eq!(outcome(&young).await, None);

    let Outcome::Failed(error) = &kept else { panic!("{kept:?}") };
    assert!(!error.cancelled && error.message.contains("broken off"), "{error:?}");
    for had in [0, 5] {
        let events = next.follow_turn(&ada, &old.thread_id, old.turn_id, had).await.unwrap();
        let events: Vec<_> = events.collect().await;
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].0, &*events[0].1), (had + 1, &AskEvent::Error(error.clone())));
    }
    let again = next.ask(&ada, follow_up(&old.thread_id, "what failed in 6G?"), today()).await;
    assert_eq!(again.unwrap().turn_id, TurnId(2));
}

#[tokio::test]
async fn turns_of_a_killed_server_are_ended_on_sqlite() {
    let data = tempfile::tempdir().unwrap();
    check_lost_turns(StoreKind::Sqlite { dir: data.path().to_owned() }).await;
}

#[tokio::test]
async fn turns_of_a_killed_server_are_ended_on_postgres() {
    let url = Postgres::shared().create_database().await;
    check_lost_turns(StoreKind::Postgres { url: url.into() }).await;
}

/// Two servers of one database: the one that did not take the question tells how its turn ends.
async fn check_two_servers(kind: StoreKind) {
    let model = ModelServer::start([Answer::says("late").never_comes()]).await;
    let at = "2026-02-18T12:09:40Z";
    let (one, other) = (open_at(at, kind.clone(), patient(model.url())).await, open_at(at, kind, None).await);
    let ada = person("ada");
    let turn = one.ask(&ada, question("what failed in 6G?"), today()).await.unwrap();
    let mut events = other.follow_turn(&ada, &turn.thread_id, turn.turn_id, 3).await.unwrap();
    // Stopping is for the server that answers.
    other.cancel_turn(&ada, &turn.thread_id, turn.turn_id).await.unwrap();
    one.cancel_turn(&ada, &turn.thread_id, turn.turn_id).await.unwrap();
    let (id, last) = events.next().await.unwrap();
    let AskEvent::Error(error) = &*last else { panic!("{last:?}") };
    assert!(id == 4 && error.cancelled, "{id} {error:?}");
    assert!(events.next().await.is_none());
    let next = other.ask(&ada, follow_up(&turn.thread_id, "what failed in 6G?"), today()).await;
    assert_eq!(next.unwrap().turn_id, TurnId(2));
}

#[tokio::test]
async fn a_turn_is_followed_on_another_server_on_sqlite() {
    let data = tempfile::tempdir().unwrap();
    check_two_servers(StoreKind::Sqlite { dir: data.path().to_owned() }).await;
}

#[tokio::test]
async fn a_turn_is_followed_on_another_server_on_postgres() {
    let url = Postgres::shared().create_database().await;
    check_two_servers(StoreKind::Postgres { url: url.into() }).await;
}
