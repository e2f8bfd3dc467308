//! What a model adds, and what happens where it does not.

use crate::support::{follow_up, home_with, person, question, today, without};
use model::ask::{AskEvent, Card, ModelUsage, Outcome, Tier, TurnPage};
use model::{Clock, Timestamp};
use serde_json::json;
use service::Error;
use service::ask::ModelState;
use service::settings::{Compatible, ModelLimits, ModelSettings, Price, Provider, TokenPrice};
use std::time::Duration;
use testkit::model_server::{Answer, ModelServer};

/// A model that is not waited for long, and not tried again.
fn model(url: &str) -> Option<ModelSettings> {
    let server = Compatible { base_url: format!("{url}/v1"), model: "m".to_owned(), api_key: None };
    let limits = ModelLimits {
        first_byte_timeout: Duration::from_millis(300),
        retries: 0,
        failures_to_pause: 100,
        ..ModelLimits::default()
    };
    Some(ModelSettings::new(Provider::Compatible(server)).with_limits(limits))
}

/// The same, waited for until somebody stops the turn.
pub(crate) fn patient(url: &str) -> Option<ModelSettings> {
    let server = Compatible { base_url: format!("{url}/v1"), model: "m".to_owned(), api_key: None };
    Some(ModelSettings::new(Provider::Compatible(server)))
}

#[tokio::test]
async fn a_model_words_the_answer_but_adds_no_facts() {
    let check = async |end: &str, is_shown: bool| {
        let said = format!("The run of `6g_calc_workflow_V2` {end}");
        let server = ModelServer::start([Answer::says(&said)]).await;
        let home = home_with(model(server.url())).await;
        let (_, answer) = home.asked(&person("ada"), "What failed in FR2052A? Give me the RCA.").await;
        // The name is a link by then.
        assert_eq!(answer.text.ends_with(end), is_shown, "{said}: {}", answer.text);
        assert_eq!(answer.model.as_deref(), is_shown.then_some("m"), "{said}");
        assert!(answer.text.contains("6g_calc_workflow_V2"), "{said}");
        let asked = &server.questions()[0].body["messages"];
        assert!(asked.to_string().contains("enrich_6g_calc_results"), "{asked}");
    };
    check("failed at step 3.", true).await;
    check("failed 4711 times.", false).await;
    check("failed because of Bob.", false).await;
}

#[tokio::test]
async fn without_an_answer_of_the_model_the_built_in_one_says_so() {
    let check = async |answer: Answer, note: &str| {
        let server = ModelServer::start([answer]).await;
        let home = home_with(model(server.url())).await;
        let (_, answer) = home.asked(&person("ada"), "What failed in FR2052A?").await;
        assert!(answer.text.contains(note), "{note}: {}", answer.text);
        assert!(answer.text.contains("enrich_6g_calc_results"), "{}", answer.text);
        assert_eq!((answer.error, answer.model), (false, None));
    };
    check(Answer::error(500, json!({ "message": "no" })), "cannot be reached").await;
    check(Answer::error(429, json!({ "message": "no" })), "cannot be reached").await;
    check(Answer::says("late").never_comes(), "took too long").await;
    check(Answer::says("cut in two").cut_after(1), "cannot be reached").await;
    check(Answer::raw("application/json", &["{\"choices\":"]), "cannot be used").await;
    check(Answer::raw("text/html", &["<html>"]), "cannot be used").await;
    check(Answer::says(" "), "cannot be used").await;
    check(Answer::is_truncated("The run of"), "cannot be used").await;
    check(Answer::declines("no"), "declined").await;
    check(Answer::is_filtered("The"), "declined").await;
}

#[tokio::test]
async fn a_model_that_is_away_is_not_asked_for_a_while() {
    let server = ModelServer::start([]).await;
    let mut settings = model(server.url());
    settings = settings.map(|settings| {
        settings.with_limits(ModelLimits { retries: 0, failures_to_pause: 2, ..ModelLimits::default() })
    });
    let home = home_with(settings).await;
    let ada = person("ada");
    assert_eq!(home.get_model_health(&ada).unwrap().state, ModelState::Starting);
    for _ in 0..5 {
        let (_, answer) = home.asked(&ada, "what failed in 6G?").await;
        assert!(answer.text.contains("language model"), "{}", answer.text);
    }
    assert_eq!(server.questions().len(), 2);
    let health = home.get_model_health(&ada).unwrap();
    assert_eq!((health.state, health.last_success), (ModelState::Down, None));
    assert_eq!(
        health.error.as_deref(),
        Some("the model's server failed (HTTP 500)"),
        "not that it is paused"
    );
}

