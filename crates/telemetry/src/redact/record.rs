//! Whole records. Ids by which records are joined are not looked at.

use super::{redact_attributes, redact_text, redact_value};
use model::telemetry::{AgentIdentity, AgentName, Event, EventBody, MetricRecord, Retrieved};
use std::sync::Arc;

/// Takes the secrets out of all that an event says, and counts them in it.
pub fn redact_event(event: &mut Event) {
    let Event {
        id: _,
        agent: of_agent,
        at: _,
        sdk_name,
        sdk_version,
        trace_id: _,
        user,
        session,
        context,
        body: of_body,
        redactions,
    } = event;
    *redactions += agent(of_agent)
        + redact_text(sdk_name)
        + redact_text(sdk_version)
        + optional(user)
        + optional(session)
        + redact_attributes(context)
        + body(of_body);
}

/// Takes the secrets out of all that a record of metrics says, and says how many there were.
pub fn redact_record(record: &mut MetricRecord) -> u32 {
    agent(&mut record.agent) + redact_attributes(&mut record.custom)
}

fn agent(agent: &mut Arc<AgentIdentity>) -> u32 {
    let agent = Arc::make_mut(agent);
    let mut name = agent.name.to_string();
    let found = redact_text(&mut name);
    if found > 0 {
        agent.name = AgentName::new(name);
    }
    found + redact_attributes(&mut agent.metadata)
}

fn body(body: &mut EventBody) -> u32 {
    match body {
        EventBody::Log { level: _, message, metadata } => redact_text(message) + redact_attributes(metadata),
        EventBody::Error { message, stack, fingerprint, metadata } => {
            redact_text(message) + optional(stack) + all(fingerprint) + redact_attributes(metadata)
        }
        EventBody::Span { span_id: _, parent_span_id: _, name, start: _, end: _, attributes } => {
            redact_text(name) + redact_attributes(attributes)
        }
        EventBody::TokenUsage { model, usage: _, reported_cost: _, metadata } => {
            redact_text(model) + redact_attributes(metadata)
        }
        EventBody::Message { role, content, metadata } => {
            redact_text(role) + redact_text(content) + redact_attributes(metadata)
        }
        EventBody::EvalMetric { suite_id, metric, value: _, metadata } => {
            redact_text(suite_id) + redact_text(metric) + redact_attributes(metadata)
        }
        EventBody::AgentAction { agent_name, action, input, output, reasoning, metadata } => {
            let values = [input, output].into_iter().flatten().map(redact_value).sum::<u32>();
            optional(agent_name)
                + redact_text(action)
                + values
                + optional(reasoning)
                + redact_attributes(metadata)
        }
        EventBody::Retrieval { query, results, vector_dimensions: _, metadata } => {
            let results = results.iter_mut().map(|Retrieved { id, score: _, text, metadata }| {
                redact_text(id) + redact_text(text) + redact_attributes(metadata)
            });
            redact_text(query) + results.sum::<u32>() + redact_attributes(metadata)
        }
        EventBody::ToolCall { tool_name, arguments, result, latency_ms: _, metadata } => {
            redact_text(tool_name)
                + redact_attributes(arguments)
                + result.as_mut().map_or(0, |result| redact_attributes(result))
                + redact_attributes(metadata)
        }
        EventBody::ModelResponse { model, prompt, response, finish_reason, latency_ms: _, metadata } => {
            redact_text(model)
                + redact_text(prompt)
                + redact_text(response)
                + optional(finish_reason)
                + redact_attributes(metadata)
        }
        EventBody::Custom { name, payload } => redact_text(name) + redact_attributes(payload),
    }
}

fn optional(text: &mut Option<String>) -> u32 {
    text.as_mut().map_or(0, redact_text)
}

fn all(texts: &mut [String]) -> u32 {
    texts.iter_mut().map(redact_text).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{self, Arrival};
    use model::telemetry::{EventId, MetricId};

    const SECRET: &str = "ada@example.org";

    /// Each `@` in the body, and the four around it, stands for a secret.
    #[test]
    fn an_event_is_searched_wholly() {
        let check = |kind: &str, body: &str| {
            let json = format!(
                r#"{{"type":"{kind}","sdk":{{"name":"@","version":"1"}},
                    "context":{{"agent":"@","userId":"@","more":["@"]}},"body":{body}}}"#
            );
            // The agent's and the user's stand in the context too.
            let expect = 2 + json.matches('@').count() as u32;
            let arrival = Arrival { now: jiff::Timestamp::UNIX_EPOCH, project: &[] };
            let json = json.replace('@', SECRET);
            let mut event = event::read(json.as_bytes(), arrival, || EventId::from_bytes([1; 16])).unwrap();
            redact_event(&mut event);
            assert_eq!(event.redactions, expect, "{kind}: {event:?}");
            assert!(!format!("{event:?}").contains(SECRET), "{kind}: {event:?}");
            redact_event(&mut event);
            assert_eq!(event.redactions, expect, "nothing is taken out twice");
        };
        check("log", r#"{"level":"info","message":"@","k":"@"}"#);
        check("error", r#"{"message":"@","stack":"@","fingerprint":["@"],"k":"@"}"#);
        check("span", r#"{"spanId":"s","name":"@","start":"1970-01-01T00:00:00Z","attributes":{"k":"@"}}"#);
        check("token_usage", r#"{"model":"@","inputTokens":1,"outputTokens":1,"k":"@"}"#);
        check("message", r#"{"role":"user","content":"@","k":"@"}"#);
        check("eval_metric", r#"{"suiteId":"@","metric":"@","value":1,"k":"@"}"#);
        check(
            "agent_action",
            r#"{"action":"@","input":{"k":"@"},"output":"@","reasoning":"@","metadata":{"k":"@"}}"#,
        );
        check(
            "retrieval",
            r#"{"query":"@","results":[{"id":"@","score":1,"text":"@","metadata":{"k":"@"}}],"k":"@"}"#,
        );
        check("tool_call", r#"{"toolName":"@","arguments":{"k":"@"},"result":{"k":"@"},"k":"@"}"#);
        check(
            "model_response",
            r#"{"model":"@","prompt":"@","response":"@","finishReason":"@","latencyMs":1,"k":"@"}"#,
        );
        check("custom", r#"{"name":"@","payload":{"k":"@"}}"#);
    }

    #[test]
    fn a_record_of_metrics_is_searched_wholly() {
        let json =
            r#"{"agent_id":"of @","latency_ms":1,"team":"@","custom_metrics":{"k":"@"},"request":"@"}"#;
        let json = json.replace('@', SECRET);
        let now = jiff::Timestamp::UNIX_EPOCH;
        let mut record = crate::record::read(json.as_bytes(), MetricId::from_bytes([1; 16]), now).unwrap();
        assert_eq!(redact_record(&mut record), 4);
        assert!(!format!("{record:?}").contains(SECRET), "{record:?}");
    }
}
