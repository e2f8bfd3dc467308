//! What is answered.

use crate::support::{demo, follow_up, home, person, question, today};
use model::ask::{AskRequest, Card, Intent, LONGEST_QUESTION, Tier, Topic, TurnPage};
use model::{ErrorKind, EssentialName};
use service::Error;

#[tokio::test]
async fn what_failed_in_fr2052a_is_explained_to_the_last_task() {
    let home = home().await;
    let (_, answer) = home.asked(&person("ada"), "What failed in FR2052A? Give me the RCA.").await;
    for fact in [
        "step 3",
        "6g_calc_workflow_V2",
        "enrich_6g_calc_results",
        "6G-GLOBAL-SLICE-2",
        "08:15:44 UTC",
        "2 of 2",
        "block",
    ] {
        let found = answer.text.to_lowercase().contains(&fact.to_lowercase());
        assert!(found, "{fact} is not in:\n{}", answer.text);
    }
    assert_eq!((answer.tier, answer.intent, answer.error), (Tier::Tools, Intent::RcaDrilldown, false));
    assert_eq!(answer.entities.essentials, [EssentialName::new("6G-FR2052a-E2E")]);
    let Some(Card::RcaAnalysis(card)) = &answer.structured_data else { panic!("{answer:?}") };
    assert_eq!(card.failures[0].failed_tasks[0].task_id, "enrich_6g_calc_results");
    assert!(!card.blocked_datasets.is_empty());
    for tool in &answer.tool_calls {
        assert!(tool.query.as_deref().is_some_and(|query| !query.is_empty()), "{tool:?}");
        assert!(tool.as_of.is_some() && tool.duration_ms.is_some() && tool.link.is_some(), "{tool:?}");
    }
    assert_eq!(answer.model, None);
}

#[tokio::test]
async fn follow_ups_carry_on_and_a_new_conversation_does_not() {
    let home = home().await;
    let ada = person("ada");
    let (turn, first) = home.asked(&ada, "how is derivatives doing?").await;
    assert_eq!(first.entities.essentials, [EssentialName::new("TB-Derivatives")]);
    let thread = &turn.thread_id;
    let (_, second) = home.asked_in(&ada, follow_up(thread, "what failed?")).await;
    assert_eq!((second.topic, &second.entities.essentials), (Topic::Failures, &first.entities.essentials));
    let (_, third) = home.asked_in(&ada, follow_up(thread, "and the EMEA slices?")).await;
    assert_eq!(third.entities.essentials, first.entities.essentials);
    assert!(third.entities.slices.iter().all(|slice| slice.as_str().contains("EMEA")), "{third:?}");
    assert!(!third.entities.slices.is_empty());
    let (_, other) = home.asked(&ada, "what failed?").await;
    assert_eq!(other.entities.essentials, []);
}

