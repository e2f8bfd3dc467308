//! llama.cpp's server, with a model that writes nonsense: what it proves is the wire format.

use crate::{LIMITS, ask, clock};
use llm::{Client, Compatible, Error, Message, Provider, Reply, Request, Schema, Server, Settings, Usage};
use serde::Deserialize;
use serde_json::json;
use std::sync::OnceLock;
use testkit::llama_server::LlamaServer;

fn client(api_key: Option<&str>) -> Client {
    static SHARED: OnceLock<LlamaServer> = OnceLock::new();
    let server = SHARED.get_or_init(LlamaServer::start);
    let provider = Provider::Compatible(Compatible {
        base_url: server.base_url().to_owned(),
        model: LlamaServer::MODEL.to_owned(),
        api_key: api_key.map(Into::into),
    });
    Client::new(Settings { provider, limits: LIMITS, price: None }, clock()).expect("good settings")
}

fn our_client() -> Client {
    client(Some(LlamaServer::API_KEY))
}

#[tokio::test]
async fn an_answer_ends_at_its_limit_and_is_counted() {
    let request = Request { max_tokens: 20, ..ask("what failed?") };
    let reply = our_client().complete(&request).await.unwrap();
    assert!(reply.is_truncated && !reply.text.is_empty(), "{reply:?}");
    assert_eq!(reply.model, LlamaServer::MODEL);
    let Some(Usage { prompt_tokens, completion_tokens: 20, .. }) = reply.usage else { panic!("{reply:?}") };
    assert!(prompt_tokens >= "what failed?".len() as u64);
}

#[tokio::test]
async fn what_its_cache_had_is_counted() {
    let client = our_client();
    let request = Request { max_tokens: 1, ..ask("is this in the cache?") };
    client.complete(&request).await.unwrap();
    let usage = client.complete(&request).await.unwrap().usage.unwrap();
    assert!((1..=usage.prompt_tokens).contains(&usage.cached_tokens), "{usage:?}");
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    intent: String,
    slices: Vec<u8>,
}

#[tokio::test]
async fn a_schema_is_kept_to() {
    let schema = json!({
        "type": "object",
        "properties": {
            "intent": { "type": "string", "enum": ["status", "failures"] },
            "slices": { "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 9 }, "maxItems": 3 },
        },
        "required": ["intent", "slices"],
        "additionalProperties": false,
    });
    let schema = Some(Schema { name: "question".to_owned(), schema });
    let request = Request { schema, max_tokens: 500, ..ask("how is it doing?") };
    let reply = our_client().complete(&request).await.unwrap();
    let question: Question = serde_json::from_str(&reply.text).unwrap();
    assert!(["status", "failures"].contains(&question.intent.as_str()), "{question:?}");
    assert!(question.slices.len() <= 3 && question.slices.iter().all(|&slice| slice <= 9), "{question:?}");
}

#[tokio::test]
async fn a_conversation_is_understood() {
    let messages = vec![
        Message::System("Answer briefly.".to_owned()),
        Message::User("what about run 7?".to_owned()),
        Message::Assistant("SELECT 7".to_owned()),
        Message::User("This was refused.".to_owned()),
    ];
    let client = our_client();
    let reply = client.complete(&Request { max_tokens: 20, ..Request::new(messages) }).await.unwrap();
    let alone = client.complete(&Request { max_tokens: 20, ..ask("what about run 7?") }).await.unwrap();
    let prompt_tokens = |reply: &Reply| reply.usage.unwrap().prompt_tokens;
    assert!(prompt_tokens(&reply) > prompt_tokens(&alone), "all of it was read: {reply:?}");
}

#[tokio::test]
async fn a_question_that_is_too_long_is_called_so() {
    let long = ask(&"x".repeat(LlamaServer::CONTEXT_TOKENS));
    assert_eq!(our_client().complete(&long).await, Err(Error::TooLong));
}

#[tokio::test]
async fn the_key_is_asked_for() {
    for key in [None, Some("wrong")] {
        let error = client(key).complete(&ask("hi")).await.unwrap_err();
        assert_eq!(error, Error::Unauthorized { server: Server::Model, status: 401 });
    }
}
