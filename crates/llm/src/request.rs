//! What the model is asked.

use serde_json::Value;

/// One question to the model, with all it has to know: no conversation is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What was said so far, the oldest first.
    pub messages: Vec<Message>,
    /// The form the answer must have. Servers that cannot enforce it are told it in words: the
    /// answer may be of another form, or stand in a Markdown block.
    pub schema: Option<Schema>,
    /// The answer is cut off after so many tokens.
    pub max_tokens: u32,
}

impl Request {
    /// A question without a schema, answered in at most 1,024 tokens.
    pub fn new(messages: Vec<Message>) -> Self {
        Self { messages, schema: None, max_tokens: 1024 }
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
    Assistant(String),
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
