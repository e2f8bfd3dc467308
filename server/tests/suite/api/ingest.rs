//! What agents send: stored as a whole, or refused in the form that they read.

use crate::people::People;
use axum::body::Body;
use axum::http::{HeaderName, Method, StatusCode, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use model::Actor;
use model::telemetry::view::{AgentQuery, AgentSort, CostQuery};
use model::telemetry::{Event, EventBody, MetricRecord, TraceId, UnixNanos};
use model::view::SortOrder;
use serde_json::{Value, json};
use service::telemetry::{ListQuery, Order, RecordQuery, TimeRange};
use std::io::Write;
use testkit::app::{Answer, REFERENCE_NOW, TestApp, request};
use testkit::telemetry::{Fleet, otlp};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";
const OTLP: [&str; 3] = ["/v1/traces", "/v1/metrics", "/v1/logs"];
const EVENTS: [&str; 2] = ["/v1/events", "/api/v1/events"];

/// Half an hour before the server's clock.
fn started() -> UnixNanos {
    let now: UnixNanos = REFERENCE_NOW.parse::<model::Timestamp>().unwrap().into();
    UnixNanos(now.0 - 1_800_000_000_000)
}

async fn post(app: &TestApp, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
    app.post(path, &[(header::CONTENT_TYPE, content_type)], body).await
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

/// All that there is.
fn all() -> RecordQuery {
    RecordQuery {
        range: TimeRange { from: UnixNanos(0), until: UnixNanos(i64::MAX) },
        agent: None,
        order: Order::OldestFirst,
        limit: 1000,
        cursor: None,
    }
}

async fn events(app: &TestApp, actor: &Actor) -> Vec<Event> {
    let query = ListQuery { from: Some(UnixNanos(0)), until: None, agent: None, limit: 1000, after: None };
    let listed = app.service.list_events(actor, query, None, None).await.unwrap();
    listed.items.into_iter().map(|priced| priced.event).collect()
}

async fn records(app: &TestApp, actor: &Actor) -> Vec<MetricRecord> {
    app.service.list_metric_records(actor, all()).await.unwrap().items
}

/// The names of all agents.
async fn agents(app: &TestApp, actor: &Actor) -> Vec<String> {
    let query = AgentQuery { sort: (AgentSort::Name, SortOrder::Ascending), ..AgentQuery::default() };
    let list = app.service.list_agents(actor, &query).await.unwrap();
    list.agents.iter().map(|agent| agent.name.to_string()).collect()
}

/// Nothing of any kind.
async fn check_empty(app: &TestApp, actor: &Actor) {
    assert_eq!(agents(app, actor).await, [""; 0]);
    assert_eq!(events(app, actor).await, []);
    assert_eq!(records(app, actor).await, []);
}

async fn owner(app: &TestApp) -> Actor {
    app.service.identify(service::Presented::Nothing, None, model::Origin::default()).await.unwrap().actor
}

fn log_event(id: &str, message: &str) -> Value {
    json!({
        "eventId": id, "type": "log", "sdk": {"name": "test", "version": "1"},
        "context": {"agent": "scribe"}, "body": {"level": "info", "message": message},
    })
}

/// `google.rpc.Status`, as far as it is needed: its code, and its message.
fn status(answer: &Answer) -> (u64, String) {
    match answer.header("content-type") {
        JSON => {
            let status = answer.json();
            (status["code"].as_u64().unwrap(), status["message"].as_str().unwrap().to_owned())
        }
        PROTOBUF => {
            let [0x08, code, 0x12, rest @ ..] = &answer.body[..] else { panic!("{:?}", answer.body) };
            // The length takes one byte, or two where the text is longer than 127.
            let text = if rest[0] < 0x80 { &rest[1..] } else { &rest[2..] };
            (u64::from(*code), String::from_utf8(text.to_vec()).unwrap())
        }
        other => panic!("{other}: {:?}", answer.body),
    }
}

#[tokio::test]
async fn spans_are_stored_once_in_either_encoding() {
    let app = TestApp::reference().await;
    let actor = owner(&app).await;
    let spans = Fleet::new(1).trace(started());
    let body = otlp::traces(&spans);
    for (encoding, body) in [("identity", body.clone()), ("gzip", gzip(&body)), ("identity", body)] {
        let headers = [(header::CONTENT_TYPE, PROTOBUF), (header::CONTENT_ENCODING, encoding)];
        let answer = app.post("/v1/traces", &headers, body).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, PROTOBUF));
        assert_eq!(answer.body, "", "all is well");
    }
    let trace = app.service.get_trace(&actor, spans[0].trace_id, None).await.unwrap();
    assert_eq!(trace.spans.len(), spans.len());
    let calls = trace.spans.iter().filter(|span| span.tokens.is_some());
    assert!(calls.clone().count() > 0 && calls.clone().all(|call| call.cost.is_some() || call.is_unpriced));
}

