//! Agents that do not exist and what they send: the same from the same seed.
//!
//! [`Fleet`] makes records of [`model::telemetry`]; [`otlp`] and [`json`] write them as clients
//! send them, and [`Template`] is a request's body that becomes another one without being written anew.

mod event;
pub mod json;
pub mod otlp;
mod template;
mod trace;
mod words;

pub use template::Template;

use fastrand::Rng;
use model::telemetry::{
    AgentIdentity, AgentName, Attribute, Event, MetricId, MetricName, MetricRecord, Span, Text, UnixNanos,
    Value,
};
use std::sync::Arc;

/// Name, team and type of each agent, its model, and who provides that.
const AGENTS: [[&str; 5]; 12] = [
    ["support-copilot", "support", "assistant", "gpt-4o-mini", "openai"],
    ["claims-triage", "claims", "classifier", "gpt-4o", "openai"],
    ["code-review", "platform", "assistant", "claude-sonnet-4-5", "anthropic"],
    ["batch-watcher", "operations", "monitor", "gpt-4.1-mini", "azure.ai.openai"],
    ["sql-analyst", "data", "analyst", "claude-haiku-4-5", "aws.bedrock"],
    ["contract-reader", "legal", "extractor", "gemini-2.5-pro", "gcp.vertex_ai"],
    ["translator", "content", "assistant", "mistral-large-2411", "mistral_ai"],
    ["incident-scribe", "operations", "assistant", "gpt-4.1", "azure.ai.openai"],
    ["fraud-screen", "claims", "classifier", "gpt-4o-mini", "openai"],
    ["onboarding-guide", "support", "assistant", "claude-sonnet-4-5", "anthropic"],
    ["price-finder", "sales", "researcher", "gemini-2.5-flash", "gcp.gemini"],
    ["release-notes", "platform", "writer", "deepseek-chat", "deepseek"],
];

/// An agent, and the model that it asks.
struct Agent {
    identity: Arc<AgentIdentity>,
    model: &'static str,
    provider: &'static str,
}

/// Makes agents and what they send.
pub struct Fleet {
    rng: Rng,
    agents: Vec<Agent>,
}

impl Fleet {
    /// The agents, and all that they will ever send, that `seed` gives.
    pub fn new(seed: u64) -> Self {
        let agents = AGENTS.iter().enumerate().map(|(place, [name, team, kind, model, provider])| {
            let environment = if place % 4 == 3 { "staging" } else { "production" };
            let version = format!("{}.{}.0", 1 + place % 3, place);
            let metadata = vec![
                text("environment", environment),
                text("team", *team),
                text("type", *kind),
                text("version", version),
            ];
            let identity = Arc::new(AgentIdentity { name: AgentName::new(*name), id: None, metadata });
            Agent { identity, model, provider }
        });
        Self { rng: Rng::with_seed(seed), agents: agents.collect() }
    }

    /// All agents.
    pub fn agents(&self) -> impl ExactSizeIterator<Item = &Arc<AgentIdentity>> {
        self.agents.iter().map(|agent| &agent.identity)
    }

    /// One run of an agent from `started` on, the root first: what it looked up, the tools that it ran, the
    /// answers of its model. 5 to 9 spans, each after those that it happens in.
    pub fn trace(&mut self, started: UnixNanos) -> Vec<Span> {
        let agent = self.rng.usize(..self.agents.len());
        trace::run(&mut self.rng, &self.agents[agent], started)
    }

    /// `count` spans of one agent's runs, one after the other from `started` on: what one exporter sends. The last
    /// run may lack its end.
    pub fn spans(&mut self, count: usize, started: UnixNanos) -> Vec<Span> {
        let agent = self.rng.usize(..self.agents.len());
        let mut spans: Vec<Span> = Vec::with_capacity(count + trace::MOST_SPANS);
        while spans.len() < count {
            let next = spans.last().map_or(started, |last| last.ended);
            spans.extend(trace::run(&mut self.rng, &self.agents[agent], next));
        }
        spans.truncate(count);
        spans
    }

    /// One run with `count` spans, all but the root a step of it: agents within agents, eight deep at most.
    pub fn large_trace(&mut self, count: usize, started: UnixNanos) -> Vec<Span> {
        let agent = self.rng.usize(..self.agents.len());
        trace::large(&mut self.rng, &self.agents[agent], started, count)
    }

    /// What an agent measures of itself.
    pub fn metric(&mut self, at: UnixNanos) -> MetricRecord {
        let rng = &mut self.rng;
        let agent = &self.agents[rng.usize(..self.agents.len())];
        let values = vec![
            (MetricName::LatencyMs, rounded(90.0 + 2400.0 * rng.f64().powi(3))),
            (MetricName::ThroughputPerMin, rounded(240.0 * rng.f64())),
            (MetricName::CostPerRequest, rounded(10.0 * rng.f64()) / 1000.0),
            (MetricName::CpuPercent, rounded(100.0 * rng.f64())),
            (MetricName::GpuPercent, rounded(100.0 * rng.f64())),
            (MetricName::MemoryMb, rounded(256.0 + 3500.0 * rng.f64())),
        ];
        let custom =
            vec![text("region", words::one(rng, &words::REGIONS)), int("queue_depth", rng.i64(0..40))];
        let id = MetricId::from_bytes(rng.u128(..).to_be_bytes());
        MetricRecord { id, agent: agent.identity.clone(), at, values, custom }
    }

    /// Something that happened, of any kind.
    pub fn event(&mut self, at: UnixNanos) -> Event {
        let agent = self.rng.usize(..self.agents.len());
        event::any(&mut self.rng, &self.agents[agent], at)
    }
}

/// To hundredths: as clients round.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn attribute(key: &str, value: Value) -> Attribute {
    Attribute { key: key.into(), value }
}

fn text(key: &str, value: impl Into<Text>) -> Attribute {
    attribute(key, Value::Text(value.into()))
}

fn int(key: &str, value: i64) -> Attribute {
    attribute(key, Value::Int(value))
}
