//! What the model is asked.

use crate::reply::ToolCall;
use serde_json::Value;

/// One question to the model, with all it has to know: no conversation is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What was said so far, the oldest first.
    pub messages: Vec<Message>,
    /// The form the answer must have. Servers that cannot enforce it are told it in words: read
    /// the answer with [`Reply::parse`](crate::Reply::parse), which checks it.
    pub schema: Option<Schema>,
    /// What the model may ask the caller to call.
    pub tools: Vec<Tool>,
    /// The answer is cut off after so many tokens.
    pub max_tokens: u32,
}

impl Request {
    /// A question without schema and tools, answered in at most 1,024 tokens.
    pub fn new(messages: Vec<Message>) -> Self {
        Self { messages, schema: None, tools: Vec::new(), max_tokens: 1024 }
    }
}

/// One contribution to the conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// What the model is to keep to.
    System(String),
    /// What a person says, or data that the model is to look at.
    User(String),
    /// What the model said before.
    Assistant {
        /// Its words; may be empty.
        text: String,
        /// What it asked to call.
        tool_calls: Vec<ToolCall>,
    },
    /// What a call gave.
    ToolResult {
        /// The call's id.
        call_id: String,
        /// The result, as text or JSON.
        content: String,
    },
}

/// The form of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// What it is called: letters, digits, `_` and `-`.
    pub name: String,
    /// A JSON Schema. Strict servers want every property required and
    /// `"additionalProperties": false` in every object.
    pub schema: Value,
}

/// A function that the model may ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// What it is called: letters, digits, `_` and `-`.
    pub name: String,
    /// What it is good for, for the model to read.
    pub description: String,
    /// A JSON Schema of its arguments.
    pub parameters: Value,
}
