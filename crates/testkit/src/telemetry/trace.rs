//! Runs of agents as spans, with the names of GenAI's semantic conventions 1.41.

use super::{Agent, attribute, int, text, words};
use fastrand::Rng;
use model::telemetry::{
    AgentName, Attribute, Operation, Reading, Span, SpanEvent, SpanId, SpanStatus, TokenUsage, TraceId,
    UnixNanos, Value, Verdict,
};
use std::collections::HashMap;

/// No run has more.
pub(super) const MOST_SPANS: usize = 9;
/// How deep the agents of a large trace call each other.
const MOST_DEPTH: usize = 8;
/// Of a hundred tool calls so many fail.
const FAILING_PERCENT: u8 = 3;

const TOOLS: [&str; 8] = [
    "search_tickets",
    "get_order",
    "run_sql",
    "read_file",
    "send_mail",
    "get_weather",
    "list_runs",
    "create_case",
];
const SOURCES: [&str; 4] = ["handbook", "tickets", "contracts", "runbooks"];

pub(super) fn run(rng: &mut Rng, agent: &Agent, started: UnixNanos) -> Vec<Span> {
    let mut run = Run::new(rng, agent, started);
    let root = run.agent(None);
    run.retrieval(root);
    for _ in 0..run.rng.usize(1..=3) {
        run.model(root, "tool_calls");
        run.tool(root);
    }
    run.model(root, "stop");
    run.close()
}

pub(super) fn large(rng: &mut Rng, agent: &Agent, started: UnixNanos, count: usize) -> Vec<Span> {
    let mut run = Run::new(rng, agent, started);
    let mut agents = vec![run.agent(None)];
    while run.spans.len() < count {
        let parent = agents[agents.len() - 1];
        match run.rng.u8(..10) {
            0 if agents.len() < MOST_DEPTH => agents.push(run.agent(Some(parent))),
            1 if agents.len() > 1 => drop(agents.pop()),
            2 => run.retrieval(parent),
            3..6 => run.tool(parent),
            _ => run.model(parent, "tool_calls"),
        }
    }
    run.close()
}

/// A run that goes on.
struct Run<'a> {
    rng: &'a mut Rng,
    agent: &'a Agent,
    trace_id: TraceId,
    session: String,
    user: String,
    spans: Vec<Span>,
    now: UnixNanos,
}

impl<'a> Run<'a> {
    fn new(rng: &'a mut Rng, agent: &'a Agent, started: UnixNanos) -> Self {
        let trace_id = TraceId::from_bytes(&rng.u128(1..).to_be_bytes()).expect("it is not zero");
        let session = words::id(rng, "session");
        let user = format!("user-{}", rng.u16(..5000));
        Self { rng, agent, trace_id, session, user, spans: Vec::new(), now: started }
    }

    /// The spans; those that others happened in end when the last of these did.
    fn close(mut self) -> Vec<Span> {
        let places: HashMap<SpanId, usize> =
            self.spans.iter().enumerate().map(|(place, span)| (span.span_id, place)).collect();
        // Parents stand before their children.
        for child in (1..self.spans.len()).rev() {
            let ended = self.spans[child].ended;
            let parent = self.spans[child].parent_id.and_then(|id| places.get(&id));
            let parent = &mut self.spans[*parent.expect("only the root has none")];
            parent.ended = parent.ended.max(ended);
        }
        self.spans
    }

    /// One more span, from now on and for `ms`; whatever comes next begins behind it.
    fn push(
        &mut self,
        parent: Option<SpanId>,
        name: String,
        operation: Operation,
        ms: std::ops::Range<f64>,
        attributes: Vec<Attribute>,
    ) -> &mut Span {
        let started = self.now;
        let took = ms.start + (ms.end - ms.start) * self.rng.f64().powi(2);
        self.now = UnixNanos(started.0 + (took * 1e6) as i64);
        let span_id = SpanId::from_bytes(&self.rng.u64(1..).to_be_bytes()).expect("it is not zero");
        self.spans.push(Span {
            trace_id: self.trace_id,
            span_id,
            parent_id: parent,
            agent: self.agent.identity.clone(),
            name,
            operation,
            started,
            ended: self.now,
            status: SpanStatus::Unset,
            status_message: String::new(),
            error_type: None,
            model: None,
            provider: None,
            usage: None,
            reported_cost: None,
            user: None,
            session: Some(self.session.as_str().into()),
            first_token_ms: None,
            readings: attributes.iter().map(reading).collect(),
            attributes,
            events: Vec::new(),
            links: Vec::new(),
            redactions: 0,
        });
        self.spans.last_mut().expect("it was pushed")
    }

