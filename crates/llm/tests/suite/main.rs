//! The client against servers that really listen: a scripted one, and llama.cpp's.

mod answers;
mod azure;
mod llama;
mod logs;
mod outages;
mod protocol;

use jiff::Timestamp;
use llm::{Client, Compatible, Limits, Message, Provider, Request, Settings};
use model::clock::Clock;
use std::time::Duration;
use testkit::model_server::ModelServer;

/// What a test takes when nothing goes wrong.
const LIMITS: Limits = Limits {
    connect_timeout: Duration::from_secs(5),
    first_byte_timeout: Duration::from_secs(20),
    idle_timeout: Duration::from_secs(20),
    total_timeout: Duration::from_secs(60),
    max_answer_bytes: 100_000,
    retries: 2,
    backoff: Duration::from_millis(1),
    max_retry_after: Duration::from_secs(5),
    failures_to_pause: 3,
    pause: Duration::from_secs(30),
};

fn clock() -> Clock {
    Clock::frozen(Timestamp::from_second(1_771_416_000).expect("a time"))
}

fn compatible(base_url: &str) -> Compatible {
    Compatible { base_url: base_url.to_owned(), model: "m".to_owned(), api_key: None }
}

/// A client of a compatible server without a key.
fn client(server: &ModelServer, limits: Limits) -> Client {
    let provider = Provider::Compatible(compatible(&format!("{}/v1", server.url())));
    Client::new(Settings { provider, limits, price: None }, clock()).expect("good settings")
}

fn ask(text: &str) -> Request {
    Request::new(vec![Message::User(text.to_owned())])
}
