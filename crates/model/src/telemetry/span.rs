//! Spans: what an agent did, from when to when, inside of what.

use super::agent::AgentIdentity;
use super::ids::{SpanId, TraceId, UnixNanos};
use super::value::{Attribute, Text};
use crate::ask::Amount;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A span in the one form that all generations of names are brought to.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its id in the trace.
    pub span_id: SpanId,
    /// The span it happened in; `None` for a root.
    pub parent_id: Option<SpanId>,
    /// Whose it is.
    pub agent: Arc<AgentIdentity>,
    /// Its name, as sent.
    pub name: String,
    /// What was done.
    pub operation: Operation,
    /// When it began.
    pub started: UnixNanos,
    /// When it was over; never before `started`.
    pub ended: UnixNanos,
    /// How it ended.
    pub status: SpanStatus,
    /// What its status says.
    pub status_message: String,
    /// `error.type`, or the type of the exception that it recorded.
    pub error_type: Option<Text>,
    /// The model that answered, else the one that was asked for.
    pub model: Option<Text>,
    /// Who provides the model: `openai`, `anthropic`, …
    pub provider: Option<Text>,
    /// Tokens; `None` where the sender does not say.
    pub usage: Option<TokenUsage>,
    /// What the sender says that it cost.
    pub reported_cost: Option<Amount>,
    /// The end user on whose behalf.
    pub user: Option<Text>,
    /// The conversation or session.
    pub session: Option<Text>,
    /// From the request to the first piece of the answer, in milliseconds.
    pub first_token_ms: Option<f64>,
    /// All attributes as sent, after redaction.
    pub attributes: Vec<Attribute>,
    /// What happened in it.
    pub events: Vec<SpanEvent>,
    /// Spans elsewhere that it has to do with.
    pub links: Vec<SpanLink>,
    /// How its attributes were read. Spans of one kind share the list.
    pub readings: Arc<[Reading]>,
    /// How many secrets were taken out of it.
    pub redactions: u32,
}

/// What a span did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Asked a model: chat, completion, generated content.
    Model,
    /// Made embeddings.
    Embedding,
    /// Ran an agent.
    Agent,
    /// Ran a tool.
    Tool,
    /// Looked something up.
    Retrieval,
    /// Put results in another order.
    Rerank,
    /// Ran a chain or a workflow.
    Chain,
    /// Checked what goes in or out.
    Guardrail,
    /// Judged an answer.
    Evaluation,
    /// Anything else.
    #[default]
    Other,
}

impl Operation {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Embedding => "embedding",
            Self::Agent => "agent",
            Self::Tool => "tool",
            Self::Retrieval => "retrieval",
            Self::Rerank => "rerank",
            Self::Chain => "chain",
            Self::Guardrail => "guardrail",
            Self::Evaluation => "evaluation",
            Self::Other => "other",
        }
    }
}

/// How a span ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanStatus {
    /// Not said.
    #[default]
    Unset,
    /// Well.
    Ok,
    /// Badly.
    Error,
}

/// Tokens of one call, as the sender counts them. `cache_read` and `cache_write` are part of `input`,
/// `reasoning` is part of `output` (semantic conventions 1.41).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUsage {
    /// Sent, all of them.
    pub input: u64,
    /// Answered, all of them.
    pub output: u64,
    /// Of those sent: read from the provider's cache.
    pub cache_read: u64,
    /// Of those sent: written to the provider's cache.
    pub cache_write: u64,
    /// Of those answered: thought, not said.
    pub reasoning: u64,
}

/// What a call cost, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// How much.
    pub amount: Amount,
    /// Who says so.
    pub source: CostSource,
}

/// Who says what something cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostSource {
    /// The sender. It wins.
    Reported,
    /// Tokens times the table of prices.
    Priced,
}

/// Something that happened in a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanEvent {
    /// When.
    pub at: UnixNanos,
    /// What.
    pub name: String,
    /// More of it.
    pub attributes: Vec<Attribute>,
}

/// Another span that one has to do with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanLink {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its id there.
    pub span_id: SpanId,
    /// More of it.
    pub attributes: Vec<Attribute>,
}

/// How one attribute was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The attribute's name, as sent.
    pub key: Text,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its name is today's, and it was used.
    Recognised,
    /// It has another name today, and it was used as that.
    Renamed(String),
    /// Known, but not used: another attribute says the same, or the value is none of its kind. Why.
    Overruled(String),
    /// Kept as it is; nothing here is made of it.
    Ignored,
}
