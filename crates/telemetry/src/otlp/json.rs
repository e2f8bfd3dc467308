//! OTLP's JSON, which is not quite protobuf's own: ids in hexadecimal digits, enums as numbers only,
//! names in lowerCamelCase only (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).
//!
//! A table says which field each name is, and JSON is rewritten as the protobuf message that says the
//! same. So there is one reader of messages, with one set of bounds.

use super::wire;
use crate::error::Error;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use std::borrow::Cow;
use std::fmt;

/// The fields of a message that are read here; others are passed over.
pub(super) struct Schema(&'static [(&'static str, u32, Kind)]);

/// How a field is written.
#[derive(Clone, Copy)]
enum Kind {
    Message(&'static Schema),
    List(&'static Schema),
    Text,
    Hex,
    Base64,
    Bool,
    Enum,
    Int,
    Fixed64,
    Signed64,
    Double,
}

pub(super) static TRACES: Schema = Schema(&[("resourceSpans", 1, Kind::List(&RESOURCE_SPANS))]);
pub(super) static METRICS: Schema = Schema(&[("resourceMetrics", 1, Kind::List(&RESOURCE_METRICS))]);
pub(super) static LOGS: Schema = Schema(&[("resourceLogs", 1, Kind::List(&RESOURCE_LOGS))]);

static RESOURCE_SPANS: Schema =
    Schema(&[("resource", 1, Kind::Message(&RESOURCE)), ("scopeSpans", 2, Kind::List(&SCOPE_SPANS))]);
static RESOURCE_METRICS: Schema =
    Schema(&[("resource", 1, Kind::Message(&RESOURCE)), ("scopeMetrics", 2, Kind::List(&SCOPE_METRICS))]);
static RESOURCE_LOGS: Schema =
    Schema(&[("resource", 1, Kind::Message(&RESOURCE)), ("scopeLogs", 2, Kind::List(&SCOPE_LOGS))]);
static RESOURCE: Schema = Schema(&[("attributes", 1, Kind::List(&KEY_VALUE))]);
static SCOPE_SPANS: Schema = Schema(&[("spans", 2, Kind::List(&SPAN))]);
static SCOPE_METRICS: Schema = Schema(&[("metrics", 2, Kind::List(&METRIC))]);
static SCOPE_LOGS: Schema = Schema(&[("logRecords", 2, Kind::List(&LOG_RECORD))]);

static SPAN: Schema = Schema(&[
    ("traceId", 1, Kind::Hex),
    ("spanId", 2, Kind::Hex),
    ("parentSpanId", 4, Kind::Hex),
    ("name", 5, Kind::Text),
    ("startTimeUnixNano", 7, Kind::Fixed64),
    ("endTimeUnixNano", 8, Kind::Fixed64),
    ("attributes", 9, Kind::List(&KEY_VALUE)),
    ("events", 11, Kind::List(&EVENT)),
    ("links", 13, Kind::List(&LINK)),
    ("status", 15, Kind::Message(&STATUS)),
    // Not kept, but its name instead of its number is a mistake that senders should hear of.
    ("kind", 6, Kind::Enum),
]);
static EVENT: Schema = Schema(&[
    ("timeUnixNano", 1, Kind::Fixed64),
    ("name", 2, Kind::Text),
    ("attributes", 3, Kind::List(&KEY_VALUE)),
]);
static LINK: Schema =
    Schema(&[("traceId", 1, Kind::Hex), ("spanId", 2, Kind::Hex), ("attributes", 4, Kind::List(&KEY_VALUE))]);
static STATUS: Schema = Schema(&[("message", 2, Kind::Text), ("code", 3, Kind::Enum)]);

static KEY_VALUE: Schema = Schema(&[("key", 1, Kind::Text), ("value", 2, Kind::Message(&ANY_VALUE))]);
static ANY_VALUE: Schema = Schema(&[
    ("stringValue", 1, Kind::Text),
    ("boolValue", 2, Kind::Bool),
    ("intValue", 3, Kind::Int),
    ("doubleValue", 4, Kind::Double),
    ("arrayValue", 5, Kind::Message(&ARRAY_VALUE)),
    ("kvlistValue", 6, Kind::Message(&KEY_VALUE_LIST)),
    ("bytesValue", 7, Kind::Base64),
]);
static ARRAY_VALUE: Schema = Schema(&[("values", 1, Kind::List(&ANY_VALUE))]);
static KEY_VALUE_LIST: Schema = Schema(&[("values", 1, Kind::List(&KEY_VALUE))]);

static METRIC: Schema = Schema(&[
    ("name", 1, Kind::Text),
    ("unit", 3, Kind::Text),
    ("gauge", 5, Kind::Message(&NUMBERS)),
    ("sum", 7, Kind::Message(&NUMBERS)),
    ("histogram", 9, Kind::Message(&HISTOGRAM)),
    ("exponentialHistogram", 10, Kind::Message(&EXPONENTIAL_HISTOGRAM)),
    ("summary", 11, Kind::Message(&SUMMARY)),
]);
static NUMBERS: Schema = Schema(&[
    ("dataPoints", 1, Kind::List(&NUMBER_POINT)),
    ("aggregationTemporality", 2, Kind::Enum),
    ("isMonotonic", 3, Kind::Bool),
]);
static NUMBER_POINT: Schema = Schema(&[
    ("startTimeUnixNano", 2, Kind::Fixed64),
    ("timeUnixNano", 3, Kind::Fixed64),
    ("asDouble", 4, Kind::Double),
    ("asInt", 6, Kind::Signed64),
    ("attributes", 7, Kind::List(&KEY_VALUE)),
    ("flags", 8, Kind::Int),
]);
static HISTOGRAM: Schema =
    Schema(&[("dataPoints", 1, Kind::List(&HISTOGRAM_POINT)), ("aggregationTemporality", 2, Kind::Enum)]);
static HISTOGRAM_POINT: Schema = Schema(&[
    ("startTimeUnixNano", 2, Kind::Fixed64),
    ("timeUnixNano", 3, Kind::Fixed64),
    ("count", 4, Kind::Fixed64),
    ("sum", 5, Kind::Double),
    ("attributes", 9, Kind::List(&KEY_VALUE)),
    ("flags", 10, Kind::Int),
]);
static EXPONENTIAL_HISTOGRAM: Schema = Schema(&[
    ("dataPoints", 1, Kind::List(&EXPONENTIAL_HISTOGRAM_POINT)),
    ("aggregationTemporality", 2, Kind::Enum),
]);
static EXPONENTIAL_HISTOGRAM_POINT: Schema = Schema(&[
    ("attributes", 1, Kind::List(&KEY_VALUE)),
    ("startTimeUnixNano", 2, Kind::Fixed64),
    ("timeUnixNano", 3, Kind::Fixed64),
    ("count", 4, Kind::Fixed64),
    ("sum", 5, Kind::Double),
    ("flags", 10, Kind::Int),
]);
static SUMMARY: Schema = Schema(&[("dataPoints", 1, Kind::List(&SUMMARY_POINT))]);
static SUMMARY_POINT: Schema = Schema(&[
    ("startTimeUnixNano", 2, Kind::Fixed64),
    ("timeUnixNano", 3, Kind::Fixed64),
    ("count", 4, Kind::Fixed64),
    ("sum", 5, Kind::Double),
    ("attributes", 7, Kind::List(&KEY_VALUE)),
    ("flags", 8, Kind::Int),
]);

static LOG_RECORD: Schema = Schema(&[
    ("timeUnixNano", 1, Kind::Fixed64),
    ("severityNumber", 2, Kind::Enum),
    ("severityText", 3, Kind::Text),
    ("body", 5, Kind::Message(&ANY_VALUE)),
    ("attributes", 6, Kind::List(&KEY_VALUE)),
    ("traceId", 9, Kind::Hex),
    ("spanId", 10, Kind::Hex),
    ("observedTimeUnixNano", 11, Kind::Fixed64),
    ("eventName", 12, Kind::Text),
]);

/// Writes the JSON of a message as protobuf.
pub(super) fn to_protobuf(json: &[u8], schema: &'static Schema) -> Result<Vec<u8>, Error> {
    let malformed = |error: serde_json::Error| Error::Malformed(reason(&error));
    let mut out = Vec::with_capacity(json.len());
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    deserializer.deserialize_map(Content { schema, out: &mut out }).map_err(malformed)?;
    deserializer.end().map_err(malformed)?;
    Ok(out)
}

/// Where and of what kind the error is, without quoting what was sent.
fn reason(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "a value is of another type than it should be",
        _ => "it is no JSON, or is nested too deeply",
    };
    format!("{what}, at line {} column {}", error.line(), error.column())
}

/// The content of a message: the fields of one object.
struct Content<'o> {
    schema: &'static Schema,
    out: &'o mut Vec<u8>,
}

