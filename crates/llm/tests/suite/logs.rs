//! What is logged: that the key goes alone, and never a secret or a question.

use crate::azure::{KEY, azure, of};
use crate::{ask, clock, drain};
use llm::Azure;
use serde_json::json;
use std::io;
use std::sync::{Arc, Mutex};
use testkit::model_server::{Answer, ModelServer};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything that this thread logs until the guard is dropped, of this crate and all others.
    fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        (log, guard)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_key_that_goes_alone_is_warned_of() {
    const WARNING: &str = "WARN llm::endpoint: Azure OpenAI is asked with the API key alone";
    let server = ModelServer::start([]).await;
    let (log, _guard) = Log::start();
    of(azure(&server), &clock()).unwrap();
    assert!(!log.text().contains(WARNING));
    of(Azure { service_principal: None, ..azure(&server) }, &clock()).unwrap();
    assert!(log.text().contains(WARNING), "{}", log.text());
}

#[tokio::test]
async fn no_secret_and_no_question_is_logged() {
    let server = ModelServer::start([
        Answer::says("an answer of the model"),
        Answer::says("an answer of the model"),
        Answer::error(401, json!({ "message": format!("{KEY} is no good") })),
        Answer::error(400, json!({ "message": "response_format? you asked: what failed in 6G?" })),
        Answer::error(500, json!({ "message": "you asked: what failed in 6G?" })),
    ])
    .await;
    let (log, _guard) = Log::start();
    let client = of(azure(&server), &clock()).unwrap();
    let question = ask("what failed in 6G?");
    client.complete(&question).await.unwrap();
    drain(&mut client.stream(&question).await.unwrap()).await.1.unwrap();
    client.complete(&question).await.unwrap_err();
    client.complete(&question).await.unwrap_err();

    let text = log.text();
    assert!(text.contains("no answer of the model") && text.contains("does not understand"), "{text}");
    let requests = server.token_requests();
    let assertion = requests[0].body["client_assertion"].as_str().unwrap();
    for secret in [KEY, "token-1", assertion, "what failed in 6G?", "an answer of the model"] {
        assert!(!text.contains(secret), "{secret} in the log");
    }
}
