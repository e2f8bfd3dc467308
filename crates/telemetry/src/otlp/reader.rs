//! What all records are made of: texts, times, attributes; with the bounds on them.

use super::keys::Keys;
use super::wire::{Field, Fields, Malformed};
use super::{Decoder, Limits};
use crate::error::Error;
use crate::genai::Readings;
use crate::redact::{self, Redaction};
use model::telemetry::{Attribute, Text, UnixNanos, Value};
use std::mem::size_of;

/// What a [`Text`] takes besides its letters: who counts those that share it.
const COUNTS_BYTES: usize = 2 * size_of::<usize>();
/// Attributes, events or links of one record; elements of one list or map. SDKs stop at 128.
pub(super) const MAX_ITEMS: usize = 1_000;
/// How deep values may be nested.
const MAX_DEPTH: usize = 32;
/// How far clocks of senders may be ahead.
const MAX_AHEAD_NANOS: i64 = 5 * 60 * 1_000_000_000;

/// Why reading a record ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The whole message cannot be read.
    Malformed(&'static str),
    /// The records of the message would take too much memory.
    TooLarge,
    /// This record makes no sense; the others may.
    Rejected(Reason),
}

impl From<Malformed> for Stop {
    fn from(Malformed(why): Malformed) -> Self {
        Self::Malformed(why)
    }
}

impl Stop {
    pub(super) fn into_error(self, limits: &Limits) -> Error {
        match self {
            Self::Malformed(why) => Error::Malformed(why.to_owned()),
            Self::Rejected(reason) => Error::Malformed(reason.text().to_owned()),
            Self::TooLarge => {
                Error::TooLarge { what: "the records of the body take", limit_bytes: limits.record_bytes }
            }
        }
    }
}

/// What the sender should know of its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    InvalidId,
    InvalidParent,
    EndsBeforeStart,
    Ahead,
    TooDeep,
    NotFinite,
    NoSum,
    NoNumber,
    TooManyItems,
    InvalidLink,
}

impl Reason {
    const ALL: [Self; 10] = [
        Self::InvalidId,
        Self::InvalidParent,
        Self::EndsBeforeStart,
        Self::Ahead,
        Self::TooDeep,
        Self::NotFinite,
        Self::NoSum,
        Self::NoNumber,
        Self::TooManyItems,
        Self::InvalidLink,
    ];

    fn text(self) -> &'static str {
        match self {
            Self::InvalidId => "rejected: trace id must be 16 bytes and span id 8, neither all zero",
            Self::InvalidParent => "rejected: parent span id must be 8 bytes or none",
            Self::EndsBeforeStart => "rejected: the end is before the start",
            Self::Ahead => "rejected: the time is more than 5 minutes ahead of the server's",
            Self::TooDeep => "rejected: a value is nested deeper than 32 levels",
            Self::NotFinite => "rejected: the number is NaN or infinite",
            Self::NoSum => "rejected: a histogram without a sum has no mean",
            Self::NoNumber => "rejected: the point has no number",
            Self::TooManyItems => {
                "attributes, events, links or elements left out: at most 1000 are kept of each"
            }
            Self::InvalidLink => "links left out: they have no valid ids",
        }
    }
}

/// What is common to reading all records of one message.
pub(super) struct Reader {
    pub(super) now: UnixNanos,
    /// How attributes of its spans were read.
    pub(super) readings: Readings,
    keys: Keys,
    redaction: Redaction,
    bytes_left: usize,
    redactions: u64,
    rejected: u64,
    notes: [u64; Reason::ALL.len()],
}

impl Reader {
    pub(super) fn new(decoder: &Decoder) -> Self {
        Self {
            now: decoder.now,
            readings: Readings::default(),
            keys: Keys::default(),
            redaction: decoder.redaction,
            bytes_left: decoder.limits.record_bytes,
            redactions: 0,
            rejected: 0,
            notes: [0; Reason::ALL.len()],
        }
    }

    /// Notes a record that is left out; any other reason to stop is handed on.
    pub(super) fn kept<T>(&mut self, record: Result<T, Stop>) -> Result<Option<T>, Stop> {
        match record {
            Ok(record) => Ok(Some(record)),
            Err(Stop::Rejected(reason)) => {
                self.rejected += 1;
                self.note(reason, 1);
                Ok(None)
            }
            Err(stop) => Err(stop),
        }
    }

    pub(super) fn note(&mut self, reason: Reason, times: u64) {
        self.notes[reason as usize] += times;
    }

    /// How many secrets were taken out so far.
    pub(super) fn redactions(&self) -> u64 {
        self.redactions
    }

    /// How many records were left out, what to tell the sender, how many secrets were taken out.
    pub(super) fn summary(self) -> (u64, String, u64) {
        let noted = Reason::ALL.into_iter().zip(self.notes).filter(|(_, times)| *times > 0);
        let sentences: Vec<String> =
            noted.map(|(reason, times)| format!("{times} {}", reason.text())).collect();
        (self.rejected, sentences.join("; "), self.redactions)
    }