/// A field's name. Not written anew where nothing in it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for Content<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = object.next_key()? {
            match self.schema.0.iter().find(|(known, ..)| *known == name) {
                Some(&(_, field, kind)) => object.next_value_seed(Value { field, kind, out: self.out })?,
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The value of one field, or one element of a list.
struct Value<'o> {
    field: u32,
    kind: Kind,
    out: &'o mut Vec<u8>,
}

impl Value<'_> {
    fn integer<E: serde::de::Error>(self, number: i128, found: Unexpected<'_>) -> Result<(), E> {
        let bits = match self.kind {
            Kind::Double => {
                wire::put_fixed64(self.out, self.field, (number as f64).to_bits());
                return Ok(());
            }
            Kind::Enum => i32::try_from(number).ok().map(|number| number as u64),
            Kind::Int | Kind::Signed64 => i64::try_from(number).ok().map(|number| number as u64),
            Kind::Fixed64 => u64::try_from(number).ok(),
            _ => None,
        };
        let bits = bits.ok_or_else(|| E::invalid_value(found, &self))?;
        match self.kind {
            Kind::Fixed64 | Kind::Signed64 => wire::put_fixed64(self.out, self.field, bits),
            _ => wire::put_varint(self.out, self.field, bits),
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Message(_) => "an object",
            Kind::List(_) => "a list of objects",
            Kind::Text => "a text",
            Kind::Hex => "hexadecimal digits",
            Kind::Base64 => "base64",
            Kind::Bool => "true or false",
            Kind::Enum => "the number of an enum",
            Kind::Int | Kind::Fixed64 | Kind::Signed64 => "a whole number",
            Kind::Double => "a number",
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        let Kind::Message(schema) = self.kind else {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        };
        let start = wire::begin(self.out, self.field);
        Content { schema, out: self.out }.visit_map(object)?;
        wire::end(self.out, start).map_err(|wire::Malformed(why)| A::Error::custom(why))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Kind::List(schema) = self.kind else {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        };
        let kind = Kind::Message(schema);
        while list.next_element_seed(Value { field: self.field, kind, out: self.out })?.is_some() {}
        Ok(())
    }

    /// In protobuf's JSON, null is the same as nothing.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        let Kind::Bool = self.kind else {
            return Err(E::invalid_type(Unexpected::Bool(value), &self));
        };
        wire::put_varint(self.out, self.field, value.into());
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.integer(number.into(), Unexpected::Unsigned(number))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.integer(number.into(), Unexpected::Signed(number))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        match self.kind {
            Kind::Double => wire::put_fixed64(self.out, self.field, number.to_bits()),
            // Some writers of JSON have no integers: 3.0 is three.
            _ if number.fract() == 0.0 => return self.integer(number as i128, Unexpected::Float(number)),
            _ => return Err(E::invalid_type(Unexpected::Float(number), &self)),
        }
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        let invalid = |this: &Self| E::invalid_value(Unexpected::Str(text), this);
        match self.kind {
            Kind::Text => wire::put_bytes(self.out, self.field, text.as_bytes()),
            Kind::Hex => {
                let bytes = hex(text).ok_or_else(|| invalid(&self))?;
                wire::put_bytes(self.out, self.field, &bytes);
            }
            Kind::Base64 => {
                let bytes = BASE64.decode(text).map_err(|_| invalid(&self))?;
                wire::put_bytes(self.out, self.field, &bytes);
            }
            Kind::Int | Kind::Fixed64 | Kind::Signed64 => {
                let number = text.parse().map_err(|_| invalid(&self))?;
                return self.integer(number, Unexpected::Str(text));
            }
            // Rust reads protobuf's "NaN", "Infinity" and "-Infinity" as they are meant.
            Kind::Double => {
                let number: f64 = text.parse().map_err(|_| invalid(&self))?;
                wire::put_fixed64(self.out, self.field, number.to_bits());
            }
            Kind::Message(_) | Kind::List(_) | Kind::Bool | Kind::Enum => return Err(invalid(&self)),
        }
        Ok(())
    }
}

/// With or without its padding: writers differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match *pair {
            [high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
            _ => None,
        })
        .collect()
}
