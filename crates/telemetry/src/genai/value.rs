//! Values of attributes, which one sender writes as numbers and another as text.

use super::operation;
use super::table::Field;
use model::ask::Amount;
use model::telemetry::{Text, Value};

/// Whether a field can be read from the value.
pub(super) fn fits(field: Field, value: &Value) -> bool {
    match field {
        Field::Shown => true,
        Field::Operation => operation::operation(value).is_some(),
        Field::Input
        | Field::Output
        | Field::Total
        | Field::CacheRead
        | Field::CacheWrite
        | Field::Reasoning => count(value).is_some(),
        Field::Cost | Field::InputCost | Field::OutputCost => amount(value).is_some(),
        Field::FirstTokenSeconds | Field::FirstTokenMs => number(value).is_some(),
        Field::UsageObject => object(value).is_some(),
        Field::RequestModel
        | Field::ResponseModel
        | Field::Provider
        | Field::User
        | Field::Session
        | Field::ErrorType => {
            matches!(value, Value::Text(text) if !text.is_empty()) || matches!(value, Value::Int(_))
        }
    }
}

/// What the value of a field should have been.
pub(super) fn expected(field: Field) -> &'static str {
    match field {
        Field::Shown => "a value",
        Field::Operation => "an operation that is known here",
        Field::Input
        | Field::Output
        | Field::Total
        | Field::CacheRead
        | Field::CacheWrite
        | Field::Reasoning => "a number of tokens",
        Field::Cost | Field::InputCost | Field::OutputCost => "an amount of money",
        Field::FirstTokenSeconds | Field::FirstTokenMs => "a duration",
        Field::UsageObject => "an object in JSON",
        Field::RequestModel
        | Field::ResponseModel
        | Field::Provider
        | Field::User
        | Field::Session
        | Field::ErrorType => "a text",
    }
}

/// A text, or a number that is used as one.
pub(super) fn text(value: &Value) -> Option<Text> {
    match value {
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        Value::Int(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// A whole number that is not negative.
pub(super) fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::Text(text) => text.trim().parse().ok().or_else(|| whole(number(value)?)),
        _ => whole(number(value)?),
    }
}

fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && number < 2_f64.powi(63)).then_some(number as u64)
}

/// A finite number that is not negative.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Int(number) => *number as f64,
        Value::Double(number) => *number,
        Value::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// An amount of money: the decimal that is sent, or the shortest one that stands for the same double;
/// rounded where it has more digits than an amount.
pub(super) fn amount(value: &Value) -> Option<Amount> {
    if let Value::Text(text) = value
        && let Ok(amount) = Amount::parse(text.trim())
    {
        return Some(amount);
    }
    let number = number(value)?;
    Amount::parse(&number.to_string()).or_else(|_| Amount::parse(&format!("{number:.12}"))).ok()
}

/// An object in JSON.
pub(super) fn object(value: &Value) -> Option<serde_json::Map<String, serde_json::Value>> {
    let Value::Text(text) = value else { return None };
    serde_json::from_str(text).ok()
}
