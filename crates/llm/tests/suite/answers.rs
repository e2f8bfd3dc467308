//! What the model says reaches the caller, and what it costs.

use crate::{LIMITS, ask, client, clock, compatible};
use llm::{Client, Compatible, Error, Limits, Price, Provider, Settings, TokenPrice, Usage};
use serde_json::{Value, json};
use testkit::model_server::{Answer, ModelServer};

#[tokio::test]
async fn a_question_is_answered() {
    let server = ModelServer::start([Answer::says("Step 3 failed.")]).await;
    let provider = Provider::Compatible(Compatible {
        api_key: Some("key-of-a-test".into()),
        ..compatible(&format!("{}/some/v1/", server.url()))
    });
    let per_million = |text| TokenPrice::per_million(text).unwrap();
    let price = Some(Price { input: per_million("2.5"), cached_input: None, output: per_million("10") });
    let client = Client::new(Settings { provider, limits: LIMITS, price }, clock()).unwrap();

    let reply = client.complete(&ask("what failed?")).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.is_truncated), ("Step 3 failed.", false));
    assert_eq!(reply.model, Answer::MODEL);
    assert_eq!(reply.usage, Some(Usage { prompt_tokens: 12, cached_tokens: 0, completion_tokens: 7 }));
    assert_eq!(reply.cost.map(|cost| cost.to_string()).as_deref(), Some("0.0001"));

    let [question] = &server.questions()[..] else { panic!("one question") };
    assert_eq!(question.uri, "/some/v1/chat/completions");
    assert_eq!(question.header("authorization"), "Bearer key-of-a-test");
    assert_eq!(question.header("content-type"), "application/json");
    assert_eq!(question.body["model"], "m");
    assert_eq!(question.body["temperature"], 0);
    assert_eq!(question.body["stream"], Value::Null);
    assert!(!format!("{client:?}").contains("key-of-a-test"));
}

#[tokio::test]
async fn what_the_providers_cache_had_is_counted_apart() {
    let server = ModelServer::start([Answer::says("hello").with_usage(1000, 800, 500)]).await;
    let client = client(&server, LIMITS);
    let usage = Some(Usage { prompt_tokens: 1000, cached_tokens: 800, completion_tokens: 500 });
    let whole = client.complete(&ask("hi")).await.unwrap();
    assert_eq!((whole.usage, whole.cost), (usage, None), "without a price there is no cost");
}

#[tokio::test]
async fn without_a_key_none_is_sent() {
    let server = ModelServer::start([Answer::says("hello")]).await;
    client(&server, LIMITS).complete(&ask("hi")).await.unwrap();
    assert_eq!(server.questions()[0].header("authorization"), "");
}

/// Nothing is called, and nothing is told back: a model that goes on calling gets no loop.
#[tokio::test]
async fn a_model_that_calls_tools_has_not_answered() {
    for calls in [&[("list_failures", r#"{"date":"2026-02-18"}"#), ("find_run", "")][..], &[("x", "{oops")]] {
        let server = ModelServer::start([Answer::calls(calls), Answer::calls(calls)]).await;
        let error = client(&server, LIMITS).complete(&ask("what failed?")).await.unwrap_err();
        assert_eq!(error, Error::Malformed { what: "it calls a tool, and none was offered".to_owned() });
        let [question] = &server.questions()[..] else { panic!("asked once") };
        assert_eq!(question.body["tools"], Value::Null);
    }
}

#[tokio::test]
async fn a_bad_answer_is_an_error_and_not_asked_for_again() {
    let check = async |answer: Answer, expect: Error| {
        let server = ModelServer::start([answer]).await;
        let limits = Limits { max_answer_bytes: 5000, ..LIMITS };
        assert_eq!(client(&server, limits).complete(&ask("hi")).await, Err(expect));
        assert_eq!(server.questions().len(), 1);
    };
    let malformed = |what: &str| Error::Malformed { what: what.to_owned() };
    check(Answer::is_filtered("I must"), Error::Refused).await;
    check(Answer::declines("I must not"), Error::Refused).await;
    check(Answer::error(400, json!({ "code": "content_filter" })), Error::Refused).await;
    check(Answer::error(400, json!({ "code": "context_length_exceeded" })), Error::TooLong).await;
    check(Answer::raw("text/html", &["<html>Sign in</html>"]), malformed("it is no chat completion")).await;
    check(Answer::raw("application/json", &[r#"{"choices": ["#]), malformed("it is no chat completion"))
        .await;
    check(Answer::raw("application/json", &["{}"]), malformed("it has no end")).await;
    check(Answer::says("giant").never_ends(), malformed("it is larger than 5000 bytes")).await;
    check(Answer::says(&"x".repeat(5000)), malformed("it is larger than 5000 bytes")).await;
}

#[tokio::test]
async fn an_answer_may_end_at_its_limit() {
    let server = ModelServer::start([Answer::is_truncated(r#"{"intent": "sta"#)]).await;
    let reply = client(&server, LIMITS).complete(&ask("hi")).await.unwrap();
    assert!(reply.is_truncated);
}
