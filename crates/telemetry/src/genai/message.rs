//! What was said in a span: messages and calls of tools, from whichever convention tells of them.

use super::table;
use model::telemetry::view::SpanMessage;
use model::telemetry::{Attribute, Span, SpanEvent, Value};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Where messages stand, under the names of today, and who says those that do not tell; in their order.
const PLACES: [(&str, &str); 3] = [
    ("gen_ai.system_instructions", "system"),
    ("gen_ai.input.messages", "user"),
    ("gen_ai.output.messages", "assistant"),
];
/// What messages are wrapped in.
const WRAPPERS: [&str; 4] = ["message", "messages", "message_content", "choices"];
/// Where the text of a message stands, or its parts.
const CONTENT: [&str; 5] = ["parts", "content", "contents", "text", "prompt"];
const NAME: [&str; 3] = ["name", "toolName", "tool_name"];
const ARGUMENTS: [&str; 3] = ["arguments", "args", "input"];
const ANSWER: [&str; 4] = ["response", "result", "output", "content"];
/// Names in one another that are told apart: `0.message.tool_calls.0.tool_call.function.name`.
const DEPTH: usize = 12;

/// Messages and calls of tools, in order. Where several attributes tell of the same ones, those that tell
/// most of them apart count.
pub fn messages(span: &Span) -> Vec<SpanMessage> {
    let of_events = span.events.iter().flat_map(|event| &event.attributes);
    let attributes: Vec<&Attribute> = span.attributes.iter().chain(of_events).collect();
    let mut messages = Vec::new();
    for (place, role) in PLACES {
        messages.extend(told(&attributes, place, role));
    }
    if messages.is_empty() {
        span.events.iter().for_each(|event| read_event(event, &mut messages));
    }
    messages.extend(tool(&attributes));
    messages.retain(|message| message.tool.is_some() || !message.text.is_empty());
    messages
}

/// What attributes tell of one place.
fn told(attributes: &[&Attribute], place: &str, role: &str) -> Vec<SpanMessage> {
    let mut sources: BTreeMap<usize, Json> = BTreeMap::new();
    for attribute in attributes {
        let Some((rank, row)) = table::find(&attribute.key) else { continue };
        if row.today.unwrap_or(row.name) != place {
            continue;
        }
        match attribute.key.strip_prefix(row.name).filter(|rest| !rest.is_empty()) {
            // One message in many attributes.
            Some(path) => {
                let tree = sources.entry(rank).or_insert_with(|| Json::Object(Map::new()));
                plant(tree, path.splitn(DEPTH, '.'), json(&attribute.value));
            }
            None => drop(sources.entry(rank).or_insert_with(|| json(&attribute.value))),
        }
    }
    let of_source = |source: Json| {
        let mut messages = Vec::new();
        read(&listed(source), role, &mut messages);
        messages
    };
    sources.into_values().map(of_source).rev().max_by_key(Vec::len).unwrap_or_default()
}

/// A call of a tool that the span itself is, and its answer.
fn tool(attributes: &[&Attribute]) -> impl Iterator<Item = SpanMessage> {
    let said = |place: &str| {
        let is_it =
            |key: &str| table::find(key).is_some_and(|(_, row)| row.today.unwrap_or(row.name) == place);
        attributes
            .iter()
            .find(|attribute| is_it(&attribute.key))
            .map(|attribute| text(&json(&attribute.value)))
    };
    let name = said("gen_ai.tool.name");
    let message = |role: &str, text: String| SpanMessage { role: role.to_owned(), tool: name.clone(), text };
    let call = said("gen_ai.tool.call.arguments").map(|said| message("assistant", said));
    let answer = said("gen_ai.tool.call.result").map(|said| message("tool", said));
    [call, answer].into_iter().flatten()
}

/// Messages as events of their own: `gen_ai.user.message`, with the text as `content`.
fn read_event(event: &SpanEvent, messages: &mut Vec<SpanMessage>) {
    let role = match event.name.strip_prefix("gen_ai.") {
        Some("choice") => "assistant",
        Some(name) if let Some(role) = name.strip_suffix(".message") => role,
        _ => return,
    };
    let fields = event.attributes.iter().map(|attribute| (attribute.key.to_string(), json(&attribute.value)));
    read(&Json::Object(fields.collect()), role, messages);
}

/// Puts a value into a tree.
fn plant<'a>(mut tree: &mut Json, path: impl Iterator<Item = &'a str>, value: Json) {
    for name in path {
        let Json::Object(fields) = tree else { return };
        tree = fields.entry(name).or_insert_with(|| Json::Object(Map::new()));
    }
    *tree = value;
}

