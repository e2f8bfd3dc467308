//! The business date: a calendar date that no time zone ever shifts.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The date that is being processed (`BUSINESS_DATE`), not necessarily today's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BusinessDate(Date);

/// The text is no calendar date in the form `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a date: write it as YYYY-MM-DD, for example 2026-02-18")]
pub struct InvalidDate(String);

impl BusinessDate {
    /// Reads `YYYY-MM-DD`, and only that.
    pub fn parse(text: &str) -> Result<Self, InvalidDate> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| match i {
                4 | 7 => *b == b'-',
                _ => b.is_ascii_digit(),
            });
        let number = |from: usize, to: usize| text[from..to].parse::<i16>().ok();
        shaped
            .then(|| Date::new(number(0, 4)?, number(5, 7)? as i8, number(8, 10)? as i8).ok())
            .flatten()
            .map(Self)
            .ok_or_else(|| InvalidDate(text.chars().take(40).collect()))
    }

    /// The civil date.
    pub fn civil(self) -> Date {
        self.0
    }

    /// The day before.
    pub fn yesterday(self) -> Self {
        Self(self.0.yesterday().unwrap_or(Date::MIN))
    }

    /// The day after.
    pub fn tomorrow(self) -> Self {
        Self(self.0.tomorrow().unwrap_or(Date::MAX))
    }

    /// As people read it on the dashboard: `18-Feb-2026`.
    pub fn label(self) -> String {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let month = MONTHS[usize::from(self.0.month().unsigned_abs().clamp(1, 12)) - 1];
        format!("{:02}-{month}-{:04}", self.0.day(), self.0.year())
    }
}

impl From<Date> for BusinessDate {
    fn from(date: Date) -> Self {
        Self(date)
    }
}

impl TryFrom<String> for BusinessDate {
    type Error = InvalidDate;
    fn try_from(text: String) -> Result<Self, InvalidDate> {
        Self::parse(&text)
    }
}

impl From<BusinessDate> for String {
    fn from(date: BusinessDate) -> Self {
        date.to_string()
    }
}

impl fmt::Display for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.0;
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

impl FromStr for BusinessDate {
    type Err = InvalidDate;
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_only_calendar_dates_in_one_form() {
        for good in ["2026-02-18", "2024-02-29", "0001-01-01"] {
            assert_eq!(BusinessDate::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "2026-2-18",
            "2026-02-30",
            "18-02-2026",
            "2026-02-18T00:00:00Z",
            "２026-02-18",
            "2026-13-01",
            "today",
        ] {
            assert!(BusinessDate::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels_like_the_dashboard() {
        assert_eq!(BusinessDate::parse("2026-02-08").unwrap().label(), "08-Feb-2026");
    }

    proptest! {
        #[test]
        fn any_text_parses_or_says_so(text in ".{0,12}") {
            if let Ok(date) = BusinessDate::parse(&text) {
                prop_assert_eq!(date.to_string(), text);
            }
        }
    }
}
