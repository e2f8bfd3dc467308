use super::*;
use crate::request::Tool;
use proptest::prelude::*;

fn question() -> Request {
    Request { max_tokens: 5, ..Request::new(vec![Message::User("hi".to_owned())]) }
}

#[test]
fn a_request_says_what_the_server_understands() {
    let all = Dialect::default();
    let check = |request: &Request, model: Option<&str>, mode: Mode, dialect: Dialect, expect: Value| {
        assert_eq!(body(request, model, mode, &dialect), expect);
    };
    let hi = json!([{ "role": "user", "content": "hi" }]);
    let plain = json!({ "model": "m", "messages": hi, "temperature": 0, "max_tokens": 5 });
    check(&question(), Some("m"), Mode::Whole, all, plain);

    let streamed = json!({
        "messages": hi, "temperature": 0, "max_tokens": 5,
        "stream": true, "stream_options": { "include_usage": true },
    });
    check(&question(), None, Mode::Streamed, all, streamed);

    let least = Dialect {
        format: Format::Words,
        stream_options: false,
        temperature: false,
        max_tokens: "max_completion_tokens",
    };
    let streamed = json!({ "messages": hi, "max_completion_tokens": 5, "stream": true });
    check(&question(), None, Mode::Streamed, least, streamed);

    let schema = Schema { name: "answer".to_owned(), schema: json!({ "type": "object" }) };
    let formed = Request { schema: Some(schema), ..question() };
    let json_schema = json!({ "name": "answer", "strict": true, "schema": { "type": "object" } });
    let by_schema = json!({
        "messages": hi, "temperature": 0, "max_tokens": 5,
        "response_format": { "type": "json_schema", "json_schema": json_schema },
    });
    check(&formed, None, Mode::Whole, all, by_schema);
    let words = "Answer with one JSON object of this JSON Schema and nothing else:\n{\"type\":\"object\"}";
    let told = json!([{ "role": "user", "content": "hi" }, { "role": "system", "content": words }]);
    let as_object = json!({
        "messages": told, "temperature": 0, "max_tokens": 5, "response_format": { "type": "json_object" },
    });
    check(&formed, None, Mode::Whole, Dialect { format: Format::Object, ..all }, as_object);
    let in_words = json!({ "messages": told, "temperature": 0, "max_tokens": 5 });
    check(&formed, None, Mode::Whole, Dialect { format: Format::Words, ..all }, in_words);
}

#[test]
fn a_conversation_with_tools_is_told_in_full() {
    let call = ToolCall { id: "c1".to_owned(), name: "find".to_owned(), arguments: json!({ "n": 1 }) };
    let request = Request {
        tools: vec![Tool {
            name: "find".to_owned(),
            description: "Finds.".to_owned(),
            parameters: json!({ "type": "object" }),
        }],
        ..Request::new(vec![
            Message::System("be brief".to_owned()),
            Message::Assistant { text: "well".to_owned(), tool_calls: Vec::new() },
            Message::Assistant { text: String::new(), tool_calls: vec![call] },
            Message::ToolResult { call_id: "c1".to_owned(), content: "[]".to_owned() },
        ])
    };
    let body = body(&request, None, Mode::Whole, &Dialect::default());
    let function = json!({ "name": "find", "arguments": "{\"n\":1}" });
    let expect = json!([
        { "role": "system", "content": "be brief" },
        { "role": "assistant", "content": "well" },
        { "role": "assistant", "content": "", "tool_calls": [{ "id": "c1", "type": "function", "function": function }] },
        { "role": "tool", "tool_call_id": "c1", "content": "[]" },
    ]);
    assert_eq!(body["messages"], expect);
    let function = json!({ "name": "find", "description": "Finds.", "parameters": { "type": "object" } });
    assert_eq!(body["tools"], json!([{ "type": "function", "function": function }]));
}

fn assemble(pieces: &[Value]) -> Result<Reply, Error> {
    let mut assembly = Assembly::default();
    for piece in pieces {
        assembly.add(piece.to_string().as_bytes())?;
    }
    assembly.finish(None)
}

fn delta(delta: Value) -> Value {
    json!({ "choices": [{ "delta": delta }] })
}

