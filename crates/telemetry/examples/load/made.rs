//! Records that look like those of real agents.

use model::ask::Amount;
use model::telemetry::{
    AgentIdentity, AgentName, Attribute, Cost, CostSource, MetricId, MetricName, MetricRecord, Operation,
    Reading, Span, SpanId, SpanStatus, TokenUsage, TraceId, UnixNanos, Value, Verdict,
};
use std::sync::Arc;
use telemetry::store::{BatchKey, PricedSpan};

/// When the thirty days begin: 2026-10-01.
pub(crate) const BEGIN: i64 = 1_790_812_800_000_000_000;
/// How long it took to send them, in nanoseconds: ten minutes,
pub(crate) const TEN_MINUTES: f64 = 600e9;
/// or thirty days.
pub(crate) const THIRTY_DAYS: f64 = 30.0 * 86_400e9;
const AGENTS: u64 = 100;
/// One request in so many adds to the large trace,
const LARGE_EVERY: u64 = 20;
/// so many times of each of 64 makers: until it has 30,000 spans and some.
const LARGE_TIMES: u64 = 5;

/// The trace that grows over many requests.
pub(crate) fn large_trace() -> TraceId {
    TraceId::from_bytes(&[7; 16]).unwrap()
}

pub(crate) struct Maker {
    state: u64,
    agents: Vec<Arc<AgentIdentity>>,
    requests: u64,
}

