//! Conversations.

use crate::fixture::{Fixture, entry, on_both};
use jiff::Timestamp;
use model::ask::{AskError, Outcome, Question, Rating, ThreadId, Thumb, TurnId};
use model::identity::ProjectId;
use model::{ErrorKind, EssentialName};
use std::collections::BTreeSet;
use store::{Error, ThreadRecord, TurnEnd};

on_both!(
    turns_are_counted_and_paged,
    a_turn_ends_once,
    threads_are_found_by_who_may_read_them,
    what_belongs_to_a_thread_goes_with_it,
    turns_that_nobody_works_on_are_ended,
    what_another_version_wrote_closes_one_answer_only,
    rated_turns_of_all_threads_are_read_page_by_page,
);

fn thread(id: &str, project: &ProjectId, owner: &str, now: Timestamp) -> ThreadRecord {
    ThreadRecord {
        id: ThreadId::new(id),
        project_id: project.clone(),
        owner: owner.to_owned(),
        title: format!("Title of {id}"),
        is_shared: false,
        unseen: BTreeSet::from([EssentialName::new("SNU")]),
        updated_at: now,
        turn_count: 0,
    }
}

fn question(text: &str) -> Question {
    Question::parse(text).unwrap()
}

fn stopped() -> Outcome {
    Outcome::Failed(AskError { cancelled: true, kind: ErrorKind::Conflict, message: "Stopped.".to_owned() })
}

impl Fixture {
    async fn add_thread(&self, thread: &ThreadRecord) {
        let mut write = self.store.begin().await.unwrap();
        write.insert_thread(thread).await.unwrap();
        write.commit(entry("thread.create", thread.id.as_str())).await.unwrap();
    }

    async fn add_turn(&self, id: &ThreadId, parent: Option<TurnId>, text: &str) -> TurnId {
        let mut write = self.store.begin().await.unwrap();
        let unseen = BTreeSet::new();
        let turn = write.insert_turn(id, parent, &question(text), self.now(), &unseen).await.unwrap();
        write.commit(entry("question.ask", id.as_str())).await.unwrap();
        turn
    }
}

