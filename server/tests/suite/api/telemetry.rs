//! What agents sent, asked for by REST. The server's clock stands at 12:09:40.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use model::audit::AuditFilter;
use model::telemetry::UnixNanos;
use serde_json::{Value, json};
use testkit::app::{Answer, REFERENCE_NOW, TestApp, request};
use testkit::telemetry::{Fleet, otlp};

const JSON: &str = "application/json";

async fn post(app: &TestApp, path: &str, body: &Value) -> Answer {
    app.post(path, &[(header::CONTENT_TYPE, JSON)], body.to_string()).await
}

async fn get(app: &TestApp, path: &str) -> Value {
    let answer = app.get(path).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, JSON), "{path}: {answer:?}");
    answer.json()
}

/// Sends what an agent measured at a time of the day.
async fn measure(app: &TestApp, agent: &str, time: &str, values: Value) {
    let mut record = json!({"agent_id": agent, "timestamp": format!("2026-02-18T{time}Z")});
    record.as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
    let answer = post(app, "/api/v1/metrics", &record).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
}

/// Two agents in two hours.
async fn measured() -> TestApp {
    let app = TestApp::reference().await;
    let planner = json!({"latency_ms": 100, "cpu_usage_percent": 10, "throughput_req_per_min": 30, "cost_per_request": 0.5});
    measure(&app, "planner", "12:00:10", planner).await;
    let planner = json!({"latency_ms": 300, "cpu_usage_percent": 30, "throughput_req_per_min": 10, "cost_per_request": 0.5});
    measure(&app, "planner", "12:00:50", planner).await;
    measure(&app, "planner", "12:05:00", json!({"latency_ms": 200})).await;
    measure(
        &app,
        "writer",
        "11:30:00",
        json!({"memory_usage_mb": 512, "custom_metrics": {"queue": 3, "zone": "=b"}}),
    )
    .await;
    measure(&app, "writer", "12:01:00", json!({"latency_ms": 50})).await;
    app
}

fn event(time: &str, kind: &str, body: Value) -> Value {
    json!({
        "type": kind, "timestamp": format!("2026-02-18T{time}Z"), "sdk": {"name": "test", "version": "1"},
        "context": {"agent": "scribe", "session": "s1", "user": "ada"}, "body": body,
    })
}

async fn happened() -> TestApp {
    let app = TestApp::reference().await;
    let line = json!({"level": "info", "message": "hello"});
    let answer =
        |latency_ms: i64| json!({"model": "gpt-4o", "prompt": "p", "response": "r", "latencyMs": latency_ms});
    let events = json!([
        event("11:59:59", "log", line.clone()),
        event("12:00:00", "log", line),
        event("12:00:30", "error", json!({"message": "no"})),
        event(
            "12:05:00",
            "token_usage",
            json!({"model": "gpt-4o", "inputTokens": 1000, "outputTokens": 500, "costUSD": 0.0125})
        ),
        event("12:05:01", "token_usage", json!({"model": "of-nobody", "inputTokens": 10, "outputTokens": 5})),
        event("12:05:02", "model_response", answer(120)),
        event("12:05:03", "model_response", answer(80)),
    ]);
    let answer = post(&app, "/api/v1/events/batch", &events).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    app
}

/// The fields of `item` that `expect` has are as there.
fn check_fields(item: &Value, expect: &Value) {
    for (name, value) in expect.as_object().unwrap() {
        let found = item.get(name);
        let is_near = found
            .and_then(Value::as_f64)
            .zip(value.as_f64())
            .is_some_and(|(found, value)| (found - value).abs() <= value.abs() * 1e-9);
        assert!(is_near || found == Some(value), "{name}: {found:?} in place of {value}: {item}");
    }
}