    /// Counts memory that a record takes against what is left of it.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Stop> {
        self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or(Stop::TooLarge)?;
        Ok(())
    }

    /// How much memory records may still take.
    pub(super) fn bytes_left(&self) -> usize {
        self.bytes_left
    }

    /// A text without its secrets.
    pub(super) fn text(&mut self, field: Field<'_>) -> Result<String, Stop> {
        let text = field.text()?;
        self.charge(text.len())?;
        Ok(self.clean(text).unwrap_or_else(|| text.to_owned()))
    }

    /// The text without its secrets, which are counted; `None` where there are none.
    fn clean(&mut self, text: &str) -> Option<String> {
        let (clean, count) = (self.redaction == Redaction::On).then(|| redact::redacted(text))??;
        self.redactions += u64::from(count);
        Some(clean)
    }

    /// A moment; `None` where none was sent.
    pub(super) fn moment(&self, nanos: u64) -> Result<Option<UnixNanos>, Stop> {
        match i64::try_from(nanos) {
            Ok(0) => Ok(None),
            Ok(nanos) if nanos <= self.now.0.saturating_add(MAX_AHEAD_NANOS) => Ok(Some(UnixNanos(nanos))),
            _ => Err(Stop::Rejected(Reason::Ahead)),
        }
    }

    /// Makes room in `items`; says no, and notes it, where there are as many as are kept.
    pub(super) fn has_room<T>(&mut self, items: &[T]) -> Result<bool, Stop> {
        if items.len() >= MAX_ITEMS {
            self.note(Reason::TooManyItems, 1);
            return Ok(false);
        }
        self.charge(size_of::<T>())?;
        Ok(true)
    }

    /// Appends a `KeyValue`.
    pub(super) fn attribute(&mut self, to: &mut Vec<Attribute>, key_value: &[u8]) -> Result<(), Stop> {
        self.nested_attribute(to, key_value, 0)
    }

    fn nested_attribute(&mut self, to: &mut Vec<Attribute>, bytes: &[u8], depth: usize) -> Result<(), Stop> {
        if !self.has_room(to)? {
            return Ok(());
        }
        let (mut key, mut value) = (None, None);
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => key = Some(self.key(field)?),
                2 => value = Some(self.nested_value(field.bytes()?, depth)?),
                _ => {}
            }
        }
        to.push(Attribute { key: key.unwrap_or_default(), value: value.unwrap_or_else(nothing) });
        Ok(())
    }

    /// The name of an attribute, without its secrets.
    fn key(&mut self, field: Field<'_>) -> Result<Text, Stop> {
        let sent = field.bytes()?;
        // Each time, though it is kept once: an agent's names are written for each agent.
        self.charge(sent.len())?;
        if let Some(key) = self.keys.following(sent) {
            return Ok(key);
        }
        let sent = field.text()?;
        if let Some(key) = self.keys.find(sent) {
            return Ok(key);
        }
        // One that has a secret in it is looked at, and counted, each time.
        if let Some(clean) = self.clean(sent) {
            return Ok(clean.into());
        }
        self.charge(Keys::BYTES_EACH)?;
        Ok(self.keys.add(sent.into()))
    }

    /// A text that is the value of the attribute whose name was read last, or in it, without its secrets.
    fn value_text(&mut self, field: Field<'_>) -> Result<Text, Stop> {
        let sent = field.bytes()?;
        self.charge(sent.len())?;
        if let Some(text) = self.keys.value_again(sent) {
            return Ok(text);
        }
        self.charge(COUNTS_BYTES)?;
        let sent = field.text()?;
        Ok(match self.clean(sent) {
            Some(clean) => clean.into(),
            None => self.keys.add_value(sent.into()),
        })
    }

    /// An `AnyValue`. One that holds nothing is an empty text.
    pub(super) fn value(&mut self, any_value: &[u8]) -> Result<Value, Stop> {
        self.nested_value(any_value, 0)
    }

    fn nested_value(&mut self, bytes: &[u8], depth: usize) -> Result<Value, Stop> {
        if depth == MAX_DEPTH {
            return Err(Stop::Rejected(Reason::TooDeep));
        }
        let mut value = None;
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next()? {
            value = Some(match number {
                1 => Value::Text(self.value_text(field)?),
                2 => Value::Bool(field.varint()? != 0),
                3 => Value::Int(field.varint()? as i64),
                4 => double(field.double()?),
                5 => self.list(field.bytes()?, depth + 1)?,
                6 => self.map(field.bytes()?, depth + 1)?,
                7 => {
                    let bytes = field.bytes()?;
                    self.charge(bytes.len())?;
                    Value::Bytes(bytes.to_vec())
                }
                _ => continue,
            });
        }
        Ok(value.unwrap_or_else(nothing))
    }

    fn list(&mut self, bytes: &[u8], depth: usize) -> Result<Value, Stop> {
        let mut list = Vec::new();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next()? {
            let element = field.bytes();
            if number == 1 && self.has_room(&list)? {
                list.push(self.nested_value(element?, depth)?);
            }
        }
        Ok(Value::List(list))
    }

    fn map(&mut self, bytes: &[u8], depth: usize) -> Result<Value, Stop> {
        let mut map = Vec::new();
        let mut fields = Fields::new(bytes);
        while let Some((number, field)) = fields.next()? {
            if number == 1 {
                self.nested_attribute(&mut map, field.bytes()?, depth)?;
            }
        }
        Ok(Value::Map(map))
    }
}

/// A value that holds nothing. Not where one is only expected: all share one text, and its count.
fn nothing() -> Value {
    Value::Text(Text::default())
}

/// No number of a record is NaN or infinite: databases and JSON do not know them.
fn double(number: f64) -> Value {
    if number.is_finite() {
        Value::Double(number)
    } else if number.is_nan() {
        Value::Text("NaN".into())
    } else {
        Value::Text(if number > 0.0 { "Infinity" } else { "-Infinity" }.into())
    }
}
