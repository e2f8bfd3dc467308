//! Single days: by number, by name, or counted from today.

use super::spelling::{MOST_COUNTED, count_word, day_of_month, month_named, weekday_named};
use super::{Calendar, Mention};
use crate::understand::words::{Word, Words};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use std::ops::Range;

impl Calendar {
    /// `2026-02-18`, `2026/2/18`, `18/02/2026`, `20260218`.
    pub(super) fn numeric(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
        let first = words.0[at].text.as_str();
        if first.len() == 8 && first.starts_with("20") && words.0[at].is_number() {
            let number = |range: Range<usize>| first[range].parse::<i16>().ok();
            let day = Date::new(number(0..4)?, number(4..6)? as i8, number(6..8)? as i8);
            return Some((day.map_or(Mention::Unreadable, Mention::Day), 1));
        }
        if let Some(short) = self.day_and_month(words, at) {
            return Some((short, 2));
        }
        let [a, b, c] = words.0.get(at..at + 3)? else { return None };
        let tied = |tie: char| matches!(tie, '-' | '/' | '.') && b.tie == tie && c.tie == tie;
        let (x, y, z) = (a.number()?, b.number()?, c.number()?);
        if !tied(b.tie) || a.text.len() > 4 || b.text.len() > 2 {
            return None;
        }
        let date = |year: u32, month: u32, day: u32| Date::new(year as i16, month as i8, day as i8).ok();
        let day = match (a.text.len(), c.text.len()) {
            (4, 1 | 2) => date(x, y, z),
            // The month's place differs between countries: only a day above 12 tells.
            (1 | 2, 4) if y > 12 => date(z, x, y),
            (1 | 2, 4) if x > 12 || x == y => date(z, y, x),
            (1 | 2, 4) => None,
            _ => return None,
        };
        Some((day.map_or(Mention::Unreadable, Mention::Day), 3))
    }

    /// `on 17/02`, without a year: elsewhere two numbers are a share, or "24/7".
    fn day_and_month(&self, words: &Words, at: usize) -> Option<Mention> {
        const BEFORE: [&str; 9] = ["on", "for", "of", "cob", "from", "to", "since", "and", "vs"];
        let [before, a, b] = words.0.get(at.checked_sub(1)?..at + 2)? else { return None };
        let ends = words.0.get(at + 2).is_none_or(|next| next.tie != '/');
        if b.tie != '/' || !ends || a.tie == '/' || !BEFORE.contains(&before.meant.as_str()) {
            return None;
        }
        let number = |word: &Word| i8::try_from(word.number()?).ok();
        match (number(a)?, number(b)?) {
            (day @ 13..=31, month @ 1..=12) | (month @ 1..=12, day @ 13..=31) => {
                Some(self.nearest_year(month, day).map_or(Mention::Unreadable, Mention::Day))
            }
            (x @ 1..=12, y) if x == y => self.nearest_year(x, y).map(Mention::Day),
            (1..=12, 1..=12) if matches!(before.meant.as_str(), "on" | "cob") => Some(Mention::Unreadable),
            _ => None,
        }
    }

    /// `18 Feb`, `18-Feb-2026`, `Feb 18th, 2026`, `the 17th`, `january`.
    pub(super) fn named_month(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
        let text = |at: usize| words.0.get(at).map(|word| word.text.as_str());
        let year =
            |at: usize| text(at).filter(|text| text.len() == 4)?.parse::<i16>().ok().filter(|y| *y > 1990);
        let read = |day: i8, month: i8, next: usize, length: usize| {
            let (day, length) = match year(next) {
                Some(year) => (Date::new(year, month, day).ok(), length + 1),
                None => (self.nearest_year(month, day), length),
            };
            Some((day.map_or(Mention::Unreadable, Mention::Day), length))
        };
        let first = text(at)?;
        if let Some(day) = day_of_month(first) {
            let next = at + 1 + usize::from(text(at + 1) == Some("of"));
            if let Some(month) = text(next).and_then(month_named) {
                return read(day, month, next + 1, next + 1 - at);
            }
            return first.ends_with(|c: char| c.is_alphabetic()).then(|| {
                let this_month = self.today.with().day(day).build().ok();
                let last_month = || self.today.saturating_sub(1.month()).with().day(day).build().ok();
                let day = this_month.filter(|day| *day <= self.today).or_else(last_month);
                (day.map_or(Mention::Unreadable, Mention::Day), 1)
            });
        }
        let month = month_named(first)?;
        if let Some(day) = text(at + 1).and_then(day_of_month) {
            return read(day, month, at + 2, 2);
        }
        // "May fail", "march on": these two are verbs unless a word before says that they are not.
        let is_month = !matches!(first, "may" | "march" | "mar")
            || (at > 0 && matches!(words.0[at - 1].text.as_str(), "in" | "of" | "during" | "last" | "for"));
        let first_day = match year(at + 1) {
            Some(year) => Date::new(year, month, 1).ok()?,
            None if is_month => {
                let this_year = Date::new(self.today.year(), month, 1).ok()?;
                if this_year > self.today { this_year.saturating_sub(1.year()) } else { this_year }
            }
            None => return None,
        };
        let length = 1 + usize::from(year(at + 1).is_some());
        Some((Mention::Range(first_day, first_day.last_of_month().min(self.today)), length))
    }

