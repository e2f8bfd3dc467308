//! An essential that is hidden from somebody is not in any answer that they get.

use crate::support::{home, person, question, today, without};
use model::ErrorKind;
use model::ask::{Tier, TurnPage};

const HIDDEN: &str = "6G-FR2052a-E2E";

#[tokio::test]
async fn a_hidden_essential_is_as_if_it_did_not_exist() {
    let home = home().await;
    let narrowed = without(&person("ada"), &[HIDDEN]);
    for text in [
        "What failed in FR2052A? Give me the RCA.",
        "What failed in 6G?",
        "what failed today?",
        "how are all batches doing?",
        "how is 6g_calc_workflow doing?",
        "how are the 6G-GLOBAL-SLICE-2 slices?",
        "tasks of FGW_6g_calc_workflow_V2_2026-02-18_6G-GLOBAL-SLICE-2_1771371854588",
        "how long did all batches take over the last 5 days?",
        "compare all batches with yesterday",
        "what does UPC wait for?",
        "list the failed runs",
        "which batch failed most this month?",
        "when will FR2052A finish?",
        "how is 6G-FR2052a doing?",
        "help",
    ] {
        let turn = home.ask(&narrowed, question(text), today()).await.unwrap();
        let events = home.events(&narrowed, &turn, 0).await;
        let told = serde_json::to_string(&events.iter().map(|(_, event)| event).collect::<Vec<_>>()).unwrap();
        // What the reader has typed may come back.
        let told = told.replace(text, "").replace(&text.to_lowercase(), "");
        for secret in ["6G-FR2052a-E2E", "FR2052A (6G)", "6g_inflows", "enrich_6g", "08:15:44"] {
            let is_typed = text.contains(secret);
            assert!(is_typed || !told.contains(secret), "{text}: {secret} in {told}");
        }
    }
    let (_, answer) = home.asked(&narrowed, "What failed in FR2052A?").await;
    let (_, unknown) = home.asked(&narrowed, "What failed in ZZ9999Z?").await;
    assert_eq!((answer.error, answer.tool_calls.len()), (unknown.error, unknown.tool_calls.len()));
    let chips = answer.suggested_queries.join(" ");
    assert!(
        answer.error && !chips.is_empty() && !chips.contains("6G") && !chips.contains("FR2052A"),
        "{chips}"
    );
}

#[tokio::test]
async fn queries_are_for_those_who_see_all() {
    let home = home().await;
    let narrowed = without(&person("ada"), &[HIDDEN]);
    let sql = "SELECT DAG_ID FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18'";
    let run = home.run_query(&narrowed, "", sql, today()).await.unwrap_err();
    assert_eq!(run.kind(), ErrorKind::Invalid);
    assert!(run.to_string().contains("ask in words"), "{run}");
    // That there is more than one sees is not told.
    assert!(!run.to_string().contains("all"), "{run}");
    let checked = home.check_query(&narrowed, sql, today()).await.unwrap_err();
    assert_eq!(checked.kind(), ErrorKind::Invalid);
    let (_, answer) = home.asked(&narrowed, "which batch failed most this month?").await;
    assert_eq!((answer.tier, answer.structured_data), (Tier::Query, None));
    assert!(answer.text.contains("cannot be asked for with this access"), "{}", answer.text);
}

#[tokio::test]
async fn a_conversation_is_there_for_who_sees_all_that_it_speaks_of() {
    let home = home().await;
    let (ada, bob) = (person("ada"), person("bob"));
    let narrowed = without(&bob, &[HIDDEN]);
    let (of_all, _) = home.asked(&ada, "what failed today?").await;
    home.share_thread(&ada, &of_all.thread_id).await.unwrap();
    assert!(home.get_thread(&bob, &of_all.thread_id, TurnPage::Newest).await.is_ok());
    let kept = home.get_thread(&narrowed, &of_all.thread_id, TurnPage::Newest).await.unwrap_err();
    assert_eq!(kept.kind(), ErrorKind::NotFound);
    assert_eq!(home.list_threads(&narrowed, "").await.unwrap(), []);
    let events = home.follow_turn(&narrowed, &of_all.thread_id, of_all.turn_id, 0).await;
    assert!(events.is_err_and(|error| error.kind() == ErrorKind::NotFound));

    let (of_some, _) = home.asked(&narrowed, "what failed today?").await;
    home.share_thread(&narrowed, &of_some.thread_id).await.unwrap();
    assert!(home.get_thread(&ada, &of_some.thread_id, TurnPage::Newest).await.is_ok());
    assert!(home.get_thread(&without(&ada, &[HIDDEN]), &of_some.thread_id, TurnPage::Newest).await.is_ok());
    let other =
        home.get_thread(&without(&ada, &["SNU"]), &of_some.thread_id, TurnPage::Newest).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::NotFound);

    // What one may not see any more is not there any more, one's own questions included.
    let (own, _) = home.asked(&bob, "what failed today?").await;
    let gone = home.get_thread(&narrowed, &own.thread_id, TurnPage::Newest).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}
