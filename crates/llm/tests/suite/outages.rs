//! Servers that are down, slow or busy.

use crate::{LIMITS, ask, client, clock, compatible};
use jiff::SignedDuration;
use llm::{Client, Error, Limits, Outage, Provider, Server, Settings};
use model::clock::Clock;
use serde_json::json;
use std::time::Duration;
use testkit::model_server::{Answer, ModelServer};
use tokio::time::Instant;

/// For what is meant to take too long; what comes before that takes far less.
const SHORT: Duration = Duration::from_millis(300);

fn outage(outage: Outage) -> Error {
    Error::Unavailable { server: Server::Model, outage }
}

fn status(status: u16) -> Answer {
    Answer::error(status, json!({ "message": "not now" }))
}

#[tokio::test]
async fn a_failed_call_is_tried_again() {
    let check = async |answers: Vec<Answer>, expect: Result<&str, Error>| {
        let count = answers.len();
        let server = ModelServer::start(answers).await;
        let reply = client(&server, LIMITS).complete(&ask("hi")).await;
        assert_eq!(reply.as_ref().map(|reply| reply.text.as_str()), expect.as_ref().copied());
        assert_eq!(server.questions().len(), count);
    };
    let hello = || Answer::says("hello");
    check(vec![status(500), status(503), hello()], Ok("hello")).await;
    check(vec![status(429), hello()], Ok("hello")).await;
    check(vec![status(408), hello()], Ok("hello")).await;
    check(vec![status(500), status(502), status(504)], Err(outage(Outage::Failing { status: 504 }))).await;
    check(vec![status(429), status(429), status(429)], Err(outage(Outage::Busy))).await;
    check(vec![status(400)], Err(Error::Rejected { server: Server::Model, status: 400, code: "".into() }))
        .await;
    check(vec![status(401)], Err(Error::Unauthorized { server: Server::Model, status: 401 })).await;
    let half = Answer::says("hello").cut_after(1);
    check(vec![half], Err(outage(Outage::Cut))).await;
}

#[tokio::test]
async fn a_busy_server_is_waited_for_as_long_as_it_asks() {
    let now = clock().now();
    let check = async |header: &'static str, value: &str, waits_ms: Option<u64>| {
        let busy = status(429).with_header(header, value);
        let server = ModelServer::start([busy, Answer::says("hello")]).await;
        let started = Instant::now();
        let reply = client(&server, LIMITS).complete(&ask("hi")).await;
        let Some(waits_ms) = waits_ms else {
            assert_eq!(reply, Err(outage(Outage::Busy)), "{value}");
            assert_eq!(server.questions().len(), 1);
            return;
        };
        assert!(reply.is_ok() && started.elapsed() >= Duration::from_millis(waits_ms), "{value}");
    };
    check("retry-after-ms", "60", Some(60)).await;
    check("retry-after", "1", Some(1000)).await;
    check("retry-after", "6", None).await;
    let date = |seconds| {
        let at = now + SignedDuration::from_secs(seconds);
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).expect("a date")
    };
    check("retry-after", &date(3600), None).await;
    check("retry-after", &date(-3600), Some(0)).await;
}

#[tokio::test]
async fn no_call_takes_longer_than_it_may() {
    let check = async |answer: Answer, limits: Limits, expect: Error| {
        let server = ModelServer::start([answer]).await;
        assert_eq!(client(&server, limits).complete(&ask("hi")).await, Err(expect));
        server.abandoned(1).await;
        assert_eq!(server.questions().len(), 1, "slow servers are not asked again");
    };
    let slow = outage(Outage::Slow { limit: SHORT });
    let hello = || Answer::says("hello");
    check(hello().never_comes(), Limits { first_byte_timeout: SHORT, ..LIMITS }, slow.clone()).await;
    check(hello().stalls_after(0), Limits { first_byte_timeout: SHORT, ..LIMITS }, slow.clone()).await;
    check(hello().stalls_after(1), Limits { idle_timeout: SHORT, ..LIMITS }, slow.clone()).await;
    check(hello().never_comes(), Limits { total_timeout: SHORT, ..LIMITS }, slow.clone()).await;
    check(hello().stalls_after(1), Limits { total_timeout: SHORT, ..LIMITS }, slow).await;
}

#[tokio::test]
async fn waits_between_tries_count_too() {
    let server = ModelServer::start([status(500).with_header("retry-after", "3")]).await;
    let limits = Limits { total_timeout: Duration::from_secs(2), ..LIMITS };
    let error = client(&server, limits).complete(&ask("hi")).await.unwrap_err();
    assert_eq!(error, outage(Outage::Failing { status: 500 }), "it is known at once that there is no time");
}

fn of_nobody(limits: Limits, clock: &Clock) -> Client {
    // Port 9 discards, where anything listens there at all.
    let provider = Provider::Compatible(compatible("http://127.0.0.1:9/v1"));
    Client::new(Settings { provider, limits, price: None }, clock.clone()).expect("good settings")
}

#[tokio::test]
async fn nobody_listens() {
    let error = of_nobody(LIMITS, &clock()).complete(&ask("hi")).await.unwrap_err();
    assert_eq!(error, outage(Outage::Unreachable));
    assert_eq!(error.to_string(), "the model's server cannot be reached");
}

#[tokio::test]
async fn a_server_that_fails_again_and_again_is_left_alone() {
    let failures = (0..3).map(|_| status(500));
    let server =
        ModelServer::start(failures.chain([status(500), Answer::says("hello"), Answer::says("hi")])).await;
    let clock = clock();
    let provider = Provider::Compatible(compatible(server.url()));
    let limits = Limits { retries: 0, ..LIMITS };
    let client = Client::new(Settings { provider, limits, price: None }, clock.clone()).unwrap();
    let failing = outage(Outage::Failing { status: 500 });
    let paused = outage(Outage::Paused);
    for expect in [&failing, &failing, &failing, &paused, &paused] {
        assert_eq!(client.complete(&ask("hi")).await.as_ref(), Err(expect));
    }
    assert_eq!(server.questions().len(), 3);

    clock.advance(SignedDuration::from_secs(30));
    assert_eq!(client.complete(&ask("hi")).await, Err(failing));
    assert_eq!(client.complete(&ask("hi")).await, Err(paused));
    clock.advance(SignedDuration::from_secs(30));
    assert!(client.complete(&ask("hi")).await.is_ok());
    assert!(client.complete(&ask("hi")).await.is_ok());
}

#[tokio::test]
async fn a_dropped_call_ends_the_request() {
    let server = ModelServer::start([Answer::says("hello").never_comes()]).await;
    let client = client(&server, LIMITS);
    let question = ask("hi");
    tokio::select! {
        reply = client.complete(&question) => panic!("an answer: {reply:?}"),
        () = async { while server.questions().is_empty() { tokio::task::yield_now().await } } => {}
    }
    server.abandoned(1).await;
}