fn finish(reason: &str) -> Value {
    json!({ "choices": [{ "delta": {}, "finish_reason": reason }] })
}

/// Words, and calls by name and arguments.
type Seen<'a> = (&'a str, &'a [(&'a str, Value)]);

#[test]
fn pieces_make_an_answer() {
    let check = |pieces: &[Value], expect: Result<Seen<'_>, Error>| {
        let reply = assemble(pieces);
        let seen = reply.as_ref().map_err(Clone::clone).map(|reply| {
            let calls: Vec<_> =
                reply.tool_calls.iter().map(|call| (call.name.as_str(), call.arguments.clone())).collect();
            (reply.text.as_str(), calls)
        });
        assert_eq!(seen, expect.map(|(text, calls)| (text, calls.to_vec())), "{pieces:?}");
    };
    let says = |text: &str| delta(json!({ "content": text }));
    let calls = |call: Value| delta(json!({ "tool_calls": [call] }));
    let malformed = |what: &str| Err(Error::malformed(what));

    check(&[says("a"), says("b"), finish("stop")], Ok(("ab", &[])));
    check(
        &[json!({ "choices": [], "prompt_filter_results": [] }), says("a"), finish("stop")],
        Ok(("a", &[])),
    );
    check(&[delta(json!({ "role": "assistant", "content": null })), finish("stop")], Ok(("", &[])));
    check(
        &[json!({ "choices": [{ "message": { "content": "a" }, "finish_reason": "stop" }] })],
        Ok(("a", &[])),
    );
    check(&[says("a")], malformed("it has no end"));
    check(&[json!({ "choices": [{ "finish_reason": "content_filter" }] })], Err(Error::Refused));
    check(&[delta(json!({ "refusal": "" })), says("a"), finish("stop")], Ok(("a", &[])));
    check(&[delta(json!({ "refusal": "I will not" })), finish("stop")], Err(Error::Refused));
    check(&[delta(json!({ "content": 1 })), finish("stop")], malformed("it is no chat completion"));
    check(&[json!([])], malformed("it is no chat completion"));
    check(&[json!({})], malformed("it has no end"));

    let first = json!({ "index": 0, "id": "a", "function": { "name": "f", "arguments": "{\"n\":" } });
    let rest = json!({ "index": 0, "function": { "arguments": "1}" } });
    let other = json!({ "index": 1, "id": "b", "function": { "name": "g" } });
    let both: &[_] = &[("f", json!({ "n": 1 })), ("g", json!({}))];
    check(&[calls(first.clone()), calls(other.clone()), calls(rest), finish("tool_calls")], Ok(("", both)));
    let unfinished = malformed("the arguments of a tool call are no JSON");
    check(&[calls(first), finish("tool_calls")], unfinished);
    check(&[calls(other), finish("tool_calls")], malformed("a tool call without a name"));
    let whole = json!([{ "function": { "name": "f" } }, { "function": { "name": "g", "arguments": "[2]" } }]);
    let message = json!({ "content": null, "tool_calls": whole });
    let whole = json!({ "choices": [{ "message": message, "finish_reason": "stop" }] });
    check(&[whole], Ok(("", &[("f", json!({})), ("g", json!([2]))])));
    let far = json!({ "index": 4_000_000_000_u64, "function": { "name": "f" } });
    check(&[calls(far), finish("tool_calls")], malformed("more than 32 tool calls"));

    let failed = Error::model(Outage::Failing { status: 500 });
    check(&[says("a"), json!({ "error": { "message": "out of memory" } })], Err(failed));
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
        let _ = Assembly::default().add(&bytes);
        let _ = ServerError::parse(400, &bytes).error(Server::Model);
    }

    #[test]
    fn it_does_not_matter_how_an_answer_is_cut(words in proptest::collection::vec(".{0,9}", 0..6)) {
        let mut pieces: Vec<Value> = words.iter().map(|word| delta(json!({ "content": word }))).collect();
        pieces.push(finish("stop"));
        let reply = assemble(&pieces).unwrap();
        prop_assert_eq!(reply.text, words.concat());
    }
}
