//! The spans of a turn, in the names of today.

use super::{Asked, Content, Step, TurnTrace};
use crate::ask::tally::{ModelCall, Said};
use agent::ModelFailure;
use identity::token;
use model::ErrorKind;
use model::ask::{ModelUsage, NodeEnd, ToolStatus};
use model::telemetry::{
    AgentIdentity, AgentName, Attribute, Span, SpanId, SpanStatus, TraceId, UnixNanos, Value,
};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What our agent is called.
const AGENT: &str = "sentry-assistant";

/// Writes the spans of one turn.
pub(super) struct Writer {
    content: Content,
    agent: Arc<AgentIdentity>,
    trace_id: TraceId,
    root: SpanId,
    /// The last number that was given as an id.
    last_id: u64,
    began_at: UnixNanos,
    began: Instant,
    ended: Instant,
    session: String,
    spans: Vec<Span>,
}

impl Writer {
    pub(super) fn new(turn: &TurnTrace, content: Content) -> Self {
        let TurnTrace { of, notes, ended, .. } = turn;
        let metadata = vec![
            text("environment", &of.environment),
            text("type", "assistant"),
            text("version", env!("CARGO_PKG_VERSION")),
        ];
        let agent = Arc::new(AgentIdentity { name: AgentName::new(AGENT), id: None, metadata });
        let [random @ .., _, _, _, _, _, _, _, _] = token::new_uuid();
        // Not zero, and far from the largest.
        let first = (u64::from_be_bytes(random) >> 1) + 1;
        Self {
            content,
            agent,
            trace_id: notes.trace_id,
            root: span_id(first),
            last_id: first,
            began_at: notes.began_at,
            began: notes.began,
            ended: *ended,
            session: of.turn.thread_id.to_string(),
            spans: Vec::new(),
        }
    }

    pub(super) fn root_id(&self) -> SpanId {
        self.root
    }

    pub(super) fn into_spans(self) -> Vec<Span> {
        self.spans
    }

    fn at(&self, moment: Instant) -> UnixNanos {
        let since = moment.saturating_duration_since(self.began).as_nanos();
        UnixNanos(self.began_at.0.saturating_add(i64::try_from(since).unwrap_or(i64::MAX)))
    }

    pub(super) fn root(&mut self, turn: &TurnTrace) {
        let mut attributes = vec![
            text("gen_ai.operation.name", "invoke_agent"),
            text("gen_ai.agent.name", AGENT),
            text("gen_ai.agent.version", env!("CARGO_PKG_VERSION")),
            text("user.id", &turn.of.user),
            number("sentry.turn.id", turn.of.turn.turn_id.0),
        ];
        if self.content == Content::Told {
            let parts = json!([{ "type": "text", "content": turn.of.question.as_str() }]);
            let messages = json!([{ "role": "user", "parts": parts }]);
            attributes.push(text("gen_ai.input.messages", messages.to_string()));
        }
        let failure = match &turn.end {
            Ok(answered) => {
                attributes.push(number("sentry.answer.tier", answered.tier.into()));
                attributes.push(text("sentry.answer.intent", &answered.intent));
                None
            }
            // Somebody stopped it: not a fault.
            Err(error) if error.cancelled => {
                attributes.push(Attribute { key: "sentry.turn.cancelled".into(), value: Value::Bool(true) });
                None
            }
            Err(error) => Some((kind(error.kind), error.message.clone())),
        };
        let root = self.root;
        let times = (self.began, Some(self.ended));
        self.push(root, None, format!("invoke_agent {AGENT}"), times, attributes, failure);
    }

    pub(super) fn step(&mut self, step: &Step) -> SpanId {
        let mut attributes = Vec::new();
        if let Some(NodeEnd { result, .. }) = &step.end {
            let counts =
                [("sentry.dataset_count", result.dataset_count), ("sentry.row_count", result.row_count)];
            attributes.extend(counts.into_iter().filter_map(|(key, count)| Some(number(key, count? as u64))));
            attributes
                .extend(result.intent.as_ref().map(|intent| text("sentry.answer.intent", word(intent))));
        }
        let id = self.next_id();
        self.push(id, Some(self.root), word(&step.node), (step.began, step.ended), attributes, None);
        id
    }

    pub(super) fn tool(&mut self, Asked { tool, began, ended }: &Asked, parent: SpanId) {
        let mut attributes = vec![
            text("gen_ai.operation.name", "execute_tool"),
            text("gen_ai.tool.name", &tool.tool),
            text("gen_ai.tool.type", "function"),
            text("gen_ai.tool.call.id", tool.id.to_string()),
        ];
        attributes.extend(tool.row_count.map(|count| number("sentry.row_count", count as u64)));
        if self.content == Content::Told {
            attributes.push(text("gen_ai.tool.call.arguments", json!(tool.input).to_string()));
        }
        let failure = (tool.status == ToolStatus::Failed).then(|| {
            let message = tool.error.clone().filter(|_| self.content == Content::Told);
            ("_OTHER", message.unwrap_or_default())
        });
        // A query is told of when it is over, with how long it took.
        let took = Duration::from_millis(tool.duration_ms.unwrap_or_default());
        let began = ended.and_then(|ended| ended.checked_sub(took)).map_or(*began, |early| early.min(*began));
        let id = self.next_id();
        let name = format!("execute_tool {}", tool.tool);
        self.push(id, Some(parent), name, (began, *ended), attributes, failure);
    }

