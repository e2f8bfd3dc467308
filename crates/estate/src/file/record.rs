//! One JSON object of an estate file, read field by field so that what is wrong can be named.

use model::{BusinessDate, Timestamp};
use serde_json::{Map, Value};
use std::fmt;

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Problem(String);

impl Problem {
    /// The text is not JSON; the parser's error has line and column.
    pub(super) fn not_json(error: serde_json::Error) -> Self {
        Self(format!("is not JSON: {error}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A JSON object and the place where it stands, for example `workflow_run_instance[17]`.
pub(super) struct Record<'a> {
    place: String,
    fields: &'a Map<String, Value>,
}

impl<'a> Record<'a> {
    /// The object `value`, standing at `place`.
    pub(super) fn new(place: impl Into<String>, value: &'a Value) -> Result<Self, Problem> {
        let place = place.into();
        match value.as_object() {
            Some(fields) => Ok(Self { place, fields }),
            None => Err(Problem(format!("{place} is not an object"))),
        }
    }

    /// The problem that field `name` is, `what` following its name in a sentence.
    pub(super) fn problem(&self, name: &str, what: &str) -> Problem {
        Problem(format!("{}: {name} {what}", self.place))
    }

    fn required(&self, name: &str) -> Result<&'a Value, Problem> {
        self.fields.get(name).ok_or_else(|| self.problem(name, "is missing"))
    }

    fn optional(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn as_text(&self, name: &str, value: &Value) -> Result<String, Problem> {
        value.as_str().map(str::to_owned).ok_or_else(|| self.problem(name, "is not a text"))
    }

    /// A text that has to be there.
    pub(super) fn text(&self, name: &str) -> Result<String, Problem> {
        self.as_text(name, self.required(name)?)
    }

    /// A text that has to be named but may be null.
    pub(super) fn text_or_null(&self, name: &str) -> Result<Option<String>, Problem> {
        match self.required(name)? {
            Value::Null => Ok(None),
            value => self.as_text(name, value).map(Some),
        }
    }

    /// A text that may be null or absent.
    pub(super) fn optional_text(&self, name: &str) -> Result<Option<String>, Problem> {
        self.optional(name).map(|value| self.as_text(name, value)).transpose()
    }

    /// A list of texts; empty where absent.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Problem> {
        let Some(value) = self.optional(name) else {
            return Ok(Vec::new());
        };
        value
            .as_array()
            .and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect())
            .ok_or_else(|| self.problem(name, "is not a list of texts"))
    }

    /// A whole number that has to be there, within the bounds of `N`.
    pub(super) fn integer<N: TryFrom<i64>>(&self, name: &str) -> Result<N, Problem> {
        self.as_integer(name, self.required(name)?)
    }

    /// A whole number that may be null or absent.
    pub(super) fn optional_integer<N: TryFrom<i64>>(&self, name: &str) -> Result<Option<N>, Problem> {
        self.optional(name).map(|value| self.as_integer(name, value)).transpose()
    }

    fn as_integer<N: TryFrom<i64>>(&self, name: &str, value: &Value) -> Result<N, Problem> {
        value
            .as_i64()
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| self.problem(name, "is not a whole number in its range"))
    }

    /// A date, `YYYY-MM-DD`.
    pub(super) fn date(&self, name: &str) -> Result<BusinessDate, Problem> {
        BusinessDate::parse(&self.text(name)?).map_err(|error| self.problem(name, &error.to_string()))
    }

    /// A time of RFC 3339.
    pub(super) fn time(&self, name: &str) -> Result<Timestamp, Problem> {
        self.as_time(name, &self.text(name)?)
    }

    /// A time of RFC 3339 that has to be named but may be null.
    pub(super) fn time_or_null(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        self.text_or_null(name)?.map(|text| self.as_time(name, &text)).transpose()
    }

    fn as_time(&self, name: &str, text: &str) -> Result<Timestamp, Problem> {
        text.parse().map_err(|_| {
            self.problem(name, "is not a time like 2026-02-18T12:09:40Z (RFC 3339, with its zone)")
        })
    }

    /// An object.
    pub(super) fn object(&self, name: &str) -> Result<&'a Map<String, Value>, Problem> {
        self.required(name)?.as_object().ok_or_else(|| self.problem(name, "is not an object"))
    }

    /// A list of objects.
    pub(super) fn rows(&self, name: &str) -> Result<Vec<Record<'a>>, Problem> {
        self.required(name)?
            .as_array()
            .ok_or_else(|| self.problem(name, "is not a list"))?
            .iter()
            .enumerate()
            .map(|(index, value)| Record::new(format!("{name}[{index}]"), value))
            .collect()
    }
}