#[tokio::test]
async fn what_was_sent_is_read_back() {
    let app = TestApp::reference().await;
    let spans = Fleet::new(2).trace(started());
    assert_eq!(post(&app, "/v1/traces", PROTOBUF, otlp::traces(&spans)).await.status, StatusCode::OK);
    let path = format!("/api/v1/traces/{}", spans[0].trace_id);
    let name = spans[0].agent.name.as_str();
    let trace = app.get(&path).await.json();
    assert_eq!((&trace["trace"]["agent"], &trace["trace"]["spans"]), (&json!(name), &json!(spans.len())));
    assert_eq!(trace["spans"].as_array().unwrap().len(), spans.len());
    assert_eq!(app.get(&format!("{path}?limit=2")).await.json()["spans"].as_array().unwrap().len(), 2);
    let sent = spans.iter().find(|span| span.usage.is_some()).unwrap();
    let read = app.get(&format!("{path}/spans/{}", sent.span_id)).await.json();
    assert_eq!(read["usage"]["input"], sent.usage.unwrap().input);
    assert_eq!(read["parent_id"], sent.parent_id.unwrap().to_string());
    assert!(!read["cost"].is_null() || !read["flag"].is_null(), "{read}");
    let traces = app.get(&format!("/api/v1/traces?agent={name}")).await.json();
    assert_eq!(traces["traces"], json!([trace["trace"]]));
    assert_eq!(app.get("/api/v1/traces?agent=nobody").await.json()["traces"], json!([]));

    let agents = app.get("/api/v1/agents?status=running").await.json();
    assert_eq!((&agents["counts"]["running"], &agents["totals"]["requests"]), (&json!(1), &json!(1)));
    let agent = &agents["agents"][0];
    assert_eq!((&agent["name"], &agent["status"]), (&json!(name), &json!("running")));
    for id in [name, agent["id"].as_str().unwrap()] {
        let detail = app.get(&format!("/api/v1/agents/{id}?from=now-1h")).await.json();
        assert_eq!((&detail["agent"]["name"], &detail["step_s"]), (&json!(name), &json!(60)));
    }
    assert_eq!(app.get("/api/v1/agents?status=stopped").await.json()["agents"], json!([]));
    let costs = app.get("/api/v1/costs?by=model").await.json();
    assert_eq!(costs["spend"], trace["trace"]["spend"]);
    assert_eq!(costs["rows"][0]["name"], json!(sent.model));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_named() {
    let app = TestApp::reference().await;
    for (path, status, code, field) in [
        ("/api/v1/agents?status=up", 400, "VALIDATION_ERROR", json!("status")),
        ("/api/v1/agents?from=yesterday", 400, "VALIDATION_ERROR", json!("from")),
        ("/api/v1/agents?from=now&to=now-1h", 400, "VALIDATION_ERROR", json!("to")),
        ("/api/v1/agents/nobody?to=x", 400, "VALIDATION_ERROR", json!("to")),
        ("/api/v1/traces?errors=some", 400, "VALIDATION_ERROR", json!("errors")),
        ("/api/v1/traces?after=2", 400, "VALIDATION_ERROR", json!("after")),
        ("/api/v1/costs?by=team", 400, "VALIDATION_ERROR", json!("by")),
        ("/api/v1/costs?by=user&agent=a", 400, "VALIDATION_ERROR", json!("by")),
        ("/api/v1/agents/nobody", 404, "NOT_FOUND", Value::Null),
        ("/api/v1/traces/xyz", 400, "VALIDATION_ERROR", json!("id")),
        ("/api/v1/traces/0af7651916cd43dd8448eb211c80319c?limit=x", 400, "VALIDATION_ERROR", json!("limit")),
        ("/api/v1/traces/0af7651916cd43dd8448eb211c80319c/spans/1", 400, "VALIDATION_ERROR", json!("span")),
        ("/api/v1/traces/0af7651916cd43dd8448eb211c80319c", 404, "NOT_FOUND", Value::Null),
        ("/api/v1/nothing", 404, "NOT_FOUND", Value::Null),
    ] {
        let answer = app.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, JSON), "{path}");
        let error = answer.json();
        assert_eq!(
            (&error["success"], &error["code"], &error["field"]),
            (&json!(false), &json!(code), &field),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_left_out_is_said_in_the_encoding_of_the_request() {
    let app = TestApp::reference().await;
    let span = json!({
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "chat gpt-4o",
        "startTimeUnixNano": started().0.to_string(), "endTimeUnixNano": (started().0 + 1).to_string(),
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o-of-nobody"}},
            {"key": "gen_ai.usage.cost", "value": {"doubleValue": 0.0125}},
            {"key": "user.email", "value": {"stringValue": "ada@example.org"}},
        ],
    });
    let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": [span, {"name": "without ids"}]}]}]});
    let answer = post(&app, "/v1/traces", JSON, body.to_string()).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, JSON));
    let partial = &answer.json()["partialSuccess"];
    assert_eq!(partial["rejectedSpans"], "1");
    assert_ne!(partial["errorMessage"], "");
    let id = TraceId::parse("0af7651916cd43dd8448eb211c80319c").unwrap();
    let actor = owner(&app).await;
    let trace = app.service.get_trace(&actor, id, None).await.unwrap();
    assert_eq!(trace.spans.len(), 1);
    let span = app.service.get_span(&actor, id, trace.spans[0].id).await.unwrap();
    assert_eq!(span.cost.unwrap().amount.to_string(), "0.0125");
    assert!(!format!("{span:?}").contains("ada@"), "secrets are not stored");
    assert_eq!(span.redactions, 1);
}

