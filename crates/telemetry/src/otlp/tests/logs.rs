use super::*;
use model::telemetry::LogLevel;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord as SentRecord, ResourceLogs, ScopeLogs};
use prost::Message as _;

fn read(records: Vec<SentRecord>) -> Decoded<LogRecord> {
    let scope_logs = vec![ScopeLogs { log_records: records, ..Default::default() }];
    let resource = resource(vec![text("service.name", "svc")]);
    let resource_logs = vec![ResourceLogs { resource, scope_logs, ..Default::default() }];
    let request = ExportLogsServiceRequest { resource_logs };
    let decoded = decoder().logs(&protobuf(&request.encode_to_vec())).unwrap();
    let of_json = decoder().logs(&json(&serde_json::to_vec(&request).unwrap())).unwrap();
    assert_eq!(of_json, decoded);
    decoded
}

#[test]
fn a_record_is_read_wholly() {
    let record = SentRecord {
        time_unix_nano: EARLIER,
        severity_number: 17,
        body: holding(Any::StringValue("mail me@example.com".to_owned())),
        attributes: vec![text("event.name", "gen_ai.choice"), pair("n", Any::IntValue(1))],
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        ..Default::default()
    };
    let decoded = read(vec![record]);
    let [record] = decoded.records.as_slice() else { panic!("{decoded:?}") };
    assert_eq!((record.at.0 as u64, record.level), (EARLIER, LogLevel::Error));
    assert_eq!((record.message.as_str(), record.redactions), ("mail [redacted:email]", 1));
    assert_eq!(record.event_name.as_deref(), Some("gen_ai.choice"));
    assert_eq!(record.trace_id.map(|id| id.to_string()), Some("01".repeat(16)));
    assert_eq!(record.span_id.map(|id| id.to_string()), Some("02".repeat(8)));
    assert_eq!((record.agent.name.as_str(), record.attributes.len()), ("svc", 2));
}

#[test]
fn levels_are_those_of_numbers_and_names() {
    let check = |severity_number, name: &str, expect| {
        let record = SentRecord { severity_number, severity_text: name.to_owned(), ..Default::default() };
        assert_eq!(read(vec![record]).records[0].level, expect, "{severity_number} {name}");
    };
    check(1, "", LogLevel::Debug);
    check(5, "ERROR", LogLevel::Debug);
    check(9, "", LogLevel::Info);
    check(13, "", LogLevel::Warn);
    check(24, "", LogLevel::Error);
    check(0, "", LogLevel::Info);
    check(0, "Debug", LogLevel::Debug);
    check(0, "WARNING", LogLevel::Warn);
    check(99, "CRITICAL", LogLevel::Error);
    check(-1, "notice", LogLevel::Info);
}

#[test]
fn a_body_of_several_values_is_json() {
    let check = |body, expect: &str| {
        let record = SentRecord { body, ..Default::default() };
        assert_eq!(read(vec![record]).records[0].message, expect);
    };
    check(None, "");
    check(holding(Any::IntValue(7)), "7");
    check(holding(Any::DoubleValue(0.5)), "0.5");
    check(holding(Any::BytesValue(vec![0, 255])), "\"00ff\"");
    let list = ArrayValue { values: holding(Any::BoolValue(true)).into_iter().collect() };
    let map = KeyValueList { values: vec![text("b", "x"), pair("a", Any::ArrayValue(list))] };
    check(holding(Any::KvlistValue(map)), r#"{"a":[true],"b":"x"}"#);
}

#[test]
fn times_are_the_records_own_else_the_observers_else_the_servers() {
    let check = |time_unix_nano, observed_time_unix_nano, expect: u64| {
        let record = SentRecord { time_unix_nano, observed_time_unix_nano, ..Default::default() };
        assert_eq!(read(vec![record]).records[0].at.0 as u64, expect);
    };
    check(EARLIER, EARLIER + 1, EARLIER);
    check(0, EARLIER, EARLIER);
    check(0, 0, NOW as u64);
    let ahead = SentRecord { time_unix_nano: NOW as u64 + 301 * SECOND, ..Default::default() };
    let decoded = read(vec![ahead, SentRecord::default()]);
    assert_eq!((decoded.records.len(), decoded.rejected), (1, 1));
}

#[test]
fn ids_that_are_not_valid_are_none() {
    let record = SentRecord { trace_id: vec![0; 16], span_id: vec![1; 3], ..Default::default() };
    let decoded = read(vec![record]);
    assert_eq!((decoded.rejected, decoded.records[0].trace_id, decoded.records[0].span_id), (0, None, None));
}
