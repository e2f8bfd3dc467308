//! What the model answers.

use crate::error::Error;
use crate::settings::Price;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Its words; may be empty.
    pub text: String,
    /// What the model asks to call, in this order.
    pub tool_calls: Vec<ToolCall>,
    /// Whether it was cut off at the request's `max_tokens`.
    pub is_truncated: bool,
    /// The model that answered, as its server calls it; may be empty.
    pub model: String,
    /// What it took, where the server says so.
    pub usage: Option<Usage>,
    /// What it cost, in millionths of the currency of the settings, where both are known.
    pub cost_micros: Option<u64>,
}

impl Reply {
    /// Reads an answer that was asked for by a schema.
    ///
    /// # Errors
    /// [`Error::Malformed`] where it is no JSON, or not of this form.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(without_fence(&self.text)).map_err(|error| {
            let cut_off = if self.is_truncated { ", and cut off" } else { "" };
            Error::malformed(format!("{} at line {}{cut_off}", reason(&error), error.line()))
        })
    }
}

/// serde's own sentence quotes the answer, which may hold anything.
fn reason(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data => "JSON of another form",
        serde_json::error::Category::Eof => "unfinished JSON",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "no JSON",
    }
}

/// Models that are only told to write JSON like to put it into a Markdown block.
fn without_fence(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|text| text.strip_suffix("```")) else {
        return text;
    };
    inner.strip_prefix("json").unwrap_or(inner)
}

/// A call that the model asks for. Nothing has been called.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// What its result has to refer to.
    pub id: String,
    /// The tool. A model may make up one that it was not offered.
    pub name: String,
    /// The arguments: JSON, but not checked against the tool's schema.
    pub arguments: Value,
}

/// What an answer took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Tokens that were sent.
    pub prompt_tokens: u64,
    /// Tokens that were answered.
    pub completion_tokens: u64,
}

impl Usage {
    /// What it cost, in millionths of the price's currency, rounded.
    pub fn cost_micros(&self, price: &Price) -> u64 {
        let cost = self.prompt_tokens as f64 * price.input_per_million
            + self.completion_tokens as f64 * price.output_per_million;
        cost.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reply(text: &str) -> Reply {
        let (model, text) = (String::new(), text.to_owned());
        Reply { text, tool_calls: Vec::new(), is_truncated: false, model, usage: None, cost_micros: None }
    }

    #[test]
    fn json_is_read_with_or_without_a_markdown_block() {
        let check = |text: &str, expect: Option<Value>| {
            assert_eq!(reply(text).parse::<Value>().ok(), expect, "{text:?}");
        };
        check(r#"{"a":1}"#, Some(json!({ "a": 1 })));
        check(" \n{\"a\": 1}\n", Some(json!({ "a": 1 })));
        check("```json\n{\"a\":1}\n```", Some(json!({ "a": 1 })));
        check("```\n[]\n```\n", Some(json!([])));
        check("```json\n{\"a\":1}", None);
        check("Sure! {\"a\":1}", None);
        check("{\"a\":1} {}", None);
        check("", None);
    }

    #[test]
    fn what_cannot_be_read_is_not_quoted() {
        let check = |text: &str, expect: &str| {
            let mut reply = reply(text);
            let error = reply.parse::<Vec<u8>>().unwrap_err().to_string();
            assert_eq!(error, format!("the model's answer cannot be read: {expect} at line 1"));
            reply.is_truncated = true;
            assert!(reply.parse::<Vec<u8>>().unwrap_err().to_string().ends_with(", and cut off"));
        };
        check("secret", "no JSON");
        check(r#"["secret"]"#, "JSON of another form");
        check(r#"[1, "#, "unfinished JSON");
    }

    #[test]
    fn cost_is_counted_in_millionths() {
        let check = |prompt_tokens, completion_tokens, input, output, expect| {
            let price = Price { input_per_million: input, output_per_million: output };
            assert_eq!(Usage { prompt_tokens, completion_tokens }.cost_micros(&price), expect);
        };
        check(1_000_000, 0, 2.5, 10.0, 2_500_000);
        check(1000, 200, 2.5, 10.0, 4500);
        check(1, 0, 0.15, 0.6, 0);
        check(3, 1, 0.15, 0.6, 1);
        check(0, 0, 2.5, 10.0, 0);
    }
}
