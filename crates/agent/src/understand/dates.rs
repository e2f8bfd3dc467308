//! Dates in a question, relative to the reader's today.

mod day;
mod period;
mod spelling;

use super::words::Words;
use jiff::ToSpan;
use jiff::civil::Date;
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
    /// The date that begins at word `at`, where there is one, and how many words it takes.
    fn mention(&self, words: &Words, at: usize) -> Option<(Mention, usize)> {
        if words.0.get(at)?.taken {
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
        for text in
            ["2026-02-30", "31 feb 2026", "20261301", "02/03/2026", "on 02/03", "on 31/02", "T-9999999"]
        {
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
            "What failed since?",
            "since since",
            "",
        ] {
            assert_eq!(read(text, "2026-02-18"), SaidDates::default(), "{text}");
        }
    }

    /// Texts of the words that dates are made of, and of numbers of any size.
    fn any_said_date() -> impl Strategy<Value = String> {
        const WORDS: &[&str] = &[
            "since",
            "last",
            "past",
            "previous",
            "prior",
            "this",
            "current",
            "end",
            "of",
            "the",
            "on",
            "in",
            "from",
            "to",
            "between",
            "and",
            "t",
            "a",
            "two",
            "ago",
            "day",
            "days",
            "week",
            "weeks",
            "month",
            "months",
            "monthend",
            "eom",
            "quarter",
            "year",
            "mtd",
            "ytd",
            "business",
            "runs",
            "fortnight",
            "before",
            "today",
            "yesterday",
            "night",
            "monday",
            "friday",
            "february",
            "dec",
            "may",
            "29th",
            "31st",
            "31",
            "12",
            "2024",
        ];
        let number = prop_oneof![0_u32..40, 1_900_u32..2_200, 20_000_000_u32..20_991_300, any::<u32>()];
        let word = prop_oneof![4 => prop::sample::select(WORDS).prop_map(str::to_owned),
                               1 => number.prop_map(|number| number.to_string())];
        let tied = (word, prop::sample::select(&[" ", " ", " ", "-", "/", "."][..]));
        prop::collection::vec(tied, 0..9)
            .prop_map(|words| words.into_iter().map(|(word, tie)| word + tie).collect())
    }

    proptest! {
        #[test]
        fn any_words_of_dates_are_read_on_any_day(text in any_said_date(), days in 0_i64..40_000) {
            let today = Date::new(1990, 1, 1).unwrap().saturating_add(days.days());
            let mut words = Words::read(&text, &|_| false);
            let _ = read_dates(&mut words, today.into());
        }

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
