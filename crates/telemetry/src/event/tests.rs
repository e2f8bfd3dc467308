use super::*;
use model::ErrorKind;
use model::telemetry::{EventBody, EventKind, LogLevel, TokenUsage};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const NOW: &str = "2026-02-18T10:00:00Z";
const OWN_ID: &str = "00000000-0000-0000-0000-000000000007";

fn arrival() -> Arrival<'static> {
    Arrival { now: NOW.parse().unwrap(), project: &["proj_1", "Trading"] }
}

fn one(event: &Json) -> Result<Event, Invalid> {
    read(event.to_string().as_bytes(), arrival(), || EventId::parse(OWN_ID).unwrap())
}

fn batch(events: &Json) -> Result<Vec<Event>, Invalid> {
    read_batch(events.to_string().as_bytes(), arrival(), || EventId::parse(OWN_ID).unwrap())
}

fn event_of(kind: &str, body: Json) -> Json {
    json!({ "type": kind, "sdk": { "name": "sentryai-python", "version": "0.1.0" }, "body": body })
}

fn log() -> Json {
    event_of("log", json!({ "level": "info", "message": "hello" }))
}

/// The same with some fields of the envelope changed; `null` is as good as none.
fn with(mut event: Json, fields: Json) -> Json {
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    event
}

