//! Messages are written by OpenTelemetry's own types, and read by ours.

mod bad;
mod logs;
mod metrics;
mod sdks;
mod spans;

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use model::telemetry::{Attribute, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::resource::v1::Resource;
use std::io::Write;

/// 2026-11-21T20:00:00Z
const NOW: i64 = 1_795_291_200_000_000_000;
const SECOND: u64 = 1_000_000_000;
const EARLIER: u64 = NOW as u64 - 60 * SECOND;

fn decoder() -> Decoder {
    Decoder { limits: Limits::default(), redaction: Redaction::On, now: UnixNanos(NOW) }
}

fn protobuf(body: &[u8]) -> Message<'_> {
    Message { content_type: Some("application/x-protobuf"), content_encoding: None, body }
}

fn json(body: &[u8]) -> Message<'_> {
    Message { content_type: Some("application/json; charset=utf-8"), content_encoding: None, body }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn holding(value: Any) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

fn pair(key: &str, value: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: holding(value), ..Default::default() }
}

fn text(key: &str, value: &str) -> KeyValue {
    pair(key, Any::StringValue(value.to_owned()))
}

fn resource(attributes: Vec<KeyValue>) -> Option<Resource> {
    Some(Resource { attributes, ..Default::default() })
}

/// A list of lists of lists …
fn nested(depth: usize) -> Any {
    let innermost = Any::BoolValue(true);
    (0..depth).fold(innermost, |value, _| {
        Any::ArrayValue(ArrayValue { values: holding(value).into_iter().collect() })
    })
}

fn attribute(key: &str, value: Value) -> Attribute {
    Attribute { key: key.into(), value }
}