#[tokio::test]
async fn an_edited_question_branches() {
    let home = home().await;
    let ada = person("ada");
    let (first, _) = home.asked(&ada, "how is derivatives doing?").await;
    let thread = &first.thread_id;
    let (second, _) = home.asked_in(&ada, follow_up(thread, "what failed?")).await;
    let edit = AskRequest { edits: Some(first.turn_id), ..follow_up(thread, "how is 6G doing?") };
    let (third, answer) = home.asked_in(&ada, edit).await;
    assert_eq!(answer.entities.essentials, [EssentialName::new("6G-FR2052a-E2E")]);
    let after = AskRequest { parent: Some(first.turn_id), ..follow_up(thread, "and what failed?") };
    let (fourth, answer) = home.asked_in(&ada, after).await;
    assert_eq!(answer.entities.essentials, [EssentialName::new("TB-Derivatives")], "of its own branch");
    let turns = home.get_thread(&ada, thread, TurnPage::Newest).await.unwrap().turns;
    let parents: Vec<_> = turns.iter().map(|turn| (turn.id, turn.parent)).collect();
    let root = Some(first.turn_id);
    let expect =
        [(first.turn_id, None), (second.turn_id, root), (third.turn_id, None), (fourth.turn_id, root)];
    assert_eq!(parents, expect);
    let nowhere = AskRequest { edits: Some(model::ask::TurnId(99)), ..follow_up(thread, "x") };
    assert_eq!(home.ask(&ada, nowhere, today()).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_long_history_of_all_batches_is_told_in_a_bounded_answer() {
    const MOST_BYTES: usize = 300_000;
    let home = demo().await;
    let ada = person("ada");
    let (turn, answer) =
        home.asked(&ada, "How long did all batches take from 2025-12-21 to 2026-02-18?").await;
    let Some(Card::HistoricalRuns(card)) = &answer.structured_data else { panic!("{answer:?}") };
    let span = (card.from_date.to_string(), card.to_date.to_string());
    assert_eq!(span, ("2025-12-21".to_owned(), "2026-02-18".to_owned()), "sixty dates");
    assert!(card.line_count > 1_000 && card.history.len() < card.line_count, "{}", card.line_count);
    let turns = home.get_thread(&ada, &turn.thread_id, TurnPage::Newest).await.unwrap().turns;
    let size = serde_json::to_vec(&turns[0].outcome).unwrap().len();
    assert!(size < MOST_BYTES, "{size} bytes");
}

#[tokio::test]
async fn every_tool_answers_with_a_receipt() {
    let home = home().await;
    let ada = person("ada");
    for (text, tool) in [
        ("how is 6G doing?", "get_batch_progress"),
        ("how are the EMEA slices of derivatives?", "get_slice_status"),
        ("what failed today?", "list_failures"),
        ("tasks of the failed run in 6G", "get_task_details"),
        ("how long did derivatives take over the last 10 days?", "get_historical_runs"),
        ("compare derivatives with yesterday", "compare_dates"),
        ("what does UPC wait for?", "get_dependencies"),
        ("list the running runs of SNU", "find_run"),
    ] {
        let (_, answer) = home.asked(&ada, text).await;
        let found = answer.tool_calls.iter().find(|call| call.tool == tool);
        let call = found.unwrap_or_else(|| panic!("{text}: {:?}", answer.tool_calls));
        assert!(call.error.is_none() && call.query.is_some(), "{text}: {call:?}");
    }
}

#[tokio::test]
async fn receipts_are_queries_that_can_be_run() {
    let home = home().await;
    let ada = person("ada");
    for text in ["what failed in 6G?", "how long did derivatives take over the last 10 days?"] {
        let (_, answer) = home.asked(&ada, text).await;
        let selects = answer.tool_calls.iter().filter_map(|call| call.query.as_deref());
        let selects: Vec<&str> = selects.filter(|query| query.starts_with("SELECT")).collect();
        assert!(!selects.is_empty(), "{text}");
        for sql in selects {
            let run = home.run_query(&ada, text, sql, today()).await;
            assert!(run.as_ref().is_ok_and(|run| !run.card.rows.is_empty()), "{sql}: {run:?}");
        }
    }
}

#[tokio::test]
async fn history_is_read_for_so_many_dates_at_once() {
    let home = home().await;
    let text = "how long did derivatives take between 2025-11-01 and 2026-02-18?";
    let (_, answer) = home.asked(&person("ada"), text).await;
    let call = answer.tool_calls.iter().find(|call| call.tool == "get_historical_runs").unwrap();
    assert!(call.error.as_deref().is_some_and(|error| error.contains("60 dates")), "{call:?}");
}

#[tokio::test]
async fn a_question_is_neither_empty_nor_endless() {
    let home = home().await;
    for (text, fits) in [
        (String::new(), false),
        ("  \n".to_owned(), false),
        ("x".repeat(LONGEST_QUESTION), true),
        ("x".repeat(20_000), false),
    ] {
        let answer = home.ask(&person("ada"), question(&text), today()).await;
        let refused = matches!(answer, Err(Error::Invalid { field: "message", .. }));
        assert_eq!(answer.is_ok(), fits, "{}", text.len());
        assert_eq!(refused, !fits, "{}", text.len());
    }
}

#[tokio::test]
async fn what_only_a_query_answers_is_offered() {
    let home = home().await;
    let (_, answer) = home.asked(&person("ada"), "which batch failed most this month?").await;
    assert_eq!(answer.tier, Tier::Query);
    let Some(Card::SqlResult(card)) = &answer.structured_data else { panic!("{answer:?}") };
    assert!(!card.ran && card.question.contains("failed most"), "{card:?}");
    let run = home.run_query(&person("ada"), &card.question, &card.sql, today()).await.unwrap();
    assert!(run.card.ran && !run.card.rows.is_empty(), "{run:?}");
}
