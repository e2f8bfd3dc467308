//! Secrets and personal data, taken out of texts before they are stored.
//!
//! | what | how it is told |
//! | --- | --- |
//! | e-mail address | `local@domain.tld`, the last label of letters |
//! | card number | the length and first digits of a card scheme, in groups as printed or in one, Luhn's sum right |
//! | key or token | the fixed prefixes of providers, and enough characters behind |
//! | JSON Web Token | three parts, the first two of them JSON in base64 |
//! | credentials | what follows `Bearer` or `Basic`, and the password of a URL |
//! | private key | a PEM block, from BEGIN to END, or to the end of the text |
//! | US social security number | `ddd-dd-dddd` within the ranges that are given out |
//! | phone number | `+` and 8 to 15 digits, or `(ddd) ddd-dddd` and `ddd-ddd-dddd` of North America |
//!
//! Each becomes `[redacted:…]`, which is never redacted again. What cannot be told from ordinary
//! text stays: names, addresses, phone numbers without `+`, keys without a known prefix. Numbers and
//! bytes are not looked at, only texts.
//!
//! Texts without a digit, `:` or `@`, as most names and many values are, cost next to nothing; others one
//! pass over their bytes. Only a text with a secret in it is copied.

mod email;
mod number;
mod record;
mod token;

pub use model::telemetry::Redaction;
pub use record::{redact_event, redact_record};

use model::telemetry::{Attribute, Text, Value};
use std::ops::Range;

/// What was found; the word that stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Email,
    Card,
    Token,
    Credentials,
    PrivateKey,
    Ssn,
    Phone,
}

impl Kind {
    fn replacement(self) -> &'static str {
        match self {
            Self::Email => "[redacted:email]",
            Self::Card => "[redacted:card]",
            Self::Token => "[redacted:token]",
            Self::Credentials => "[redacted:credentials]",
            Self::PrivateKey => "[redacted:private key]",
            Self::Ssn => "[redacted:ssn]",
            Self::Phone => "[redacted:phone]",
        }
    }
}

/// What a byte may begin or be part of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// A word: letters, `_`, and all beyond ASCII.
    Letter,
    Digit,
    /// `-`, which may be part of a word, or begin a private key.
    Dash,
    /// Nothing.
    Plain,
    /// `@`
    At,
    /// `+` or `(`, which may begin a phone number.
    Phone,
    /// `:`, which may be that of a URL.
    Colon,
    /// `\\`, which begins an escape where the text is JSON.
    Backslash,
}

static CLASSES: [Class; 256] = {
    let mut classes = [Class::Plain; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80.. => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'@' => Class::At,
            b'-' => Class::Dash,
            b'+' | b'(' => Class::Phone,
            b':' => Class::Colon,
            b'\\' => Class::Backslash,
            _ => Class::Plain,
        };
        byte += 1;
    }
    classes
};

/// Letters, digits, `_` and `-`: what tokens are made of.
fn is_word(byte: u8) -> bool {
    CLASSES[byte as usize] <= Class::Dash
}

/// Shorter texts hold no secret: `a@b.cd` is one.
const SHORTEST: usize = 6;

/// Takes the secrets out of a text, and says how many there were.
pub fn redact_text(text: &mut String) -> u32 {
    match redacted(text) {
        None => 0,
        Some((clean, count)) => {
            *text = clean;
            count
        }
    }
}

/// Takes the secrets out of all texts of a value, at any depth.
pub fn redact_value(value: &mut Value) -> u32 {
    match value {
        Value::Text(text) => redact_shared(text),
        Value::List(list) => list.iter_mut().map(redact_value).sum(),
        Value::Map(map) => redact_attributes(map),
        Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Bytes(_) => 0,
    }
}

/// Takes the secrets out of names and values.
pub fn redact_attributes(attributes: &mut [Attribute]) -> u32 {
    attributes.iter_mut().map(|sent| redact_shared(&mut sent.key) + redact_value(&mut sent.value)).sum()
}

fn redact_shared(text: &mut Text) -> u32 {
    match redacted(text) {
        None => 0,
        Some((clean, count)) => {
            *text = clean.into();
            count
        }
    }
}

/// The text without its secrets, and how many there were; `None` where there are none.
pub(crate) fn redacted(text: &str) -> Option<(String, u32)> {
    let found = find(text.as_bytes());
    if found.is_empty() {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    let mut end = 0;
    for (range, kind) in &found {
        clean.push_str(&text[end..range.start]);
        clean.push_str(kind.replacement());
        end = range.end;
    }
    clean.push_str(&text[end..]);
    Some((clean, found.len() as u32))
}

/// Whether there can be a secret: all have a digit, `:` or `@` in or before them, but for credentials that
/// are the whole text. Without a branch in the loop, so that many bytes are looked at at once.
fn has_trigger(text: &[u8]) -> bool {
    let is_trigger = |byte: &u8| matches!(byte, b'0'..=b':' | b'@');
    text.iter().fold(false, |found, byte| found | is_trigger(byte)) || text[0].eq_ignore_ascii_case(&b'b')
}

/// All secrets of a text, in order, none of them overlapping. Ranges begin and end at ASCII bytes.
fn find(text: &[u8]) -> Vec<(Range<usize>, Kind)> {
    let mut found = Vec::new();
    if text.len() < SHORTEST || !has_trigger(text) {
        return found;
    }
    // Everything before it is settled.
    let mut done = 0;
    let mut place = 0;
    while place < text.len() {
        let secret = match CLASSES[text[place] as usize] {
            Class::Plain => None,
            Class::Backslash => {
                place += escape_len(&text[place..]);
                done = place;
                continue;
            }
            Class::At => email::email(text, place, done),
            Class::Colon => token::url_password(text, place),
            Class::Phone => number::phone(text, place),
            Class::Dash => token::private_key(text, place),
            Class::Letter | Class::Digit => {
                let end = token::word_end(text, place);
                match word(text, place..end) {
                    None => {
                        place = end;
                        continue;
                    }
                    secret => secret,
                }
            }
        };
        match secret {
            Some((range, kind)) => {
                done = range.end;
                place = range.end;
                found.push((range, kind));
            }
            None => place += 1,
        }
    }
    found
}

/// How long the escape is that begins here. Its letters are not part of what follows: `\nsk-…`.
fn escape_len(text: &[u8]) -> usize {
    match text {
        [_, b'n' | b't' | b'r' | b'b' | b'f' | b'"' | b'/' | b'\\', ..] => 2,
        [_, b'u', digits @ ..] if digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_hexdigit) => 6,
        _ => 1,
    }
}

/// A secret that begins with a word: the longest run of letters, digits, `_` and `-`.
fn word(text: &[u8], word: Range<usize>) -> Option<(Range<usize>, Kind)> {
    if text[word.start].is_ascii_digit() { number::number(text, word) } else { token::token(text, word) }
}

#[cfg(test)]
mod tests;
