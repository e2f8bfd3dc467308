//! The JSON of chat completions: requests, answers, the pieces of streamed answers, and errors.

use crate::dialect::{Dialect, Format};
use crate::error::{Error, Outage, Server};
use crate::reply::{Reply, ToolCall, Usage};
use crate::request::{Message, Request, Schema};
use crate::retry::Again;
use crate::settings::Price;
use serde::Deserialize;
use serde_json::{Value, json};

/// More calls in one answer are not meant seriously.
const MAX_TOOL_CALLS: usize = 32;
/// Codes of errors are words.
const MAX_CODE_CHARS: usize = 64;

/// Whether the answer comes in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Whole,
    Streamed,
}

/// The body of a request. `model` is left out where the address names it.
pub(crate) fn body(request: &Request, model: Option<&str>, mode: Mode, dialect: &Dialect) -> Value {
    let mut messages: Vec<Value> = request.messages.iter().map(message).collect();
    let mut body = json!({ dialect.max_tokens: request.max_tokens });
    if let Some(model) = model {
        body["model"] = json!(model);
    }
    if dialect.temperature {
        body["temperature"] = json!(0);
    }
    if mode == Mode::Streamed {
        body["stream"] = json!(true);
        if dialect.stream_options {
            body["stream_options"] = json!({ "include_usage": true });
        }
    }
    if let Some(Schema { name, schema }) = &request.schema {
        if dialect.format == Format::Schema {
            let json_schema = json!({ "name": name, "strict": true, "schema": schema });
            body["response_format"] = json!({ "type": "json_schema", "json_schema": json_schema });
        } else {
            let words =
                format!("Answer with one JSON object of this JSON Schema and nothing else:\n{schema}");
            messages.push(json!({ "role": "system", "content": words }));
        }
        if dialect.format == Format::Object {
            body["response_format"] = json!({ "type": "json_object" });
        }
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            let (name, description, parameters) = (&tool.name, &tool.description, &tool.parameters);
            let function = json!({ "name": name, "description": description, "parameters": parameters });
            json!({ "type": "function", "function": function })
        });
        body["tools"] = tools.collect();
    }
    body["messages"] = messages.into();
    body
}

fn message(message: &Message) -> Value {
    match message {
        Message::System(content) => json!({ "role": "system", "content": content }),
        Message::User(content) => json!({ "role": "user", "content": content }),
        Message::Assistant { text, tool_calls } => {
            let mut message = json!({ "role": "assistant", "content": text });
            if !tool_calls.is_empty() {
                let calls = tool_calls.iter().map(|ToolCall { id, name, arguments }| {
                    let function = json!({ "name": name, "arguments": arguments.to_string() });
                    json!({ "id": id, "type": "function", "function": function })
                });
                message["tool_calls"] = calls.collect();
            }
            message
        }
        Message::ToolResult { call_id, content } => {
            json!({ "role": "tool", "tool_call_id": call_id, "content": content })
        }
    }
}

/// An answer or a piece of one.
#[derive(Debug, Deserialize)]
struct Completion {
    #[serde(default)]
    choices: Vec<Choice>,
    model: Option<String>,
    usage: Option<WireUsage>,
    /// What some servers send when they fail in the middle of a stream.
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Debug, Deserialize)]
struct CallDelta {
    /// Only in pieces: the call that this is a part of.
    index: Option<usize>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Debug, Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct WireUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

impl From<WireUsage> for Usage {
    fn from(usage: WireUsage) -> Self {
        let cached_tokens = usage.prompt_tokens_details.and_then(|details| details.cached_tokens);
        Self {
            prompt_tokens: usage.prompt_tokens,
            cached_tokens: cached_tokens.unwrap_or(0),
            completion_tokens: usage.completion_tokens,
        }
    }
}

/// Puts an answer together from one piece or many.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    text: String,
    calls: Vec<PartialCall>,
    finish_reason: Option<String>,
    model: String,
    usage: Option<Usage>,
}

#[derive(Debug, Default)]
struct PartialCall {
    id: String,
    name: String,
    arguments: String,
}

