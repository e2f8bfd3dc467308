//! Spans as OpenTelemetry's exporters send them: OTLP in protobuf.

use model::telemetry::{AgentIdentity, Attribute, Operation, Span, SpanStatus, UnixNanos, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span as WireSpan, Status, span, status,
};
use prost::Message;

/// The body of `POST /v1/traces`: the spans, those of one agent behind each other under one resource.
pub fn traces(spans: &[Span]) -> Vec<u8> {
    let resource_spans = spans.chunk_by(|one, next| one.agent == next.agent).map(|spans| ResourceSpans {
        resource: Some(resource(&spans[0].agent)),
        scope_spans: vec![ScopeSpans {
            scope: Some(InstrumentationScope {
                name: "opentelemetry.instrumentation.openai_v2".to_owned(),
                version: "2.1b0".to_owned(),
                ..Default::default()
            }),
            spans: spans.iter().map(wire_span).collect(),
            schema_url: "https://opentelemetry.io/schemas/1.41.0".to_owned(),
        }],
        schema_url: String::new(),
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }.encode_to_vec()
}

fn resource(agent: &AgentIdentity) -> Resource {
    let mut attributes = vec![
        text("service.name", agent.name.as_str()),
        text("telemetry.sdk.language", "python"),
        text("telemetry.sdk.name", "opentelemetry"),
        text("telemetry.sdk.version", "1.38.0"),
    ];
    attributes.extend(agent.metadata.iter().map(|known| {
        let key = match known.key.as_str() {
            "environment" => "deployment.environment.name",
            "type" => "agent.type",
            "version" => "service.version",
            other => other,
        };
        KeyValue { key: key.to_owned(), value: Some(any_value(&known.value)), ..Default::default() }
    }));
    Resource { attributes, ..Default::default() }
}

fn wire_span(span: &Span) -> WireSpan {
    let kind = match span.operation {
        Operation::Model | Operation::Embedding | Operation::Retrieval => span::SpanKind::Client,
        _ => span::SpanKind::Internal,
    };
    let code = match span.status {
        SpanStatus::Unset => status::StatusCode::Unset,
        SpanStatus::Ok => status::StatusCode::Ok,
        SpanStatus::Error => status::StatusCode::Error,
    };
    let events = span.events.iter().map(|event| span::Event {
        time_unix_nano: nanos(event.at),
        name: event.name.clone(),
        attributes: attributes(&event.attributes),
        ..Default::default()
    });
    let links = span.links.iter().map(|link| span::Link {
        trace_id: link.trace_id.as_bytes().to_vec(),
        span_id: link.span_id.as_bytes().to_vec(),
        attributes: attributes(&link.attributes),
        ..Default::default()
    });
    WireSpan {
        trace_id: span.trace_id.as_bytes().to_vec(),
        span_id: span.span_id.as_bytes().to_vec(),
        parent_span_id: span.parent_id.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        name: span.name.clone(),
        kind: kind.into(),
        start_time_unix_nano: nanos(span.started),
        end_time_unix_nano: nanos(span.ended),
        attributes: attributes(&span.attributes),
        events: events.collect(),
        links: links.collect(),
        status: Some(Status { message: span.status_message.clone(), code: code.into() }),
        ..Default::default()
    }
}

/// OTLP has no time before 1970.
fn nanos(at: UnixNanos) -> u64 {
    u64::try_from(at.0).unwrap_or(0)
}

fn attributes(attributes: &[Attribute]) -> Vec<KeyValue> {
    let pair = |attribute: &Attribute| KeyValue {
        key: attribute.key.to_string(),
        value: Some(any_value(&attribute.value)),
        ..Default::default()
    };
    attributes.iter().map(pair).collect()
}

fn any_value(value: &Value) -> AnyValue {
    let value = match value {
        Value::Text(text) => any_value::Value::StringValue(text.to_string()),
        Value::Bool(is_so) => any_value::Value::BoolValue(*is_so),
        Value::Int(number) => any_value::Value::IntValue(*number),
        Value::Double(number) => any_value::Value::DoubleValue(*number),
        Value::Bytes(bytes) => any_value::Value::BytesValue(bytes.clone()),
        Value::List(values) => {
            any_value::Value::ArrayValue(ArrayValue { values: values.iter().map(any_value).collect() })
        }
        Value::Map(values) => any_value::Value::KvlistValue(KeyValueList { values: attributes(values) }),
    };
    AnyValue { value: Some(value) }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = any_value::Value::StringValue(value.to_owned());
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}