    /// The year that brings the day nearest to today.
    fn nearest_year(&self, month: i8, day: i8) -> Option<Date> {
        let year = self.today.year();
        let candidates =
            [year - 1, year, year + 1].into_iter().filter_map(|year| Date::new(year, month, day).ok());
        candidates.min_by_key(|date| self.today.until(*date).map_or(i32::MAX, |span| span.get_days().abs()))
    }

    /// `T-1`, `two days ago`, `a week ago`.
    pub(super) fn offset(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
        let word = |at: usize| words.0.get(at);
        let first = words.0[at].text.as_str();
        if first == "t" {
            let days =
                word(at + 1).filter(|next| matches!(next.tie, '-' | '+')).and_then(|next| next.number())?;
            let is_past = words.0[at + 1].tie == '-' || days == 0;
            let is_far = days > MOST_COUNTED;
            let day = || if is_far { Mention::Unreadable } else { Mention::Day(self.days_ago(days.into())) };
            return is_past.then(|| (day(), 2));
        }
        let count = count_word(first)?;
        let unit = word(at + 1)?.text.as_str();
        (word(at + 2)?.text == "ago").then_some(())?;
        let days = match unit {
            "day" | "days" => i64::from(count),
            "week" | "weeks" => 7 * i64::from(count),
            _ => return None,
        };
        Some((Mention::Day(self.days_ago(days)), 3))
    }

    /// `friday`, `last friday`, `friday last week`.
    pub(super) fn weekday(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
        let text = |at: usize| words.0.get(at).map(|word| word.text.as_str());
        let first = text(at)?;
        let is_last = matches!(first, "last" | "previous" | "prev");
        if is_last && text(at + 1) == Some("week") {
            let weekday = text(at + 2).and_then(weekday_named)?;
            return Some((self.in_last_week(weekday), 3));
        }
        let skip = usize::from(is_last || matches!(first, "this" | "past"));
        let weekday = text(at + skip).and_then(weekday_named)?;
        if skip == 0 && (text(at + 1), text(at + 2)) == (Some("last"), Some("week")) {
            return Some((self.in_last_week(weekday), 3));
        }
        let back = self.today.weekday().since(weekday);
        let back = if back == 0 && is_last { 7 } else { back };
        Some((Mention::Day(self.days_ago(back.into())), skip + 1))
    }

    fn in_last_week(&self, weekday: Weekday) -> Mention {
        let monday = self.monday().saturating_sub(7.days());
        Mention::Day(monday.saturating_add(i64::from(weekday.to_monday_zero_offset()).days()))
    }

    /// `today`, `yesterday`, `day before yesterday`, `last night`, `previous business day`.
    pub(super) fn day_word(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
        let text = |at: usize| words.0.get(at).map(|word| word.meant.as_str());
        let day = |days: i64, length: usize| Some((Mention::Day(self.days_ago(days)), length));
        match (text(at)?, text(at + 1), text(at + 2)) {
            ("day", Some("before"), Some("yesterday" | "yesterdays")) => day(2, 3),
            ("day", Some("before"), _) | ("previous" | "prior", Some("day"), _) => {
                Some((Mention::DayBefore, 2))
            }
            ("previous" | "last" | "prior" | "prev", Some("business" | "working"), Some("day" | "date")) => {
                let back = match self.today.weekday() {
                    Weekday::Monday => 3,
                    Weekday::Sunday => 2,
                    _ => 1,
                };
                day(back, 3)
            }
            ("today" | "todays" | "heute" | "hoy", ..) => day(0, 1),
            ("yesterday" | "yesterdays" | "gestern" | "ayer" | "hier", ..) => day(1, 1),
            ("vorgestern" | "anteayer", ..) => day(2, 1),
            ("last", Some("night"), _) => day(1, 2),
            ("tomorrow", ..) => day(-1, 1),
            _ => None,
        }
    }
}
