//! JSON into values, within bounds.

use crate::invalid::Invalid;
use model::telemetry::{Attribute, Text, Value};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;

/// How deep lists and objects may lie in each other.
const MAX_DEPTH: u8 = 32;
/// How many values a request may hold: a hundred for each event of the largest batch.
const MAX_VALUES: u32 = 100_000;
/// How long one text may be.
const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// Reads a whole request. `null` says as much as nothing: a field that is null is left out, an item
/// of a list is an empty text.
pub(crate) fn read(json: &[u8]) -> Result<Value, Invalid> {
    let unreadable = |error| Invalid::new("", format!("is no JSON that can be taken: {error}"));
    let mut source = serde_json::Deserializer::from_slice(json);
    let values_left = Cell::new(MAX_VALUES);
    let value = Tree { depth_left: MAX_DEPTH, values_left: &values_left }.deserialize(&mut source);
    let value = value.and_then(|value| source.end().map(|()| value)).map_err(unreadable)?;
    value.ok_or_else(|| Invalid::new("", "is null"))
}

#[derive(Clone, Copy)]
struct Tree<'b> {
    depth_left: u8,
    values_left: &'b Cell<u32>,
}

impl Tree<'_> {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        let depth_left = self.depth_left.checked_sub(1);
        let depth_left =
            depth_left.ok_or_else(|| E::custom(format_args!("more than {MAX_DEPTH} levels deep")))?;
        Ok(Self { depth_left, ..self })
    }

    fn count<E: de::Error>(self) -> Result<(), E> {
        let left = self.values_left.get().checked_sub(1);
        self.values_left.set(left.ok_or_else(|| E::custom(format_args!("more than {MAX_VALUES} values")))?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Option<Value>;
    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        self.count()?;
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(Value::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(i64::try_from(value).map_or(Value::Double(value as f64), Value::Int)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(Value::Double(value)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(E::custom(format_args!("a text of more than {MAX_TEXT_BYTES} bytes")));
        }
        Ok(Some(Value::Text(text.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item.unwrap_or_else(|| Value::Text(Text::default())));
        }
        Ok(Some(Value::List(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Vec::new();
        while let Some(key) = members.next_key::<String>()? {
            if let Some(value) = members.next_value_seed(inner)? {
                map.push(Attribute { key: key.into(), value });
            }
        }
        Ok(Some(Value::Map(map)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_has_no_bounds_is_refused() {
        let check = |json: &str, expect: Result<(), &str>| match (read(json.as_bytes()), expect) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (result, _) => panic!("{:.60}: {:?}", json, result.map(|_| ())),
        };
        let nest = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        check(&nest(32), Ok(()));
        check(&nest(33), Err("32 levels"));
        check(&nest(100_000), Err("32 levels"));
        check(&"{\"a\":".repeat(100_000), Err("32 levels"));
        let list = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        check(&list(99_999), Ok(()));
        check(&list(100_000), Err("100000 values"));
        let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes));
        check(&text(1024 * 1024), Ok(()));
        check(&text(1024 * 1024 + 1), Err("a text of more"));
        for json in ["", "{", "[1,]", "NaN", "[Infinity]", "1e999", "{} {}", "'a'"] {
            check(json, Err("is no JSON"));
        }
        check("null", Err("is null"));
        assert!(read(b"\"\xff\"").is_err());
    }

    #[test]
    fn numbers_keep_their_kind_and_nothing_is_left_out() {
        let check = |json: &str, expect: Value| assert_eq!(read(json.as_bytes()), Ok(expect), "{json}");
        check("7", Value::Int(7));
        check("-7", Value::Int(-7));
        check("9223372036854775807", Value::Int(i64::MAX));
        check("9223372036854775808", Value::Double(9_223_372_036_854_775_808.0));
        check("0.5", Value::Double(0.5));
        check("true", Value::Bool(true));
        check("\"\\u00e9\"", Value::Text("é".into()));
        let empty = Value::Text(Text::default());
        check("[1, null, {\"a\": null}]", Value::List(vec![Value::Int(1), empty, Value::Map(vec![])]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_value_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&bytes);
        }
    }
}
