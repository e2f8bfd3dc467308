//! What is logged: that the key goes alone, and never a secret or a question.

use crate::azure::{KEY, azure, of};
use crate::{ask, clock};
use llm::Azure;
use serde_json::json;
use std::cell::RefCell;
use std::io;
use std::sync::Once;
use testkit::model_server::{Answer, ModelServer};

thread_local! {
    /// A test has a thread of its own, and all of it runs there.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs all that this crate and all others say from now on.
fn start_log() {
    static START: Once = Once::new();
    START.call_once(|| {
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        subscriber.with_ansi(false).with_writer(|| Log).init();
    });
}

fn log() -> String {
    LOG.with_borrow(|log| String::from_utf8_lossy(log).into_owned())
}

#[tokio::test]
async fn a_key_that_goes_alone_is_warned_of() {
    const WARNING: &str = "WARN llm::endpoint: Azure OpenAI is asked with the API key alone";
    let server = ModelServer::start([]).await;
    start_log();
    of(azure(&server), &clock()).unwrap();
    assert!(!log().contains(WARNING));
    of(Azure { service_principal: None, ..azure(&server) }, &clock()).unwrap();
    assert!(log().contains(WARNING), "{}", log());
}

#[tokio::test]
async fn no_secret_and_no_question_is_logged() {
    let server = ModelServer::start([
        Answer::says("an answer of the model"),
        Answer::error(401, json!({ "message": format!("{KEY} is no good") })),
        Answer::error(400, json!({ "message": "response_format? you asked: what failed in 6G?" })),
        Answer::error(500, json!({ "message": "you asked: what failed in 6G?" })),
    ])
    .await;
    start_log();
    let client = of(azure(&server), &clock()).unwrap();
    let question = ask("what failed in 6G?");
    client.complete(&question).await.unwrap();
    client.complete(&question).await.unwrap_err();
    client.complete(&question).await.unwrap_err();

    let text = log();
    assert!(text.contains("no answer of the model") && text.contains("does not understand"), "{text}");
    let requests = server.token_requests();
    let assertion = requests[0].body["client_assertion"].as_str().unwrap();
    for secret in [KEY, "token-1", assertion, "what failed in 6G?", "an answer of the model"] {
        assert!(!text.contains(secret), "{secret} in the log");
    }
}
