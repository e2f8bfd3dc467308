//! Requests as SDKs send them, of each signal.

#![allow(dead_code, reason = "not every example needs all of them")]

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

/// 2026-11-21T20:00:00Z
pub(crate) const NOW: i64 = 1_795_291_200_000_000_000;
const EARLIER: u64 = NOW as u64 - 1_000_000_000;

fn any(value: Value) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: any(value), ..Default::default() }
}

fn text(key: &str, value: &str) -> KeyValue {
    pair(key, Value::StringValue(value.to_owned()))
}

fn resource() -> Option<Resource> {
    let attributes = vec![text("service.name", "shop"), text("service.version", "1.0"), text("team", "red")];
    Some(Resource { attributes, ..Default::default() })
}

/// So many calls to a model with ten short attributes each.
pub(crate) fn traces(count: usize) -> ExportTraceServiceRequest {
    let span = |number: usize| Span {
        trace_id: vec![0xab; 16],
        span_id: (number as u64 + 1).to_be_bytes().to_vec(),
        name: "chat gpt-4o-mini".to_owned(),
        start_time_unix_nano: EARLIER,
        end_time_unix_nano: EARLIER + number as u64,
        attributes: vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-4o-mini-2024-07-18"),
            text("gen_ai.response.id", "chatcmpl-9xYzA1b2C3d4E5f6G7h8I9j0"),
            pair("gen_ai.usage.input_tokens", Value::IntValue(number as i64)),
            pair("gen_ai.usage.output_tokens", Value::IntValue(500)),
            text("gen_ai.conversation.id", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"),
            text("server.address", "api.openai.com"),
            pair("server.port", Value::IntValue(443)),
            text("thread.name", "MainThread"),
        ],
        ..Default::default()
    };
    let scope_spans = vec![ScopeSpans { spans: (0..count).map(span).collect(), ..Default::default() }];
    let resource = resource();
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource, scope_spans, ..Default::default() }],
    }
}

/// A span with something of everything in it, secrets too.
pub(crate) fn motley() -> ExportTraceServiceRequest {
    let mut request = traces(2);
    let span = &mut request.resource_spans[0].scope_spans[0].spans[0];
    let list = ArrayValue { values: any(Value::DoubleValue(0.5)).into_iter().collect() };
    let map = KeyValueList {
        values: vec![pair("list", Value::ArrayValue(list)), pair("yes", Value::BoolValue(true))],
    };
    span.parent_span_id = vec![7; 8];
    span.status = Some(Status { message: "call +1 555 123 4567".to_owned(), code: 2 });
    span.attributes.extend([
        pair("map", Value::KvlistValue(map)),
        pair("bytes", Value::BytesValue(vec![0, 255])),
        pair("gen_ai.usage.cost", Value::DoubleValue(0.0125)),
        text("gen_ai.agent.name", "planner"),
        text("gen_ai.usage.cache_read_input_tokens", "12"),
        text("mlflow.chat.tokenUsage", r#"{"input_tokens": 10}"#),
        text("gen_ai.input.messages", r#"[{"content":"me@example.com\n4111 1111 1111 1111, 078-05-1120"}]"#),
        text("http.request.header.authorization", "Bearer abcDEF123456789.x"),
    ]);
    span.events = vec![Event {
        time_unix_nano: EARLIER,
        name: "exception".to_owned(),
        attributes: vec![text("exception.type", "ValueError")],
        ..Default::default()
    }];
    span.links = vec![Link { trace_id: vec![1; 16], span_id: vec![2; 8], ..Default::default() }];
    request
}

/// Numbers and histograms.
pub(crate) fn metrics() -> ExportMetricsServiceRequest {
    let attributes = vec![text("cpu", "0"), text("state", "user")];
    let number = |value| NumberDataPoint {
        attributes: attributes.clone(),
        time_unix_nano: EARLIER,
        value: Some(value),
        ..Default::default()
    };
    let gauge = Gauge { data_points: vec![number(Number::AsDouble(0.5)), number(Number::AsInt(1))] };
    let histogram = Histogram {
        data_points: vec![HistogramDataPoint {
            time_unix_nano: EARLIER,
            count: 2,
            sum: Some(3.0),
            bucket_counts: vec![1, 1],
            explicit_bounds: vec![1.0],
            ..Default::default()
        }],
        aggregation_temporality: 2,
    };
    let metric = |name: &str, unit: &str, data| Metric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        data: Some(data),
        ..Default::default()
    };
    let metrics = vec![
        metric("system.cpu.utilization", "1", Data::Gauge(gauge)),
        metric("gen_ai.client.operation.duration", "s", Data::Histogram(histogram)),
    ];
    let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
    let resource = resource();
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics { resource, scope_metrics, ..Default::default() }],
    }
}

/// Lines of a log, of text and of several values.
pub(crate) fn logs() -> ExportLogsServiceRequest {
    let body =
        KeyValueList { values: vec![text("message", "mail me@example.com"), pair("n", Value::IntValue(1))] };
    let record = |body| LogRecord {
        time_unix_nano: EARLIER,
        severity_number: 9,
        severity_text: "INFO".to_owned(),
        body: any(body),
        attributes: vec![text("event.name", "gen_ai.choice")],
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        ..Default::default()
    };
    let log_records =
        vec![record(Value::StringValue("started".to_owned())), record(Value::KvlistValue(body))];
    let scope_logs = vec![ScopeLogs { log_records, ..Default::default() }];
    let resource = resource();
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs { resource, scope_logs, ..Default::default() }],
    }
}
