//! Dates in a question, relative to the reader's today.

use super::words::Words;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use model::BusinessDate;
use std::ops::Range;

/// What a question says of dates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaidDates {
    /// Single days, in the order they were said.
    pub days: Vec<BusinessDate>,
    /// A stretch of days.
    pub range: Option<(BusinessDate, BusinessDate)>,
    /// "The day before": relative to the day that the thread speaks of.
    pub day_before: bool,
    /// Something that looks like a date and is none, or could be two: as it was typed.
    pub unreadable: Option<String>,
}

impl SaidDates {
    /// Whether it says anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One date among the words.
enum Mention {
    Day(Date),
    Range(Date, Date),
    DayBefore,
    Unreadable,
}

/// Reads the dates and marks their words as read.
pub(super) fn read_dates(words: &mut Words, today: BusinessDate) -> SaidDates {
    let calendar = Calendar { today: today.civil() };
    let mut said = SaidDates::default();
    let mut at = 0;
    while at < words.0.len() {
        let Some((mention, length)) = calendar.mention(words, at) else {
            at += 1;
            continue;
        };
        let range = at..at + length;
        match mention {
            Mention::Day(day) => said.days.push(day.into()),
            Mention::Range(from, to) => said.range = Some((from.into(), to.into())),
            Mention::DayBefore => said.day_before = true,
            Mention::Unreadable => said.unreadable = Some(typed(words, range.clone())),
        }
        words.take(range);
        at += length;
    }
    if said.days.len() == 2 && words.hold_any(&["from", "between"]) && !words.say(super::cues::Cue::Compare) {
        let (from, to) = (said.days[0].min(said.days[1]), said.days[0].max(said.days[1]));
        said.range = Some((from, to));
        said.days.clear();
    }
    said
}

fn typed(words: &Words, range: Range<usize>) -> String {
    let mut text = String::new();
    for (i, word) in words.0[range].iter().enumerate() {
        if i > 0 {
            text.push(word.tie);
        }
        text.push_str(&word.text);
    }
    text
}

struct Calendar {
    today: Date,
}

impl Calendar {
    /// The date that begins at word `at`, and how many words it takes.
    fn mention(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
        if words.0[at].taken {
            return None;
        }
        self.numeric(words, at)
            .or_else(|| self.named_month(words, at))
            .or_else(|| self.offset(words, at))
            .or_else(|| self.period_end(words, at))
            .or_else(|| self.weekday(words, at))
            .or_else(|| self.range(words, at))
            .or_else(|| self.day_word(words, at))
    }

    fn days_ago(&self, days: i64) -> Date {
        self.today.saturating_sub(days.days())
    }

