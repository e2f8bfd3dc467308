//! The file of prices.

use super::name;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::ask::Amount;
use model::telemetry::{Price, UnixNanos};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use toml::Spanned;
use toml::value::Datetime;

/// The file of prices cannot be used. `Display` says what is wrong with it, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("prices, line {line}: {message}")]
pub struct InvalidTable {
    /// In which line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    list: Vec<List>,
}

/// Prices of one source, valid from one day on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    source: String,
    valid_from: Spanned<Datetime>,
    models: BTreeMap<Spanned<String>, Rates>,
}

/// What a million tokens cost.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rates {
    input: Rate,
    output: Rate,
    cache_read: Option<Rate>,
    cache_write: Option<Rate>,
}

struct Rate(Amount);

/// Reads the prices, by normal name, the newest first.
pub(super) fn read(text: &str) -> Result<HashMap<String, Vec<(UnixNanos, Price)>>, InvalidTable> {
    let line = |offset: usize| 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
    let invalid = |offset, message: String| InvalidTable { line: line(offset), message };
    let file: File = toml::from_str(text)
        .map_err(|error| invalid(error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let mut prices: HashMap<String, Vec<(UnixNanos, Price)>> = HashMap::new();
    for List { source, valid_from, models } in file.list {
        let place = valid_from.span().start;
        let (valid_from, since) = day(valid_from.into_inner())
            .ok_or_else(|| invalid(place, "`valid_from` must be a date such as 2024-05-13".to_owned()))?;
        for (model, rates) in models {
            let (place, model) = (model.span().start, model.into_inner());
            let dated = prices.entry(name::normal(&model)).or_default();
            if dated.iter().any(|(other, _)| *other == since) {
                return Err(invalid(place, format!("`{model}` has two prices from {valid_from} on")));
            }
            let Rates { input, output, cache_read, cache_write } = rates;
            let price = Price {
                model,
                input: input.0,
                output: output.0,
                cache_read: cache_read.map(|rate| rate.0),
                cache_write: cache_write.map(|rate| rate.0),
                valid_from,
                source: source.clone(),
            };
            dated.push((since, price));
            dated.sort_by_key(|(since, _)| std::cmp::Reverse(*since));
        }
    }
    Ok(prices)
}

/// A date without a time, and when it begins in UTC.
fn day(datetime: Datetime) -> Option<(Date, UnixNanos)> {
    let Datetime { date: Some(date), time: None, offset: None } = datetime else { return None };
    let date = Date::new(
        i16::try_from(date.year).ok()?,
        i8::try_from(date.month).ok()?,
        i8::try_from(date.day).ok()?,
    )
    .ok()?;
    let midnight = date.to_zoned(TimeZone::UTC).ok()?;
    Some((date, midnight.timestamp().into()))
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Rate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number such as 2.50")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Rate, E> {
                rate(&number.to_string())
            }

            // The shortest decimal that reads as this number is what the file says.
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Rate, E> {
                rate(&number.to_string())
            }
        }
        source.deserialize_any(Number)
    }
}

/// Six digits behind the point make a token's price a whole number of an amount's units.
fn rate<E: de::Error>(decimal: &str) -> Result<Rate, E> {
    match Amount::parse(decimal) {
        Ok(amount) if amount.picos() % 1_000_000 == 0 => Ok(Rate(amount)),
        _ => Err(E::custom(format_args!(
            "{decimal} is no price of a million tokens: write a decimal such as 2.50, 0 or more, with at most six \
             digits behind the point"
        ))),
    }
}