#[tokio::test]
async fn records_are_listed_newest_first() {
    let app = measured().await;
    let all = get(&app, "/api/v1/metrics").await;
    check_fields(
        &all,
        &json!({"total": 5, "aggregation": "raw", "time_range": {"start": null, "end": null}, "next_cursor": null}),
    );
    let records = all["metrics"].as_array().unwrap();
    let times: Vec<_> = records.iter().map(|record| record["timestamp"].as_str().unwrap()).collect();
    assert_eq!(
        times,
        ["12:05:00", "12:01:00", "12:00:50", "12:00:10", "11:30:00"]
            .map(|time| format!("2026-02-18T{time}Z"))
    );
    check_fields(
        &records[2],
        &json!({
            "agent_name": "planner", "latency_ms": 300.0, "throughput_req_per_min": 10.0, "cost_per_request": 0.5,
            "cpu_usage_percent": 30.0, "gpu_usage_percent": null, "memory_usage_mb": null, "custom_metrics": {},
        }),
    );
    assert_eq!(records[4]["custom_metrics"], json!({"queue": 3, "zone": "=b"}));
    let id = records[4]["agent_id"].as_str().unwrap();

    for (query, times) in [
        (format!("agent_id={id}"), vec!["12:01:00", "11:30:00"]),
        ("agent_id=planner&start_date=2026-02-18T12:00:50Z".to_owned(), vec!["12:05:00", "12:00:50"]),
        ("start_time=2026-02-18T11:00:00Z&end_time=2026-02-18T12:00:10Z".to_owned(), vec!["11:30:00"]),
        ("start_date=now-520s".to_owned(), vec!["12:05:00", "12:01:00"]),
        ("end_date=2026-02-18".to_owned(), vec![]),
    ] {
        let list = get(&app, &format!("/api/v1/metrics?{query}")).await;
        let found: Vec<_> =
            list["metrics"].as_array().unwrap().iter().map(|record| record["timestamp"].clone()).collect();
        assert_eq!(
            found,
            times.iter().map(|time| json!(format!("2026-02-18T{time}Z"))).collect::<Vec<_>>(),
            "{query}"
        );
        assert_eq!(list["total"], times.len(), "{query}");
    }
    let some = get(&app, "/api/v1/metrics?metric_types=latency_ms,%20queue&agent_id=writer").await;
    let names: Vec<_> = some["metrics"][1].as_object().unwrap().keys().collect();
    assert_eq!(names, ["agent_id", "agent_name", "custom_metrics", "latency_ms", "metric_id", "timestamp"]);
    assert_eq!(some["metrics"][1]["custom_metrics"], json!({"queue": 3}));
}

