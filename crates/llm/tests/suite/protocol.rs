//! Servers that do not understand all of the protocol.

use crate::{LIMITS, ask, client};
use llm::{Error, Request, Schema};
use serde_json::{Value, json};
use testkit::model_server::{Answer, ModelServer, Received};

/// Answers only requests without any of `unknown`, and says which one it does not know.
fn without(unknown: &'static [&'static str]) -> impl FnMut(&Received) -> Answer + Send + 'static {
    move |request| {
        let knows_not = |name: &&&str| match **name {
            "json_schema" => request.body["response_format"]["type"] == "json_schema",
            name => request.body.get(name).is_some(),
        };
        let Some(name) = unknown.iter().find(knows_not) else {
            return Answer::says(r#"{"intent":"status"}"#);
        };
        Answer::error(400, json!({ "message": format!("Unrecognized request argument supplied: {name}") }))
    }
}

fn by_schema() -> Request {
    let schema = json!({
        "type": "object",
        "properties": { "intent": { "enum": ["status", "failures"] } },
        "required": ["intent"],
        "additionalProperties": false,
    });
    Request { schema: Some(Schema { name: "question".to_owned(), schema }), ..ask("how is it doing?") }
}

#[tokio::test]
async fn what_is_not_understood_is_left_out_from_then_on() {
    let check = async |unknown: &'static [&'static str], tries: usize, absent: &[&str]| {
        let server = ModelServer::start_with(without(unknown)).await;
        let client = client(&server, LIMITS);
        for _ in 0..2 {
            let reply = client.complete(&by_schema()).await.unwrap();
            assert_eq!(reply.text, r#"{"intent":"status"}"#);
        }
        let questions = server.questions();
        assert_eq!(questions.len(), tries + 1, "{unknown:?}: the second time the first try is understood");
        for name in absent {
            assert_eq!(questions[tries].body[name], Value::Null, "{unknown:?}");
        }
        questions[tries].body.clone()
    };
    let body = check(&[], 1, &[]).await;
    assert_eq!(body["response_format"]["json_schema"]["strict"], true);
    let body = check(&["json_schema"], 2, &[]).await;
    assert_eq!(body["response_format"], json!({ "type": "json_object" }));
    assert!(body["messages"][1]["content"].as_str().unwrap().contains(r#""enum":["status","failures"]"#));
    let body = check(&["response_format"], 3, &["response_format"]).await;
    assert!(body["messages"][1]["content"].as_str().unwrap().contains("JSON Schema"));
    check(&["temperature"], 2, &["temperature"]).await;
    let body = check(&["max_tokens"], 2, &["max_tokens"]).await;
    assert_eq!(body["max_completion_tokens"], 1024);
    check(&["temperature", "response_format", "max_tokens"], 5, &["temperature", "response_format"]).await;
}

#[tokio::test]
async fn what_did_not_help_is_not_remembered() {
    let refuse = json!({ "message": "max_tokens is too large", "code": "invalid_value" });
    let server = ModelServer::start([
        Answer::error(400, refuse.clone()),
        Answer::error(400, refuse),
        Answer::says("hello"),
    ])
    .await;
    let client = client(&server, LIMITS);
    let error = client.complete(&ask("hi")).await.unwrap_err();
    assert!(
        matches!(error, Error::Rejected { status: 400, ref code, .. } if code == "invalid_value"),
        "{error}"
    );
    client.complete(&ask("hi")).await.unwrap();
    assert_eq!(server.questions()[2].body["max_tokens"], 1024);
}