    pub(super) fn call(&mut self, call: &ModelCall, model: Option<&(&'static str, String)>, parent: SpanId) {
        let mut attributes =
            vec![text("gen_ai.operation.name", "chat"), text("sentry.model.purpose", call.purpose)];
        let mut name = "chat".to_owned();
        if let Some((provider, model)) = model {
            attributes.push(text("gen_ai.provider.name", *provider));
            attributes.push(text("gen_ai.request.model", model));
            name = format!("chat {model}");
        }
        let failure = match &call.said {
            Ok(said) => {
                attributes.extend(said_attributes(said));
                None
            }
            Err(failure) => Some((failure_word(*failure), failure.to_string())),
        };
        let id = self.next_id();
        self.push(id, Some(parent), name, (call.began, Some(call.ended)), attributes, failure);
    }

    fn next_id(&mut self) -> SpanId {
        self.last_id += 1;
        span_id(self.last_id)
    }

    fn push(
        &mut self,
        id: SpanId,
        parent: Option<SpanId>,
        name: String,
        (began, ended): (Instant, Option<Instant>),
        mut attributes: Vec<Attribute>,
        failure: Option<(&'static str, String)>,
    ) {
        attributes.push(text("gen_ai.conversation.id", &self.session));
        let (status, message) = match failure {
            None => (SpanStatus::Unset, String::new()),
            Some((kind, message)) => {
                attributes.push(text("error.type", kind));
                (SpanStatus::Error, message)
            }
        };
        // Who was not told that it is over waited to the end.
        let (started, ended) = (self.at(began), self.at(ended.unwrap_or(self.ended)));
        self.spans.push(Span {
            trace_id: self.trace_id,
            span_id: id,
            parent_id: parent,
            agent: Arc::clone(&self.agent),
            name,
            operation: Default::default(),
            started,
            ended: ended.max(started),
            status,
            status_message: message,
            error_type: None,
            model: None,
            provider: None,
            usage: None,
            reported_cost: None,
            user: None,
            session: None,
            first_token_ms: None,
            attributes,
            events: Vec::new(),
            links: Vec::new(),
            readings: Arc::default(),
            redactions: 0,
        });
    }
}

fn said_attributes(said: &Said) -> Vec<Attribute> {
    let Said { model, usage, is_truncated } = said;
    let reason = if *is_truncated { "length" } else { "stop" };
    let reasons = Value::List(vec![Value::Text(reason.into())]);
    let mut attributes = vec![Attribute { key: "gen_ai.response.finish_reasons".into(), value: reasons }];
    if !model.is_empty() {
        attributes.push(text("gen_ai.response.model", model));
    }
    if let Some(ModelUsage { answers: _, input_tokens, cached_input_tokens, output_tokens, cost }) = usage {
        attributes.push(number("gen_ai.usage.input_tokens", *input_tokens));
        attributes.push(number("gen_ai.usage.output_tokens", *output_tokens));
        attributes.push(number("gen_ai.usage.cache_read.input_tokens", *cached_input_tokens));
        attributes.extend(cost.map(|cost| text("gen_ai.usage.cost", cost.to_string())));
    }
    attributes
}

fn text(key: &str, value: impl AsRef<str>) -> Attribute {
    Attribute { key: key.into(), value: Value::Text(value.as_ref().into()) }
}

fn number(key: &str, value: u64) -> Attribute {
    Attribute { key: key.into(), value: Value::Int(i64::try_from(value).unwrap_or(i64::MAX)) }
}

fn span_id(number: u64) -> SpanId {
    SpanId::from_bytes(&number.to_be_bytes()).expect("numbers begin above zero")
}

/// The word on the wire.
pub(super) fn word(of: &impl serde::Serialize) -> String {
    match serde_json::to_value(of) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "not_found",
        ErrorKind::Invalid => "invalid",
        ErrorKind::Unauthenticated => "unauthenticated",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Limited => "limited",
        ErrorKind::Forbidden => "forbidden",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::Internal => "internal",
    }
}

fn failure_word(failure: ModelFailure) -> &'static str {
    match failure {
        ModelFailure::Slow => "timeout",
        ModelFailure::Down => "unavailable",
        ModelFailure::Refused => "refused",
        ModelFailure::Malformed => "malformed",
    }
}
