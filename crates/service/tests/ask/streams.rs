//! Turns that outlive their readers, and servers.

use crate::support::{home, open, person, question, today};
use futures::StreamExt;
use model::ask::{AskEvent, TurnId};
use service::Error;

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
