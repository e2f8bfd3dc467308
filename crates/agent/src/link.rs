//! Paths of the pages that answers link to.

use model::{BusinessDate, EssentialName, Phase, RunId};
use std::fmt::Write as _;

pub(crate) fn board(date: BusinessDate) -> String {
    format!("/?date={date}")
}

pub(crate) fn essential(name: &EssentialName, date: Option<BusinessDate>, phase: Option<Phase>) -> String {
    let date = date.map(|date| ("date", date.to_string()));
    let phase = phase.map(|phase| ("phase", phase.to_string()));
    with_query(format!("/essentials/{}", encode(name.as_str())), date.into_iter().chain(phase))
}

pub(crate) fn failures(date: BusinessDate) -> String {
    format!("/rca?date={date}")
}

pub(crate) fn run(date: BusinessDate, run_id: &RunId) -> String {
    format!("/rca?date={date}&run={}", encode(run_id.as_str()))
}

/// The explorer with columns that must have exactly these values.
pub(crate) fn explorer(date: BusinessDate, filters: &[(&str, &str)]) -> String {
    let date = ("date", date.to_string());
    let filters = filters.iter().map(|(name, value)| (*name, format!("={value}")));
    with_query("/explorer".to_owned(), std::iter::once(date).chain(filters))
}

fn with_query<'a>(mut path: String, parameters: impl Iterator<Item = (&'a str, String)>) -> String {
    for (i, (name, value)) in parameters.enumerate() {
        let mark = if i == 0 { '?' } else { '&' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{mark}{name}={}", encode(&value));
    }
    path
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}
