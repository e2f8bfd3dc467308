//! The fields of an object, taken one by one.

use super::{MAX_NAME_CHARS, moment};
use crate::invalid::Invalid;
use jiff::Timestamp;
use model::ask::Amount;
use model::telemetry::{Attribute, UnixNanos, Value};

/// The largest count that is taken: no call has a billion tokens.
const MAX_COUNT: f64 = 1_000_000_000.0;

/// The fields of an object that are not taken yet. Their names are given in camelCase; what was
/// sent may also be in snake_case: letters are compared without case and underscores.
pub(crate) struct Fields {
    /// Of the object, such as `body`; empty for the outermost.
    path: String,
    members: Vec<Attribute>,
}

/// What taking a field gives: nothing where it is not there.
pub(crate) type Taken<T> = Result<Option<T>, Invalid>;

impl Fields {
    /// The fields of `value`, which must be an object.
    pub(crate) fn of(path: impl Into<String>, value: Value) -> Result<Self, Invalid> {
        let path = path.into();
        match value {
            Value::Map(members) => Ok(Self { path, members }),
            _ => Err(Invalid::new(path, "must be an object")),
        }
    }

    /// Those not taken yet.
    pub(crate) fn rest(self) -> Vec<Attribute> {
        self.members
    }

    /// `metadata` and after it all fields not taken yet.
    pub(crate) fn metadata(mut self) -> Result<Vec<Attribute>, Invalid> {
        let mut metadata = self.object("metadata")?.unwrap_or_default();
        metadata.append(&mut self.members);
        Ok(metadata)
    }

    /// A refusal of the field.
    pub(crate) fn invalid(&self, name: &str, message: impl Into<String>) -> Invalid {
        Invalid::new(self.path_of(name), message)
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A field that must be there.
    pub(crate) fn need<T>(
        &mut self,
        name: &str,
        take: impl FnOnce(&mut Self, &str) -> Taken<T>,
    ) -> Result<T, Invalid> {
        take(self, name)?.ok_or_else(|| self.invalid(name, "is required"))
    }

    /// Whatever the field holds.
    pub(crate) fn value(&mut self, name: &str) -> Taken<Value> {
        let Some(place) = self.members.iter().position(|member| is_named(&member.key, name)) else {
            return Ok(None);
        };
        let value = self.members.remove(place).value;
        if self.members.iter().any(|member| is_named(&member.key, name)) {
            return Err(self.invalid(name, "is given twice"));
        }
        Ok(Some(value))
    }

    fn take<T>(&mut self, name: &str, must: &str, read: impl FnOnce(Value) -> Option<T>) -> Taken<T> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.invalid(name, must))
    }

    /// Text of any length.
    pub(crate) fn text(&mut self, name: &str) -> Taken<String> {
        self.take(name, "must be a text", text)
    }

    /// A short text that says something, without spaces around it.
    pub(crate) fn name(&mut self, name: &str) -> Taken<String> {
        self.take(name, "must be a text of 1 to 255 characters", |value| {
            let text = text(value)?;
            let name = text.trim();
            (!name.is_empty() && name.chars().count() <= MAX_NAME_CHARS).then(|| name.to_owned())
        })
    }

    /// Texts.
    pub(crate) fn texts(&mut self, name: &str) -> Taken<Vec<String>> {
        self.take(name, "must be a list of texts", |value| match value {
            Value::List(items) => items.into_iter().map(text).collect(),
            _ => None,
        })
    }

    /// Any number.
    pub(crate) fn number(&mut self, name: &str) -> Taken<f64> {
        self.take(name, "must be a number", number)
    }

    /// A number from 0 to `max`, which is `f64::MAX` where there is no limit.
    pub(crate) fn measure(&mut self, name: &str, max: f64) -> Taken<f64> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        number(value).filter(|number| (0.0..=max).contains(number)).map(Some).ok_or_else(|| match max {
            f64::MAX => self.invalid(name, "must be a number, 0 or more"),
            max => self.invalid(name, format!("must be a number from 0 to {max}")),
        })
    }

    /// A whole number that is not negative.
    pub(crate) fn count(&mut self, name: &str) -> Taken<u32> {
        let is_count = |value: &f64| value.fract() == 0.0 && (0.0..=MAX_COUNT).contains(value);
        self.take(name, "must be a whole number from 0 to a billion", |value| {
            number(value).filter(is_count).map(|value| value as u32)
        })
    }

    /// An amount of money.
    pub(crate) fn amount(&mut self, name: &str) -> Taken<Amount> {
        self.take(name, "must be an amount, 0 or more", |value| number(value).and_then(amount))
    }

    /// A time.
    pub(crate) fn moment(&mut self, name: &str, now: Timestamp) -> Taken<UnixNanos> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        moment::read(&text, now).map(Some).map_err(|message| self.invalid(name, message))
    }

    /// An object whose fields have names of the sender's own.
    pub(crate) fn object(&mut self, name: &str) -> Taken<Vec<Attribute>> {
        Ok(self.fields(name)?.map(Self::rest))
    }

    /// An object with fields of known names.
    pub(crate) fn fields(&mut self, name: &str) -> Taken<Self> {
        self.value(name)?.map(|value| Self::of(self.path_of(name), value)).transpose()
    }

    /// Objects with fields of known names.
    pub(crate) fn list(&mut self, name: &str) -> Taken<Vec<Self>> {
        let path = self.path_of(name);
        let Some(value) = self.value(name)? else { return Ok(None) };
        let Value::List(items) = value else { return Err(Invalid::new(path, "must be a list of objects")) };
        let numbered = items.into_iter().enumerate();
        numbered
            .map(|(place, item)| Self::of(format!("{path}[{place}]"), item))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

/// Whether a field that was sent as `sent` is the one called `name`.
pub(crate) fn is_named(sent: &str, name: &str) -> bool {
    let letters = |text| str::bytes(text).filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase());
    letters(sent).eq(letters(name))
}

/// The amount nearest to a number; `None` where it is negative or beyond every amount.
pub(crate) fn amount(number: f64) -> Option<Amount> {
    // Zero may have a sign.
    (number >= 0.0).then(|| Amount::parse(&format!("{:.12}", number.abs())).ok())?
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.into()),
        _ => None,
    }
}

fn number(value: Value) -> Option<f64> {
    match value {
        Value::Int(value) => Some(value as f64),
        Value::Double(value) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_camel_case_or_snake_case() {
        let check = |sent, name, expect| assert_eq!(is_named(sent, name), expect, "{sent} {name}");
        check("inputTokens", "inputTokens", true);
        check("input_tokens", "inputTokens", true);
        check("costUSD", "costUSD", true);
        check("cost_usd", "costUSD", true);
        check("costUsd", "costUSD", true);
        check("input", "inputTokens", false);
        check("inputTokensX", "inputTokens", false);
        check("input-tokens", "inputTokens", false);
        check("", "inputTokens", false);
    }

    #[test]
    fn amounts_are_the_nearest_to_a_number() {
        let check = |number: f64, expect: Option<&str>| {
            assert_eq!(amount(number).map(|amount| amount.to_string()).as_deref(), expect, "{number}");
        };
        check(0.0125, Some("0.0125"));
        check(0.1 + 0.2, Some("0.3"));
        check(0.0, Some("0"));
        check(-0.0, Some("0"));
        check(1e-12, Some("0.000000000001"));
        check(1e-13, Some("0"));
        check(18_000_000.5, Some("18000000.5"));
        check(1e9, None);
        check(-0.5, None);
        check(f64::NAN, None);
        check(f64::INFINITY, None);
    }
}
