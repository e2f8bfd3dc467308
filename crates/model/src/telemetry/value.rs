//! Attributes: what a sender says besides what everybody understands.

use serde::{Deserialize, Serialize};

/// A value of an attribute, as OTLP knows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Text.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number; never NaN or infinite.
    Double(f64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Several, in order.
    List(Vec<Value>),
    /// Named ones, in the sender's order.
    Map(Vec<Attribute>),
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// The name, as the sender spells it.
    pub key: String,
    /// Its value.
    pub value: Value,
}