    fn agent_name(&self) -> &'a AgentName {
        &self.agent.identity.name
    }

    fn agent(&mut self, parent: Option<SpanId>) -> SpanId {
        let (agent, user) = (self.agent_name(), self.user.clone());
        let attributes = vec![
            text("gen_ai.operation.name", "invoke_agent"),
            text("gen_ai.agent.name", agent.as_str()),
            text("gen_ai.agent.id", words::id(self.rng, "agent")),
            text("gen_ai.provider.name", self.agent.provider),
            text("gen_ai.request.model", self.agent.model),
            text("gen_ai.conversation.id", self.session.as_str()),
            text("user.id", user.as_str()),
            text("app.channel", words::one(self.rng, &["web", "mail", "chat", "api"])),
            text("app.question", words::sentence(self.rng, 9)),
        ];
        let span = self.push(parent, format!("invoke_agent {agent}"), Operation::Agent, 1.0..6.0, attributes);
        span.user = Some(user.into());
        span.span_id
    }

    fn retrieval(&mut self, parent: SpanId) {
        let source = words::one(self.rng, &SOURCES);
        let attributes = vec![
            text("gen_ai.operation.name", "retrieval"),
            text("gen_ai.agent.name", self.agent_name().as_str()),
            text("gen_ai.data_source.id", source),
            text("gen_ai.retrieval.query.text", words::sentence(self.rng, 8)),
            int("gen_ai.request.top_k", self.rng.i64(3..=10)),
            text("gen_ai.conversation.id", self.session.as_str()),
            text("db.system.name", "postgresql"),
            text("server.address", "vectors.internal"),
            int("server.port", 5432),
        ];
        self.push(Some(parent), format!("retrieval {source}"), Operation::Retrieval, 8.0..240.0, attributes);
    }

    fn tool(&mut self, parent: SpanId) {
        let tool = words::one(self.rng, &TOOLS);
        let fails = self.rng.u8(..100) < FAILING_PERCENT;
        let wanted = words::sentence(self.rng, 4);
        let mut attributes = vec![
            text("gen_ai.operation.name", "execute_tool"),
            text("gen_ai.agent.name", self.agent_name().as_str()),
            text("gen_ai.tool.name", tool),
            text("gen_ai.tool.type", "function"),
            text("gen_ai.tool.call.id", words::id(self.rng, "call")),
            text(
                "gen_ai.tool.call.arguments",
                format!(r#"{{"query":"{wanted}","limit":{}}}"#, self.rng.u8(1..50)),
            ),
            text("gen_ai.conversation.id", self.session.as_str()),
            int("app.attempt", self.rng.i64(1..=3)),
        ];
        attributes.push(if fails {
            text("error.type", "timeout")
        } else {
            text("gen_ai.tool.call.result", words::sentence(self.rng, 12))
        });
        let span =
            self.push(Some(parent), format!("execute_tool {tool}"), Operation::Tool, 5.0..900.0, attributes);
        if fails {
            span.status = SpanStatus::Error;
            span.status_message = format!("{tool} took too long");
            span.error_type = Some("timeout".into());
            let message = text("exception.message", span.status_message.as_str());
            let attributes = vec![text("exception.type", "TimeoutError"), message];
            span.events.push(SpanEvent { at: span.ended, name: "exception".to_owned(), attributes });
        }
    }

    fn model(&mut self, parent: SpanId, finish_reason: &str) {
        let (model, provider) = (self.agent.model, self.agent.provider);
        let input = self.rng.u64(180..6000);
        // A third of the calls finds most of the conversation in the provider's cache.
        let cache_read = if self.rng.u8(..3) == 0 { input / 128 * 100 } else { 0 };
        let usage = TokenUsage { input, output: self.rng.u64(12..900), cache_read, ..TokenUsage::default() };
        let first_token_seconds = f64::from(self.rng.u16(120..900)) / 1000.0;
        let attributes = vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.agent.name", self.agent_name().as_str()),
            text("gen_ai.provider.name", provider),
            text("gen_ai.request.model", model),
            text("gen_ai.response.model", model),
            text("gen_ai.response.id", words::id(self.rng, "chatcmpl")),
            attribute("gen_ai.response.finish_reasons", Value::List(vec![Value::Text(finish_reason.into())])),
            int("gen_ai.usage.input_tokens", usage.input as i64),
            int("gen_ai.usage.output_tokens", usage.output as i64),
            int("gen_ai.usage.cache_read.input_tokens", usage.cache_read as i64),
            attribute("gen_ai.response.time_to_first_chunk", Value::Double(first_token_seconds)),
            text("gen_ai.conversation.id", self.session.as_str()),
        ];
        let span =
            self.push(Some(parent), format!("chat {model}"), Operation::Model, 950.0..7000.0, attributes);
        span.model = Some(model.into());
        span.provider = Some(provider.into());
        span.usage = Some(usage);
        span.first_token_ms = Some(first_token_seconds * 1000.0);
    }
}

fn reading(attribute: &Attribute) -> Reading {
    let is_known = !attribute.key.starts_with("app.") && !attribute.key.starts_with("server.");
    let verdict = if is_known { Verdict::Recognised } else { Verdict::Ignored };
    Reading { key: attribute.key.clone(), verdict }
}