/// The same with objects whose fields are all numbers as lists.
fn listed(tree: Json) -> Json {
    let Json::Object(fields) = tree else { return tree };
    let number = |name: &str| name.parse::<u32>().ok();
    let is_list = !fields.is_empty() && fields.keys().all(|name| number(name).is_some());
    let fields = fields.into_iter().map(|(name, value)| (name, listed(value)));
    if is_list {
        let by_number: BTreeMap<_, _> = fields.map(|(name, value)| (number(&name), value)).collect();
        Json::Array(by_number.into_values().collect())
    } else {
        Json::Object(fields.collect())
    }
}

/// Reads a message, a part of one, or many.
fn read(said: &Json, role: &str, messages: &mut Vec<SpanMessage>) {
    match said {
        Json::Null => {}
        Json::Array(list) => list.iter().for_each(|one| read(one, role, messages)),
        Json::Object(fields) => read_object(fields, role, messages),
        said => messages.push(SpanMessage { role: role.to_owned(), tool: None, text: text(said) }),
    }
}

fn read_object(fields: &Map<String, Json>, role: &str, messages: &mut Vec<SpanMessage>) {
    if let Some(wrapped) = first(fields, &WRAPPERS) {
        return read(wrapped, role, messages);
    }
    let role = fields.get("role").and_then(Json::as_str).unwrap_or(role);
    let tool = first(fields, &NAME).map(text);
    let message = |role: &str, said: Option<&Json>| SpanMessage {
        role: role.to_owned(),
        tool: tool.clone(),
        text: said.map(text).unwrap_or_default(),
    };
    let kind = fields.get("type").and_then(Json::as_str).unwrap_or_default().replace('-', "_");
    match kind.as_str() {
        "tool_call" | "tool_use" | "function_call" => {
            return messages.push(message(role, first(fields, &ARGUMENTS)));
        }
        "tool_call_response" | "tool_result" => {
            return messages.push(message("tool", first(fields, &ANSWER)));
        }
        _ => {}
    }
    let (said, calls) = (first(fields, &CONTENT), first(fields, &["tool_calls", "toolCalls"]));
    match (said, calls) {
        (Some(said), _) if role == "tool" => messages.push(message(role, Some(said))),
        (Some(said), _) => read_content(said, role, messages),
        (None, Some(_)) => {}
        (None, None) => {
            let text = text(&Json::Object(fields.clone()));
            messages.push(SpanMessage { role: role.to_owned(), tool: None, text });
        }
    }
    for call in calls.and_then(Json::as_array).into_iter().flatten() {
        let call =
            ["tool_call", "function"].iter().fold(call, |call, wrapper| call.get(wrapper).unwrap_or(call));
        if let Json::Object(call) = call {
            messages.push(SpanMessage {
                role: role.to_owned(),
                tool: first(call, &NAME).map(text),
                text: first(call, &ARGUMENTS).map(text).unwrap_or_default(),
            });
        }
    }
}

/// The content of one message: texts that stand beside each other are one.
fn read_content(said: &Json, role: &str, messages: &mut Vec<SpanMessage>) {
    let mut parts = Vec::new();
    read(said, role, &mut parts);
    let joined = parts.into_iter().fold(Vec::<SpanMessage>::new(), |mut joined, part| {
        match joined.last_mut() {
            Some(last) if last.tool.is_none() && part.tool.is_none() && last.role == part.role => {
                last.text.push('\n');
                last.text.push_str(&part.text);
            }
            _ => joined.push(part),
        }
        joined
    });
    messages.extend(joined);
}

fn first<'a>(fields: &'a Map<String, Json>, names: &[&str]) -> Option<&'a Json> {
    names.iter().find_map(|name| fields.get(*name))
}

/// A text as it is, anything else as JSON.
fn text(said: &Json) -> String {
    match said {
        Json::String(text) => text.clone(),
        said => said.to_string(),
    }
}

