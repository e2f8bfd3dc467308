//! Attributes of telemetry as JSON.

use model::telemetry::{Attribute, Value};
use serde_json::{Map, Value as Json};
use std::fmt::Write;

/// An object with a field an attribute; where a name stands twice, the last counts.
pub(super) fn object(attributes: Vec<Attribute>) -> Json {
    let fields =
        attributes.into_iter().map(|attribute| (String::from(attribute.key), value(attribute.value)));
    Json::Object(fields.collect::<Map<_, _>>())
}

/// Bytes become hexadecimal digits.
pub(super) fn value(value: Value) -> Json {
    match value {
        Value::Text(text) => Json::String(text.into()),
        Value::Bool(is_so) => Json::Bool(is_so),
        Value::Int(number) => Json::from(number),
        Value::Double(number) => Json::from(number),
        Value::Bytes(bytes) => Json::String(bytes.iter().fold(String::new(), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        })),
        Value::List(list) => Json::Array(list.into_iter().map(self::value).collect()),
        Value::Map(map) => object(map),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_become_those_of_json() {
        let named = |key: &str, value| Attribute { key: key.into(), value };
        let text = |text: &str| Value::Text(text.into());
        let list = Value::List(vec![Value::Int(-1), Value::Double(0.5), Value::Bool(true)]);
        let inner = Value::Map(vec![named("x", Value::Bytes(vec![0, 255]))]);
        let attributes =
            vec![named("a", text("1")), named("l", list), named("m", inner), named("a", text("2"))];
        assert_eq!(object(attributes), json!({"a": "2", "l": [-1, 0.5, true], "m": {"x": "00ff"}}));
    }
}
