//! The JSON of chat completions: requests, answers and errors.

use crate::dialect::{Dialect, Format};
use crate::error::{Error, Outage, Server};
use crate::reply::{Reply, Usage};
use crate::request::{Message, Request, Schema};
use crate::retry::Again;
use crate::settings::Price;
use serde::Deserialize;
use serde_json::{Value, json};

/// Codes of errors are words.
const MAX_CODE_CHARS: usize = 64;

/// The body of a request. `model` is left out where the address names it.
pub(crate) fn body(request: &Request, model: Option<&str>, dialect: &Dialect) -> Value {
    let mut messages: Vec<Value> = request.messages.iter().map(message).collect();
    let mut body = json!({ dialect.max_tokens: request.max_tokens });
    if let Some(model) = model {
        body["model"] = json!(model);
    }
    if dialect.temperature {
        body["temperature"] = json!(0);
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
    body["messages"] = messages.into();
    body
}

fn message(message: &Message) -> Value {
    let (role, content) = match message {
        Message::System(content) => ("system", content),
        Message::User(content) => ("user", content),
        Message::Assistant(content) => ("assistant", content),
    };
    json!({ "role": role, "content": content })
}

/// An answer.
#[derive(Debug, Deserialize)]
struct Completion {
    #[serde(default)]
    choices: Vec<Choice>,
    model: Option<String>,
    usage: Option<WireUsage>,
    /// What some servers send with a status of success.
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    message: Option<Said>,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Said {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<Value>>,
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

/// Reads an answer.
pub(crate) fn read(answer: &[u8], price: Option<&Price>) -> Result<Reply, Error> {
    let Completion { choices, model, usage, error } =
        serde_json::from_slice(answer).map_err(|_| Error::malformed("it is no chat completion"))?;
    if let Some(error) = error {
        return Err(ServerError::from_value(500, &error).error(Server::Model));
    }
    // Only one answer is asked for.
    let Some(Choice { message, finish_reason: Some(reason) }) = choices.into_iter().next() else {
        return Err(Error::malformed("it has no end"));
    };
    let said = message.unwrap_or_default();
    if reason == "content_filter" || said.refusal.is_some_and(|refusal| !refusal.is_empty()) {
        return Err(Error::Refused);
    }
    if said.tool_calls.is_some_and(|calls| !calls.is_empty()) {
        return Err(Error::malformed("it calls a tool, and none was offered"));
    }
    let usage = usage.map(Usage::from);
    Ok(Reply {
        text: said.content.unwrap_or_default(),
        is_truncated: reason == "length",
        model: model.unwrap_or_default(),
        usage,
        cost: usage.zip(price).and_then(|(usage, price)| usage.cost(price)),
    })
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
