use super::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const NOW: &str = "2026-02-18T10:00:00Z";
const UUID: &str = "1b4e28ba-2fa1-4d3b-883f-0016d3cca427";

fn read_text(json: &str) -> Result<MetricRecord, Invalid> {
    read(json.as_bytes(), MetricId::from_bytes([7; 16]), NOW.parse().unwrap())
}

/// A record of an agent with a latency, and these fields.
fn record(fields: Json) -> Result<MetricRecord, Invalid> {
    let mut record = json!({ "agent_id": "desk", "latency_ms": 150 });
    record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    read_text(&record.to_string())
}

#[test]
fn a_whole_record_is_read() {
    let record = read_text(
        r#"{"agent_id": "1b4e28ba-2fa1-4d3b-883f-0016d3cca427", "timestamp": "2026-02-18T10:30:00+01:00",
            "latency_ms": 151.5, "throughput_req_per_min": 60, "cost_per_request": 0.0125,
            "cpu_usage_percent": 45, "gpu_usage_percent": 71.5, "memory_usage_mb": 512,
            "custom_metrics": {"queue": 3, "load": 0.5, "region": "eu", "warm": true, "none": null},
            "team": "rates", "environment": "prod", "error_rate_percent": 1.5, "total_requests": 40,
            "request_id": "r1", "daily_summary": {"ok": true}}"#,
    )
    .unwrap();
    assert_eq!(record.id, MetricId::from_bytes([7; 16]));
    assert_eq!(record.at.timestamp().to_string(), "2026-02-18T09:30:00Z");
    let values = [
        (MetricName::LatencyMs, 151.5),
        (MetricName::ThroughputPerMin, 60.0),
        (MetricName::CostPerRequest, 0.0125),
        (MetricName::CpuPercent, 45.0),
        (MetricName::GpuPercent, 71.5),
        (MetricName::MemoryMb, 512.0),
    ];
    assert_eq!(record.values, values);
    assert_eq!(
        serde_json::to_value(&record.custom).unwrap(),
        json!([
            { "key": "queue", "value": { "int": 3 } },
            { "key": "load", "value": { "double": 0.5 } },
            { "key": "region", "value": { "text": "eu" } },
            { "key": "warm", "value": { "bool": true } },
            { "key": "error_rate_percent", "value": { "double": 1.5 } },
            { "key": "total_requests", "value": { "int": 40 } },
            { "key": "request_id", "value": { "text": "r1" } },
            { "key": "daily_summary", "value": { "map": [{ "key": "ok", "value": { "bool": true } }] } },
        ])
    );
    assert_eq!(
        serde_json::to_value(&*record.agent).unwrap(),
        json!({ "name": "Agent-1b4e28ba", "id": UUID, "metadata": [
            { "key": "environment", "value": { "text": "prod" } },
            { "key": "team", "value": { "text": "rates" } },
        ] })
    );
}

#[test]
fn an_agent_is_a_uuid_or_a_name() {
    let check = |fields: Json, name: &str, id: Option<&str>| {
        let agent = record(fields).unwrap().agent;
        assert_eq!((agent.name.as_str(), agent.id.map(|id| id.to_string()).as_deref()), (name, id));
    };
    check(json!({ "agent_id": "agent1" }), "agent1", None);
    check(json!({ "agent_id": " perf-test " }), "perf-test", None);
    check(json!({ "agent_id": UUID }), "Agent-1b4e28ba", Some(UUID));
    check(json!({ "agent_id": UUID.to_uppercase() }), "Agent-1b4e28ba", Some(UUID));
    check(json!({ "agent_id": UUID, "agent_name": "desk" }), "desk", Some(UUID));
    check(json!({ "agent_id": "1b4e28ba" }), "1b4e28ba", None);
}

#[test]
fn the_time_is_the_servers_where_none_is_given() {
    for fields in [json!({}), json!({ "timestamp": null })] {
        assert_eq!(record(fields).unwrap().at.timestamp().to_string(), NOW);
    }
}

