//! Log records.

use super::reader::{Reader, Stop};
use super::resource::Resource;
use super::wire::Fields;
use model::telemetry::{LogLevel, LogRecord, SpanId, TraceId, Value};
use std::mem::size_of;

pub(super) fn read(
    reader: &mut Reader,
    resource: &mut Resource,
    bytes: &[u8],
    to: &mut Vec<LogRecord>,
) -> Result<(), Stop> {
    let record = record(reader, resource, bytes);
    to.extend(reader.kept(record)?);
    Ok(())
}

fn record(reader: &mut Reader, resource: &mut Resource, bytes: &[u8]) -> Result<LogRecord, Stop> {
    reader.charge(size_of::<LogRecord>())?;
    let redactions = reader.redactions();
    let (mut at, mut observed, mut severity) = (0, 0, 0);
    let (mut severity_text, mut event_name) = ("", None);
    let (mut trace_id, mut span_id) = (None, None);
    let mut body: &[u8] = &[];
    let mut attributes = Vec::new();
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => at = field.fixed64()?,
            2 => severity = field.varint()?,
            3 => severity_text = field.text()?,
            5 => body = field.bytes()?,
            6 => reader.attribute(&mut attributes, field.bytes()?)?,
            // A record whose ids are not valid belongs to no trace, and is kept.
            9 => trace_id = TraceId::from_bytes(field.bytes()?).ok(),
            10 => span_id = SpanId::from_bytes(field.bytes()?).ok(),
            11 => observed = field.fixed64()?,
            12 => event_name = Some(reader.text(field)?).filter(|name| !name.is_empty()),
            _ => {}
        }
    }
    let named = attributes.iter().find(|attribute| attribute.key == "event.name");
    if let (None, Some(Value::Text(name))) = (&event_name, named.map(|attribute| &attribute.value)) {
        event_name = Some(name.as_str().to_owned());
    }
    Ok(LogRecord {
        agent: resource.agent_of(reader, &attributes)?,
        at: reader.moment(at)?.or(reader.moment(observed)?).unwrap_or(reader.now),
        level: level(severity, severity_text),
        message: message(reader, body)?,
        trace_id,
        span_id,
        event_name,
        attributes,
        redactions: u32::try_from(reader.redactions() - redactions).unwrap_or(u32::MAX),
    })
}

/// The level of a severity number, else of its text (OpenTelemetry's data model of logs).
fn level(number: u64, text: &str) -> LogLevel {
    match number {
        1..=8 => LogLevel::Debug,
        9..=12 => LogLevel::Info,
        13..=16 => LogLevel::Warn,
        17..=24 => LogLevel::Error,
        _ => {
            let is = |names: &[&str]| names.iter().any(|name| text.eq_ignore_ascii_case(name));
            if is(&["trace", "debug"]) {
                LogLevel::Debug
            } else if is(&["warn", "warning"]) {
                LogLevel::Warn
            } else if is(&["error", "critical", "fatal"]) {
                LogLevel::Error
            } else {
                LogLevel::Info
            }
        }
    }
}

/// The text of a body; JSON where it is more than one.
fn message(reader: &mut Reader, body: &[u8]) -> Result<String, Stop> {
    let mut fields = Fields::new(body);
    // No value of an attribute: the next record hardly has the same one.
    if let (Some((1, text)), None) = (fields.next()?, fields.next()?) {
        return reader.text(text);
    }
    match reader.value(body)? {
        Value::Text(text) => Ok(text.into()),
        value => {
            let text = json(value).to_string();
            reader.charge(text.len())?;
            Ok(text)
        }
    }
}

fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Text(text) => String::from(text).into(),
        Value::Bool(value) => value.into(),
        Value::Int(number) => number.into(),
        Value::Double(number) => number.into(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
        Value::List(list) => list.into_iter().map(json).collect(),
        Value::Map(map) => {
            map.into_iter().map(|attribute| (String::from(attribute.key), json(attribute.value))).collect()
        }
    }
}
