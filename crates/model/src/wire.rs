//! Times as they come over the wire. jiff reads every form of RFC 3339 and 9557 and explains what
//! is wrong in hundreds of sentences, all of which browsers would have to fetch: the one form that
//! it writes is read here.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, Error};

const SECONDS_A_DAY: i64 = 86_400;

/// Reads a time in UTC, as `2026-02-18T12:09:40Z` or with up to nine digits of a second's fraction.
pub(crate) fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    read(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("no time in UTC"))
}

/// The same where there may be none.
pub(crate) fn optional_timestamp<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        None => Ok(None),
        Some(text) => read(&text).map(Some).ok_or_else(|| D::Error::custom("no time in UTC")),
    }
}

/// Reads the text of such a time.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let (head, rest) = text.as_bytes().split_at_checked(SHAPE.len())?;
    let fits = |(byte, shape): (&u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
    if !head.iter().zip(SHAPE).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| {
        head[from..to].iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
    };
    let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let date = Date::new(number(0, 4) as i16, number(5, 7) as i8, number(8, 10) as i8).ok()?;
    let seconds = days_since_1970(date) * SECONDS_A_DAY + hour * 3600 + minute * 60 + second;
    Timestamp::new(seconds, nanoseconds(rest)?).ok()
}

/// Of `Z` or `.5Z`.
fn nanoseconds(rest: &[u8]) -> Option<i32> {
    let digits = match rest.strip_suffix(b"Z")? {
        [] => return Some(0),
        [b'.', digits @ ..] => digits,
        _ => return None,
    };
    if !(1..=9).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let padded = digits.iter().chain([b'0'; 9].iter()).take(9);
    Some(padded.fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0')))
}

/// <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>, for years from 0 on.
fn days_since_1970(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
    // Years begin in March here: the leap day is the last.
    let year = i64::from(date.year()) - i64::from(month <= 2) + 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468 - 146_097
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_jiff_writes_is_read(millis in -62_135_596_800_000_i64..253_402_207_200_000, nanos in 0_i32..1_000_000) {
            let time = Timestamp::from_millisecond(millis).unwrap();
            prop_assert_eq!(read(&time.to_string()), Some(time));
            let finer = time + jiff::SignedDuration::from_nanos(nanos.into());
            prop_assert_eq!(read(&finer.to_string()), Some(finer));
        }
    }

    #[test]
    fn nothing_else_is_a_time() {
        for text in [
            "",
            "2026-02-18",
            "2026-02-18T12:09:40",
            "2026-02-18T12:09:40+00:00",
            "2026-02-18T12:09:40.Z",
            "2026-02-18T12:09:40.1234567890Z",
            "2026-02-18 12:09:40Z",
            "2026-02-30T12:09:40Z",
            "2026-02-18T24:00:00Z",
            "2026-02-18T12:60:00Z",
            "2026-02-18T12:09:60Z",
            "2026-02-18T12:09:4öZ",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
