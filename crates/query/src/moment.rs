//! Dates and times that a query may compute with, worked out before the query is sent: the
//! same question means the same with a clock that is frozen, and the databases need not agree
//! on what day it is.

use crate::tree::Unit;
use jiff::Span;
use jiff::civil::{Date, DateTime};
use model::{BusinessDate, Timestamp};

/// What «now» and «today» mean in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// `NOW()`.
    pub now: Timestamp,
    /// `CURDATE()`: the reader's today.
    pub today: BusinessDate,
}

/// A date or time that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Constant {
    Date(Date),
    Time(DateTime),
}

impl Constant {
    /// Reads `YYYY-MM-DD` and `YYYY-MM-DD hh:mm[:ss]`, with a blank or a `T`, and only those.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let date = |text: &str| BusinessDate::parse(text).ok().map(BusinessDate::civil);
        if text.len() == 10 {
            return date(text).map(Self::Date);
        }
        let day = date(text.get(..10)?)?;
        let (separator, clock) = (*text.as_bytes().get(10)?, text.get(11..)?);
        let bytes = clock.as_bytes();
        let is_shaped = matches!(separator, b' ' | b'T')
            && matches!(bytes.len(), 5 | 8)
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                2 | 5 => *byte == b':',
                _ => byte.is_ascii_digit(),
            });
        let number = |from: usize| clock.get(from..from + 2)?.parse::<i8>().ok();
        let second = if bytes.len() == 5 { 0 } else { number(6)? };
        let time = jiff::civil::Time::new(number(0)?, number(3)?, second, 0).ok();
        time.filter(|_| is_shaped).map(|time| Self::Time(day.to_datetime(time)))
    }

    /// `NOW()`, in UTC and whole seconds.
    pub(crate) fn now(moment: &Moment) -> Self {
        let now = moment.now.to_zoned(jiff::tz::TimeZone::UTC).datetime();
        Self::Time(now.with().subsec_nanosecond(0).build().unwrap_or(now))
    }

    /// As the databases write it.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Date(date) => date.strftime("%Y-%m-%d").to_string(),
            Self::Time(time) => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }

    /// Its day.
    pub(crate) fn date(self) -> Date {
        match self {
            Self::Date(date) => date,
            Self::Time(time) => time.date(),
        }
    }

    /// As a time: a date at its beginning.
    pub(crate) fn at_midnight(self) -> Self {
        match self {
            Self::Date(date) => Self::Time(date.at(0, 0, 0, 0)),
            Self::Time(_) => self,
        }
    }

    /// `amount` units later; a date becomes a time where the unit is shorter than a day.
    pub(crate) fn plus(self, amount: i64, unit: Unit) -> Option<Self> {
        let span = span(amount, unit)?;
        let sum = match self {
            Self::Date(date) if unit.is_whole_days() => Self::Date(date.checked_add(span).ok()?),
            Self::Date(date) => Self::Time(date.at(0, 0, 0, 0).checked_add(span).ok()?),
            Self::Time(time) => Self::Time(time.checked_add(span).ok()?),
        };
        // What the databases cannot write either.
        (0..=9999).contains(&sum.date().year()).then_some(sum)
    }
}

impl Unit {
    /// A day or longer.
    pub(crate) fn is_whole_days(self) -> bool {
        !matches!(self, Self::Second | Self::Minute | Self::Hour)
    }
}

/// Days from `from` to `to`.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    i64::from(from.until(to).map_or(0, |span| span.get_days()))
}

fn span(amount: i64, unit: Unit) -> Option<Span> {
    let span = Span::new();
    match unit {
        Unit::Second => span.try_seconds(amount),
        Unit::Minute => span.try_minutes(amount),
        Unit::Hour => span.try_hours(amount),
        Unit::Day => span.try_days(amount),
        Unit::Week => span.try_weeks(amount),
        Unit::Month => span.try_months(amount),
        Unit::Quarter => span.try_months(amount.checked_mul(3)?),
        Unit::Year => span.try_years(amount),
    }
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_read_in_two_forms_only() {
        for (text, expect) in [
            ("2026-02-18", Some("2026-02-18")),
            ("2026-02-18 01:02:03", Some("2026-02-18 01:02:03")),
            ("2026-02-18T01:02:03", Some("2026-02-18 01:02:03")),
            ("2026-02-18 01:02", Some("2026-02-18 01:02:00")),
            ("2026-02-30", None),
            ("2026-02-18 24:00:00", None),
            ("2026-02-18 1:02:03", None),
            ("2026-02-18 01:02:03.5", None),
            ("2026-02-18 +1:+2:+3", None),
            ("20260218", None),
            ("", None),
            ("２０２６-02-18", None),
        ] {
            assert_eq!(Constant::parse(text).map(Constant::text).as_deref(), expect, "{text}");
        }
    }

    #[test]
    fn sums_are_those_of_mysql() {
        for (from, amount, unit, expect) in [
            ("2026-02-18", -7, Unit::Day, Some("2026-02-11")),
            ("2026-01-31", 1, Unit::Month, Some("2026-02-28")),
            ("2026-03-31", -1, Unit::Month, Some("2026-02-28")),
            ("2024-02-29", 1, Unit::Year, Some("2025-02-28")),
            ("2026-02-18", 1, Unit::Quarter, Some("2026-05-18")),
            ("2026-02-18", -1, Unit::Hour, Some("2026-02-17 23:00:00")),
            ("2026-02-18 01:00:00", 2, Unit::Week, Some("2026-03-04 01:00:00")),
            ("2026-02-18", i64::MAX, Unit::Quarter, None),
            ("2026-02-18", 9_000, Unit::Year, None),
            ("2026-02-18", -3_000, Unit::Year, None),
        ] {
            let sum = Constant::parse(from).unwrap().plus(amount, unit).map(Constant::text);
            assert_eq!(sum.as_deref(), expect, "{from} {amount} {unit:?}");
        }
    }
}
