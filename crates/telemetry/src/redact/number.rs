//! Numbers of cards, people and phones.

use super::{Kind, is_word};
use std::ops::Range;

type Found = Option<(Range<usize>, Kind)>;

/// The shortest word that one of them begins with: the first group of a card's digits.
const SHORTEST: usize = 4;

/// A number that begins with the word, whose first byte is a digit.
pub(super) fn number(text: &[u8], word: Range<usize>) -> Found {
    if word.len() < SHORTEST {
        return None;
    }
    // Part of something larger: a version, a decimal, a phone number that was none.
    let before = word.start.checked_sub(1).map(|place| text[place]);
    if before.is_some_and(|byte| matches!(byte, b'.' | b'+')) {
        return None;
    }
    ssn_or_phone(text, &word).or_else(|| card(text, &word))
}

/// `ddd-dd-dddd` and `ddd-ddd-dddd`.
fn ssn_or_phone(text: &[u8], word: &Range<usize>) -> Found {
    let digits = &text[word.clone()];
    let is = |layout: &[u8]| {
        digits.len() == layout.len()
            && digits.iter().zip(layout).all(|(byte, kind)| match kind {
                b'-' => *byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    };
    if is(b"ddd-dd-dddd") {
        let (area, group, serial) = (&digits[..3], &digits[4..6], &digits[7..]);
        let is_given_out =
            area != b"000" && area != b"666" && area[0] != b'9' && group != b"00" && serial != b"0000";
        return is_given_out.then(|| (word.clone(), Kind::Ssn));
    }
    // North America's area codes and exchanges begin with 2 to 9.
    (is(b"ddd-ddd-dddd") && digits[0] >= b'2' && digits[4] >= b'2').then(|| (word.clone(), Kind::Phone))
}

/// Digits of a card in one group or in the groups that are printed on it.
fn card(text: &[u8], word: &Range<usize>) -> Found {
    const MOST_DIGITS: usize = 16;
    let mut digits = [0; MOST_DIGITS];
    let mut count = 0;
    let mut groups = [0; 4];
    let mut group = 0;
    let mut separator = None;
    let mut place = word.start;
    while let Some(byte) = text.get(place) {
        if byte.is_ascii_digit() {
            *digits.get_mut(count)? = byte - b'0';
            count += 1;
            groups[group] += 1;
        } else if matches!(byte, b' ' | b'-') && text.get(place + 1).is_some_and(u8::is_ascii_digit) {
            let is_whole = groups[group] > 6 || group > 0 && is_printed(&groups[..=group]);
            if is_whole || separator.is_some_and(|before| before != byte) || group + 1 == groups.len() {
                break;
            }
            separator = Some(byte);
            group += 1;
        } else {
            break;
        }
        place += 1;
    }
    let next = text.get(place).copied().unwrap_or(b' ');
    let is_decimal = next == b'.' && text.get(place + 1).is_some_and(u8::is_ascii_digit);
    if is_word(next) || is_decimal {
        return None;
    }
    let digits = &digits[..count];
    let is_card = is_printed(&groups[..=group]) && has_scheme(digits) && has_luhn_sum(digits);
    is_card.then_some((word.start..place, Kind::Card))
}

/// Whether cards have their digits in groups of these lengths, or in one.
fn is_printed(groups: &[usize]) -> bool {
    matches!(groups, [_] | [4, 4, 4, 4] | [4, 6, 4 | 5])
}

/// Whether a card scheme gives out numbers of that length that begin so. Numbers of 13 and 19 digits are
/// hardly ever cards, and often times or ids.
fn has_scheme(digits: &[u8]) -> bool {
    if digits.len() < 14 {
        return false;
    }
    let first =
        |count: usize| digits[..count].iter().fold(0, |number: u16, digit| 10 * number + u16::from(*digit));
    match digits.len() {
        14 => matches!(first(2), 36 | 38 | 39) || matches!(first(3), 300..=305),
        15 => matches!(first(2), 34 | 37),
        16 => {
            first(1) == 4
                || matches!(first(2), 51..=55 | 62 | 65)
                || matches!(first(3), 644..=649)
                || matches!(first(4), 2221..=2720 | 3528..=3589 | 6011)
        }
        _ => false,
    }
}

fn has_luhn_sum(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) => 2 * digit / 10 + 2 * digit % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A phone number that begins with `+` or `(` at `place`.
pub(super) fn phone(text: &[u8], place: usize) -> Found {
    if place.checked_sub(1).is_some_and(|before| is_word(text[before])) {
        return None;
    }
    if text[place] == b'(' { area_in_brackets(text, place) } else { international(text, place) }
}

/// `(ddd) ddd-dddd`
fn area_in_brackets(text: &[u8], place: usize) -> Found {
    const LAYOUT: &[u8] = b"(ddd) ddd-dddd";
    let number = text.get(place..place + LAYOUT.len())?;
    let fits = number.iter().zip(LAYOUT).all(|(byte, kind)| match kind {
        b'd' => byte.is_ascii_digit(),
        _ => byte == kind,
    });
    let end = place + LAYOUT.len();
    (fits && !text.get(end).copied().is_some_and(is_word)).then_some((place..end, Kind::Phone))
}

/// `+` and 8 to 15 digits (E.164), the first not zero, with single separators between them.
fn international(text: &[u8], place: usize) -> Found {
    let mut digits = 0;
    let mut end = place + 1;
    if !matches!(text.get(end), Some(b'1'..=b'9')) {
        return None;
    }
    let mut next = end;
    while let Some(byte) = text.get(next) {
        if byte.is_ascii_digit() {
            digits += 1;
            end = next + 1;
        } else if !matches!(byte, b' ' | b'-' | b'.' | b'(' | b')') || next > end + 1 {
            break;
        }
        next += 1;
    }
    let is_word_behind = text.get(end).copied().is_some_and(|byte| is_word(byte) && byte != b'-');
    ((8..=15).contains(&digits) && !is_word_behind).then_some((place..end, Kind::Phone))
}
