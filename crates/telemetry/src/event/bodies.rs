//! Bodies of events, by type.

use crate::body::fields::Fields;
use crate::invalid::Invalid;
use jiff::Timestamp;
use model::ask::Amount;
use model::telemetry::{EventBody, LogLevel, Retrieved, TokenUsage, Value};

/// Reads a body of the type called `kind`.
pub(super) fn read(kind: &str, mut body: Fields, now: Timestamp) -> Result<EventBody, Invalid> {
    Ok(match kind {
        "log" => EventBody::Log {
            level: level(&mut body)?,
            message: body.need("message", Fields::text)?,
            metadata: body.metadata()?,
        },
        "error" => EventBody::Error {
            message: body.need("message", Fields::text)?,
            // `stacktrace` is what the first SDKs send.
            stack: either(&mut body, ["stack", "stacktrace"], Fields::text)?,
            fingerprint: body.texts("fingerprint")?.unwrap_or_default(),
            metadata: body.metadata()?,
        },
        "span" => span(body, now)?,
        "token_usage" => EventBody::TokenUsage {
            model: body.need("model", Fields::name)?,
            usage: usage(&mut body)?,
            reported_cost: reported_cost(&mut body)?,
            metadata: body.metadata()?,
        },
        "message" => EventBody::Message {
            role: role(&mut body)?,
            content: body.need("content", Fields::text)?,
            metadata: body.metadata()?,
        },
        "eval_metric" => EventBody::EvalMetric {
            suite_id: body.need("suiteId", Fields::name)?,
            metric: body.need("metric", Fields::name)?,
            value: body.need("value", Fields::number)?,
            metadata: body.metadata()?,
        },
        "agent_action" => EventBody::AgentAction {
            agent_name: body.name("agentName")?,
            action: body.need("action", Fields::name)?,
            input: body.value("input")?,
            output: body.value("output")?,
            reasoning: body.text("reasoning")?,
            metadata: body.metadata()?,
        },
        "retrieval" => EventBody::Retrieval {
            query: body.need("query", Fields::text)?,
            results: body
                .need("results", Fields::list)?
                .into_iter()
                .map(retrieved)
                .collect::<Result<_, _>>()?,
            vector_dimensions: body.count("vectorDimensions")?,
            metadata: body.metadata()?,
        },
        "tool_call" => EventBody::ToolCall {
            tool_name: body.need("toolName", Fields::name)?,
            arguments: body.need("arguments", Fields::object)?,
            result: body.object("result")?,
            latency_ms: body.measure("latencyMs", f64::MAX)?,
            metadata: body.metadata()?,
        },
        "model_response" => EventBody::ModelResponse {
            model: body.need("model", Fields::name)?,
            prompt: body.need("prompt", Fields::text)?,
            response: body.need("response", Fields::text)?,
            finish_reason: body.name("finishReason")?,
            latency_ms: body.need("latencyMs", |body, name| body.measure(name, f64::MAX))?,
            metadata: body.metadata()?,
        },
        "custom" => EventBody::Custom {
            name: body.need("name", Fields::name)?,
            // `data` is what the first servers took.
            payload: either(&mut body, ["payload", "data"], Fields::object)?
                .ok_or_else(|| body.invalid("payload", "is required"))?,
        },
        _ => {
            let message = "must be one of log, error, span, token_usage, message, eval_metric, agent_action, \
                           retrieval, tool_call, model_response, custom";
            return Err(Invalid::new("type", message));
        }
    })
}

/// A field that has two names.
fn either<T>(
    body: &mut Fields,
    [name, other]: [&str; 2],
    take: impl Fn(&mut Fields, &str) -> Result<Option<T>, Invalid>,
) -> Result<Option<T>, Invalid> {
    Ok(match take(body, name)? {
        Some(value) => Some(value),
        None => take(body, other)?,
    })
}

/// What the sender says that a call cost. The first SDKs send `cost`, and 0 where they do not know.
fn reported_cost(body: &mut Fields) -> Result<Option<Amount>, Invalid> {
    Ok(match body.amount("costUSD")? {
        Some(amount) => Some(amount),
        None => body.amount("cost")?.filter(|amount| *amount != Amount::default()),
    })
}

fn level(body: &mut Fields) -> Result<LogLevel, Invalid> {
    Ok(match body.need("level", Fields::text)?.as_str() {
        "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        "warn" => LogLevel::Warn,
        "error" => LogLevel::Error,
        _ => return Err(body.invalid("level", "must be one of debug, info, warn, error")),
    })
}

fn role(body: &mut Fields) -> Result<String, Invalid> {
    let role = body.need("role", Fields::text)?;
    match role.as_str() {
        "user" | "system" | "assistant" | "tool" => Ok(role),
        _ => Err(body.invalid("role", "must be one of user, system, assistant, tool")),
    }
}

/// The tokens of a call. Those of the cache are part of the input, those of reasoning of the output.
fn usage(body: &mut Fields) -> Result<TokenUsage, Invalid> {
    let optional = |body: &mut Fields, name| Ok(body.count(name)?.unwrap_or_default().into());
    Ok(TokenUsage {
        input: body.need("inputTokens", Fields::count)?.into(),
        output: body.need("outputTokens", Fields::count)?.into(),
        cache_read: optional(body, "cacheReadTokens")?,
        cache_write: optional(body, "cacheWriteTokens")?,
        reasoning: optional(body, "reasoningTokens")?,
    })
}

fn span(mut body: Fields, now: Timestamp) -> Result<EventBody, Invalid> {
    let start = body.need("start", |body, name| body.moment(name, now))?;
    let end = body.moment("end", now)?;
    if end.is_some_and(|end| end < start) {
        return Err(body.invalid("end", "is before the start"));
    }
    Ok(EventBody::Span {
        span_id: body.need("spanId", Fields::name)?,
        parent_span_id: body.name("parentSpanId")?,
        name: body.need("name", Fields::name)?,
        start,
        end,
        attributes: {
            let mut attributes = body.object("attributes")?.unwrap_or_default();
            attributes.append(&mut body.metadata()?);
            attributes
        },
    })
}

fn retrieved(mut result: Fields) -> Result<Retrieved, Invalid> {
    let id = result.need("id", Fields::value)?;
    Ok(Retrieved {
        id: match id {
            Value::Text(id) => id.into(),
            Value::Int(id) => id.to_string(),
            _ => return Err(result.invalid("id", "must be a text or a whole number")),
        },
        score: result.need("score", Fields::number)?,
        text: result.need("text", Fields::text)?,
        metadata: result.metadata()?,
    })
}
