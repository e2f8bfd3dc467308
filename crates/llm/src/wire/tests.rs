use super::*;
use proptest::prelude::*;

fn question() -> Request {
    Request { max_tokens: 5, ..Request::new(vec![Message::User("hi".to_owned())]) }
}

#[test]
fn a_request_says_what_the_server_understands() {
    let all = Dialect::default();
    let check = |request: &Request, model: Option<&str>, dialect: Dialect, expect: Value| {
        assert_eq!(body(request, model, &dialect), expect);
    };
    let hi = json!([{ "role": "user", "content": "hi" }]);
    let plain = json!({ "model": "m", "messages": hi, "temperature": 0, "max_tokens": 5 });
    check(&question(), Some("m"), all, plain);

    let least = Dialect { format: Format::Words, temperature: false, max_tokens: "max_completion_tokens" };
    check(&question(), None, least, json!({ "messages": hi, "max_completion_tokens": 5 }));

    let schema = Schema { name: "answer".to_owned(), schema: json!({ "type": "object" }) };
    let formed = Request { schema: Some(schema), ..question() };
    let json_schema = json!({ "name": "answer", "strict": true, "schema": { "type": "object" } });
    let by_schema = json!({
        "messages": hi, "temperature": 0, "max_tokens": 5,
        "response_format": { "type": "json_schema", "json_schema": json_schema },
    });
    check(&formed, None, all, by_schema);
    let words = "Answer with one JSON object of this JSON Schema and nothing else:\n{\"type\":\"object\"}";
    let told = json!([{ "role": "user", "content": "hi" }, { "role": "system", "content": words }]);
    let as_object = json!({
        "messages": told, "temperature": 0, "max_tokens": 5, "response_format": { "type": "json_object" },
    });
    check(&formed, None, Dialect { format: Format::Object, ..all }, as_object);
    let in_words = json!({ "messages": told, "temperature": 0, "max_tokens": 5 });
    check(&formed, None, Dialect { format: Format::Words, ..all }, in_words);
}

#[test]
fn a_conversation_is_told_in_full() {
    let said = |text: &str| text.to_owned();
    let request = Request::new(vec![
        Message::System(said("be brief")),
        Message::User(said("well?")),
        Message::Assistant(said("well")),
    ]);
    let expect = json!([
        { "role": "system", "content": "be brief" },
        { "role": "user", "content": "well?" },
        { "role": "assistant", "content": "well" },
    ]);
    assert_eq!(body(&request, None, &Dialect::default())["messages"], expect);
}

#[test]
fn an_answer_is_read() {
    let check = |answer: Value, expect: Result<&str, Error>| {
        let reply = read(answer.to_string().as_bytes(), None);
        assert_eq!(reply.as_ref().map(|reply| reply.text.as_str()), expect.as_ref().copied(), "{answer}");
    };
    let choice = |message: Value, reason: Option<&str>| json!({ "choices": [{ "message": message, "finish_reason": reason }] });
    let malformed = |what: &str| Err(Error::malformed(what));

    check(choice(json!({ "content": "a" }), Some("stop")), Ok("a"));
    check(choice(json!({ "role": "assistant", "content": null }), Some("stop")), Ok(""));
    check(choice(json!({ "content": "a", "refusal": "", "tool_calls": [] }), Some("stop")), Ok("a"));
    check(choice(json!({ "content": "a" }), None), malformed("it has no end"));
    check(json!({ "choices": [], "prompt_filter_results": [] }), malformed("it has no end"));
    check(json!({}), malformed("it has no end"));
    check(json!([]), malformed("it is no chat completion"));
    check(choice(json!({ "content": 1 }), Some("stop")), malformed("it is no chat completion"));
    check(json!({ "choices": [{ "finish_reason": "content_filter" }] }), Err(Error::Refused));
    check(choice(json!({ "content": "I" }), Some("content_filter")), Err(Error::Refused));
    check(choice(json!({ "refusal": "I will not" }), Some("stop")), Err(Error::Refused));
    let call = json!({ "id": "a", "function": { "name": "f", "arguments": "{}" } });
    let called = malformed("it calls a tool, and none was offered");
    check(choice(json!({ "content": null, "tool_calls": [call] }), Some("tool_calls")), called.clone());
    check(choice(json!({ "content": "a", "tool_calls": [{}] }), Some("stop")), called);
    let failed = Error::model(Outage::Failing { status: 500 });
    check(json!({ "error": { "message": "out of memory" } }), Err(failed));
}

#[test]
fn errors_say_what_can_be_done() {
    let check = |status: u16, body: &str, expect: Error, again: Again| {
        let said = ServerError::parse(status, body.as_bytes());
        assert_eq!((said.error(Server::Model), said.again()), (expect, again), "{status} {body}");
    };
    let rejected =
        |status, code: &str| Error::Rejected { server: Server::Model, status, code: code.to_owned() };
    let unauthorized = |status| Error::Unauthorized { server: Server::Model, status };
    let failing = |status| Error::model(Outage::Failing { status });

    // Azure
    let denied = r#"{"error":{"code":"401","message":"Access denied due to invalid subscription key."}}"#;
    check(401, denied, unauthorized(401), Again::No);
    check(401, r#"{ "statusCode": 401, "message": "Unauthorized." }"#, unauthorized(401), Again::No);
    let absent = r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist."}}"#;
    check(404, absent, rejected(404, "DeploymentNotFound"), Again::No);
    let filtered = r#"{"error":{"message":"triggering Azure OpenAI's content management policy","type":null,
        "param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#;
    check(400, filtered, Error::Refused, Again::No);
    // OpenAI
    let long = r#"{"error":{"message":"This model's maximum context length is 8192 tokens.",
        "type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#;
    check(400, long, Error::TooLong, Again::No);
    let quota = r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#;
    check(429, quota, Error::model(Outage::Busy), Again::No);
    check(429, "", Error::model(Outage::Busy), Again::Yes);
    let invalid = r#"{"error":{"type":"invalid_request_error","code":null}}"#;
    check(400, invalid, rejected(400, "invalid_request_error"), Again::No);
    // vLLM, llama.cpp, Ollama
    let long = r#"{"object":"error","message":"maximum context length is 2048 tokens","type":"BadRequestError","code":400}"#;
    check(400, long, Error::TooLong, Again::No);
    check(400, r#"{"error":{"code":400,"type":"exceed_context_size_error"}}"#, Error::TooLong, Again::No);
    check(404, r#"{"error":"model 'x' not found"}"#, rejected(404, ""), Again::No);
    // What stands before them
    check(413, "<html>", Error::TooLong, Again::No);
    check(403, "<html>", unauthorized(403), Again::No);
    check(302, "", rejected(302, ""), Again::No);
    check(408, "", failing(408), Again::Yes);
    for status in [500, 502, 503, 504, 529] {
        check(status, "<html>", failing(status), Again::Yes);
    }
    let odd = format!(r#"{{"error":{{"code":"<b>\n{}"}}}}"#, "x".repeat(100));
    check(400, &odd, rejected(400, &format!("b{}", "x".repeat(63))), Again::No);
}

proptest! {
    #[test]
    fn any_answer_will_do(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes, None);
        let _ = ServerError::parse(400, &bytes).error(Server::Model);
    }
}