    /// `2026-02-18`, `2026/2/18`, `18/02/2026`, `20260218`.
    fn numeric(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
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
        let number = |word: &super::words::Word| i8::try_from(word.number()?).ok();
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
    fn named_month(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
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
    fn offset(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
        let word = |at: usize| words.0.get(at);
        let first = words.0[at].text.as_str();
        if first == "t" {
            let days =
                word(at + 1).filter(|next| matches!(next.tie, '-' | '+')).and_then(|next| next.number())?;
            let is_past = words.0[at + 1].tie == '-' || days == 0;
            return is_past.then(|| (Mention::Day(self.days_ago(days.into())), 2));
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

    /// `month end`, `last month end`, `end of last month`, `eom`, `quarter end`, `year end`.
    fn period_end(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
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

    fn monday(&self) -> Date {
        self.days_ago(self.today.weekday().to_monday_zero_offset().into())
    }

    /// `friday`, `last friday`, `friday last week`.
    fn weekday(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
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

    /// `this week`, `last month`, `past 10 days`, `since monday`, `month to date`.
    fn range(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
        let text = |at: usize| words.0.get(at).map(|word| word.text.as_str());
        let first = text(at)?;
        if first == "since" {
            let (mention, length) = self.mention(words, at + 1).filter(|_| at + 1 < words.0.len())?;
            // "What changed since yesterday" compares: it wants the day, not the stretch.
            return match mention {
                Mention::Day(day) if !words.say(super::cues::Cue::Compare) => {
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
            return Some((Mention::Range(self.days_ago(days.min(3_660)), self.today), length));
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

    /// `today`, `yesterday`, `day before yesterday`, `last night`, `previous business day`.
    fn day_word(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
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

fn month_named(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let fits = |month: &&str| {
        *month == word
            || (word.len() == 3 && month.starts_with(word))
            || (word == "sept" && *month == "september")
    };
    MONTHS.iter().position(fits).and_then(|index| i8::try_from(index + 1).ok())
}

fn weekday_named(word: &str) -> Option<Weekday> {
    Some(match word.trim_end_matches('s') {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" => Weekday::Tuesday,
        "wednesday" | "wed" => Weekday::Wednesday,
        "thursday" | "thu" | "thur" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" | "sat" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

/// `18`, `18th`, `1st`.
fn day_of_month(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
    let ending = &word[digits.len()..];
    let day: i8 = digits.parse().ok()?;
    (matches!(ending, "" | "st" | "nd" | "rd" | "th") && (1..=31).contains(&day)).then_some(day)
}

/// `5`, `five`, `a`, `couple`.
fn count_word(word: &str) -> Option<u32> {
    const NUMBERS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    match word {
        "a" | "an" => Some(1),
        "couple" => Some(2),
        "few" => Some(3),
        _ => NUMBERS
            .iter()
            .position(|number| *number == word)
            .and_then(|index| u32::try_from(index).ok())
            .or_else(|| word.parse().ok().filter(|count| *count <= 3_660)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, today: &str) -> SaidDates {
        let mut words = Words::read(text, &|_| false);
        read_dates(&mut words, BusinessDate::parse(today).unwrap())
    }

    fn date(text: &str) -> BusinessDate {
        BusinessDate::parse(text).unwrap()
    }

    #[test]
    fn days() {
        let check = |text: &str, expect: &str| {
            assert_eq!(read(text, "2026-02-18").days, [date(expect)], "{text}");
        };
        check("today", "2026-02-18");
        check("yesterday's run", "2026-02-17");
        check("the day before yesterday", "2026-02-16");
        check("two days ago", "2026-02-16");
        check("3 days ago", "2026-02-15");
        check("a week ago", "2026-02-11");
        check("T-1", "2026-02-17");
        check("t-0", "2026-02-18");
        check("last friday", "2026-02-13");
        check("on friday", "2026-02-13");
        check("friday last week", "2026-02-13");
        check("last week monday", "2026-02-09");
        check("last wednesday", "2026-02-11");
        check("wednesday", "2026-02-18");
        check("month end", "2026-01-31");
        check("at last month-end", "2026-01-31");
        check("end of last month", "2026-01-31");
        check("end of this month", "2026-02-28");
        check("quarter end", "2025-12-31");
        check("year end", "2025-12-31");
        check("Feb 18", "2026-02-18");
        check("18 feb 2025", "2025-02-18");
        check("18-Feb-2026", "2026-02-18");
        check("17th of February", "2026-02-17");
        check("dec 31", "2025-12-31");
        check("the 17th", "2026-02-17");
        check("the 20th", "2026-01-20");
        check("2026-02-16", "2026-02-16");
        check("2026/2/6", "2026-02-06");
        check("20260216", "2026-02-16");
        check("02/13/2026", "2026-02-13");
        check("13/02/2026", "2026-02-13");
        check("cob 17/02", "2026-02-17");
        check("on 2/17", "2026-02-17");
        check("on 31/12", "2025-12-31");
        check("previous business day", "2026-02-17");
        check("last night", "2026-02-17");
        check("gestern", "2026-02-17");
    }

    #[test]
    fn the_last_day_of_a_month_is_its_end() {
        assert_eq!(read("month end", "2026-02-28").days, [date("2026-02-28")]);
        assert_eq!(read("previous business day", "2026-02-16").days, [date("2026-02-13")]);
    }

    #[test]
    fn ranges() {
        let check = |text: &str, from: &str, to: &str| {
            assert_eq!(read(text, "2026-02-18").range, Some((date(from), date(to))), "{text}");
        };
        check("this week", "2026-02-16", "2026-02-18");
        check("last week", "2026-02-09", "2026-02-15");
        check("this month", "2026-02-01", "2026-02-18");
        check("last month", "2026-01-01", "2026-01-31");
        check("over the past fortnight", "2026-02-04", "2026-02-18");
        check("past 10 days", "2026-02-08", "2026-02-18");
        check("last five business days", "2026-02-13", "2026-02-18");
        check("last 2 weeks", "2026-02-04", "2026-02-18");
        check("since monday", "2026-02-16", "2026-02-18");
        check("in january", "2026-01-01", "2026-01-31");
        check("durations january", "2026-01-01", "2026-01-31");
        check("in december", "2025-12-01", "2025-12-31");
        check("from feb 3 to feb 5", "2026-02-03", "2026-02-05");
        check("between 2026-02-05 and 2026-02-03", "2026-02-03", "2026-02-05");
        check("mtd", "2026-02-01", "2026-02-18");
    }

    #[test]
    fn what_is_no_date_says_so_and_what_could_be_two_is_not_guessed() {
        for text in ["2026-02-30", "31 feb 2026", "20261301", "02/03/2026", "on 02/03", "on 31/02"] {
            assert!(read(text, "2026-02-18").unreadable.is_some(), "{text}");
        }
    }

    #[test]
    fn other_words_are_no_dates() {
        for text in [
            "it may fail",
            "march on",
            "6g",
            "step 3",
            "t minus",
            "in the end",
            "last 4 hours",
            "24/7",
            "6/8 done",
            "for 2/3 slices",
            "",
        ] {
            assert_eq!(read(text, "2026-02-18"), SaidDates::default(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_on_any_day(text in "[a-z0-9/ .-]{0,40}", days in 0_i64..40_000) {
            let today = Date::new(1990, 1, 1).unwrap().saturating_add(days.days());
            let mut words = Words::read(&text, &|_| false);
            let _ = read_dates(&mut words, today.into());
        }

        #[test]
        fn iso_dates_are_what_they_say(days in 0_i64..40_000) {
            let day = BusinessDate::from(Date::new(1990, 1, 1).unwrap().saturating_add(days.days()));
            prop_assert_eq!(read(&format!("status on {day}"), "2026-02-18").days, [day]);
        }
    }
}
