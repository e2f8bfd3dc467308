//! What the answers of a model took, and what they cost.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Add;

/// What the answers of the model took, all of a turn together. A provider may charge for more:
/// for an answer that it began and that never came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelUsage {
    /// How many answers.
    pub answers: u32,
    /// Tokens sent, those from the provider's cache among them.
    pub input_tokens: u64,
    /// Of the tokens sent those that the provider had in its cache.
    pub cached_input_tokens: u64,
    /// Tokens answered.
    pub output_tokens: u64,
    /// What it cost; `None` where a price is not known.
    pub cost: Option<Amount>,
}

impl Add for ModelUsage {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            answers: self.answers + other.answers,
            input_tokens: self.input_tokens + other.input_tokens,
            cached_input_tokens: self.cached_input_tokens + other.cached_input_tokens,
            output_tokens: self.output_tokens + other.output_tokens,
            cost: self.cost.zip(other.cost).map(|(one, other)| one + other),
        }
    }
}

/// Digits of an [`Amount`] behind the point.
const DIGITS: usize = 12;
/// How many of its units make one.
const UNITS: u64 = 10_u64.pow(DIGITS as u32);

/// An amount of money, exact to twelve digits behind the point, in the currency that the operator
/// counts in. On the wire it is a decimal in a string, such as `"0.0125"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(u64);

/// The text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount is a decimal such as 2.50, with at most {DIGITS} digits behind the point")]
pub struct InvalidAmount;

impl Amount {
    /// So many millionths of a millionth of one.
    pub fn from_picos(picos: u64) -> Self {
        Self(picos)
    }

    /// How many millionths of a millionth of one it is.
    pub fn picos(self) -> u64 {
        self.0
    }

    /// Reads a decimal such as `2.50`, `15` or `0.075`.
    pub fn parse(text: &str) -> Result<Self, InvalidAmount> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(fraction) || fraction.len() > DIGITS {
            return Err(InvalidAmount);
        }
        let number = |digits: &str| digits.parse::<u64>().ok();
        let fraction = number(&format!("{fraction:0<DIGITS$}"));
        let whole = number(whole).and_then(|whole| whole.checked_mul(UNITS));
        whole
            .zip(fraction)
            .and_then(|(whole, fraction)| whole.checked_add(fraction))
            .map(Self)
            .ok_or(InvalidAmount)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / UNITS, format!("{:0DIGITS$}", self.0 % UNITS));
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            fraction => write!(f, "{whole}.{fraction}"),
        }
    }
}

impl TryFrom<String> for Amount {
    type Error = InvalidAmount;
    fn try_from(text: String) -> Result<Self, InvalidAmount> {
        Self::parse(&text)
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

impl Add for Amount {
    type Output = Self;
    /// Saturates, at eighteen millions.
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_read_exactly() {
        let check = |text: &str, expect: Option<u64>| {
            assert_eq!(Amount::parse(text).ok().map(Amount::picos), expect, "{text:?}");
        };
        check("0", Some(0));
        check("15", Some(15_000_000_000_000));
        check("2.50", Some(2_500_000_000_000));
        check("0.0125", Some(12_500_000_000));
        check("0.000000000001", Some(1));
        check("18446744.073709551615", Some(u64::MAX));
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "1,5",
            " 1",
            "0.0000000000001",
            "18446744.073709551616",
            "99999999",
            "٣",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn what_is_not_known_of_a_part_is_not_known_of_the_sum() {
        let usage = |cost: Option<&str>| ModelUsage {
            answers: 1,
            input_tokens: 10,
            cached_input_tokens: 4,
            output_tokens: 2,
            cost: cost.map(|cost| Amount::parse(cost).unwrap()),
        };
        let check = |one, other, expect: Option<&str>| {
            let sum = usage(one) + usage(other);
            assert_eq!((sum.answers, sum.input_tokens, sum.output_tokens), (2, 20, 4));
            assert_eq!(sum.cached_input_tokens, 8);
            assert_eq!(sum.cost.map(|cost| cost.to_string()).as_deref(), expect);
        };
        check(Some("0.1"), Some("0.2"), Some("0.3"));
        check(Some("0.1"), None, None);
        check(None, None, None);
    }

    proptest! {
        #[test]
        fn an_amount_reads_as_it_is_written(picos in any::<u64>()) {
            let amount = Amount::from_picos(picos);
            let json = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(&json, &format!("\"{amount}\""));
            prop_assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
        }
    }
}