#[tokio::test]
async fn pages_do_not_shift_while_records_come_in() {
    let app = measured().await;
    let mut times = Vec::new();
    let mut query = "start_date=now-1d&limit=2".to_owned();
    for page in 0.. {
        let list = get(&app, &format!("/api/v1/metrics?{query}")).await;
        assert_eq!(list["total"], 5 + page, "those that came in are counted");
        times.extend(
            list["metrics"]
                .as_array()
                .unwrap()
                .iter()
                .map(|record| record["timestamp"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = list["next_cursor"].as_str() else { break };
        measure(&app, "planner", &format!("12:04:0{page}"), json!({"latency_ms": 1})).await;
        query = format!("limit=2&cursor={cursor}");
    }
    assert_eq!(
        times,
        ["12:05:00", "12:01:00", "12:00:50", "12:00:10", "11:30:00"]
            .map(|time| format!("2026-02-18T{time}Z"))
    );
}

#[tokio::test]
async fn sums_are_those_of_the_records() {
    let app = measured().await;
    let hours = get(&app, "/api/v1/metrics?aggregation=hour").await;
    check_fields(
        &hours,
        &json!({
            "total": 3, "aggregation": "hour", "next_cursor": null,
            "time_range": {"start": "2026-02-17T13:00:00Z", "end": "2026-02-18T13:00:00Z"},
        }),
    );
    // Until 12:09:40 the hour has 580 s; the mean throughput is 20 a minute.
    let requests = 20.0 * 580.0 / 60.0;
    for (place, expect) in [
        json!({
            "agent_name": "planner", "interval_start": "2026-02-18T12:00:00Z", "timestamp": "2026-02-18T12:00:00Z",
            "interval_end": "2026-02-18T13:00:00Z", "count": 3, "avg_latency_ms": 200.0, "min_latency_ms": 100.0,
            "max_latency_ms": 300.0, "avg_cpu_usage_percent": 20.0, "avg_throughput_req_per_min": 20.0,
            "total_requests": requests, "total_cost": requests * 0.5,
        }),
        json!({"agent_name": "writer", "count": 1, "p50_latency_ms": 50.0, "p99_latency_ms": 50.0, "total_requests": 1.0, "total_cost": null}),
        json!({
            "agent_name": "writer", "interval_start": "2026-02-18T11:00:00Z", "count": 1, "avg_memory_usage_mb": 512.0,
            "total_requests": 0.0, "total_cost": null,
        }),
    ]
    .iter()
    .enumerate()
    {
        check_fields(&hours["metrics"][place], expect);
    }
    let p50 = hours["metrics"][0]["p50_latency_ms"].as_f64().unwrap();
    assert!((p50 - 200.0).abs() <= 2.0, "{p50} is right to 1 %");

    let minutes = "/api/v1/metrics?aggregate=minute&agent_id=planner&metric_types=latency_ms\
         &start_time=2026-02-18T12:00:30Z&end_time=2026-02-18T12:05:30Z";
    let minutes = get(&app, minutes).await;
    assert_eq!(minutes["metrics"].as_array().unwrap().len(), 2);
    check_fields(
        &minutes["metrics"][1],
        &json!({"interval_start": "2026-02-18T12:00:00Z", "count": 2, "avg_latency_ms": 200.0, "total_requests": 20.0, "total_cost": 10.0}),
    );
    assert_eq!(minutes["metrics"][1].get("avg_cpu_usage_percent"), None);
    check_fields(
        &minutes["metrics"][0],
        &json!({"interval_start": "2026-02-18T12:05:00Z", "count": 1, "total_requests": 1.0, "total_cost": null}),
    );
    let days = get(&app, "/api/v1/metrics?aggregation=day").await;
    assert_eq!(days["metrics"].as_array().unwrap().len(), 2, "a day of each agent: {days}");
}

#[tokio::test]
async fn each_sum_is_on_one_page() {
    let app = measured().await;
    for limit in 1..=4 {
        let mut found = Vec::new();
        let mut query = format!("aggregation=hour&limit={limit}");
        loop {
            let page = get(&app, &format!("/api/v1/metrics?{query}")).await;
            let sums = page["metrics"].as_array().unwrap();
            assert!(sums.len() <= limit, "{page}");
            found.extend(sums.iter().map(|sum| {
                format!(
                    "{} {}",
                    &sum["interval_start"].as_str().unwrap()[11..13],
                    sum["agent_name"].as_str().unwrap()
                )
            }));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            query = format!("aggregation=hour&limit={limit}&cursor={cursor}");
        }
        assert_eq!(found, ["12 planner", "12 writer", "11 writer"], "{limit}");
    }
}

#[tokio::test]
async fn statistics_are_those_of_the_events() {
    let app = happened().await;
    assert_eq!(
        get(&app, "/api/v1/stats/overview").await,
        json!({
            "total_events": 7, "total_errors": 1, "error_rate_pct": 14.29, "total_cost_usd": 0.0125,
            "unpriced_count": 1, "total_tokens": 1515, "avg_latency_ms": 100.0,
        })
    );
    assert_eq!(
        get(&app, "/api/v1/stats/overview?end_date=2026-02-18T11:00:00Z").await,
        json!({
            "total_events": 0, "total_errors": 0, "error_rate_pct": 0.0, "total_cost_usd": 0.0,
            "unpriced_count": 0, "total_tokens": 0, "avg_latency_ms": null,
        })
    );
    assert_eq!(
        get(&app, "/api/v1/stats/tokens?agent_id=scribe").await,
        json!([
            {"model": "gpt-4o", "input_tokens": 1000, "output_tokens": 500, "total_cost_usd": 0.0125, "request_count": 1, "unpriced_count": 0},
            {"model": "of-nobody", "input_tokens": 10, "output_tokens": 5, "total_cost_usd": 0.0, "request_count": 1, "unpriced_count": 1},
        ])
    );
    assert_eq!(
        get(&app, "/api/v1/stats/events-by-type?hours=1").await,
        json!([
            {"type": "log", "count": 2}, {"type": "token_usage", "count": 2},
            {"type": "model_response", "count": 2}, {"type": "error", "count": 1},
        ])
    );
    for (metric, expect) in [
        ("requests", [0.0, 0.0, 1.0, 6.0]),
        ("errors", [0.0, 0.0, 0.0, 1.0]),
        ("tokens", [0.0, 0.0, 0.0, 1515.0]),
        ("cost", [0.0, 0.0, 0.0, 0.0125]),
    ] {
        let series =
            get(&app, &format!("/api/v1/stats/timeseries?metric={metric}&interval=1h&hours=3")).await;
        let hours = ["09", "10", "11", "12"].into_iter().zip(expect);
        let points: Vec<_> = hours
            .map(|(hour, value)| json!({"timestamp": format!("2026-02-18T{hour}:00:00Z"), "value": value}))
            .collect();
        assert_eq!(series, json!({"metric": metric, "interval": "1h", "data": points}));
    }
    // Longer than what is read at once.
    let minutes = get(&app, "/api/v1/stats/timeseries?interval=1m&hours=24").await;
    let minutes = minutes["data"].as_array().unwrap();
    assert_eq!(minutes.len(), 24 * 60 + 1);
    assert_eq!(minutes.iter().map(|point| point["value"].as_f64().unwrap()).sum::<f64>(), 7.0);
}

#[tokio::test]
async fn events_are_listed_with_what_they_cost() {
    let app = happened().await;
    let all = get(&app, "/api/v1/events?limit=3").await;
    check_fields(&all, &json!({"total": 7, "page_size": 3, "has_more": true}));
    check_fields(
        &all["events"][2],
        &json!({
            "type": "token_usage", "timestamp": "2026-02-18T12:05:01Z", "agent_name": "scribe", "session": "s1",
            "user": "ada", "sdk_name": "test", "estimated_cost_usd": null, "redactions": 0,
        }),
    );
    let cursor = all["next_cursor"].as_str().unwrap();
    let rest = get(&app, &format!("/api/v1/events?cursor={cursor}")).await;
    check_fields(&rest, &json!({"total": 7, "has_more": false, "next_cursor": null}));
    let first = &rest["events"][0];
    assert_eq!(first["estimated_cost_usd"], 0.0125);
    check_fields(
        &first["body"],
        &json!({"model": "gpt-4o", "inputTokens": 1000, "outputTokens": 500, "costUSD": 0.0125}),
    );
    for (query, total) in [
        ("type=error", 1),
        ("agent_id=scribe&type=log", 2),
        ("trace_id=0af7651916cd43dd8448eb211c80319c", 0),
        ("start_time=2026-02-18T12:05:00Z&end_time=2026-02-18T12:05:02Z", 2),
    ] {
        assert_eq!(get(&app, &format!("/api/v1/events?{query}")).await["total"], total, "{query}");
    }
    let sessions = get(&app, "/api/v1/sessions").await;
    assert_eq!(
        sessions["sessions"],
        json!([{
            "session_id": "s1", "agent_name": "scribe", "user": "ada", "start_time": "2026-02-18T11:59:59Z",
            "last_seen": "2026-02-18T12:05:03Z", "traces": 0, "calls": 2, "errors": 0, "input_tokens": 1010,
            "output_tokens": 505, "total_cost_usd": 0.0125, "unpriced_count": 1,
        }])
    );
    check_fields(&sessions, &json!({"total": 1, "next_cursor": null}));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_named() {
    let app = measured().await;
    for (path, status, field) in [
        ("metrics?limit=10001", 400, json!("limit")),
        ("metrics?limit=0&aggregation=hour", 400, json!("limit")),
        ("metrics?offset=5", 400, json!("offset")),
        ("metrics?aggregation=week", 400, json!("aggregation")),
        ("metrics?aggregate=week", 400, json!("aggregate")),
        ("metrics?start_date=yesterday", 400, json!("start_date")),
        ("metrics?start_date=2026-02-18&end_time=2026-02-17", 400, json!("end_date")),
        ("metrics?cursor=1.2.3", 400, json!("cursor")),
        ("metrics?aggregation=hour&cursor=-9223372036854775808.1.1", 400, json!("cursor")),
        ("metrics?agent_id=nobody", 404, Value::Null),
        ("metrics?aggregation=hour&agent_id=nobody", 404, Value::Null),
        ("stats/overview?hours=0", 400, json!("hours")),
        ("stats/tokens?hours=721", 400, json!("hours")),
        ("stats/events-by-type?agent_id=nobody", 404, Value::Null),
        ("stats/timeseries?metric=latency", 400, json!("metric")),
        ("stats/timeseries?interval=7m", 400, json!("interval")),
        ("stats/timeseries?interval=1m&hours=720", 400, json!("interval")),
        ("stats/timeseries?interval=1d&start_date=0000-01-01&end_date=9999-01-01", 400, json!("interval")),
        ("events?type=nothing", 400, json!("type")),
        ("events?trace_id=xyz", 400, json!("trace_id")),
        ("sessions?limit=many", 400, json!("limit")),
        ("export?format=xlsx", 400, json!("format")),
        ("export?data_type=secrets", 400, json!("data_type")),
        ("export?agent_id=nobody", 404, Value::Null),
        ("export?data_type=agents&status=up", 400, json!("status")),
    ] {
        let answer = app.get(&format!("/api/v1/{path}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, JSON), "{path}");
        let error = answer.json();
        assert_eq!((&error["success"], &error["field"]), (&json!(false), &field), "{path}: {error}");
        let code = if status == 400 { "VALIDATION_ERROR" } else { "NOT_FOUND" };
        assert_eq!(error["code"], code, "{path}");
    }
    for (body, field) in [
        (json!("csv"), "body"),
        (json!({"format": 1}), "body"),
        (json!({"filters": {"start_time": "x"}}), "start_time"),
        (json!({"filters": {"status": "x"}}), "status"),
    ] {
        let answer = post(&app, "/api/v1/export", &body).await;
        assert_eq!(
            (answer.status, &answer.json()["field"]),
            (StatusCode::BAD_REQUEST, &json!(field)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn metrics_are_exported_as_they_are_listed() {
    let app = measured().await;
    let answer = app.get("/api/v1/export?agent_id=writer&start_date=2026-02-18").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/csv"));
    assert_eq!(answer.header("x-total-count"), "2");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"metrics_writer_20260218_120940.csv\""
    );
    let lines: Vec<_> = answer.text().split("\r\n").collect();
    let columns = "metric_id,agent_id,timestamp,latency_ms,throughput_req_per_min,cost_per_request,cpu_usage_percent,\
         gpu_usage_percent,memory_usage_mb,custom_metrics,agent_name";
    assert_eq!((lines.len(), lines[0], lines[3]), (4, columns, ""));
    assert!(
        lines[1]
            .contains("2026-02-18T11:30:00Z,,,,,,512,\"{\"\"queue\"\":3,\"\"zone\"\":\"\"=b\"\"}\",writer"),
        "{}",
        lines[1]
    );
    assert!(lines[2].contains("2026-02-18T12:01:00Z,50,,,,,,{},writer"), "{}", lines[2]);

    let empty = app.get("/api/v1/export?end_date=2026-02-18").await;
    assert_eq!((empty.text(), empty.header("x-total-count")), (&*format!("{columns}\r\n"), "0"));
    let json = app.get("/api/v1/export?agent_id=writer&format=json").await.json();
    assert_eq!(
        json["export_metadata"],
        json!({"total_records": 2, "export_timestamp": "2026-02-18T12:09:40Z"})
    );
    assert_eq!(json["data"][1]["latency_ms"], 50.0);
    let both =
        json!({"format": "jsonl", "data_type": "metrics", "filters": {"agent_ids": ["writer", "planner"]}});
    let both = post(&app, "/api/v1/export", &both).await;
    let agents: Vec<Value> = both
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["agent_name"].clone())
        .collect();
    assert_eq!(agents, ["writer", "writer", "planner", "planner", "planner"]);
    assert_eq!(both.header("x-total-count"), "5");
    let head = app.send(request(Method::HEAD, "/api/v1/export", &[], Body::empty())).await;
    assert_eq!((head.status, head.header("x-total-count"), head.body.len()), (StatusCode::OK, "5", 0));
    let owner =
        app.service.identify(service::Presented::Nothing, None, model::Origin::default()).await.unwrap();
    let audit = app.service.list_audit(&owner.actor, AuditFilter::default(), None).await.unwrap();
    let exports = audit.records.iter().filter(|record| record.entry.action == "telemetry.export");
    assert_eq!(exports.count(), 5);
}

#[tokio::test]
async fn every_kind_is_exported_whole_in_every_form() {
    let app = happened().await;
    let now: UnixNanos = REFERENCE_NOW.parse::<model::Timestamp>().unwrap().into();
    let spans = Fleet::new(3).trace(UnixNanos(now.0 - 600_000_000_000));
    let sent = app
        .post("/v1/traces", &[(header::CONTENT_TYPE, "application/x-protobuf")], otlp::traces(&spans))
        .await;
    assert_eq!(sent.status, StatusCode::OK);
    let resource = json!({"attributes": [{"key": "service.name", "value": {"stringValue": "gauge"}}]});
    let at = (now.0 - 1).to_string();
    let metric = json!({"name": "process.cpu.utilization", "unit": "1", "gauge": {"dataPoints": [{"timeUnixNano": at, "asDouble": 0.5}]}});
    let log = json!({"timeUnixNano": at, "body": {"stringValue": "@two\nlines"}});
    for (path, body) in [
        (
            "/v1/metrics",
            json!({"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}),
        ),
        ("/v1/logs", json!({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [log]}]}]})),
    ] {
        assert_eq!(post(&app, path, &body).await.status, StatusCode::OK);
    }
    measure(&app, "planner", "12:00:10", json!({"latency_ms": 100})).await;
    for (kind, rows) in [
        ("metrics", 1),
        ("points", 1),
        ("events", 7),
        ("spans", spans.len()),
        ("traces", 1),
        ("logs", 1),
        ("sessions", 2),
        ("agents", 4),
    ] {
        let export = async |format: &str| {
            let answer = app.get(&format!("/api/v1/export?data_type={kind}&format={format}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{kind}");
            assert_eq!(answer.header("x-total-count"), rows.to_string(), "{kind}");
            answer
        };
        let lines = export("jsonl").await;
        let lines: Vec<Value> =
            lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), rows, "{kind}");
        assert_eq!(export("json").await.json()["data"], json!(lines), "{kind}");
        let table = export("csv").await;
        let head: std::collections::BTreeSet<_> =
            table.text().split("\r\n").next().unwrap().split(',').collect();
        assert_eq!(head, lines[0].as_object().unwrap().keys().map(String::as_str).collect(), "{kind}");
        let file = export("parquet").await.body;
        assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"), "{kind}");
    }
    let logs = app.get("/api/v1/export?data_type=logs").await;
    assert!(logs.text().contains(",\"'@two\nlines\","), "{}", logs.text());
    let costs = app.get("/api/v1/export?data_type=costs&agent_id=scribe").await;
    assert_eq!(
        costs.text(),
        "day,agent_name,model,calls,call_errors,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,\
         cost_usd,unpriced_calls\r\n\
         2026-02-18T00:00:00Z,scribe,gpt-4o,1,0,1000,500,0,0,0.0125,0\r\n\
         2026-02-18T00:00:00Z,scribe,of-nobody,1,0,10,5,0,0,0,1\r\n"
    );
    assert_eq!(costs.header("x-total-count"), "", "not known before they are summed");
    let none = app.get("/api/v1/export?data_type=costs&end_date=2026-02-18&format=jsonl").await;
    assert_eq!((none.status, none.text()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_long_export_goes_on_over_many_pages() {
    let app = TestApp::reference().await;
    let line = |second: usize| {
        let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
        event(&time, "log", json!({"level": "info", "message": second.to_string()}))
    };
    for first in [2000, 0, 1000] {
        let events: Vec<_> = (first..first + 1000).map(line).collect();
        assert_eq!(post(&app, "/v1/events/batch", &json!(events)).await.status, StatusCode::ACCEPTED);
    }
    let answer = app.get("/api/v1/export?data_type=events&format=jsonl").await;
    assert_eq!(answer.header("x-total-count"), "3000");
    let messages = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["body"]["message"].clone());
    assert!(messages.eq((0..3000).map(|second| json!(second.to_string()))));
}