#[tokio::test]
async fn points_and_logs_are_stored_once() {
    let app = TestApp::reference().await;
    let resource = json!({"attributes": [{"key": "service.name", "value": {"stringValue": "gauge"}}]});
    let at = started().0.to_string();
    let point = json!({"timeUnixNano": at, "asDouble": 0.5});
    let metric = json!({"name": "process.cpu.utilization", "unit": "1", "gauge": {"dataPoints": [point]}});
    let metrics =
        json!({"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]});
    let log = json!({"timeUnixNano": at, "body": {"stringValue": "hello"}});
    let logs = json!({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [log]}]}]});
    for (path, body) in [("/v1/metrics", metrics), ("/v1/logs", logs)] {
        for _ in 0..2 {
            let answer = post(&app, path, JSON, body.to_string()).await;
            assert_eq!((answer.status, answer.text()), (StatusCode::OK, "{}"), "{path}");
        }
    }
    let actor = owner(&app).await;
    let points = app.service.list_metric_points(&actor, all()).await.unwrap().items;
    assert_eq!(
        points.iter().map(|point| (point.agent.name.as_str(), point.value)).collect::<Vec<_>>(),
        [("gauge", 50.0)]
    );
    let query = service::telemetry::LogQuery { records: all(), min_level: None, trace_id: None };
    let logs = app.service.list_logs(&actor, query).await.unwrap().items;
    assert_eq!(logs.iter().map(|log| log.message.as_str()).collect::<Vec<_>>(), ["hello"]);
}

#[tokio::test]
async fn an_event_is_stored_once_however_often_it_comes() {
    let app = TestApp::reference().await;
    let id = "1b4e28ba-2fa1-4d3b-883f-0016d3cca427";
    for path in EVENTS.into_iter().chain(EVENTS) {
        let event = log_event(id, "written by ada@example.org").to_string();
        let answer = post(&app, path, JSON, event).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        assert_eq!(answer.json()["status"], "queued");
        assert_eq!(answer.json()["eventId"], id);
    }
    let events = events(&app, &owner(&app).await).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].redactions, 1);
    let EventBody::Log { message, .. } = &events[0].body else { panic!("{events:?}") };
    assert_eq!(message, "written by [redacted:email]");
}