#[tokio::test]
async fn its_health_says_since_when_it_is_down() {
    let mut calls = 0;
    let server = ModelServer::start_with(move |_| {
        calls += 1;
        if calls <= 3 { Answer::error(503, json!({})) } else { Answer::says("OK") }
    })
    .await;
    let limits = ModelLimits {
        retries: 0,
        failures_to_pause: 2,
        pause: Duration::from_secs(30),
        ..ModelLimits::default()
    };
    let home = home_with(model(server.url()).map(|settings| settings.with_limits(limits))).await;
    let clock: Clock = home.clock().clone();
    let at = |text: &str| -> Option<Timestamp> { Some(text.parse().unwrap()) };
    let check = async |state, down_since: &str, paused_until: &str, questions: usize| {
        let health = home.check_model(&person("ada")).await.unwrap();
        assert_eq!(health.state, state);
        let expect = [down_since, paused_until].map(|text| if text.is_empty() { None } else { at(text) });
        assert_eq!([health.down_since, health.paused_until], expect);
        assert_eq!(health.error.is_some(), state == ModelState::Down);
        assert_eq!(server.questions().len(), questions);
    };
    let first = "2026-02-18T12:09:40Z";
    check(ModelState::Down, first, "", 1).await;
    clock.advance(jiff::SignedDuration::from_secs(5));
    check(ModelState::Down, first, "2026-02-18T12:10:15Z", 2).await;
    check(ModelState::Down, first, "2026-02-18T12:10:15Z", 2).await;
    clock.advance(jiff::SignedDuration::from_secs(30));
    check(ModelState::Down, first, "2026-02-18T12:10:45Z", 3).await;
    clock.advance(jiff::SignedDuration::from_secs(30));
    check(ModelState::Up, "", "", 4).await;
    let up = home.get_model_health(&person("ada")).unwrap();
    assert_eq!(up.last_success, Some(clock.now()));
}

fn price(input: &str, cached: Option<&str>, output: &str) -> Option<Price> {
    let read = |text: &str| TokenPrice::per_million(text).unwrap();
    Some(Price { input: read(input), cached_input: cached.map(read), output: read(output) })
}

#[tokio::test]
async fn an_answer_says_what_it_took_and_cost() {
    let check = async |answers: Vec<Answer>,
                       asked: &str,
                       price: Option<Price>,
                       expect: Option<(u32, [u64; 3], Option<&str>)>| {
        let server = ModelServer::start(answers).await;
        let mut settings = model(server.url()).unwrap();
        if let Some(price) = price {
            settings = settings.with_price(price);
        }
        let home = home_with(Some(settings)).await;
        let ada = person("ada");
        let (turn, answer) = home.asked(&ada, asked).await;
        let cost = |usage: ModelUsage| usage.cost.map(|cost| cost.to_string());
        let tokens =
            |usage: &ModelUsage| [usage.input_tokens, usage.cached_input_tokens, usage.output_tokens];
        let is = answer.usage.map(|usage| (usage.answers, tokens(&usage), cost(usage)));
        assert_eq!(
            is,
            expect.map(|(answers, tokens, cost)| (answers, tokens, cost.map(str::to_owned))),
            "{asked}"
        );
        let kept =
            home.get_thread(&ada, &turn.thread_id, TurnPage::Newest).await.unwrap().turns.remove(0).outcome;
        assert_eq!(kept, Some(Outcome::Answered(Box::new(answer))), "as it was told");
    };
    let (failed, most) = ("What failed in FR2052A?", "which batch failed most this month?");
    let says =
        |prompt, cached, completion| Answer::says("Step 3 failed.").with_usage(prompt, cached, completion);
    let gpt_4o = price("5", None, "15");
    check(vec![says(1000, 0, 500)], failed, gpt_4o, Some((1, [1000, 0, 500], Some("0.0125")))).await;
    check(vec![says(1000, 0, 500)], failed, None, Some((1, [1000, 0, 500], None))).await;
    check(vec![says(1000, 800, 500)], failed, gpt_4o, Some((1, [1000, 800, 500], None))).await;
    let with_cache = price("5", Some("2.5"), "15");
    check(vec![says(1000, 800, 500)], failed, with_cache, Some((1, [1000, 800, 500], Some("0.0105")))).await;
    // Also what was not used: a wording with an invented number, and a query that was refused.
    let invented = Answer::says("It failed 4711 times.").with_usage(10, 0, 1);
    check(vec![invented], failed, gpt_4o, Some((1, [10, 0, 1], Some("0.000065")))).await;
    let query = |sql: &str| Answer::says(sql).with_usage(100, 0, 20);
    let answers = vec![query("DROP TABLE x"), query(SQL), query("Done.")];
    check(answers, most, gpt_4o, Some((3, [300, 0, 60], Some("0.0024")))).await;
    check(vec![Answer::error(500, json!({}))], failed, gpt_4o, None).await;
    let silent = r#"{"choices":[{"index":0,"message":{"content":"Step 3."},"finish_reason":"stop"}]}"#;
    check(vec![Answer::raw("application/json", &[silent])], failed, gpt_4o, None).await;
    check(vec![], "how do I ask?", gpt_4o, None).await;
}

