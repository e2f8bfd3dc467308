//! From when to when a page shows: relative to now, which stays true in a copied link, or absolute.

use super::query::InvalidQuery;
use crate::telemetry::UnixNanos;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

const NANOS_A_SECOND: i64 = 1_000_000_000;

/// The longest way back, in seconds: ten years.
const LONGEST_S: i64 = 3653 * 86_400;

/// Units of relative moments, with their seconds, the largest first.
const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// A moment: `now`, `now-6h`, `2026-02-18T12:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Moment {
    /// So many seconds before now; 0 is now.
    Ago(i64),
    /// At a time.
    At(Timestamp),
}

impl Moment {
    /// Now.
    pub const NOW: Self = Self::Ago(0);

    /// Reads a moment. What has no zone is UTC; what has no time is midnight.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(ago) = text.strip_prefix("now") {
            return seconds_ago(ago).map(Self::Ago);
        }
        let spellings =
            [text.to_owned(), format!("{text}Z"), format!("{text}:00Z"), format!("{text}T00:00:00Z")];
        spellings.iter().find_map(|spelling| crate::wire::read(spelling)).map(Self::At)
    }

    /// When it is, at `now`.
    pub fn at(self, now: UnixNanos) -> UnixNanos {
        match self {
            Self::Ago(seconds) => UnixNanos(now.0.saturating_sub(seconds.saturating_mul(NANOS_A_SECOND))),
            Self::At(at) => at.into(),
        }
    }
}

/// Of `-6h`, or of nothing.
fn seconds_ago(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let text = text.strip_prefix('-')?;
    let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let digits = text.strip_suffix(unit)?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count: i64 = digits.parse().ok().filter(|_| is_number)?;
    count.checked_mul(seconds).filter(|seconds| *seconds <= LONGEST_S)
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ago(0) => f.write_str("now"),
            Self::Ago(seconds) => {
                let unit = UNITS.into_iter().find(|(_, length)| seconds % length == 0);
                let (unit, length) = unit.unwrap_or(('s', 1));
                write!(f, "now-{}{unit}", seconds / length)
            }
            Self::At(at) => at.fmt(f),
        }
    }
}

impl TryFrom<String> for Moment {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("no moment")
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

/// `from` and `to` of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    /// The first moment inside.
    pub from: Moment,
    /// The first moment after it.
    pub to: Moment,
}

impl Default for TimeRange {
    /// The last six hours.
    fn default() -> Self {
        Self::last(6 * 3600)
    }
}

impl TimeRange {
    /// The ranges that pages offer: what stands there, and the seconds.
    pub const OFFERED: [(&'static str, i64); 6] = [
        ("15m", 900),
        ("1h", 3600),
        ("6h", 6 * 3600),
        ("24h", 86_400),
        ("7d", 7 * 86_400),
        ("30d", 30 * 86_400),
    ];

    /// The last `seconds`.
    pub fn last(seconds: i64) -> Self {
        Self { from: Moment::Ago(seconds), to: Moment::NOW }
    }

    /// Between two times.
    pub fn between(from: UnixNanos, to: UnixNanos) -> Self {
        Self { from: Moment::At(from.timestamp()), to: Moment::At(to.timestamp()) }
    }

    /// From when to when it is, at `now`.
    ///
    /// # Errors
    /// If it ends before it begins.
    pub fn resolve(self, now: UnixNanos) -> Result<(UnixNanos, UnixNanos), InvalidQuery> {
        let (from, to) = (self.from.at(now), self.to.at(now));
        match from < to {
            true => Ok((from, to)),
            false => Err(InvalidQuery::new("to", "the range ends before it begins: exchange from and to")),
        }
    }

    /// Takes `from` or `to`; whether it was one.
    pub(super) fn read(&mut self, name: &str, value: &str) -> Result<bool, InvalidQuery> {
        let (field, moment) = match name {
            "from" => ("from", &mut self.from),
            "to" => ("to", &mut self.to),
            _ => return Ok(false),
        };
        *moment = Moment::parse(value).ok_or_else(|| {
            InvalidQuery::new(field, "write now-6h or a time such as 2026-02-18T12:00 (UTC)")
        })?;
        Ok(true)
    }

    /// `from` and `to` for a URL; nothing where they are the default's.
    pub(super) fn parameters(self, default: Self) -> [(&'static str, String); 2] {
        let written = |moment: Moment, default: Moment| match moment == default {
            true => String::new(),
            false => moment.to_string(),
        };
        [("from", written(self.from, default.from)), ("to", written(self.to, default.to))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_relative_and_absolute_moments() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(Moment::parse(text).map(|moment| moment.to_string()).as_deref(), expect, "{text}");
        };
        check("now", Some("now"));
        check("now-6h", Some("now-6h"));
        check("now-24h", Some("now-1d"));
        check("now-90m", Some("now-90m"));
        check("now-45s", Some("now-45s"));
        check("now-0d", Some("now"));
        check("2026-02-18T12:00:00Z", Some("2026-02-18T12:00:00Z"));
        check("2026-02-18T12:00:00.25Z", Some("2026-02-18T12:00:00.25Z"));
        check("2026-02-18T12:00", Some("2026-02-18T12:00:00Z"));
        check("2026-02-18T12:00:07", Some("2026-02-18T12:00:07Z"));
        check("2026-02-18", Some("2026-02-18T00:00:00Z"));
        for text in [
            "",
            "now-",
            "now-h",
            "now+1h",
            "now-1w",
            "now--1h",
            "now-+1h",
            "now-99999d",
            "now-1é",
            "yesterday",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_range_is_resolved_at_a_moment() {
        let now = UnixNanos(10_000 * NANOS_A_SECOND);
        let (from, to) = TimeRange::last(3600).resolve(now).unwrap();
        assert_eq!((from.0, to.0), (6400 * NANOS_A_SECOND, 10_000 * NANOS_A_SECOND));
        let backwards = TimeRange { from: Moment::NOW, to: Moment::Ago(1) };
        assert_eq!(backwards.resolve(now).unwrap_err().field, "to");
        let empty = TimeRange { from: Moment::NOW, to: Moment::NOW };
        assert!(empty.resolve(now).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(seconds in 0..=LONGEST_S, at in 0_i64..4_000_000_000_000) {
            let at = Timestamp::from_millisecond(at).unwrap();
            for moment in [Moment::Ago(seconds), Moment::At(at)] {
                prop_assert_eq!(Moment::parse(&moment.to_string()), Some(moment));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = Moment::parse(&text);
            let _ = Moment::parse(&format!("now{text}"));
        }
    }
}
