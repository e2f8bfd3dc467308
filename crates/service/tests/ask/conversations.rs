//! Conversations: whose they are, and what their owner does with them.

use crate::support::{follow_up, home, person, question, today};
use model::ask::{AskRequest, Rating, ThreadId, Thumb, TurnId, TurnPage};
use model::audit::AuditFilter;
use model::{Clock, ErrorKind};
use store::{Store, StoreKind, StoreSettings, TurnEnd};

async fn store(data: &tempfile::TempDir) -> Store {
    let settings = StoreSettings { kind: StoreKind::Sqlite { dir: data.path().to_owned() } };
    Store::open(&settings, Clock::system()).await.unwrap()
}

#[tokio::test]
async fn a_conversation_is_its_owners_until_it_is_shared() {
    let home = home().await;
    let (ada, bob) = (person("ada"), person("bob"));
    let (turn, _) = home.asked(&ada, "how is derivatives doing?").await;
    let thread = &turn.thread_id;
    let kind = |result: service::Result<()>| result.unwrap_err().kind();

    assert_eq!(home.list_threads(&bob, "").await.unwrap(), []);
    assert_eq!(
        home.get_thread(&bob, thread, TurnPage::Newest).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let asked = home.ask(&bob, follow_up(thread, "what failed?"), today()).await;
    assert_eq!(asked.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(kind(home.delete_thread(&bob, thread).await), ErrorKind::NotFound);

    home.share_thread(&ada, thread).await.unwrap();
    let shared = home.get_thread(&bob, thread, TurnPage::Newest).await.unwrap();
    assert_eq!((shared.is_shared, shared.is_mine, shared.turns.len()), (true, false, 1));
    assert_eq!(home.list_threads(&bob, "deriv").await.unwrap().len(), 1);
    assert!(!home.events(&bob, &turn, 0).await.is_empty());
    // Read, and no more.
    let asked = home.ask(&bob, follow_up(thread, "what failed?"), today()).await;
    assert_eq!(asked.unwrap_err().kind(), ErrorKind::Forbidden);
    assert_eq!(kind(home.rename_thread(&bob, thread, "mine").await), ErrorKind::Forbidden);
    assert_eq!(kind(home.delete_thread(&bob, thread).await), ErrorKind::Forbidden);
    assert_eq!(kind(home.unshare_thread(&bob, thread).await), ErrorKind::Forbidden);
    assert_eq!(kind(home.rate_turn(&bob, thread, TurnId(1), None).await), ErrorKind::Forbidden);
    assert_eq!(kind(home.cancel_turn(&bob, thread, TurnId(1)).await), ErrorKind::Forbidden);

    home.unshare_thread(&ada, thread).await.unwrap();
    assert_eq!(
        home.get_thread(&bob, thread, TurnPage::Newest).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn an_owner_names_rates_and_deletes() {
    let home = home().await;
    let ada = person("ada");
    let text = format!("how is derivatives doing? {}", "word ".repeat(40));
    let (turn, _) = home.asked(&ada, &text).await;
    let thread = &turn.thread_id;
    let title = home.get_thread(&ada, thread, TurnPage::Newest).await.unwrap().title;
    assert!(title.starts_with("how is derivatives doing?") && title.chars().count() == 80, "{title}");
    home.rename_thread(&ada, thread, "  Month  end ").await.unwrap();
    for wrong in ["", "  ", &"x".repeat(121)] {
        let refused = home.rename_thread(&ada, thread, wrong).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{wrong}");
    }
    let rating = Rating { thumb: Thumb::Down, comment: "wrong slice".to_owned() };
    home.rate_turn(&ada, thread, turn.turn_id, Some(rating.clone())).await.unwrap();
    let kept = home.get_thread(&ada, thread, TurnPage::Newest).await.unwrap();
    assert_eq!((kept.title.as_str(), &kept.turns[0].rating), ("Month end", &Some(rating)));
    let none = home.rate_turn(&ada, thread, TurnId(7), None).await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
    let long = Rating { thumb: Thumb::Up, comment: "x".repeat(2_001) };
    let refused = home.rate_turn(&ada, thread, turn.turn_id, Some(long)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);

    home.delete_thread(&ada, thread).await.unwrap();
    assert_eq!(home.list_threads(&ada, "").await.unwrap(), []);
    assert_eq!(
        home.get_thread(&ada, thread, TurnPage::Newest).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn rated_answers_can_be_read_out() {
    let home = home().await;
    let ada = person("ada");
    let (rated, answer) = home.asked(&ada, "what failed in 6G?").await;
    home.asked(&ada, "how is derivatives doing?").await;
    let rating = Rating { thumb: Thumb::Up, comment: "found it\nat once".to_owned() };
    home.rate_turn(&ada, &rated.thread_id, rated.turn_id, Some(rating)).await.unwrap();
    let settings = StoreSettings { kind: StoreKind::Sqlite { dir: home.data.path().to_owned() } };
    let mut lines = Vec::new();
    assert_eq!(service::storage::export_ratings(&settings, &mut lines).await.unwrap(), 1);
    let line: serde_json::Value = serde_json::from_slice(&lines).unwrap();
    let expect = serde_json::json!({
        "thread_id": rated.thread_id,
        "turn": rated.turn_id,
        "asked_at": "2026-02-18T12:09:40Z",
        "question": "what failed in 6G?",
        "answer": answer.text,
        "intent": answer.intent,
        "tier": answer.tier,
        "model": null,
        "thumb": "up",
        "comment": "found it\nat once",
    });
    assert_eq!(line, expect);
    let records = store(&home.data).await.list_audit(&AuditFilter::default(), None, 1).await.unwrap();
    assert_eq!(
        (records[0].entry.action.as_str(), records[0].entry.actor.as_str()),
        ("ratings.export", "operator")
    );
}

#[tokio::test]
async fn who_asks_may_choose_the_id_but_not_somebody_elses() {
    let home = home().await;
    let (ada, bob) = (person("ada"), person("bob"));
    let mine = ThreadId::new("0b1f7c1e-9d0b-4c7e");
    for number in 1..=2 {
        let (turn, _) = home.asked_in(&ada, follow_up(&mine, "how is SNU doing?")).await;
        assert_eq!((turn.thread_id, turn.turn_id), (mine.clone(), TurnId(number)));
    }
    let stolen = home.ask(&bob, follow_up(&mine, "how is SNU doing?"), today()).await;
    assert_eq!(stolen.unwrap_err().kind(), ErrorKind::NotFound);
    for wrong in ["", "a b", "a/b", &"x".repeat(65)] {
        let refused = home.ask(&ada, follow_up(&ThreadId::new(wrong), "x"), today()).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid, "{wrong}");
    }
    let nowhere = AskRequest { parent: Some(TurnId(1)), ..question("x") };
    assert_eq!(home.ask(&ada, nowhere, today()).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_long_conversation_comes_in_pages() {
    let home = home().await;
    let ada = person("ada");
    let (turn, answer) = home.asked(&ada, "What failed in FR2052A?").await;
    let store = store(&home.data).await;
    let outcome = model::ask::Outcome::Answered(Box::new(answer));
    let mut write = store.begin().await.unwrap();
    let again = model::ask::Question::parse("What failed in FR2052A?").unwrap();
    for number in 1..1_000 {
        let parent = Some(TurnId(number));
        let asked_at = home.clock().now();
        write.insert_turn(&turn.thread_id, parent, &again, asked_at, &Default::default()).await.unwrap();
    }
    write.commit(model::audit::AuditEntry::by(&ada, "question.ask", "thread")).await.unwrap();
    let thread_id = &turn.thread_id;
    let end = |number| TurnEnd {
        thread_id: thread_id.clone(),
        turn_id: TurnId(number),
        outcome: outcome.clone(),
        context: "{}".to_owned(),
    };
    store.finish_turns(&(951..=1_000).map(end).collect::<Vec<_>>()).await.unwrap();
    let check = async |page: TurnPage, first: u64, last: u64, has_older: bool, has_newer: bool| {
        let page = home.get_thread(&ada, &turn.thread_id, page).await.unwrap();
        let ids: Vec<u64> = page.turns.iter().map(|turn| turn.id.0).collect();
        assert_eq!(ids, (first..=last).collect::<Vec<_>>());
        assert_eq!((page.has_older, page.has_newer), (has_older, has_newer));
    };
    check(TurnPage::Newest, 951, 1_000, true, false).await;
    check(TurnPage::Before(TurnId(951)), 901, 950, true, true).await;
    check(TurnPage::Before(TurnId(51)), 1, 50, false, true).await;
    check(TurnPage::Around(TurnId(500)), 475, 524, true, true).await;
    check(TurnPage::Around(TurnId(3)), 1, 27, false, true).await;
    check(TurnPage::Around(TurnId(990)), 951, 1_000, true, false).await;
    check(TurnPage::Around(TurnId(u64::MAX)), 951, 1_000, true, false).await;
    assert_eq!(home.list_threads(&ada, "").await.unwrap()[0].turn_count, 1_000);
}

#[tokio::test]
async fn questions_and_what_is_done_with_them_are_recorded() {
    let home = home().await;
    let ada = person("ada");
    let (turn, _) = home.asked(&ada, "how is SNU doing?").await;
    home.share_thread(&ada, &turn.thread_id).await.unwrap();
    home.delete_thread(&ada, &turn.thread_id).await.unwrap();
    let filter = AuditFilter { with_server: true, ..AuditFilter::default() };
    let records = store(&home.data).await.list_audit(&filter, None, 100).await.unwrap();
    let of_ada = records.iter().rev().filter(|record| record.entry.actor == "ada@example.org");
    let actions: Vec<_> = of_ada.clone().map(|record| record.entry.action.as_str()).collect();
    assert_eq!(actions, ["question.ask", "thread.share", "thread.delete"]);
    let asked = of_ada.clone().next().unwrap();
    assert_eq!(asked.entry.after["question"], "how is SNU doing?");
    assert_eq!(asked.entry.object, format!("thread:{}#1", turn.thread_id));
}

#[tokio::test]
async fn questions_of_one_moment_are_each_recorded_or_refused() {
    let home = home().await;
    let (ada, bob) = (person("ada"), person("bob"));
    home.asked_in(&ada, follow_up(&ThreadId::new("of-ada"), "how is SNU doing?")).await;
    let asked = futures::future::join_all((0..20).map(|number| {
        // Every fifth wants a conversation that is somebody else's.
        let id = if number % 5 == 0 { "of-ada".to_owned() } else { format!("of-bob-{number}") };
        let (home, bob) = (&home, &bob);
        async move { home.ask(bob, follow_up(&ThreadId::new(id), "what failed in 6G?"), today()).await }
    }));
    for (number, asked) in asked.await.into_iter().enumerate() {
        match asked {
            Ok(turn) => {
                assert_eq!(turn.thread_id.as_str(), format!("of-bob-{number}"));
                assert_eq!(home.answer(&bob, &turn).await.tier, model::ask::Tier::Tools);
            }
            Err(error) => assert_eq!((number % 5, error.kind()), (0, ErrorKind::NotFound)),
        }
    }
    let store = store(&home.data).await;
    let records = store.list_audit(&AuditFilter::default(), None, 100).await.unwrap();
    let asked = records.iter().filter(|record| record.entry.action == "question.ask").count();
    assert_eq!(asked, 1 + 16);
    let verdict = store.verify_audit(|_| ()).await.unwrap();
    assert!(matches!(verdict, model::audit::ChainVerdict::Intact { .. }), "{verdict:?}");
}
