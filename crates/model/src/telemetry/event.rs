//! Events and logs.

use super::agent::AgentIdentity;
use super::ids::{EventId, SpanId, TraceId, UnixNanos};
use super::span::TokenUsage;
use super::value::{Attribute, Value};
use crate::ask::Amount;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// For its developers.
    Debug,
    /// As it should be.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
}

/// A log record as OTLP sends it.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRecord {
    /// Whose it is.
    pub agent: Arc<AgentIdentity>,
    /// When.
    pub at: UnixNanos,
    /// How much it matters.
    pub level: LogLevel,
    /// What it says.
    pub message: String,
    /// The trace it belongs to.
    pub trace_id: Option<TraceId>,
    /// The span it belongs to.
    pub span_id: Option<SpanId>,
    /// `event.name`, where it is one.
    pub event_name: Option<String>,
    /// More of it.
    pub attributes: Vec<Attribute>,
    /// How many secrets were taken out of it.
    pub redactions: u32,
}

/// An event as `POST /v1/events` takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id: the same one twice is stored once.
    pub id: EventId,
    /// Whose it is: the context's agent, else the SDK's service, else `default`.
    pub agent: Arc<AgentIdentity>,
    /// When.
    pub at: UnixNanos,
    /// The SDK's name.
    pub sdk_name: String,
    /// The SDK's version.
    pub sdk_version: String,
    /// The trace it belongs to, where it says so.
    pub trace_id: Option<TraceId>,
    /// The end user, where the context names one.
    pub user: Option<String>,
    /// The session, where the context names one.
    pub session: Option<String>,
    /// What the sender says of where it runs.
    pub context: Vec<Attribute>,
    /// What happened.
    pub body: EventBody,
    /// How many secrets were taken out of it.
    pub redactions: u32,
}

/// The kinds of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A line of a log.
    Log,
    /// An error.
    Error,
    /// A span.
    Span,
    /// Tokens that a call took.
    TokenUsage,
    /// A message of a conversation.
    Message,
    /// A figure of an evaluation.
    EvalMetric,
    /// What an agent did.
    AgentAction,
    /// What was looked up.
    Retrieval,
    /// What a tool was asked.
    ToolCall,
    /// What a model answered.
    ModelResponse,
    /// Anything else.
    Custom,
}

/// What happened, by kind. `metadata` is what the sender adds.
#[expect(missing_docs, reason = "the fields are the envelope's own, and say what they are")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// A line of a log.
    Log { level: LogLevel, message: String, metadata: Vec<Attribute> },
    /// An error.
    Error { message: String, stack: Option<String>, fingerprint: Vec<String>, metadata: Vec<Attribute> },
    /// A span.
    Span {
        span_id: String,
        parent_span_id: Option<String>,
        name: String,
        start: UnixNanos,
        end: Option<UnixNanos>,
        attributes: Vec<Attribute>,
    },
    /// Tokens that a call took.
    TokenUsage { model: String, usage: TokenUsage, reported_cost: Option<Amount>, metadata: Vec<Attribute> },
    /// A message of a conversation: `role` is user, system, assistant or tool.
    Message { role: String, content: String, metadata: Vec<Attribute> },
    /// A figure of an evaluation.
    EvalMetric { suite_id: String, metric: String, value: f64, metadata: Vec<Attribute> },
    /// What an agent did.
    AgentAction {
        agent_name: Option<String>,
        action: String,
        input: Option<Value>,
        output: Option<Value>,
        reasoning: Option<String>,
        metadata: Vec<Attribute>,
    },
    /// What was looked up.
    Retrieval {
        query: String,
        results: Vec<Retrieved>,
        vector_dimensions: Option<u32>,
        metadata: Vec<Attribute>,
    },
    /// What a tool was asked.
    ToolCall {
        tool_name: String,
        arguments: Vec<Attribute>,
        result: Option<Vec<Attribute>>,
        latency_ms: Option<f64>,
        metadata: Vec<Attribute>,
    },
    /// What a model answered.
    ModelResponse {
        model: String,
        prompt: String,
        response: String,
        finish_reason: Option<String>,
        latency_ms: f64,
        metadata: Vec<Attribute>,
    },
    /// Anything else.
    Custom { name: String, payload: Vec<Attribute> },
}

/// One find of a retrieval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retrieved {
    /// Its id.
    pub id: String,
    /// How well it fits.
    pub score: f64,
    /// What it says.
    pub text: String,
    /// More of it.
    pub metadata: Vec<Attribute>,
}

impl EventBody {
    /// Its kind.
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Log { .. } => EventKind::Log,
            Self::Error { .. } => EventKind::Error,
            Self::Span { .. } => EventKind::Span,
            Self::TokenUsage { .. } => EventKind::TokenUsage,
            Self::Message { .. } => EventKind::Message,
            Self::EvalMetric { .. } => EventKind::EvalMetric,
            Self::AgentAction { .. } => EventKind::AgentAction,
            Self::Retrieval { .. } => EventKind::Retrieval,
            Self::ToolCall { .. } => EventKind::ToolCall,
            Self::ModelResponse { .. } => EventKind::ModelResponse,
            Self::Custom { .. } => EventKind::Custom,
        }
    }
}
