//! One trace.

use super::traces::TraceRow;
use crate::telemetry::{
    Attribute, Cost, Flag, Operation, Reading, SpanEvent, SpanId, SpanLink, SpanStatus, TokenUsage, UnixNanos,
};
use serde::{Deserialize, Serialize};

/// A trace with its spans as the rows of a waterfall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceView {
    /// The trace at a glance.
    pub trace: TraceRow,
    /// The server's time.
    pub now: UnixNanos,
    /// Why not everything has a known cost; each reason once.
    pub flags: Vec<Flag>,
    /// Names of spans, models and agents: the rows name their places here.
    pub names: Vec<String>,
    /// The first spans, each before those that happened in it and these by start. Fewer than
    /// `trace.spans` where fewer were asked for.
    pub spans: Vec<SpanRow>,
}

/// A span as a row of a waterfall. Small: a trace has tens of thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanRow {
    /// Its id.
    pub id: SpanId,
    /// How many spans it happened in.
    pub depth: u16,
    /// Its parent is not in the trace: it stands among the roots.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_orphan: bool,
    /// From the start of the trace to its start, in nanoseconds.
    pub offset_ns: u64,
    /// From its start to its end, in nanoseconds.
    pub duration_ns: u64,
    /// Its name's place.
    pub name: u32,
    /// Its agent's place.
    pub agent: u32,
    /// Its model's place, where it asked one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<u32>,
    /// What it did.
    pub operation: Operation,
    /// How it ended.
    pub status: SpanStatus,
    /// Tokens sent and answered, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<(u64, u64)>,
    /// What it cost, where it is the span that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Its cost should be known and is not.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_unpriced: bool,
}

fn is_false(yes: &bool) -> bool {
    !yes
}

/// All that is known of one span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanDetail {
    /// Its id.
    pub id: SpanId,
    /// Its parent's.
    pub parent_id: Option<SpanId>,
    /// Its name.
    pub name: String,
    /// What it did.
    pub operation: Operation,
    /// When it began.
    pub started: UnixNanos,
    /// From then to its end, in nanoseconds.
    pub duration_ns: u64,
    /// How it ended.
    pub status: SpanStatus,
    /// What its status says.
    pub status_message: String,
    /// What failed.
    pub error_type: Option<String>,
    /// The model that it asked.
    pub model: Option<String>,
    /// Who provides that.
    pub provider: Option<String>,
    /// Tokens.
    pub usage: Option<TokenUsage>,
    /// What it cost, and who says so.
    pub cost: Option<Cost>,
    /// Why that is not known.
    pub flag: Option<Flag>,
    /// To the first piece of its answer, in milliseconds.
    pub first_token_ms: Option<f64>,
    /// On whose behalf.
    pub user: Option<String>,
    /// In which conversation.
    pub session: Option<String>,
    /// What was said in it, in order: messages and calls of tools.
    pub messages: Vec<SpanMessage>,
    /// What it recorded.
    pub events: Vec<SpanEvent>,
    /// Spans elsewhere that it has to do with.
    pub links: Vec<SpanLink>,
    /// All attributes as sent, after redaction.
    pub attributes: Vec<Attribute>,
    /// How they were read.
    pub readings: Vec<Reading>,
    /// How many secrets were taken out of it.
    pub redactions: u32,
}

/// A message of a conversation with a model, or a call of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanMessage {
    /// `system`, `user`, `assistant` or `tool`, or as the sender spells it.
    pub role: String,
    /// The tool that is called, or that answers.
    pub tool: Option<String>,
    /// What is said; of a tool's call its arguments.
    pub text: String,
}