/// A body of each type, with all fields and in both spellings of names.
fn full_bodies() -> [(&'static str, Json, Json); 11] {
    let usage = "token_usage";
    [
        (
            "log",
            json!({ "level": "warn", "message": "m", "metadata": { "a": 1 } }),
            json!({ "type": "log", "level": "warn", "message": "m",
                "metadata": [{ "key": "a", "value": { "int": 1 } }] }),
        ),
        (
            "error",
            json!({ "message": "m", "stack": "s", "fingerprint": ["a", "b"], "code": "E1" }),
            json!({ "type": "error", "message": "m", "stack": "s", "fingerprint": ["a", "b"],
                "metadata": [{ "key": "code", "value": { "text": "E1" } }] }),
        ),
        (
            "span",
            json!({ "spanId": "a", "parentSpanId": "b", "name": "n", "start": "2026-02-18T09:00:00Z",
                "end": "2026-02-18T09:00:01Z", "attributes": { "k": true } }),
            json!({ "type": "span", "span_id": "a", "parent_span_id": "b", "name": "n",
                "start": 1_771_405_200_000_000_000_i64, "end": 1_771_405_201_000_000_000_i64,
                "attributes": [{ "key": "k", "value": { "bool": true } }] }),
        ),
        (
            usage,
            json!({ "model": "gpt-4o", "inputTokens": 1000, "outputTokens": 500, "costUSD": 0.0125,
                "cacheReadTokens": 200, "cacheWriteTokens": 100, "reasoningTokens": 50, "totalTokens": 1500 }),
            json!({ "type": usage, "model": "gpt-4o", "usage": { "input": 1000, "output": 500,
                "cache_read": 200, "cache_write": 100, "reasoning": 50 }, "reported_cost": "0.0125",
                "metadata": [{ "key": "totalTokens", "value": { "int": 1500 } }] }),
        ),
        (
            "message",
            json!({ "role": "assistant", "content": "c" }),
            json!({ "type": "message", "role": "assistant", "content": "c", "metadata": [] }),
        ),
        (
            "eval_metric",
            json!({ "suiteId": "s", "metric": "bleu", "value": -0.5 }),
            json!({ "type": "eval_metric", "suite_id": "s", "metric": "bleu", "value": -0.5, "metadata": [] }),
        ),
        (
            "agent_action",
            json!({ "agentName": "planner", "action": "plan", "input": [1], "output": "o", "reasoning": "r" }),
            json!({ "type": "agent_action", "agent_name": "planner", "action": "plan",
                "input": { "list": [{ "int": 1 }] }, "output": { "text": "o" }, "reasoning": "r", "metadata": [] }),
        ),
        (
            "retrieval",
            json!({ "query": "q", "vectorDimensions": 1536,
                "results": [{ "id": 7, "score": 0.5, "text": "t", "metadata": { "page": 3 } }] }),
            json!({ "type": "retrieval", "query": "q", "vector_dimensions": 1536, "metadata": [],
                "results": [{ "id": "7", "score": 0.5, "text": "t",
                    "metadata": [{ "key": "page", "value": { "int": 3 } }] }] }),
        ),
        (
            "tool_call",
            json!({ "toolName": "search", "arguments": { "q": "x" }, "result": {}, "latencyMs": 0 }),
            json!({ "type": "tool_call", "tool_name": "search", "result": [], "latency_ms": 0.0,
                "arguments": [{ "key": "q", "value": { "text": "x" } }], "metadata": [] }),
        ),
        (
            "model_response",
            json!({ "model": "gpt-4o", "prompt": "p", "response": "", "finishReason": "stop", "latencyMs": 12.5 }),
            json!({ "type": "model_response", "model": "gpt-4o", "prompt": "p", "response": "",
                "finish_reason": "stop", "latency_ms": 12.5, "metadata": [] }),
        ),
        (
            "custom",
            json!({ "name": "n", "payload": { "a": { "b": [0.5] } } }),
            json!({ "type": "custom", "name": "n", "payload": [{ "key": "a", "value": { "map": [
                { "key": "b", "value": { "list": [{ "double": 0.5 }] } }] } }] }),
        ),
    ]
}

/// Names of an object's fields in snake_case.
fn snake_case(object: &Json) -> Json {
    let name = |name: &String| match name.as_str() {
        "costUSD" => "cost_usd".to_owned(),
        "totalTokens" => name.clone(),
        name => name.chars().fold(String::new(), |text, letter| match letter {
            'A'..='Z' => text + "_" + &letter.to_ascii_lowercase().to_string(),
            letter => text + &letter.to_string(),
        }),
    };
    object.as_object().unwrap().iter().map(|(key, value)| (name(key), value.clone())).collect()
}

#[test]
fn every_type_is_read_in_both_spellings() {
    for (kind, body, expect) in full_bodies() {
        for body in [snake_case(&body), body] {
            let event = one(&event_of(kind, body)).unwrap();
            assert_eq!(serde_json::to_value(&event.body).unwrap(), expect);
            assert_eq!(serde_json::to_value(event.body.kind()).unwrap(), kind);
        }
    }
}

#[test]
fn each_field_that_must_be_there_is_named_where_it_is_not() {
    let check = |kind: &str, required: &[&str]| {
        let (_, body, _) = full_bodies().into_iter().find(|(other, ..)| *other == kind).unwrap();
        for field in body.as_object().unwrap().keys() {
            let without = with(body.clone(), json!({ field: null }));
            let result = one(&event_of(kind, without));
            if required.contains(&field.as_str()) {
                let invalid = result.unwrap_err();
                assert_eq!(invalid.to_string(), format!("body.{field} is required"));
                assert_eq!((invalid.code.as_str(), invalid.index), ("VALIDATION_ERROR", None));
            } else {
                assert!(result.is_ok(), "{kind} without {field}");
            }
        }
    };
    check("log", &["level", "message"]);
    check("error", &["message"]);
    check("span", &["spanId", "name", "start"]);
    check("token_usage", &["model", "inputTokens", "outputTokens"]);
    check("message", &["role", "content"]);
    check("eval_metric", &["suiteId", "metric", "value"]);
    check("agent_action", &["action"]);
    check("retrieval", &["query", "results"]);
    check("tool_call", &["toolName", "arguments"]);
    check("model_response", &["model", "prompt", "response", "latencyMs"]);
    check("custom", &["name", "payload"]);
}

#[test]
fn a_field_that_is_not_as_it_must_be_is_named() {
    let check = |event: Json, field: &str, part: &str| {
        let invalid = one(&event).unwrap_err();
        assert_eq!(invalid.field, field, "{invalid}");
        assert!(invalid.message.contains(part), "{invalid}");
    };
    // A field of a body of some type, changed.
    let check_body = |kind: &str, fields: Json, field: &str, part: &str| {
        let (_, body, _) = full_bodies().into_iter().find(|(other, ..)| *other == kind).unwrap();
        check(event_of(kind, with(body, fields)), field, part);
    };
    check_body("log", json!({ "level": "loud" }), "body.level", "one of debug");
    check_body("log", json!({ "level": 3 }), "body.level", "a text");
    check_body("log", json!({ "message": { "a": 1 } }), "body.message", "a text");
    check_body("log", json!({ "metadata": [] }), "body.metadata", "an object");
    check_body("error", json!({ "fingerprint": "f" }), "body.fingerprint", "a list of texts");
    check_body("error", json!({ "fingerprint": [1] }), "body.fingerprint", "a list of texts");
    check_body("span", json!({ "start": "yesterday" }), "body.start", "ISO 8601");
    check_body("span", json!({ "start": "2026-02-18T10:06:00Z" }), "body.start", "ahead");
    check_body("span", json!({ "end": "2026-02-18T08:00:00Z" }), "body.end", "before the start");
    check_body("span", json!({ "name": " " }), "body.name", "1 to 255");
    check_body("token_usage", json!({ "inputTokens": -1 }), "body.inputTokens", "0 to a billion");
    check_body("token_usage", json!({ "inputTokens": 0.5 }), "body.inputTokens", "whole");
    check_body("token_usage", json!({ "inputTokens": "10" }), "body.inputTokens", "whole");
    check_body("token_usage", json!({ "outputTokens": 1e10 }), "body.outputTokens", "billion");
    check_body("token_usage", json!({ "input_tokens": 5 }), "body.inputTokens", "given twice");
    check_body("token_usage", json!({ "costUSD": -0.01 }), "body.costUSD", "0 or more");
    check_body("token_usage", json!({ "costUSD": 1e9 }), "body.costUSD", "an amount");
    check_body("token_usage", json!({ "costUSD": "1" }), "body.costUSD", "an amount");
    check_body("token_usage", json!({ "model": "m".repeat(256) }), "body.model", "1 to 255");
    check_body("message", json!({ "role": "boss" }), "body.role", "one of user");
    check_body("eval_metric", json!({ "value": true }), "body.value", "a number");
    check_body("agent_action", json!({ "action": "" }), "body.action", "1 to 255");
    check_body("retrieval", json!({ "results": {} }), "body.results", "a list of objects");
    check_body("retrieval", json!({ "results": [1] }), "body.results[0]", "an object");
    let results = json!([{ "id": "a", "score": 1, "text": "t" }, { "id": "b", "score": "x", "text": "t" }]);
    check_body("retrieval", json!({ "results": results }), "body.results[1].score", "a number");
    check_body("retrieval", json!({ "results": [{ "id": [] }] }), "body.results[0].id", "a text");
    check_body("tool_call", json!({ "arguments": "q" }), "body.arguments", "an object");
    check_body("tool_call", json!({ "latencyMs": -1 }), "body.latencyMs", "0 or more");
    check_body("model_response", json!({ "latencyMs": "12" }), "body.latencyMs", "a number");
    check_body("custom", json!({ "payload": 1 }), "body.payload", "an object");

    let check_envelope = |fields: Json, field: &str, part: &str| check(with(log(), fields), field, part);
    check_envelope(json!({ "eventId": "7" }), "eventId", "a UUID");
    check_envelope(json!({ "type": null }), "type", "required");
    check_envelope(json!({ "type": "trace" }), "type", "one of log");
    check_envelope(json!({ "timestamp": 1_771_407_000 }), "timestamp", "a text");
    check_envelope(json!({ "timestamp": "2026-02-18T09:00:00" }), "timestamp", "offset");
    check_envelope(json!({ "timestamp": "2026-02-18T10:05:01Z" }), "timestamp", "5 minutes ahead");
    check_envelope(json!({ "sdk": null }), "sdk", "required");
    check_envelope(json!({ "sdk": "python" }), "sdk", "an object");
    check_envelope(json!({ "sdk": { "name": "s" } }), "sdk.version", "required");
    check_envelope(json!({ "sdk": { "version": "1" } }), "sdk.name", "required");
    check_envelope(json!({ "context": [] }), "context", "an object");
    check_envelope(json!({ "context": { "agent": "a".repeat(256) } }), "context.agent", "255");
    check_envelope(json!({ "context": { "user": { "id": "a".repeat(256) } } }), "context.user", "255");
    check_envelope(json!({ "context": { "session_id": "a".repeat(256) } }), "context.session", "255");
    check_envelope(json!({ "context": { "team": "a".repeat(256) } }), "context.team", "255");
    check_envelope(json!({ "body": { "agentName": "a".repeat(256) } }), "body.agentName", "255");
    check_envelope(json!({ "traceId": "xyz" }), "traceId", "32 hexadecimal");
    check_envelope(json!({ "traceId": "0".repeat(32) }), "traceId", "not all 0");
    check_envelope(json!({ "body": null }), "body", "required");
    check_envelope(json!({ "body": "hello" }), "body", "an object");
    check_envelope(json!({ "projectId": 7 }), "projectId", "a text");
    check(json!([log()]), "", "an object");
    check(json!("log"), "", "an object");
}

#[test]
fn what_an_envelope_says_is_kept() {
    let event = one(&with(
        log(),
        json!({
            "event_id": "1B4E28BA-2FA1-4D3B-883F-0016D3CCA427",
            "project_id": "proj_1",
            "timestamp": "2026-02-18T10:30:00.000000001+01:00",
            "trace_id": "0af76519-16cd-43dd-8448-eb211c80319c",
            "context": { "agent": "desk", "user": { "id": "u1" }, "session_id": 5, "environment": "prod",
                "team": "rates", "agentType": "chat", "agent_version": "2", "region": "eu" },
            "unknown": { "is": "ignored" },
        }),
    ))
    .unwrap();
    assert_eq!(event.id.to_string(), "1b4e28ba-2fa1-4d3b-883f-0016d3cca427");
    assert_eq!(event.at.timestamp().to_string(), "2026-02-18T09:30:00.000000001Z");
    assert_eq!(event.trace_id.unwrap().to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!((event.user.as_deref(), event.session.as_deref()), (Some("u1"), Some("5")));
    assert_eq!((event.sdk_name.as_str(), event.sdk_version.as_str()), ("sentryai-python", "0.1.0"));
    assert_eq!(event.agent.name.as_str(), "desk");
    let described: Vec<_> = event.agent.metadata.iter().map(|field| field.key.as_str()).collect();
    assert_eq!(described, ["environment", "team", "type", "version"]);
    assert_eq!(event.context.len(), 8);
    let expect = EventBody::Log { level: LogLevel::Info, message: "hello".to_owned(), metadata: vec![] };
    assert_eq!(event.body, expect);
}

#[test]
fn what_an_envelope_leaves_out_is_the_servers() {
    let event = one(&log()).unwrap();
    assert_eq!(event.id.to_string(), OWN_ID);
    assert_eq!(event.at.timestamp().to_string(), NOW);
    assert_eq!((event.trace_id, event.user, event.session), (None, None, None));
    assert!(event.context.is_empty());
}

#[test]
fn an_event_belongs_to_the_first_agent_that_it_names() {
    let check = |context: Json, body: Json, service: Json, expect: &str| {
        let sdk = json!({ "name": "s", "version": "1", "service": service });
        let event = with(event_of("agent_action", body), json!({ "context": context, "sdk": sdk }));
        assert_eq!(one(&event).unwrap().agent.name.as_str(), expect);
    };
    let act = |name: Json| json!({ "action": "a", "agent_name": name });
    check(json!({ "agent": "A", "agentName": "B" }), act(json!("C")), json!("D"), "A");
    check(json!({ "agent": { "name": "A" } }), act(json!("C")), json!("D"), "A");
    check(json!({ "agent_name": "B" }), act(json!("C")), json!("D"), "B");
    check(json!({ "agent": " ", "agentName": "B" }), act(json!("C")), json!("D"), "B");
    check(json!({}), act(json!("C")), json!("D"), "C");
    check(json!(null), act(json!(null)), json!("D"), "D");
    check(json!({}), act(json!(null)), json!(null), "default");
}

#[test]
fn a_key_writes_to_its_own_project_only() {
    let check = |project: Json, expect: Option<&str>| {
        let result = one(&with(log(), json!({ "projectId": project })));
        assert_eq!(result.as_ref().err().map(|invalid| invalid.code.as_str()), expect, "{project}");
        let kind = expect.map(|_| ErrorKind::Forbidden);
        assert_eq!(result.err().map(|invalid| invalid.kind()), kind, "{project}");
    };
    check(json!(null), None);
    check(json!("proj_1"), None);
    check(json!("Trading"), None);
    check(json!("proj_2"), Some("PROJECT_MISMATCH"));
    check(json!("trading"), Some("PROJECT_MISMATCH"));
    check(json!(""), Some("PROJECT_MISMATCH"));
}

#[test]
fn what_the_first_sdks_send_is_understood() {
    let check = |costs: Json, expect: Option<&str>| {
        let usage =
            json!({ "model": "gpt-3.5-turbo", "inputTokens": 50, "outputTokens": 100, "totalTokens": 150 });
        let EventBody::TokenUsage { usage, reported_cost, .. } =
            one(&event_of("token_usage", with(usage, costs))).unwrap().body
        else {
            panic!("another kind")
        };
        assert_eq!(usage, TokenUsage { input: 50, output: 100, ..TokenUsage::default() });
        assert_eq!(reported_cost.map(|cost| cost.to_string()).as_deref(), expect);
    };
    check(json!({ "cost": 0.002 }), Some("0.002"));
    // What they send where the program does not say.
    check(json!({ "cost": 0.0 }), None);
    check(json!({ "costUSD": 0 }), Some("0"));
    check(json!({ "costUSD": 0.1, "cost": 0.2 }), Some("0.1"));

    let error = json!({ "type": "ZeroDivisionError", "message": "division by zero", "stacktrace": "…" });
    let EventBody::Error { stack, metadata, .. } = one(&event_of("error", error)).unwrap().body else {
        panic!("another kind")
    };
    assert_eq!((stack.as_deref(), metadata[0].key.as_str()), (Some("…"), "type"));
}

#[test]
fn a_batch_is_taken_whole_or_not_at_all() {
    let check = |events: Json, expect: Result<usize, (&str, Option<usize>, &str)>| {
        let result = batch(&events).map(|events| events.len());
        let result =
            result.as_ref().map_err(|invalid| (invalid.code.as_str(), invalid.index, invalid.field.as_str()));
        assert_eq!(result.copied(), expect);
    };
    let events = |count: usize| Json::Array(vec![log(); count]);
    let bad = with(log(), json!({ "sdk": 1 }));
    check(json!([]), Ok(0));
    check(json!({ "events": [] }), Ok(0));
    check(events(3), Ok(3));
    check(json!({ "events": events(3), "sent_at": "now" }), Ok(3));
    check(events(1_000), Ok(1_000));
    check(events(1_001), Err(("BATCH_TOO_LARGE", None, "")));
    check(json!([log(), log(), bad, bad]), Err(("VALIDATION_ERROR", Some(2), "sdk")));
    check(
        json!([log(), with(log(), json!({ "projectId": "p2" }))]),
        Err(("PROJECT_MISMATCH", Some(1), "projectId")),
    );
    check(json!([7]), Err(("VALIDATION_ERROR", Some(0), "")));
    check(json!([log(), null]), Err(("VALIDATION_ERROR", Some(1), "")));
    check(json!({ "events": 1 }), Err(("VALIDATION_ERROR", None, "")));
    check(log(), Err(("VALIDATION_ERROR", None, "events")));
    check(json!("events"), Err(("VALIDATION_ERROR", None, "")));
    let invalid = batch(&json!([log(), bad])).unwrap_err();
    assert_eq!(invalid.to_string(), "event 1: sdk must be an object");
}

/// Acceptance 8 of the events' facts: the id is the sender's, so that the same event twice is one.
#[test]
fn the_same_event_twice_has_the_same_id() {
    let event = with(log(), json!({ "eventId": "1b4e28ba-2fa1-4d3b-883f-0016d3cca427" }));
    let ids: Vec<_> = batch(&json!([event, event])).unwrap().iter().map(|event| event.id).collect();
    assert_eq!(ids[0], ids[1]);
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,8}".prop_map(Json::from),
        prop::sample::select(&["log", "custom", "2026-02-18T09:00:00Z", "user"][..]).prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let name = prop::sample::select(
            &["a", "message", "level", "results", "spanId", "start", "value", "metadata", "payload", "agent"]
                [..],
        );
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(name.prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_body_is_taken_or_refused_with_a_field_of_the_request(
        kind in prop::sample::select(full_bodies().map(|(kind, ..)| kind).to_vec()),
        body in any_json(),
        context in any_json(),
    ) {
        let event = with(event_of(kind, body), json!({ "context": context }));
        match one(&event) {
            Ok(event) => prop_assert!(event.body.kind() <= EventKind::Custom),
            Err(invalid) => prop_assert!(
                ["body", "context", "traceId"].iter().any(|part| invalid.field.starts_with(part)), "{}", invalid
            ),
        }
    }

    #[test]
    fn any_bytes_are_a_batch_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = read_batch(&bytes, arrival(), || EventId::parse(OWN_ID).unwrap());
    }
}