async fn turns_are_counted_and_paged(fixture: Fixture) {
    let rates = fixture.add_project("Rates").await.id;
    let made = thread("t-1", &rates, "user:ada", fixture.now());
    fixture.add_thread(&made).await;
    assert_eq!(fixture.store.find_thread(&rates, &made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(fixture.store.find_thread(&"p-other".into(), &made.id).await.unwrap(), None);
    fixture.pass(5);
    assert_eq!(fixture.add_turn(&made.id, None, "one").await, TurnId(1));
    assert_eq!(fixture.add_turn(&made.id, Some(TurnId(1)), "two").await, TurnId(2));
    assert_eq!(fixture.add_turn(&made.id, None, "one again").await, TurnId(3));
    let now = fixture.store.find_thread(&rates, &made.id).await.unwrap().unwrap();
    assert_eq!((now.turn_count, now.updated_at, now.unseen.len()), (3, fixture.now(), 0));

    let check = async |before, limit, expect: &[(u64, Option<u64>)]| {
        let turns = fixture.store.list_turns(&made.id, before, limit).await.unwrap();
        let ids: Vec<_> = turns.iter().map(|turn| (turn.id.0, turn.parent.map(|parent| parent.0))).collect();
        assert_eq!(ids, expect);
    };
    check(None, 9, &[(1, None), (2, Some(1)), (3, None)]).await;
    check(None, 2, &[(2, Some(1)), (3, None)]).await;
    check(Some(TurnId(2)), 9, &[(1, None)]).await;
    check(Some(TurnId(1)), 9, &[]).await;

    let mut write = fixture.store.begin().await.unwrap();
    let gone = ThreadId::new("t-none");
    let lost = write.insert_turn(&gone, None, &question("x"), fixture.now(), &BTreeSet::new()).await;
    assert!(matches!(lost, Err(Error::NotFound { what: "thread" })), "{lost:?}");
    let taken = write.insert_thread(&made).await;
    assert!(matches!(taken, Err(Error::Conflict { what: "conversation" })), "{taken:?}");
    // Neither keeps the rest from being written.
    let more = write.insert_turn(&made.id, None, &question("x"), fixture.now(), &BTreeSet::new()).await;
    assert_eq!(more.unwrap(), TurnId(4));
    write.commit(entry("question.ask", "t-1")).await.unwrap();
    assert_eq!(fixture.store.find_thread(&rates, &made.id).await.unwrap().unwrap().turn_count, 4);
}

async fn a_turn_ends_once(fixture: Fixture) {
    let rates = fixture.add_project("Rates").await.id;
    let made = thread("t-1", &rates, "user:ada", fixture.now());
    fixture.add_thread(&made).await;
    let turn = fixture.add_turn(&made.id, None, "What failed?").await;
    let store = &fixture.store;
    let open = store.find_turn(&made.id, turn).await.unwrap().unwrap();
    assert_eq!((open.question, open.outcome), (question("What failed?"), None));
    assert_eq!(store.find_context(&made.id, turn).await.unwrap(), None);

    let finish = async |outcome, context: &str| {
        let end = TurnEnd { thread_id: made.id.clone(), turn_id: turn, outcome, context: context.to_owned() };
        store.finish_turns(&[end]).await.unwrap();
    };
    finish(stopped(), "{\"a\":1}").await;
    let other = Outcome::Failed(AskError {
        cancelled: false,
        kind: ErrorKind::Internal,
        message: "too late".to_owned(),
    });
    finish(other, "{}").await;
    let over = store.find_turn(&made.id, turn).await.unwrap().unwrap();
    assert_eq!(over.outcome, Some(stopped()));
    assert_eq!(store.find_context(&made.id, turn).await.unwrap().as_deref(), Some("{\"a\":1}"));
    assert_eq!(store.find_turn(&made.id, TurnId(9)).await.unwrap(), None);
    assert_eq!(store.find_context(&made.id, TurnId(9)).await.unwrap(), None);

    let rating = Rating { thumb: Thumb::Down, comment: "wrong slice".to_owned() };
    for rated in [Some(rating), None] {
        let mut write = store.begin().await.unwrap();
        write.set_rating(&made.id, turn, rated.as_ref()).await.unwrap();
        write.commit(entry("turn.rate", "t-1")).await.unwrap();
        assert_eq!(store.find_turn(&made.id, turn).await.unwrap().unwrap().rating, rated);
    }
    let none = store.begin().await.unwrap().set_rating(&made.id, TurnId(9), None).await;
    assert!(matches!(none, Err(Error::NotFound { what: "turn" })), "{none:?}");
}

async fn threads_are_found_by_who_may_read_them(fixture: Fixture) {
    let rates = fixture.add_project("Rates").await.id;
    let credit = fixture.add_project("Credit").await.id;
    for (id, project, owner) in [
        ("t-1", &rates, "user:ada"),
        ("t-2", &rates, "user:ada"),
        ("t-3", &rates, "user:bob"),
        ("t-4", &rates, "user:bob"),
        ("t-5", &credit, "user:ada"),
    ] {
        fixture.pass(1);
        fixture.add_thread(&thread(id, project, owner, fixture.now())).await;
    }
    let mut write = fixture.store.begin().await.unwrap();
    write.set_thread_shared(&"t-3".into(), true).await.unwrap();
    write.rename_thread(&"t-2".into(), "100% of EMEA_1").await.unwrap();
    write.commit(entry("thread.share", "t-3")).await.unwrap();
    fixture.add_turn(&"t-1".into(), None, "What failed in Derivatives?").await;

    let check = async |owner: &str, search: &str, limit, expect: &[&str]| {
        let threads = fixture.store.list_threads(&rates, owner, search, limit).await.unwrap();
        let ids: Vec<_> = threads.iter().map(|thread| thread.id.as_str()).collect();
        assert_eq!(ids, expect, "{owner} {search}");
    };
    check("user:ada", "", 9, &["t-1", "t-3", "t-2"]).await;
    check("user:ada", "", 1, &["t-1"]).await;
    check("user:bob", "", 9, &["t-4", "t-3"]).await;
    check("user:eve", "", 9, &["t-3"]).await;
    check("user:ada", "DERIV", 9, &["t-1"]).await;
    check("user:ada", "emea_1", 9, &["t-2"]).await;
    check("user:ada", "100%", 9, &["t-2"]).await;
    check("user:ada", "1%1", 9, &[]).await;
    check("user:ada", "title", 9, &["t-1", "t-3"]).await;
}

async fn what_belongs_to_a_thread_goes_with_it(fixture: Fixture) {
    let rates = fixture.add_project("Rates").await.id;
    let made = thread("t-1", &rates, "user:ada", fixture.now());
    fixture.add_thread(&made).await;
    let turn = fixture.add_turn(&made.id, None, "one").await;
    let mut write = fixture.store.begin().await.unwrap();
    write.remove_thread(&made.id).await.unwrap();
    write.commit(entry("thread.delete", "t-1")).await.unwrap();
    assert_eq!(fixture.store.find_thread(&rates, &made.id).await.unwrap(), None);
    assert_eq!(fixture.store.find_turn(&made.id, turn).await.unwrap(), None);
    let again = fixture.store.begin().await.unwrap().remove_thread(&made.id).await;
    assert!(matches!(again, Err(Error::NotFound { what: "thread" })), "{again:?}");
}

async fn turns_that_nobody_works_on_are_ended(fixture: Fixture) {
    let rates = fixture.add_project("Rates").await.id;
    let made = thread("t-1", &rates, "user:ada", fixture.now());
    fixture.add_thread(&made).await;
    let lost = fixture.add_turn(&made.id, None, "one").await;
    fixture.pass(60);
    let young = fixture.add_turn(&made.id, None, "two").await;
    assert_eq!(fixture.store.end_lost_turns(fixture.now(), &stopped()).await.unwrap(), 1);
    let outcome = async |turn| fixture.store.find_turn(&made.id, turn).await.unwrap().unwrap().outcome;
    assert_eq!((outcome(lost).await, outcome(young).await), (Some(stopped()), None));
}

async fn what_another_version_wrote_closes_one_answer_only(fixture: Fixture) {
    let rates = fixture.add_project("Rates").await.id;
    let made = thread("t-1", &rates, "user:ada", fixture.now());
    fixture.add_thread(&made).await;
    fixture.add_turn(&made.id, None, "one").await;
    fixture.tamper("UPDATE chat_turn SET outcome = '{\"answered\":{\"later\":true}}'").await.unwrap();
    let turns = fixture.store.list_turns(&made.id, None, 9).await.unwrap();
    let Some(Outcome::Failed(error)) = &turns[0].outcome else { panic!("{turns:?}") };
    assert!(error.message.contains("another version"), "{error:?}");
}

async fn rated_turns_of_all_threads_are_read_page_by_page(fixture: Fixture) {
    let rates = fixture.add_project("Rates").await.id;
    let (one, two) = (ThreadId::new("t-1"), ThreadId::new("t-2"));
    for id in [&one, &two] {
        fixture.add_thread(&thread(id.as_str(), &rates, "user:ada", fixture.now())).await;
        for text in ["first", "second", "third"] {
            fixture.add_turn(id, None, text).await;
        }
    }
    let rating = Rating { thumb: Thumb::Down, comment: "Wrong batch".to_owned() };
    for (id, turn) in [(&one, 1), (&one, 3), (&two, 2)] {
        let mut write = fixture.store.begin().await.unwrap();
        write.set_rating(id, TurnId(turn), Some(&rating)).await.unwrap();
        write.commit(entry("turn.rate", id.as_str())).await.unwrap();
    }
    let check = async |after: Option<(&ThreadId, u64)>, limit, expect: &[(&ThreadId, u64)]| {
        let after = after.map(|(id, turn)| (id, TurnId(turn)));
        let rated = fixture.store.list_rated(after, limit).await.unwrap();
        let names: Vec<_> = rated.iter().map(|(id, turn)| (id, turn.id.0)).collect();
        assert_eq!(names, expect, "{after:?} {limit}");
        assert!(rated.iter().all(|(_, turn)| turn.rating.as_ref() == Some(&rating)), "{rated:?}");
    };
    check(None, 9, &[(&one, 1), (&one, 3), (&two, 2)]).await;
    check(None, 2, &[(&one, 1), (&one, 3)]).await;
    check(Some((&one, 1)), 9, &[(&one, 3), (&two, 2)]).await;
    check(Some((&one, 3)), 9, &[(&two, 2)]).await;
    check(Some((&two, 2)), 9, &[]).await;
}