#[tokio::test]
async fn a_batch_is_stored_wholly_or_not_at_all() {
    let app = TestApp::reference().await;
    let event = |number: usize| log_event(&format!("00000000-0000-4000-8000-{number:012}"), "x");
    let batch = |count: usize| (0..count).map(event).collect::<Vec<_>>();
    let mut broken = batch(3);
    broken[2]["body"] = json!({"level": "info"});
    for (body, code, part) in [
        (json!(batch(1001)), "BATCH_TOO_LARGE", "1001 events"),
        (json!(broken), "VALIDATION_ERROR", "event 2: body.message is required"),
    ] {
        let answer = post(&app, "/v1/events/batch", JSON, body.to_string()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let error = answer.json();
        assert_eq!((&error["success"], &error["code"]), (&json!(false), &json!(code)), "{error}");
        assert!(error["error"].as_str().unwrap().contains(part), "{error}");
    }
    check_empty(&app, &owner(&app).await).await;
    for body in [json!(batch(3)), json!({"events": batch(4)}), json!([])] {
        let count = body.as_array().or(body["events"].as_array()).unwrap().len();
        let packed = gzip(body.to_string().as_bytes());
        let answer = app.post("/api/v1/events/batch", &[(header::CONTENT_ENCODING, "gzip")], packed).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        assert_eq!((&answer.json()["count"], &answer.json()["status"]), (&json!(count), &json!("queued")));
        assert_eq!(answer.json()["event_ids"].as_array().unwrap().len(), count);
    }
    assert_eq!(events(&app, &owner(&app).await).await.len(), 4);
}

#[tokio::test]
async fn tokens_of_an_event_are_priced() {
    let app = TestApp::reference().await;
    let usage = json!({
        "type": "token_usage", "sdk": {"name": "test", "version": "1"}, "context": {"agent": "biller"},
        "body": {"model": "gpt-4o", "inputTokens": 1000, "outputTokens": 500, "costUSD": 0.0125},
    });
    assert_eq!(post(&app, "/v1/events", JSON, usage.to_string()).await.status, StatusCode::ACCEPTED);
    let actor = owner(&app).await;
    assert_eq!(agents(&app, &actor).await, ["biller"]);
    let costs = app.service.get_costs(&actor, &CostQuery::default()).await.unwrap();
    assert_eq!((costs.spend.calls, costs.spend.input, costs.spend.output), (1, 1000, 500));
    assert_eq!(costs.spend.cost.to_string(), "0.0125");
}

#[tokio::test]
async fn a_record_with_a_time_is_stored_once_and_one_without_each_time() {
    let app = TestApp::reference().await;
    let send = async |body: &Value| {
        let answer = post(&app, "/api/v1/metrics", JSON, body.to_string()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        let taken = answer.json();
        assert_eq!(taken["success"], true);
        assert_eq!(taken["message"], "Metrics recorded successfully");
        taken["metric_id"].as_str().unwrap().to_owned()
    };
    let timed = json!({"agent_id": "timed", "timestamp": "2026-02-18T12:00:00Z", "latency_ms": 0});
    let first = send(&timed).await;
    assert_eq!(send(&timed).await, first, "the same record has the same id");
    let untimed = json!({"agent_id": "untimed", "cpu_usage_percent": 7});
    assert_ne!(send(&untimed).await, send(&untimed).await);
    let actor = owner(&app).await;
    let records = records(&app, &actor).await;
    let of = |name: &str| records.iter().filter(|record| record.agent.name.as_str() == name).count();
    assert_eq!((of("timed"), of("untimed")), (1, 2));
    assert!(records.iter().any(|record| record.id.to_string() == first));
    assert_eq!(agents(&app, &actor).await, ["timed", "untimed"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_record_is_named() {
    let app = TestApp::reference().await;
    for (path, body, code, field) in [
        (
            "/api/v1/metrics",
            json!({"agent_id": "a", "cpu_usage_percent": 101}),
            "VALIDATION_ERROR",
            "cpu_usage_percent",
        ),
        ("/api/v1/metrics", json!({"latency_ms": 1}), "VALIDATION_ERROR", "agent_id"),
        ("/api/v1/metrics", json!({"agent_id": "a", "latency_ms": -1}), "VALIDATION_ERROR", "latency_ms"),
        (
            "/api/v1/metrics",
            json!({"agent_id": "a", "latency_ms": 1, "timestamp": "2026-02-18T12:14:41Z"}),
            "VALIDATION_ERROR",
            "timestamp",
        ),
        ("/api/v1/metrics", json!({"agent_id": "a"}), "NO_METRICS_PROVIDED", ""),
        ("/api/v1/metrics", json!("text"), "VALIDATION_ERROR", ""),
        ("/v1/events", json!({"type": "log"}), "VALIDATION_ERROR", "sdk"),
        (
            "/api/v1/events",
            json!({"type": "x", "sdk": {"name": "s", "version": "1"}, "body": {}}),
            "VALIDATION_ERROR",
            "type",
        ),
    ] {
        let answer = post(&app, path, JSON, body.to_string()).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::BAD_REQUEST, JSON), "{body}");
        let error = answer.json();
        assert_eq!((&error["success"], &error["code"]), (&json!(false), &json!(code)), "{error}");
        assert_eq!(error["field"].as_str().unwrap_or_default(), field, "{error}");
        assert!(error["error"].as_str().unwrap().contains(field), "{error}");
    }
    check_empty(&app, &owner(&app).await).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_the_senders_form() {
    let app = TestApp::reference().await;
    let malformed = b"\x0a\xff\xff\xff\xff\x7f".to_vec();
    let large = vec![0; (64 << 20) + 1];
    let bomb = gzip(&large);
    let length = large.len().to_string();
    let check = async |path: &str, headers: &[(HeaderName, &str)], body: Vec<u8>, expect: (u16, u64)| {
        let answer = app.post(path, headers, body).await;
        let (code, message) = status(&answer);
        assert_eq!((answer.status.as_u16(), code), expect, "{path} {headers:?}: {message}");
        assert!(!message.is_empty());
        // As the request; JSON where that is in neither encoding.
        let sent = headers.iter().find(|(name, _)| *name == header::CONTENT_TYPE).map(|(_, value)| *value);
        assert_eq!(answer.header("content-type"), sent.filter(|sent| *sent == PROTOBUF).unwrap_or(JSON));
    };
    for path in OTLP {
        let protobuf = (header::CONTENT_TYPE, PROTOBUF);
        let packed = (header::CONTENT_ENCODING, "gzip");
        check(path, std::slice::from_ref(&protobuf), malformed.clone(), (400, 3)).await;
        check(path, &[(header::CONTENT_TYPE, JSON)], b"{".to_vec(), (400, 3)).await;
        check(path, &[protobuf.clone(), packed.clone()], malformed.clone(), (400, 3)).await;
        check(path, &[protobuf.clone(), (header::CONTENT_LENGTH, &length)], Vec::new(), (413, 8)).await;
        check(path, &[protobuf.clone(), (header::CONTENT_ENCODING, "br")], malformed.clone(), (415, 12))
            .await;
        check(path, &[(header::CONTENT_TYPE, "text/plain")], malformed.clone(), (415, 12)).await;
        check(path, &[], malformed.clone(), (415, 12)).await;
    }
    let packed = [(header::CONTENT_TYPE, PROTOBUF), (header::CONTENT_ENCODING, "gzip")];
    check("/v1/traces", &packed, bomb, (413, 8)).await;
    // Whose size is not announced is refused when it has grown too large.
    let chunks = futures::stream::iter((0..65).map(|_| Ok::<_, std::io::Error>(vec![0; 1 << 20])));
    let answer = post(&app, "/v1/events", JSON, Body::from_stream(chunks)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json()["code"], "BODY_TOO_LARGE");
    check_empty(&app, &owner(&app).await).await;
}

#[tokio::test]
async fn who_may_not_send_is_told_in_the_senders_form() {
    let people = People::start().await;
    let evil = (header::ORIGIN, "https://evil.example");
    for path in server::api::ingest::PATHS {
        for (caller, with, expect, code) in [
            ("anonymous", None, 401, "UNAUTHENTICATED"),
            ("read", None, 403, "FORBIDDEN"),
            ("webhook", None, 403, "FORBIDDEN"),
            ("owner", None, 403, "FORBIDDEN"),
            ("ingest", Some(evil.clone()), 403, "FORBIDDEN"),
            ("ingest", Some((header::HOST, "evil.example")), 421, "UNKNOWN_HOST"),
            ("ingest", Some((header::AUTHORIZATION, "Bearer sk_live_unknown")), 401, "UNAUTHENTICATED"),
        ] {
            let mut headers = people.caller(caller).headers();
            headers.push((header::CONTENT_TYPE, PROTOBUF));
            headers.extend(with);
            let answer = people.app.post(path, &headers, "{}").await;
            assert_eq!(answer.status.as_u16(), expect, "{caller} {path}");
            if OTLP.contains(&path) {
                assert_eq!(answer.header("content-type"), PROTOBUF, "{caller} {path}");
                assert_ne!(status(&answer).1, "");
            } else {
                assert_eq!(answer.json()["code"], code, "{caller} {path}");
            }
        }
    }
    check_empty(&people.app, &people.owner().await).await;
}

#[tokio::test]
async fn an_event_for_another_project_is_refused() {
    let people = People::start().await;
    let mut event = log_event("1b4e28ba-2fa1-4d3b-883f-0016d3cca427", "x");
    event["projectId"] = json!("other");
    let ingest = people.caller("ingest");
    let answer = people.ask(ingest, Method::POST, "/v1/events", &event.to_string()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(
        (&answer.json()["code"], &answer.json()["field"]),
        (&json!("PROJECT_MISMATCH"), &json!("projectId"))
    );
    check_empty(&people.app, &people.owner().await).await;
    event["projectId"] = json!("default");
    let answer = people.ask(ingest, Method::POST, "/v1/events", &event.to_string()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(events(&people.app, &people.owner().await).await.len(), 1);
}

#[tokio::test]
async fn a_wrong_method_is_said_in_the_senders_form() {
    let app = TestApp::reference().await;
    for path in server::api::ingest::PATHS {
        let headers = [(header::CONTENT_TYPE, PROTOBUF)];
        let answer = app.send(request(Method::PUT, path, &headers, Body::empty())).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(answer.header("allow").contains("POST"), "{path}");
        if OTLP.contains(&path) {
            assert_eq!(status(&answer).0, 12, "{path}");
        } else {
            assert_eq!(answer.json()["code"], "METHOD_NOT_ALLOWED", "{path}");
        }
    }
}

#[tokio::test]
async fn a_key_that_sends_has_no_rate_and_others_have() {
    let people = People::start().await;
    let body = r#"{"agent_id":"a","latency_ms":1}"#;
    let send =
        async |name: &str| people.ask(people.caller(name), Method::POST, "/api/v1/metrics", body).await;
    for _ in 0..3100 {
        assert_eq!(send("ingest").await.status, StatusCode::CREATED);
    }
    // Its rate is untouched where it asks for something else.
    let answer = people.ask(people.caller("ingest"), Method::GET, "/api/essentials", "").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let mut refused = None;
    for attempt in 0..3100 {
        let answer = send("read").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_ne!(answer.header("retry-after"), "");
            assert_eq!(answer.json()["code"], "TOO_MANY_REQUESTS");
            refused = Some(attempt);
            break;
        }
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(refused, Some(3000));
}

#[tokio::test]
async fn what_does_not_fit_into_memory_is_refused_at_once() {
    let app = TestApp::reference().await;
    let actor = owner(&app).await;
    // All the room there is, as two of the largest requests take it.
    let rooms = [64 << 20; 2].map(|bytes| app.service.admit(&actor, bytes).unwrap());
    for path in ["/v1/traces", "/v1/events"] {
        let answer = post(&app, path, JSON, "{}").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.header("retry-after"), "1", "{path}");
    }
    drop(rooms);
    assert_eq!(post(&app, "/v1/traces", JSON, "{}").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_closed_takes_no_more() {
    let app = TestApp::reference().await;
    let actor = owner(&app).await;
    assert_eq!(post(&app, "/v1/traces", JSON, "{}").await.status, StatusCode::OK);
    app.service.close_telemetry().await;
    let body = r#"{"agent_id":"a","latency_ms":1}"#;
    let answer = post(&app, "/api/v1/metrics", JSON, body).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((&answer.json()["code"], answer.header("retry-after")), (&json!("UNAVAILABLE"), "5"));
    assert!(app.service.list_agents(&actor, &AgentQuery::default()).await.is_err());
}
