//! What happened: events, and how agents did, by time.

use super::query::{InvalidQuery, one_of, written};
use super::range::TimeRange;
use crate::telemetry::{AgentId, AgentName, EventKind, LogLevel, TraceId, UnixNanos};
use serde::{Deserialize, Serialize};

/// The kinds of what stands in a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// An event of this kind.
    Event(EventKind),
    /// An agent does otherwise than before.
    StatusChange,
}

impl EntryKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Event(EventKind::Error),
        Self::Event(EventKind::Log),
        Self::Event(EventKind::ModelResponse),
        Self::Event(EventKind::TokenUsage),
        Self::Event(EventKind::ToolCall),
        Self::Event(EventKind::Message),
        Self::Event(EventKind::AgentAction),
        Self::Event(EventKind::Retrieval),
        Self::Event(EventKind::EvalMetric),
        Self::Event(EventKind::Span),
        Self::Event(EventKind::Custom),
        Self::StatusChange,
    ];

    /// The word in a URL: of an event the one that its sender writes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event(EventKind::Log) => "log",
            Self::Event(EventKind::Error) => "error",
            Self::Event(EventKind::Span) => "span",
            Self::Event(EventKind::TokenUsage) => "token_usage",
            Self::Event(EventKind::Message) => "message",
            Self::Event(EventKind::EvalMetric) => "eval_metric",
            Self::Event(EventKind::AgentAction) => "agent_action",
            Self::Event(EventKind::Retrieval) => "retrieval",
            Self::Event(EventKind::ToolCall) => "tool_call",
            Self::Event(EventKind::ModelResponse) => "model_response",
            Self::Event(EventKind::Custom) => "custom",
            Self::StatusChange => "status_change",
        }
    }
}

/// Levels, the least first.
const LEVELS: [LogLevel; 4] = [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error];

fn level_word(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTimelineQuery {
    /// `from` and `to`: when.
    pub range: TimeRange,
    /// `types`: of these kinds, separated by commas; of all where it is empty. Sorted, each once.
    pub kinds: Vec<EntryKind>,
    /// `severity`: those that matter as much or more.
    pub severity: Option<LogLevel>,
    /// `agent`: whose.
    pub agent: String,
    /// `q`: what their text holds, of long ones the beginning.
    pub search: String,
    /// `after`: where the page before ended.
    pub after: String,
}

impl EventTimelineQuery {
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
                "types" => {
                    for word in value.split(',').map(str::trim) {
                        read.kinds.push(one_of("types", word, &EntryKind::ALL, EntryKind::as_str)?);
                    }
                }
                "severity" => read.severity = Some(one_of("severity", value, &LEVELS, level_word)?),
                "agent" => read.agent = value.to_owned(),
                "q" => read.search = value.to_owned(),
                "after" => read.after = value.to_owned(),
                _ => {}
            }
        }
        read.kinds.sort_unstable();
        read.kinds.dedup();
        Ok(read)
    }

    /// The parameters of a URL that asks for this; defaults are left out.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let [from, to] = self.range.parameters(TimeRange::default());
        let kinds: Vec<_> = self.kinds.iter().map(|kind| kind.as_str()).collect();
        written([
            from,
            to,
            ("types", kinds.join(",")),
            ("severity", self.severity.map(level_word).unwrap_or_default().to_owned()),
            ("agent", self.agent.clone()),
            ("q", self.search.clone()),
            ("after", self.after.clone()),
        ])
    }

    /// Whether entries of that kind are asked for.
    pub fn asks_for(&self, kind: EntryKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// The same with that kind, or without it where it is asked for by name; from the first page on.
    pub fn toggled(&self, kind: EntryKind) -> Self {
        let mut query = self.first_page();
        match query.kinds.binary_search(&kind) {
            Ok(place) => {
                query.kinds.remove(place);
            }
            Err(place) => query.kinds.insert(place, kind),
        }
        query
    }

    /// The same without any filter, from the first page on.
    pub fn unfiltered(&self) -> Self {
        Self { range: self.range, ..Self::default() }
    }

    /// The same from the first page on.
    pub fn first_page(&self) -> Self {
        Self { after: String::new(), ..self.clone() }
    }

    /// Whether it leaves entries of its range out.
    pub fn is_filtered(&self) -> bool {
        self.first_page() != self.unfiltered()
    }
}

/// A page of what happened, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventTimeline {
    /// The server's time.
    pub now: UnixNanos,
    /// When it happened, from.
    pub from: UnixNanos,
    /// Until.
    pub to: UnixNanos,
    /// Agents that can be filtered by, sorted by name.
    pub agents: Vec<(AgentName, AgentId)>,
    /// What happened.
    pub entries: Vec<TimelineEntry>,
    /// How far back this page was looked for: where filters leave most out, it may hold few entries, or none,
    /// and still not be the last one.
    pub reached: UnixNanos,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// What tells it from all others.
    pub id: String,
    /// When.
    pub at: UnixNanos,
    /// What kind of thing.
    pub kind: EntryKind,
    /// How much it matters.
    pub severity: LogLevel,
    /// To whom.
    pub agent: AgentName,
    /// What it says, on one line.
    pub summary: String,
    /// The fields of its body, as text; long ones are cut.
    pub fields: Vec<(String, String)>,
    /// The trace that it belongs to.
    pub trace_id: Option<TraceId>,
    /// The session that it belongs to.
    pub session: Option<String>,
    /// All of it as JSON; large ones are cut.
    pub raw: String,
    /// Whether `raw` is cut.
    pub is_cut: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &[(&str, &str)]) -> Result<EventTimelineQuery, InvalidQuery> {
        EventTimelineQuery::parse(query.iter().copied())
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
        check(&[("from", "now-7d"), ("to", "now-1d"), ("types", "log,error,status_change")]);
        check(&[("severity", "warn"), ("agent", "planner"), ("q", "a b"), ("after", "1:2.3.4")]);
        for kind in EntryKind::ALL {
            check(&[("types", kind.as_str())]);
        }
    }

    #[test]
    fn kinds_are_read_in_any_order_and_once() {
        let one = parse(&[("types", "error, log,error")]).unwrap();
        assert_eq!(parse(&[("types", "log"), ("types", "error")]), Ok(one.clone()));
        assert!(one.asks_for(EntryKind::Event(EventKind::Log)) && !one.asks_for(EntryKind::StatusChange));
        assert!(parse(&[]).unwrap().asks_for(EntryKind::StatusChange));
    }

    #[test]
    fn a_kind_is_switched_on_and_off() {
        let all = parse(&[("after", "1")]).unwrap();
        let errors = all.toggled(EntryKind::Event(EventKind::Error));
        assert_eq!(errors, parse(&[("types", "error")]).unwrap());
        let both = errors.toggled(EntryKind::Event(EventKind::Log));
        assert_eq!(both, parse(&[("types", "log,error")]).unwrap());
        assert_eq!(both.toggled(EntryKind::Event(EventKind::Log)), errors);
        assert!(!all.is_filtered() && errors.is_filtered());
        assert_eq!(both.unfiltered(), parse(&[]).unwrap());
    }

    #[test]
    fn a_malformed_parameter_is_named() {
        for (name, value) in [("from", "x"), ("types", "log,nonsense"), ("types", ","), ("severity", "fatal")]
        {
            assert_eq!(parse(&[(name, value)]).unwrap_err().field, name);
        }
    }
}