const SQL: &str = "SELECT STATUS, COUNT(*) AS runs FROM WORKFLOW_RUN_INSTANCE \
                   WHERE BUSINESS_DATE = '2026-02-18' GROUP BY STATUS";

#[tokio::test]
async fn a_model_writes_a_query_and_writes_it_anew_when_it_is_refused() {
    let fenced = format!("```sql\n{SQL}\n```");
    let answers =
        [Answer::says("DELETE FROM WORKFLOW_RUN_INSTANCE"), Answer::says(&fenced), Answer::says("Done.")];
    let server = ModelServer::start(answers).await;
    let home = home_with(model(server.url())).await;
    let (_, answer) = home.asked(&person("ada"), "which batch failed most this month?").await;
    let Some(Card::SqlResult(card)) = &answer.structured_data else { panic!("{answer:?}") };
    assert!(card.ran && !card.rows.is_empty(), "{card:?}");
    assert_eq!((answer.tier, answer.model.as_deref()), (Tier::Query, Some("m")));
    let asked = server.questions();
    let prompt = asked[0].body["messages"].to_string();
    for fact in ["WORKFLOW_RUN_INSTANCE (", "OUTPUT_DATASET_ID", "2026-02-18", "6g_calc", "failed most"] {
        assert!(prompt.contains(fact), "{fact}: {prompt}");
    }
    assert!(!prompt.contains("dag_run ("), "the file has no such table");
    let again = asked[1].body["messages"].to_string();
    assert!(again.contains("DELETE FROM") && again.contains("Only queries are taken"), "{again}");
}

#[tokio::test]
async fn for_who_may_not_ask_by_query_no_model_writes_one() {
    let server = ModelServer::start([Answer::says(SQL)]).await;
    let home = home_with(model(server.url())).await;
    let narrowed = without(&person("ada"), &["SNU"]);
    let (_, answer) = home.asked(&narrowed, "which batch failed most this month?").await;
    assert_eq!((server.questions().len(), answer.tier, answer.structured_data), (0, Tier::Query, None));
}

#[tokio::test]
async fn a_model_whose_queries_are_all_refused_is_answered_without() {
    let answers = (0..9).map(|_| Answer::says("SELECT * FROM mysql.user"));
    let server = ModelServer::start(answers).await;
    let home = home_with(model(server.url())).await;
    let (_, answer) = home.asked(&person("ada"), "which batch failed most this month?").await;
    assert_eq!(server.questions().len(), 3);
    let Some(Card::SqlResult(card)) = &answer.structured_data else { panic!("{answer:?}") };
    assert!(!card.ran && answer.text.contains("was not run"), "{}", answer.text);
}

#[tokio::test]
async fn a_turn_is_stopped_at_once_on_the_server_too() {
    let server = ModelServer::start([Answer::says("late").never_comes()]).await;
    let home = home_with(patient(server.url())).await;
    let ada = person("ada");
    let turn = home.ask(&ada, question("what failed in 6G?"), today()).await.unwrap();
    let (thread, id) = (&turn.thread_id, turn.turn_id);
    let open = home.get_thread(&ada, thread, TurnPage::Newest).await.unwrap();
    assert_eq!(open.turns[0].outcome, None);
    let meanwhile = home.ask(&ada, follow_up(thread, "and SNU?"), today()).await;
    assert!(matches!(meanwhile, Err(Error::Conflict(_))), "{meanwhile:?}");
    let by_another = home.cancel_turn(&person("bob"), thread, id).await;
    assert!(matches!(by_another, Err(Error::NotFound { .. })), "{by_another:?}");

    let (live, cancelled) = tokio::join!(home.events(&ada, &turn, 0), async {
        // The tools have answered by then.
        while server.questions().is_empty() {
            tokio::task::yield_now().await;
        }
        home.cancel_turn(&ada, thread, id).await
    });
    cancelled.unwrap();
    server.abandoned(1).await;
    let Some((_, AskEvent::Error(error))) = live.last() else { panic!("{live:?}") };
    assert!(error.cancelled, "{error:?}");
    let last = live.iter().filter(|(_, event)| event.is_last()).count();
    assert_eq!(last, 1);
    assert!(live.iter().any(|(_, event)| matches!(event, AskEvent::ToolResult(_))));
    assert_eq!(home.events(&ada, &turn, 0).await, live, "for who comes later too");
    assert_eq!(home.events(&ada, &turn, 5).await, live[5..]);

    let turns = home.get_thread(&ada, thread, TurnPage::Newest).await.unwrap().turns;
    assert!(matches!(&turns[0].outcome, Some(Outcome::Failed(error)) if error.cancelled), "{turns:?}");
    home.cancel_turn(&ada, thread, id).await.unwrap();
    let next = home.ask(&ada, follow_up(thread, "how is SNU doing?"), today()).await;
    assert!(next.is_ok(), "{next:?}");
}