/// Acceptance 2 of the metrics' facts, but that a text is a name: bad fields are named.
#[test]
fn a_field_that_is_not_as_it_must_be_is_named() {
    let check = |fields: Json, field: &str, part: &str| {
        let invalid = record(fields.clone()).map(|record| panic!("{fields}: {record:?}")).unwrap_err();
        assert_eq!((invalid.code.as_str(), invalid.field.as_str()), ("VALIDATION_ERROR", field), "{invalid}");
        assert!(invalid.to_string().starts_with(field) && invalid.message.contains(part), "{invalid}");
    };
    check(json!({ "agent_id": null }), "agent_id", "required");
    check(json!({ "agent_id": "" }), "agent_id", "1 to 255");
    check(json!({ "agent_id": "  " }), "agent_id", "1 to 255");
    check(json!({ "agent_id": "a".repeat(256) }), "agent_id", "1 to 255");
    check(json!({ "agent_id": 7 }), "agent_id", "a text");
    check(json!({ "timestamp": "2026-02-18T10:05:01Z" }), "timestamp", "5 minutes ahead");
    check(json!({ "timestamp": "2026-02-18T10:00:00" }), "timestamp", "offset");
    check(json!({ "timestamp": 0 }), "timestamp", "a text");
    for field in ["cpu_usage_percent", "gpu_usage_percent"] {
        check(json!({ field: 101 }), field, "0 to 100");
        check(json!({ field: 100.0001 }), field, "0 to 100");
        check(json!({ field: -1 }), field, "0 to 100");
        check(json!({ field: "45" }), field, "0 to 100");
    }
    for field in ["latency_ms", "throughput_req_per_min", "cost_per_request", "memory_usage_mb"] {
        check(json!({ field: -0.001 }), field, "0 or more");
        check(json!({ field: "1" }), field, "a number");
        check(json!({ field: true }), field, "a number");
        check(json!({ field: [1] }), field, "a number");
    }
    check(json!({ "custom_metrics": [1] }), "custom_metrics", "an object");
    check(json!({ "custom_metrics": { "a": {} } }), "custom_metrics.a", "must be a number");
    check(json!({ "custom_metrics": { "a": [1] } }), "custom_metrics.a", "must be a number");
    check(json!({ "custom_metrics": { "a".repeat(256): 1 } }), "custom_metrics", "255");
    check(json!({ "custom_metrics": { "a": 1 }, "a": 2 }), "a", "given twice");
    check(json!({ "team": 7 }), "team", "a text");
    let many: Json = (0..257).map(|number| (format!("m{number}"), Json::from(number))).collect();
    check(json!({ "custom_metrics": many }), "custom_metrics", "256");
}

#[test]
fn zero_is_a_measurement() {
    for field in METRICS.map(|metric| metric.field) {
        for zero in ["0", "0.0", "-0.0"] {
            let record = read_text(&format!(r#"{{"agent_id": "a", "{field}": {zero}}}"#)).unwrap();
            assert_eq!(record.values.len(), 1, "{field}");
            assert_eq!(record.values[0].1, 0.0, "{field}");
        }
    }
}

#[test]
fn a_record_without_a_metric_is_refused() {
    let check = |json: &str, expect: Option<&str>| {
        assert_eq!(read_text(json).err().map(|invalid| invalid.code.as_str()), expect, "{json}");
    };
    check(r#"{"agent_id": "a"}"#, Some("NO_METRICS_PROVIDED"));
    check(r#"{"agent_id": "a", "latency_ms": null, "custom_metrics": {}}"#, Some("NO_METRICS_PROVIDED"));
    check(r#"{"agent_id": "a", "request_id": "r1"}"#, Some("NO_METRICS_PROVIDED"));
    check(r#"{"agent_id": "a", "custom_metrics": {"queue": 0}}"#, None);
    check(r#"{"agent_id": "a", "custom_metrics": {"mode": "fast"}}"#, None);
    check("{}", Some("VALIDATION_ERROR"));
    check("[]", Some("VALIDATION_ERROR"));
    check("7", Some("VALIDATION_ERROR"));
    check("", Some("VALIDATION_ERROR"));
    check(r#"{"agent_id": "a", "latency_ms": NaN}"#, Some("VALIDATION_ERROR"));
    check(r#"{"agent_id": "a", "latency_ms": 1e999}"#, Some("VALIDATION_ERROR"));
    check(r#"{"agent_id": "a", "latency_ms": 1, "latency_ms": 2}"#, Some("VALIDATION_ERROR"));
    check(r#"{"agent_id": "a", "latency_ms": 1} x"#, Some("VALIDATION_ERROR"));
}

proptest! {
    #[test]
    fn any_numbers_are_taken_as_they_are_or_refused(numbers in prop::array::uniform6(-10.0..200.0_f64)) {
        let fields: Json =
            METRICS.iter().zip(numbers).map(|(metric, number)| (metric.field.to_owned(), json!(number))).collect();
        let is_good = METRICS.iter().zip(numbers).all(|(metric, number)| (0.0..=metric.max).contains(&number));
        let result = record(fields);
        prop_assert_eq!(result.is_ok(), is_good);
        if let Ok(record) = result {
            prop_assert_eq!(record.values.iter().map(|(_, value)| *value).collect::<Vec<_>>(), numbers.to_vec());
        }
    }

    #[test]
    fn any_bytes_are_a_record_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = read(&bytes, MetricId::from_bytes([7; 16]), NOW.parse().unwrap());
    }
}