impl Assembly {
    /// Takes a piece and gives the words in it.
    pub(crate) fn add(&mut self, piece: &[u8]) -> Result<String, Error> {
        let piece: Completion =
            serde_json::from_slice(piece).map_err(|_| Error::malformed("it is no chat completion"))?;
        if let Some(error) = piece.error {
            return Err(ServerError::from_value(500, &error).error(Server::Model));
        }
        if let Some(model) = piece.model.filter(|_| self.model.is_empty()) {
            self.model = model;
        }
        if let Some(usage) = piece.usage {
            self.usage = Some(usage.into());
        }
        // Only one answer is asked for. Azure's first piece and the one with the usage have none.
        let Some(choice) = piece.choices.into_iter().next() else { return Ok(String::new()) };
        if choice.finish_reason.is_some() {
            self.finish_reason = choice.finish_reason;
        }
        if self.finish_reason.as_deref() == Some("content_filter") {
            return Err(Error::Refused);
        }
        let Some(delta) = choice.delta else { return Ok(String::new()) };
        if delta.refusal.is_some_and(|refusal| !refusal.is_empty()) {
            return Err(Error::Refused);
        }
        for (place, call) in delta.tool_calls.into_iter().flatten().enumerate() {
            self.add_call(call.index.unwrap_or(place), call)?;
        }
        let text = delta.content.unwrap_or_default();
        self.text.push_str(&text);
        Ok(text)
    }

    fn add_call(&mut self, index: usize, delta: CallDelta) -> Result<(), Error> {
        if index >= MAX_TOOL_CALLS {
            return Err(Error::malformed(format!("more than {MAX_TOOL_CALLS} tool calls")));
        }
        if index >= self.calls.len() {
            self.calls.resize_with(index + 1, PartialCall::default);
        }
        let call = &mut self.calls[index];
        call.id.push_str(&delta.id.unwrap_or_default());
        if let Some(function) = delta.function {
            call.name.push_str(&function.name.unwrap_or_default());
            call.arguments.push_str(&function.arguments.unwrap_or_default());
        }
        Ok(())
    }

    /// Whether the model has said that it is done.
    pub(crate) fn is_finished(&self) -> bool {
        self.finish_reason.is_some()
    }

    pub(crate) fn finish(self, price: Option<&Price>) -> Result<Reply, Error> {
        if self.finish_reason.is_none() {
            return Err(Error::malformed("it has no end"));
        }
        let tool_calls = self.calls.into_iter().map(PartialCall::finish).collect::<Result<_, _>>()?;
        Ok(Reply {
            text: self.text,
            tool_calls,
            is_truncated: self.finish_reason.as_deref() == Some("length"),
            model: self.model,
            usage: self.usage,
            cost: self.usage.zip(price).and_then(|(usage, price)| usage.cost(price)),
        })
    }
}

impl PartialCall {
    fn finish(self) -> Result<ToolCall, Error> {
        if self.name.is_empty() {
            return Err(Error::malformed("a tool call without a name"));
        }
        // A function without parameters may be called with nothing at all.
        let arguments = if self.arguments.trim().is_empty() { "{}" } else { &self.arguments };
        let arguments = serde_json::from_str(arguments)
            .map_err(|_| Error::malformed("the arguments of a tool call are no JSON"))?;
        Ok(ToolCall { id: self.id, name: self.name, arguments })
    }
}

/// What a server says when it gives no answer. `message` is for reading clues, never for showing.
#[derive(Debug)]
pub(crate) struct ServerError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) param: String,
    pub(crate) message: String,
}

impl ServerError {
    pub(crate) fn parse(status: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        Self::from_value(status, body.get("error").unwrap_or(&body))
    }

    fn from_value(status: u16, error: &Value) -> Self {
        let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
        // A plain word in `code`, else in `type`: several servers repeat the status as the code.
        let words = ["code", "type"].map(text).into_iter();
        let code = words.filter(|word| !word.is_empty() && word.parse::<u16>().is_err()).map(plain).next();
        Self {
            status,
            code: code.unwrap_or_default(),
            param: text("param").to_owned(),
            message: error.as_str().unwrap_or_else(|| text("message")).to_owned(),
        }
    }

    /// What the caller can do about it.
    pub(crate) fn error(&self, server: Server) -> Error {
        let says =
            |words: &[&str]| words.iter().any(|word| self.code.contains(word) || self.message.contains(word));
        match self.status {
            401 | 403 => Error::Unauthorized { server, status: self.status },
            408 | 500.. => Error::Unavailable { server, outage: Outage::Failing { status: self.status } },
            429 => Error::Unavailable { server, outage: Outage::Busy },
            413 => Error::TooLong,
            _ if says(&["content_filter", "content_policy", "ResponsibleAIPolicy"]) => Error::Refused,
            _ if says(&["context_length", "context_size", "context length", "context size"]) => {
                Error::TooLong
            }
            status => Error::Rejected { server, status, code: self.code.clone() },
        }
    }

    /// Whether trying again may help.
    pub(crate) fn again(&self) -> Again {
        match self.status {
            429 if self.code.contains("quota") => Again::No,
            408 | 429 | 500.. => Again::Yes,
            _ => Again::No,
        }
    }
}

/// A code as it may be shown and logged.
fn plain(code: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    code.chars().filter(is_plain).take(MAX_CODE_CHARS).collect()
}

#[cfg(test)]
mod tests;
