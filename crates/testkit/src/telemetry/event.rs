//! Events of every kind.

use super::{Agent, int, rounded, text, words};
use fastrand::Rng;
use model::telemetry::{
    Event, EventBody, EventId, LogLevel, Retrieved, SpanId, TokenUsage, TraceId, UnixNanos, Value,
};

pub(super) fn any(rng: &mut Rng, agent: &Agent, at: UnixNanos) -> Event {
    Event {
        id: EventId::from_bytes(rng.u128(..).to_be_bytes()),
        agent: agent.identity.clone(),
        at,
        sdk_name: "sentryai-python".to_owned(),
        sdk_version: "1.0.0".to_owned(),
        trace_id: TraceId::from_bytes(&rng.u128(1..).to_be_bytes()).ok(),
        user: Some(format!("user-{}", rng.u16(..5000))),
        session: Some(words::id(rng, "session")),
        context: vec![text("region", words::one(rng, &words::REGIONS)), text("runtime", "python3.12")],
        body: body(rng, agent),
        redactions: 0,
    }
}

fn body(rng: &mut Rng, agent: &Agent) -> EventBody {
    let model = agent.model.to_owned();
    let metadata = vec![int("attempt", rng.i64(1..=3))];
    match rng.u8(..11) {
        0 => {
            let levels = [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error];
            EventBody::Log { level: levels[rng.usize(..4)], message: words::sentence(rng, 12), metadata }
        }
        1 => EventBody::Error {
            message: words::sentence(rng, 8),
            stack: Some(format!("File \"agent.py\", line {}, in run", rng.u16(1..900))),
            fingerprint: vec![words::one(rng, &["timeout", "quota", "schema"]).to_owned()],
            metadata,
        },
        2 => {
            let start = UnixNanos(rng.i64(1_700_000_000..1_800_000_000) * 1_000_000_000);
            EventBody::Span {
                span_id: format!("{:016x}", rng.u64(1..)),
                parent_span_id: SpanId::from_bytes(&rng.u64(1..).to_be_bytes()).ok().map(|id| id.to_string()),
                name: words::sentence(rng, 2),
                start,
                end: Some(UnixNanos(start.0 + rng.i64(1_000_000..9_000_000_000))),
                attributes: metadata,
            }
        }
        3 => {
            let usage =
                TokenUsage { input: rng.u64(100..6000), output: rng.u64(10..900), ..TokenUsage::default() };
            EventBody::TokenUsage { model, usage, reported_cost: None, metadata }
        }
        4 => EventBody::Message {
            role: words::one(rng, &["user", "assistant", "system", "tool"]).to_owned(),
            content: words::sentence(rng, 20),
            metadata,
        },
        5 => EventBody::EvalMetric {
            suite_id: words::one(rng, &["nightly", "release"]).to_owned(),
            metric: words::one(rng, &["faithfulness", "relevance", "toxicity"]).to_owned(),
            value: rounded(rng.f64()),
            metadata,
        },
        6 => EventBody::AgentAction {
            agent_name: Some(agent.identity.name.to_string()),
            action: words::one(rng, &["plan", "delegate", "answer"]).to_owned(),
            input: Some(Value::Text(words::sentence(rng, 6).into())),
            output: Some(Value::Map(vec![text("next", words::sentence(rng, 3))])),
            reasoning: Some(words::sentence(rng, 15)),
            metadata,
        },
        7 => {
            let found = |rng: &mut Rng| Retrieved {
                id: words::id(rng, "doc"),
                score: rounded(rng.f64()),
                text: words::sentence(rng, 14),
                metadata: Vec::new(),
            };
            let results = (0..rng.u8(1..5)).map(|_| found(rng)).collect();
            EventBody::Retrieval {
                query: words::sentence(rng, 7),
                results,
                vector_dimensions: Some(1536),
                metadata,
            }
        }
        8 => EventBody::ToolCall {
            tool_name: words::one(rng, &["search_tickets", "run_sql", "get_order"]).to_owned(),
            arguments: vec![text("query", words::sentence(rng, 4))],
            result: Some(vec![text("answer", words::sentence(rng, 8))]),
            latency_ms: Some(rounded(800.0 * rng.f64())),
            metadata,
        },
        9 => EventBody::ModelResponse {
            model,
            prompt: words::sentence(rng, 25),
            response: words::sentence(rng, 40),
            finish_reason: Some("stop".to_owned()),
            latency_ms: rounded(100.0 + 4000.0 * rng.f64()),
            metadata,
        },
        _ => EventBody::Custom {
            name: words::one(rng, &["feedback", "handover"]).to_owned(),
            payload: vec![int("stars", rng.i64(1..=5)), text("comment", words::sentence(rng, 10))],
        },
    }
}
