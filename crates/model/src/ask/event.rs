//! What a turn reports while it runs.

use super::{Card, Intent, Response, ToolUse};
use crate::error::ErrorKind;
use serde::{Deserialize, Serialize};

/// One event of a turn. On the wire its name is [`AskEvent::name`] and its data the content as
/// JSON, with the name as `type`; a reader goes by the name, so events themselves are only
/// written. Every turn ends with exactly one [`AskEvent::is_last`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AskEvent {
    /// A step begins.
    NodeStart(NodeStart),
    /// A step is over.
    NodeEnd(NodeEnd),
    /// A tool is asked.
    ToolCall(ToolUse),
    /// It has answered.
    ToolResult(ToolUse),
    /// The next piece of the answer's text.
    Token(Token),
    /// Data to show.
    Card(CardEvent),
    /// The answer, whole. Last.
    Response(ResponseEvent),
    /// There is none. Last.
    Error(AskError),
}

impl AskEvent {
    /// The event's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NodeStart(_) => "node_start",
            Self::NodeEnd(_) => "node_end",
            Self::ToolCall(_) => "tool_call",
            Self::ToolResult(_) => "tool_result",
            Self::Token(_) => "token",
            Self::Card(_) => "card",
            Self::Response(_) => "response",
            Self::Error(_) => "error",
        }
    }

    /// Whether nothing follows.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Response(_) | Self::Error(_))
    }
}

/// The steps of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// What the thread and the page say.
    ContextLoader,
    /// What is asked.
    IntentClassifier,
    /// Which names are meant.
    BatchResolver,
    /// The tools are asked.
    DataFetcher,
    /// A query is written and run.
    SqlAnalyst,
    /// The answer is put together.
    ResponseSynthesizer,
}

impl Node {
    /// What people are told meanwhile.
    pub fn label(self) -> &'static str {
        match self {
            Self::ContextLoader => "Loading context",
            Self::IntentClassifier => "Classifying intent",
            Self::BatchResolver => "Resolving batch",
            Self::DataFetcher => "Querying databases",
            Self::SqlAnalyst => "Writing a query",
            Self::ResponseSynthesizer => "Generating response",
        }
    }
}

/// A step begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStart {
    /// Which step.
    pub node: Node,
}

/// A step is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeEnd {
    /// Which step.
    pub node: Node,
    /// What came of it, for people who watch.
    pub result: NodeResult,
}

/// What a step found out; fields that do not concern the step are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeResult {
    /// Of the classifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// Of the resolver: the essentials' display names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// Of the resolver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_count: Option<usize>,
    /// Of the fetcher and the analyst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_count: Option<usize>,
}

/// A piece of the answer's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// To be put behind what came before.
    pub text: String,
}

/// Data to show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardEvent {
    /// The data.
    pub card: Card,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseEvent {
    /// The answer.
    pub data: Box<Response>,
}

/// Why a turn has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskError {
    /// Somebody stopped it: not a fault.
    pub cancelled: bool,
    /// What can be done about it.
    pub kind: ErrorKind,
    /// A sentence for people.
    pub message: String,
}
