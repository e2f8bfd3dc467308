//! Answers as they are written.

use crate::{LIMITS, ask, client, drain};
use llm::{Error, Event, Limits, Outage, Server, Usage};
use serde_json::json;
use std::time::Duration;
use testkit::model_server::{Answer, ModelServer};

/// For what is meant to take too long; what comes before that takes far less.
const SHORT: Duration = Duration::from_millis(300);

fn outage(outage: Outage) -> Error {
    Error::Unavailable { server: Server::Model, outage }
}

#[tokio::test]
async fn words_come_one_by_one_and_then_the_whole() {
    let server = ModelServer::start([Answer::says("Step 3 failed.")]).await;
    let mut stream = client(&server, LIMITS).stream(&ask("what failed?")).await.unwrap();
    let (words, reply) = drain(&mut stream).await;
    assert_eq!(words, ["Step ", "3 ", "failed."]);
    let reply = reply.unwrap();
    assert_eq!((reply.text.as_str(), reply.model.as_str()), ("Step 3 failed.", Answer::MODEL));
    assert_eq!(reply.usage, Some(Usage { prompt_tokens: 12, cached_tokens: 0, completion_tokens: 7 }));
    assert!(stream.next().await.is_none(), "nothing follows the last event");

    let body = &server.questions()[0].body;
    assert_eq!((&body["stream"], &body["stream_options"]), (&json!(true), &json!({ "include_usage": true })));
}

#[tokio::test]
async fn calls_of_tools_come_with_the_whole() {
    let calls = [("list_failures", r#"{"date":"2026-02-18"}"#), ("find_run", r#"{"id":7}"#)];
    let server = ModelServer::start([Answer::calls(&calls)]).await;
    let (words, reply) = drain(&mut client(&server, LIMITS).stream(&ask("hi")).await.unwrap()).await;
    assert!(words.is_empty());
    let seen: Vec<_> =
        reply.unwrap().tool_calls.into_iter().map(|call| (call.id, call.name, call.arguments)).collect();
    let call = |id: &str, name: &str, arguments| (id.to_owned(), name.to_owned(), arguments);
    let expect = [
        call("call_0", "list_failures", json!({ "date": "2026-02-18" })),
        call("call_1", "find_run", json!({ "id": 7 })),
    ];
    assert_eq!(seen, expect);
}

#[tokio::test]
async fn a_stream_that_breaks_says_how() {
    let check = async |answer: Answer, limits: Limits, words: &[&str], expect: Error| {
        let server = ModelServer::start([answer]).await;
        let mut stream = client(&server, limits).stream(&ask("hi")).await.unwrap();
        let (seen, reply) = drain(&mut stream).await;
        assert_eq!((seen, reply), (words.iter().map(|&word| word.to_owned()).collect(), Err(expect)));
        assert!(stream.next().await.is_none());
        assert_eq!(server.questions().len(), 1, "never tried again");
    };
    let malformed = |what: &str| Error::Malformed { what: what.to_owned() };
    let hello = || Answer::says("well hello there");
    let events = |pieces: &[&str]| Answer::raw("text/event-stream; charset=utf-8", pieces);
    let piece = "data: {\"choices\":[{\"delta\":{\"content\":\"well \"}}]}\n\n";
    // The first piece of a scripted stream has the role only.
    check(hello().cut_after(3), LIMITS, &["well ", "hello "], outage(Outage::Cut)).await;
    check(hello().cut_after(0), LIMITS, &[], outage(Outage::Cut)).await;
    check(events(&[piece]), LIMITS, &["well "], outage(Outage::Cut)).await;
    check(events(&[piece, "data: [DONE]\n\n"]), LIMITS, &["well "], malformed("it has no end")).await;
    check(events(&[piece, "data: {oops\n\n"]), LIMITS, &["well "], malformed("it is no chat completion"))
        .await;
    let failed = "data: {\"error\":{\"message\":\"out of memory\"}}\n\n";
    check(events(&[piece, failed]), LIMITS, &["well "], outage(Outage::Failing { status: 500 })).await;
    check(Answer::is_filtered("I must"), LIMITS, &["I ", "must"], Error::Refused).await;
    check(Answer::declines("I must not"), LIMITS, &[], Error::Refused).await;
    let slow = outage(Outage::Slow { limit: SHORT });
    check(hello().stalls_after(2), Limits { idle_timeout: SHORT, ..LIMITS }, &["well "], slow.clone()).await;
    check(hello().stalls_after(2), Limits { total_timeout: SHORT, ..LIMITS }, &["well "], slow.clone()).await;
    check(hello().stalls_after(0), Limits { first_byte_timeout: SHORT, ..LIMITS }, &[], slow).await;
}

#[tokio::test]
async fn a_stream_may_end_without_saying_so() {
    let piece = "data: {\"choices\":[{\"delta\":{\"content\":\"hello\"},\"finish_reason\":\"stop\"}]}\n\n";
    let server = ModelServer::start([Answer::raw("text/event-stream", &[piece])]).await;
    let (words, reply) = drain(&mut client(&server, LIMITS).stream(&ask("hi")).await.unwrap()).await;
    assert_eq!((words, reply.unwrap().text), (vec!["hello".to_owned()], "hello".to_owned()));
}

#[tokio::test]
async fn a_giant_stream_is_given_up() {
    let server = ModelServer::start([Answer::says("well hello").never_ends()]).await;
    let mut stream = client(&server, LIMITS).stream(&ask("hi")).await.unwrap();
    let (words, reply) = drain(&mut stream).await;
    assert!(words.concat().len() <= LIMITS.max_answer_bytes);
    assert_eq!(reply, Err(Error::Malformed { what: "it is larger than 100000 bytes".to_owned() }));
    drop(stream);
    server.abandoned(1).await;
}

#[tokio::test]
async fn only_a_stream_will_do() {
    let server = ModelServer::start([Answer::raw("application/json", &["{}"])]).await;
    let error = client(&server, LIMITS).stream(&ask("hi")).await.unwrap_err();
    assert_eq!(error, Error::Malformed { what: "it is no event stream".to_owned() });
}

#[tokio::test]
async fn a_stream_is_tried_again_before_it_begins() {
    let busy = Answer::error(503, json!({}));
    let server = ModelServer::start([busy, Answer::says("hello")]).await;
    let (words, _) = drain(&mut client(&server, LIMITS).stream(&ask("hi")).await.unwrap()).await;
    assert_eq!(words, ["hello"]);
}

#[tokio::test]
async fn a_dropped_stream_ends_the_request() {
    let server = ModelServer::start([Answer::says("well hello").stalls_after(2)]).await;
    let mut stream = client(&server, LIMITS).stream(&ask("hi")).await.unwrap();
    assert_eq!(stream.next().await, Some(Ok(Event::Text("well ".to_owned()))));
    drop(stream);
    server.abandoned(1).await;
}

#[tokio::test]
async fn broken_streams_count_as_failures() {
    let cut = || Answer::says("well hello").cut_after(2);
    let server = ModelServer::start([cut(), cut(), cut()]).await;
    let client = client(&server, LIMITS);
    for _ in 0..3 {
        let (_, reply) = drain(&mut client.stream(&ask("hi")).await.unwrap()).await;
        assert_eq!(reply, Err(outage(Outage::Cut)));
    }
    assert_eq!(client.complete(&ask("hi")).await, Err(outage(Outage::Paused)));
}