impl Maker {
    pub(crate) fn new(seed: u64) -> Self {
        let agents = (0..AGENTS)
            .map(|number| {
                Arc::new(AgentIdentity {
                    name: AgentName::new(format!("agent-{number}")),
                    id: None,
                    metadata: vec![
                        text("environment", "production"),
                        text("team", &format!("team-{}", number % 7)),
                        text("version", "1.14.2"),
                    ],
                })
            })
            .collect();
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, agents, requests: 0 }
    }

    /// Splitmix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn bytes(&mut self) -> [u8; 16] {
        (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes()
    }

    pub(crate) fn key(&mut self) -> BatchKey {
        BatchKey(self.bytes())
    }

    pub(crate) fn record(&mut self, at: f64) -> MetricRecord {
        let agent = self.below(AGENTS) as usize;
        let values = vec![
            (MetricName::LatencyMs, self.below(3_000_000) as f64 / 1e3),
            (MetricName::ThroughputPerMin, self.below(120) as f64),
            (MetricName::CostPerRequest, self.below(20_000) as f64 / 1e6),
            (MetricName::CpuPercent, self.below(1_000) as f64 / 10.0),
            (MetricName::GpuPercent, self.below(1_000) as f64 / 10.0),
            (MetricName::MemoryMb, 200.0 + self.below(10_000) as f64 / 10.0),
        ];
        MetricRecord {
            id: MetricId::from_bytes(self.bytes()),
            agent: Arc::clone(&self.agents[agent]),
            at: UnixNanos(BEGIN + (at * TEN_MINUTES) as i64),
            values,
            custom: Vec::new(),
        }
    }

    pub(crate) fn spans(&mut self, at: f64, count: usize, length: f64) -> Vec<PricedSpan> {
        self.requests += 1;
        let is_large =
            self.requests.is_multiple_of(LARGE_EVERY) && self.requests / LARGE_EVERY <= LARGE_TIMES;
        let mut spans = Vec::with_capacity(count);
        while spans.len() < count {
            let trace_id = if is_large { large_trace() } else { TraceId::from_bytes(&self.bytes()).unwrap() };
            let agent = self.below(AGENTS) as usize;
            let agent = Arc::clone(&self.agents[agent]);
            let started = BEGIN + (at * length) as i64;
            self.trace(trace_id, &agent, started, &mut spans);
        }
        spans.truncate(count);
        spans
    }

    /// Ten spans, children before their parents as exporters send them.
    fn trace(
        &mut self,
        trace_id: TraceId,
        agent: &Arc<AgentIdentity>,
        begin: i64,
        spans: &mut Vec<PricedSpan>,
    ) {
        let root = self.span_id();
        let session = format!("{:016x}", self.next());
        let user = format!("user-{}", self.below(2_000));
        let mut at = begin + self.below(1_000_000) as i64;
        for turn in 0..3 {
            let model = ["gpt-4o", "gpt-4o-mini", "claude-sonnet-4"][self.below(3) as usize];
            let usage = TokenUsage {
                input: 200 + self.below(6_000),
                output: 20 + self.below(900),
                ..TokenUsage::default()
            };
            let took = 300_000_000 + self.below(4_000_000_000) as i64;
            let attributes = vec![
                text("gen_ai.operation.name", "chat"),
                text("gen_ai.system", "openai"),
                text("gen_ai.request.model", model),
                text("gen_ai.response.model", &format!("{model}-2026-05-13")),
                text(
                    "gen_ai.response.id",
                    &format!("chatcmpl-{:016x}{:08x}", self.next(), self.below(1 << 32)),
                ),
                Attribute { key: "gen_ai.request.temperature".into(), value: Value::Double(0.7) },
                Attribute { key: "gen_ai.usage.input_tokens".into(), value: Value::Int(usage.input as i64) },
                Attribute {
                    key: "gen_ai.usage.output_tokens".into(),
                    value: Value::Int(usage.output as i64),
                },
                Attribute {
                    key: "gen_ai.response.finish_reasons".into(),
                    value: Value::List(vec![Value::Text("stop".into())]),
                },
                text("server.address", "api.openai.com"),
                text("gen_ai.conversation.id", &session),
            ];
            let cost = Amount::from_picos(usage.input * 2_500_000 + usage.output * 10_000_000);
            let mut span =
                self.span(trace_id, Some(root), agent, "chat", Operation::Model, at, took, attributes);
            span.model = Some(model.into());
            span.provider = Some("openai".into());
            span.usage = Some(usage);
            span.user = Some(user.as_str().into());
            span.session = Some(session.as_str().into());
            span.first_token_ms = Some(80.0 + self.below(900_000) as f64 / 1e3);
            let cost = Some(Cost { amount: cost, source: CostSource::Priced });
            spans.push(PricedSpan { span, cost, gap: None });
            at += took;
            for _ in 0..2 {
                let took = 2_000_000 + self.below(300_000_000) as i64;
                let tool = ["search_orders", "read_file", "http_get", "run_query"][self.below(4) as usize];
                let attributes = vec![
                    text("gen_ai.operation.name", "execute_tool"),
                    text("gen_ai.tool.name", tool),
                    text(
                        "gen_ai.tool.call.id",
                        &format!("call_{:016x}{:08x}", self.next(), self.below(1 << 32)),
                    ),
                    text("gen_ai.tool.type", "function"),
                    text("code.function", &format!("tools.{tool}")),
                    text("thread.name", &format!("worker-{}", self.below(8))),
                    Attribute { key: "result.rows".into(), value: Value::Int(self.below(500) as i64) },
                    Attribute { key: "result.bytes".into(), value: Value::Int(self.below(50_000) as i64) },
                    Attribute { key: "retry".into(), value: Value::Bool(turn == 2) },
                    text("gen_ai.conversation.id", &session),
                ];
                let span =
                    self.span(trace_id, Some(root), agent, tool, Operation::Tool, at, took, attributes);
                spans.push(PricedSpan { span, cost: None, gap: None });
                at += took;
            }
        }
        let attributes = vec![
            text("gen_ai.operation.name", "invoke_agent"),
            text("gen_ai.agent.name", agent.name.as_str()),
            text("enduser.id", &user),
            text("gen_ai.conversation.id", &session),
            text("http.route", "/v1/answer"),
            Attribute { key: "http.status_code".into(), value: Value::Int(200) },
        ];
        let mut span =
            self.span(trace_id, None, agent, "invoke_agent", Operation::Agent, begin, at - begin, attributes);
        span.span_id = root;
        span.user = Some(user.into());
        span.session = Some(session.into());
        spans.push(PricedSpan { span, cost: None, gap: None });
    }

    fn span_id(&mut self) -> SpanId {
        SpanId::from_bytes(&(self.next() | 1).to_be_bytes()).unwrap()
    }

    #[expect(clippy::too_many_arguments, reason = "a span has many parts")]
    fn span(
        &mut self,
        trace_id: TraceId,
        parent_id: Option<SpanId>,
        agent: &Arc<AgentIdentity>,
        name: &str,
        operation: Operation,
        started: i64,
        took: i64,
        attributes: Vec<Attribute>,
    ) -> Span {
        let readings = attributes
            .iter()
            .map(|attribute| Reading { key: attribute.key.clone(), verdict: Verdict::Recognised });
        let readings = readings.collect();
        let status = if self.below(50) == 0 { SpanStatus::Error } else { SpanStatus::Unset };
        Span {
            trace_id,
            span_id: self.span_id(),
            parent_id,
            agent: Arc::clone(agent),
            name: name.to_owned(),
            operation,
            started: UnixNanos(started),
            ended: UnixNanos(started + took),
            status,
            status_message: String::new(),
            error_type: (status == SpanStatus::Error).then(|| "TimeoutError".into()),
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
            readings,
            redactions: 0,
        }
    }
}

fn text(key: &str, value: &str) -> Attribute {
    Attribute { key: key.into(), value: Value::Text(value.into()) }
}