/// The value as JSON; a text that holds a list or an object as that.
fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) if text.starts_with(['[', '{']) => {
            serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_string()))
        }
        Value::Text(text) => Json::String(text.to_string()),
        Value::Bool(is_so) => Json::Bool(*is_so),
        Value::Int(number) => Json::from(*number),
        Value::Double(number) => Json::from(*number),
        Value::Bytes(bytes) => Json::String(format!("{} bytes", bytes.len())),
        Value::List(list) => Json::Array(list.iter().map(json).collect()),
        Value::Map(map) => {
            Json::Object(map.iter().map(|field| (field.key.to_string(), json(&field.value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{attributes, span, text};
    use super::*;
    use model::telemetry::UnixNanos;

    /// A message: who says it, with which tool, and what.
    type Said<'a> = (&'a str, Option<&'a str>, &'a str);

    fn check(span: &Span, expect: &[Said<'_>]) {
        let messages = messages(span);
        let messages: Vec<Said<'_>> = messages
            .iter()
            .map(|message| (message.role.as_str(), message.tool.as_deref(), message.text.as_str()))
            .collect();
        assert_eq!(messages, expect, "{:?}", span.attributes);
    }

    #[test]
    fn every_dialect_tells_the_same_conversation() {
        let expect = [
            ("system", None, "be brief"),
            ("user", None, "weather?"),
            ("assistant", Some("look"), r#"{"city":"Bern"}"#),
        ];
        let check = |sent: &[(&str, Value)]| check(&span(sent), &expect);
        check(&[
            ("gen_ai.system_instructions", text(r#"[{"type":"text","content":"be brief"}]"#)),
            (
                "gen_ai.input.messages",
                text(r#"[{"role":"user","parts":[{"type":"text","content":"weather?"}]}]"#),
            ),
            (
                "gen_ai.output.messages",
                text(
                    r#"[{"role":"assistant","parts":[{"type":"tool_call","name":"look","arguments":{"city":"Bern"}}]}]"#,
                ),
            ),
        ]);
        check(&[
            ("gen_ai.prompt.0.role", text("system")),
            ("gen_ai.prompt.0.content", text("be brief")),
            ("gen_ai.prompt.1.content", text("weather?")),
            ("gen_ai.completion.0.role", text("assistant")),
            ("gen_ai.completion.0.tool_calls.0.name", text("look")),
            ("gen_ai.completion.0.tool_calls.0.arguments", text(r#"{"city":"Bern"}"#)),
        ]);
        check(&[
            // What stands there as one text is told apart below.
            ("input.value", text(r#"{"question": "weather?"}"#)),
            ("llm.input_messages.0.message.role", text("system")),
            ("llm.input_messages.0.message.content", text("be brief")),
            ("llm.input_messages.1.message.role", text("user")),
            ("llm.input_messages.1.message.contents.0.message_content.type", text("text")),
            ("llm.input_messages.1.message.contents.0.message_content.text", text("weather?")),
            ("llm.output_messages.0.message.role", text("assistant")),
            ("llm.output_messages.0.message.content", text("")),
            ("llm.output_messages.0.message.tool_calls.0.tool_call.function.name", text("look")),
            (
                "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments",
                text(r#"{"city":"Bern"}"#),
            ),
        ]);
        check(&[
            (
                "ai.prompt",
                text(
                    r#"{"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"weather?"}]}"#,
                ),
            ),
            (
                "mlflow.spanOutputs",
                text(
                    r#"{"choices":[{"message":{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"look","arguments":"{\"city\":\"Bern\"}"}}]}}]}"#,
                ),
            ),
        ]);
    }

    #[test]
    fn a_tool_tells_what_it_was_asked_and_what_it_answered() {
        check(
            &span(&[
                ("ai.toolCall.name", text("look")),
                ("ai.toolCall.args", text("x=1")),
                ("ai.toolCall.result", Value::Int(7)),
            ]),
            &[("assistant", Some("look"), "x=1"), ("tool", Some("look"), "7")],
        );
        let history = r#"[{"role":"tool","name":"look","content":[1,2]},{"role":"user","content":"a"},
            {"role":"user","content":[{"type":"text","text":"b"},{"type":"text","text":"c"},{"type":"tool_result","content":"d"}]}]"#;
        check(
            &span(&[("gen_ai.input.messages", text(history))]),
            &[
                ("tool", Some("look"), "[1,2]"),
                ("user", None, "a"),
                ("user", None, "b\nc"),
                ("tool", None, "d"),
            ],
        );
    }

    #[test]
    fn events_tell_where_attributes_do_not() {
        let mut told = span(&[]);
        let event = |name: &str, sent: &[(&str, Value)]| SpanEvent {
            at: UnixNanos(0),
            name: name.to_owned(),
            attributes: attributes(sent),
        };
        told.events = vec![
            event("gen_ai.user.message", &[("content", text("hello"))]),
            event("gen_ai.choice", &[("index", Value::Int(0)), ("message", text(r#"{"content":"hi"}"#))]),
            event("exception", &[("content", text("no message"))]),
        ];
        check(&told, &[("user", None, "hello"), ("assistant", None, "hi")]);
    }

    #[test]
    fn what_is_no_message_is_told_as_it_is() {
        check(&span(&[("input.value", text("{broken"))]), &[("user", None, "{broken")]);
        check(&span(&[("output.value", text(r#"{"a":1}"#))]), &[("assistant", None, r#"{"a":1}"#)]);
        check(&span(&[("unknown", text("x"))]), &[]);
        let deep = format!("gen_ai.prompt.{}", "0.".repeat(100_000));
        check(
            &span(&[("gen_ai.prompt.0", text("a")), ("gen_ai.prompt.0.0", text("b"))]),
            &[("user", None, "a")],
        );
        assert_eq!(messages(&span(&[(&deep, text("deep"))])).len(), 1);
    }
}
