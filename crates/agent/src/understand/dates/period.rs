//! Weeks, months, quarters and years: their ends, and stretches of days.

use super::spelling::{MOST_COUNTED, count_word};
use super::{Calendar, Mention};
use crate::understand::cues::Cue;
use crate::understand::words::Words;
use jiff::ToSpan;
use jiff::civil::Date;

impl Calendar {
    /// `month end`, `last month end`, `end of last month`, `eom`, `quarter end`, `year end`.
    pub(super) fn period_end(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
        let text = |at: usize| words.0.get(at).map(|word| word.text.as_str());
        let is_last = |word: Option<&str>| matches!(word, Some("last" | "previous" | "prior"));
        let is_this = |word: Option<&str>| matches!(word, Some("this" | "current"));
        let mut next = at;
        let (mut last, mut this) = (is_last(text(next)), is_this(text(next)));
        if last || this {
            next += 1;
        }
        let unit = match (text(next)?, text(next + 1)) {
            ("eom", _) => {
                next += 1;
                "month"
            }
            (unit @ ("month" | "quarter" | "year"), Some("end")) => {
                next += 2;
                unit
            }
            ("monthend" | "monthends", _) => {
                next += 1;
                "month"
            }
            ("end", Some("of")) if next == at => {
                next += 2;
                (last, this) = (is_last(text(next)), is_this(text(next)));
                next += usize::from(last || this || text(next) == Some("the"));
                let unit = text(next).filter(|unit| matches!(*unit, "month" | "quarter" | "year"))?;
                next += 1;
                unit
            }
            _ => return None,
        };
        let end = self.end_of(unit);
        let day = match (last, this) {
            (_, true) => end,
            (false, false) if end == self.today => end,
            _ => self.start_of(unit).yesterday().unwrap_or(Date::MIN),
        };
        Some((Mention::Day(day), next - at))
    }

    /// `this week`, `last month`, `past 10 days`, `since monday`, `month to date`.
    pub(super) fn range(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
        let text = |at: usize| words.0.get(at).map(|word| word.text.as_str());
        let first = text(at)?;
        if first == "since" {
            let (mention, length) = self.mention(words, at + 1)?;
            // "What changed since yesterday" compares: it wants the day, not the stretch.
            return match mention {
                Mention::Day(day) if !words.say(Cue::Compare) => {
                    Some((Mention::Range(day.min(self.today), self.today), length + 1))
                }
                Mention::Range(from, _) => Some((Mention::Range(from, self.today), length + 1)),
                mention => Some((mention, length + 1)),
            };
        }
        match (first, text(at + 1)) {
            ("mtd", _) => return Some((Mention::Range(self.start_of("month"), self.today), 1)),
            ("ytd", _) => return Some((Mention::Range(self.start_of("year"), self.today), 1)),
            _ => {}
        }
        let is_last = matches!(first, "last" | "past" | "previous" | "prior" | "recent");
        let is_this = matches!(first, "this" | "current");
        if !is_last && !is_this {
            return None;
        }
        let second = text(at + 1)?;
        if let (true, Some(count)) = (is_last, count_word(second)) {
            let unit_at =
                at + 2 + usize::from(matches!(text(at + 2), Some("business" | "working" | "calendar")));
            let days = match text(unit_at)? {
                "day" | "days" | "date" | "dates" | "run" | "runs" => i64::from(count),
                "week" | "weeks" => 7 * i64::from(count),
                "month" | "months" => 30 * i64::from(count),
                _ => return None,
            };
            // The word "runs" stays to be read: only its number is a stretch of dates.
            let is_runs = matches!(text(unit_at), Some("run" | "runs"));
            let length = unit_at + 1 - at - usize::from(is_runs);
            return Some((Mention::Range(self.days_ago(days.min(MOST_COUNTED.into())), self.today), length));
        }
        if is_last && matches!(second, "fortnight" | "fortnights") {
            return Some((Mention::Range(self.days_ago(14), self.today), 2));
        }
        let start = |unit: &str| if unit == "week" { self.monday() } else { self.start_of(unit) };
        let unit = match second {
            "week" | "month" | "quarter" | "year" => second,
            _ => return None,
        };
        let range = if is_this {
            Mention::Range(start(unit), self.today)
        } else {
            let to = start(unit).yesterday().unwrap_or(Date::MIN);
            let from = match unit {
                "week" => to.saturating_sub(6.days()),
                _ => Self { today: to }.start_of(unit),
            };
            Mention::Range(from, to)
        };
        Some((range, 2))
    }

    fn start_of(&self, unit: &str) -> Date {
        let month = match unit {
            "year" => 1,
            "quarter" => (self.today.month() - 1) / 3 * 3 + 1,
            _ => self.today.month(),
        };
        Date::new(self.today.year(), month, 1).unwrap_or(self.today)
    }

    fn end_of(&self, unit: &str) -> Date {
        let months = match unit {
            "year" => 11,
            "quarter" => 2,
            _ => 0,
        };
        self.start_of(unit).saturating_add(months.months()).last_of_month()
    }

    pub(super) fn monday(&self) -> Date {
        self.days_ago(self.today.weekday().to_monday_zero_offset().into())
    }
}
