//! Values of attributes as text.

use model::telemetry::Value;

/// The value in one line: texts as they are, lists and maps much like JSON.
pub(crate) fn value_text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        _ => nested(value),
    }
}

fn nested(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Bytes(bytes) => format!("({} bytes)", bytes.len()),
        Value::List(values) => {
            let values: Vec<_> = values.iter().map(nested).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Map(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|field| format!("{:?}: {}", field.key, nested(&field.value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::telemetry::Attribute;

    #[test]
    fn values_are_one_line() {
        let check = |value: Value, expect: &str| assert_eq!(value_text(&value), expect);
        let text = |text: &str| Value::Text(text.into());
        check(text("gpt \"4o\""), "gpt \"4o\"");
        check(Value::Double(0.5), "0.5");
        check(Value::Bytes(vec![1, 2]), "(2 bytes)");
        check(Value::List(vec![text("a"), Value::Int(-1), Value::Bool(true)]), "[\"a\", -1, true]");
        check(Value::Map(vec![Attribute { key: "k".into(), value: text("a\nb") }]), "{\"k\": \"a\\nb\"}");
    }
}
