//! The list of traces.

use super::Spend;
use super::query::{InvalidQuery, number, one_of, written, written_number};
use super::range::TimeRange;
use crate::telemetry::{AgentName, TraceId, UnixNanos};
use serde::{Deserialize, Serialize};

/// Which traces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceQuery {
    /// `from` and `to`: when they began.
    pub range: TimeRange,
    /// `agent`: whose.
    pub agent: String,
    /// `q`: what their id begins with, or their name holds.
    pub search: String,
    /// `session`.
    pub session: String,
    /// `errors`: `yes` for those with errors, `no` for those without.
    pub has_errors: Option<bool>,
    /// `unpriced`: those with a part of their cost unknown, or without.
    pub is_unpriced: Option<bool>,
    /// `min_duration_ms`: those that took as long or longer.
    pub min_duration_ms: Option<f64>,
    /// `after`: where the page before ended.
    pub after: String,
}

const YES_OR_NO: [bool; 2] = [true, false];

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

impl TraceQuery {
    /// Reads decoded names and values. Unknown names and empty values count as absent.
    ///
    /// # Errors
    /// Which parameter is malformed.
    pub fn parse<'a>(query: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidQuery> {
        let mut read = Self::default();
        for (name, value) in query {
            let value = value.trim();
            if value.is_empty() || read.range.read(name, value)? {
                continue;
            }
            match name {
                "agent" => read.agent = value.to_owned(),
                "q" => read.search = value.to_owned(),
                "session" => read.session = value.to_owned(),
                "errors" => read.has_errors = Some(one_of("errors", value, &YES_OR_NO, yes_or_no)?),
                "unpriced" => read.is_unpriced = Some(one_of("unpriced", value, &YES_OR_NO, yes_or_no)?),
                "min_duration_ms" => read.min_duration_ms = Some(number("min_duration_ms", value)?),
                "after" => read.after = value.to_owned(),
                _ => {}
            }
        }
        Ok(read)
    }

    /// The parameters of a URL that asks for this; defaults are left out.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let [from, to] = self.range.parameters(TimeRange::default());
        let word = |yes: Option<bool>| yes.map(|yes| yes_or_no(yes).to_owned()).unwrap_or_default();
        written([
            from,
            to,
            ("agent", self.agent.clone()),
            ("q", self.search.clone()),
            ("session", self.session.clone()),
            ("errors", word(self.has_errors)),
            ("unpriced", word(self.is_unpriced)),
            ("min_duration_ms", written_number(self.min_duration_ms)),
            ("after", self.after.clone()),
        ])
    }

    /// The same without any filter, from the first page on.
    pub fn unfiltered(&self) -> Self {
        Self { range: self.range, ..Self::default() }
    }

    /// The same from the first page on.
    pub fn first_page(&self) -> Self {
        Self { after: String::new(), ..self.clone() }
    }

    /// Whether it leaves traces of its range out.
    pub fn is_filtered(&self) -> bool {
        self.first_page() != self.unfiltered()
    }
}

/// A page of traces, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceList {
    /// The server's time.
    pub now: UnixNanos,
    /// When they began, from.
    pub from: UnixNanos,
    /// Until.
    pub to: UnixNanos,
    /// Agents that can be filtered by, sorted.
    pub agents: Vec<AgentName>,
    /// The traces.
    pub traces: Vec<TraceRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// A trace at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceRow {
    /// Its id.
    pub trace_id: TraceId,
    /// The agent of its root.
    pub agent: AgentName,
    /// The name of its root.
    pub name: String,
    /// Whether its root is there; else the first span stands for it.
    pub has_root: bool,
    /// When its first span began.
    pub started: UnixNanos,
    /// From then to the end of its last span, in nanoseconds.
    pub duration_ns: u64,
    /// How many spans.
    pub spans: u64,
    /// How many of them failed.
    pub errors: u64,
    /// On whose behalf.
    pub user: Option<String>,
    /// In which conversation.
    pub session: Option<String>,
    /// Calls, tokens and cost.
    pub spend: Spend,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &[(&str, &str)]) -> Result<TraceQuery, InvalidQuery> {
        TraceQuery::parse(query.iter().copied())
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let check = |query: &[(&str, &str)]| {
            let read = parse(query).unwrap();
            let written = read.parameters();
            let written: Vec<_> = written.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(written, query);
            assert_eq!(parse(&written), Ok(read));
        };
        check(&[]);
        check(&[("from", "now-7d"), ("to", "now-1d")]);
        check(&[("agent", "planner"), ("q", "4bf9"), ("session", "s 1"), ("errors", "yes")]);
        check(&[("errors", "no"), ("unpriced", "yes"), ("min_duration_ms", "250"), ("after", "1.2.3")]);
    }

    #[test]
    fn a_malformed_parameter_is_named() {
        for (name, value) in [("from", "x"), ("errors", "true"), ("unpriced", "1"), ("min_duration_ms", "-5")]
        {
            assert_eq!(parse(&[(name, value)]).unwrap_err().field, name);
        }
    }

    #[test]
    fn another_page_filters_nothing() {
        assert!(!parse(&[("from", "now-1h"), ("after", "1.2.3")]).unwrap().is_filtered());
        let query = parse(&[("errors", "no"), ("after", "1.2.3")]).unwrap();
        assert!(query.is_filtered());
        assert_eq!(query.first_page(), parse(&[("errors", "no")]).unwrap());
    }
}
