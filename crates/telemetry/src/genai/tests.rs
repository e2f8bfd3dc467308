use super::*;
use model::telemetry::{
    AgentIdentity, AgentName, MetricName, MetricPoint, SpanEvent, SpanId, SpanStatus, TokenUsage, TraceId,
    UnixNanos, Verdict,
};
use std::sync::Arc;

fn agent() -> Arc<AgentIdentity> {
    Arc::new(AgentIdentity { name: AgentName::new("a"), id: None, metadata: Vec::new() })
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.into())
}

pub(super) fn attributes(sent: &[(&str, Value)]) -> Vec<Attribute> {
    sent.iter().map(|(key, value)| Attribute { key: (*key).into(), value: value.clone() }).collect()
}

pub(super) fn span(sent: &[(&str, Value)]) -> Span {
    let mut span = Span {
        trace_id: TraceId::from_bytes(&[1; 16]).unwrap(),
        span_id: SpanId::from_bytes(&[1; 8]).unwrap(),
        parent_id: None,
        agent: agent(),
        name: String::new(),
        operation: Operation::Other,
        started: UnixNanos(1_000_000_000),
        ended: UnixNanos(2_000_000_000),
        status: SpanStatus::Unset,
        status_message: String::new(),
        error_type: None,
        model: None,
        provider: None,
        usage: None,
        reported_cost: None,
        user: None,
        session: None,
        first_token_ms: None,
        attributes: attributes(sent),
        events: Vec::new(),
        links: Vec::new(),
        readings: Arc::default(),
        redactions: 0,
    };
    normalise(&mut span, &mut Readings::default());
    span
}

fn tokens(input: u64, output: u64, cache_read: u64, cache_write: u64, reasoning: u64) -> TokenUsage {
    TokenUsage { input, output, cache_read, cache_write, reasoning }
}

/// The same call to a model, as each generation and each library tells it.
#[test]
fn every_dialect_says_the_same() {
    let check = |sent: &[(&str, Value)]| {
        let span = span(sent);
        assert_eq!(span.operation, Operation::Model, "{sent:?}");
        assert_eq!(span.model.as_deref(), Some("gpt-4o"), "{sent:?}");
        assert_eq!(span.provider.as_deref(), Some("openai"), "{sent:?}");
        assert_eq!(span.usage, Some(tokens(1000, 500, 200, 0, 50)), "{sent:?}");
        let unread: Vec<_> =
            span.readings.iter().filter(|reading| reading.verdict == Verdict::Ignored).collect();
        assert!(unread.is_empty(), "{unread:?}");
    };
    let int = Value::Int;
    check(&[
        ("gen_ai.system", text("openai")),
        ("llm.request.type", text("chat")),
        ("gen_ai.request.model", text("gpt-4o")),
        ("gen_ai.usage.prompt_tokens", int(1000)),
        ("gen_ai.usage.completion_tokens", int(500)),
        ("llm.usage.total_tokens", int(1500)),
        ("gen_ai.usage.cache_read_input_tokens", int(200)),
        ("gen_ai.usage.reasoning_tokens", int(50)),
    ]);
    check(&[
        ("gen_ai.operation.name", text("chat")),
        ("gen_ai.provider.name", text("openai")),
        ("gen_ai.request.model", text("gpt-4")),
        ("gen_ai.response.model", text("gpt-4o")),
        ("gen_ai.usage.input_tokens", int(1000)),
        ("gen_ai.usage.output_tokens", int(500)),
        ("gen_ai.usage.cache_read.input_tokens", int(200)),
        ("gen_ai.usage.cache_creation.input_tokens", int(0)),
        ("gen_ai.usage.reasoning.output_tokens", int(50)),
    ]);
    check(&[
        ("gen_ai.operation.name", text("chat")),
        ("gen_ai.provider.name", text("openai")),
        ("gen_ai.response.model", text("gpt-4o")),
        ("gen_ai.usage.input_tokens", int(1000)),
        ("gen_ai.usage.output_tokens", int(500)),
        ("gen_ai.usage.cache_read.input_tokens", int(200)),
        ("gen_ai.usage.cache_write.input_tokens", int(0)),
        ("gen_ai.usage.reasoning.output_tokens", int(50)),
        ("gen_ai.input.messages", text("[]")),
    ]);
    check(&[
        ("openinference.span.kind", text("LLM")),
        ("llm.provider", text("openai")),
        ("llm.model_name", text("gpt-4o")),
        ("llm.token_count.prompt", int(1000)),
        ("llm.token_count.completion", int(500)),
        ("llm.token_count.total", int(1500)),
        ("llm.token_count.prompt_details.cache_read", int(200)),
        ("llm.token_count.completion_details.reasoning", int(50)),
        ("llm.input_messages.0.message.content", text("hi")),
    ]);
    check(&[
        ("ai.operationId", text("ai.generateText.doGenerate")),
        ("ai.model.provider", text("openai.chat")),
        ("ai.model.id", text("gpt-4o")),
        ("ai.usage.inputTokens", Value::Double(1000.0)),
        ("ai.usage.outputTokens", text("500")),
        ("ai.usage.cachedInputTokens", text("200.0")),
        ("ai.usage.reasoningTokens", Value::Double(50.0)),
    ]);
    check(&[
        ("traceloop.span.kind", text("unheard of")),
        ("llm.request.type", text("completion")),
        ("gen_ai.system", text("OpenAI")),
        ("gen_ai.response.model", text("gpt-4o")),
        ("gen_ai.prompt.0.content", text("hi")),
        ("gen_ai.usage.prompt_tokens", int(1000)),
        ("gen_ai.usage.completion_tokens", int(500)),
        ("gen_ai.usage.details.cache_read_tokens", int(200)),
        ("gen_ai.usage.details.reasoning_tokens", int(50)),
    ]);
    // No word for the operation, but a model and tokens.
    check(&[
        ("gen_ai.system", text("openai")),
        ("gen_ai.response.model", text("gpt-4o")),
        ("gen_ai.usage.input_tokens", int(1000)),
        ("gen_ai.usage.output_tokens", int(500)),
        ("gen_ai.usage.input_cached_tokens", int(200)),
        ("gen_ai.usage.reasoning_tokens", int(50)),
    ]);
}

#[test]
fn cached_tokens_are_part_of_the_input() {
    let check = |sent: &[(&str, i64)], expect: Option<TokenUsage>| {
        let sent: Vec<_> = sent.iter().map(|(key, number)| (*key, Value::Int(*number))).collect();
        assert_eq!(span(&sent).usage, expect, "{sent:?}");
    };
    const INPUT: &str = "gen_ai.usage.input_tokens";
    const OUTPUT: &str = "gen_ai.usage.output_tokens";
    const TOTAL: &str = "gen_ai.usage.total_tokens";
    const READ: &str = "gen_ai.usage.cache_read.input_tokens";
    const WRITE: &str = "gen_ai.usage.cache_write.input_tokens";
    const RAW_READ: &str = "gen_ai.usage.cache_read_input_tokens";
    const RAW_WRITE: &str = "gen_ai.usage.cache_creation_input_tokens";
    const REASONING: &str = "gen_ai.usage.reasoning.output_tokens";
    check(&[], None);
    check(&[(INPUT, 100)], Some(tokens(100, 0, 0, 0, 0)));
    check(&[(INPUT, 100), (OUTPUT, 10), (READ, 80), (WRITE, 5)], Some(tokens(100, 10, 80, 5, 0)));
    // Anthropic's names: beside the input.
    check(&[(INPUT, 100), (OUTPUT, 10), (RAW_READ, 80), (RAW_WRITE, 5)], Some(tokens(185, 10, 80, 5, 0)));
    check(
        &[(INPUT, 5), (RAW_READ, 128_955), (RAW_WRITE, 1_253)],
        Some(tokens(130_213, 0, 128_955, 1_253, 0)),
    );
    // A total settles it, whatever the names.
    check(&[(INPUT, 100), (OUTPUT, 10), (TOTAL, 110), (RAW_READ, 80)], Some(tokens(100, 10, 80, 0, 0)));
    check(&[(INPUT, 100), (OUTPUT, 10), (TOTAL, 190), (READ, 80)], Some(tokens(180, 10, 80, 0, 0)));
    // A part is never more than the whole.
    check(&[(INPUT, 5), (OUTPUT, 10), (READ, 80)], Some(tokens(85, 10, 80, 0, 0)));
    check(&[(INPUT, 5), (OUTPUT, 10), (TOTAL, 15), (READ, 80)], Some(tokens(85, 10, 80, 0, 0)));
    check(&[(READ, 80)], Some(tokens(80, 0, 80, 0, 0)));
    check(&[(INPUT, 5), (OUTPUT, 10), (REASONING, 30)], Some(tokens(5, 40, 0, 0, 30)));
    check(
        &[(INPUT, i64::MAX), (RAW_READ, i64::MAX)],
        Some(tokens(i64::MAX as u64 * 2, 0, i64::MAX as u64, 0, 0)),
    );
    // What is missing follows from the total.
    check(&[(INPUT, 100), (TOTAL, 110)], Some(tokens(100, 10, 0, 0, 0)));
    check(&[(OUTPUT, 10), (TOTAL, 110)], Some(tokens(100, 10, 0, 0, 0)));
    check(&[(TOTAL, 110)], None);
    check(&[(INPUT, -1)], None);
}

#[test]
fn the_total_of_an_embedding_is_its_input() {
    let read =
        span(&[("openinference.span.kind", text("EMBEDDING")), ("llm.token_count.total", Value::Int(7))]);
    assert_eq!(read.usage, Some(tokens(7, 0, 0, 0, 0)));
    let verdict = Verdict::Renamed("gen_ai.usage.total_tokens".to_owned());
    assert_eq!(read.readings[1].verdict, verdict);
}

#[test]
fn mlflow_tells_its_tokens_in_one_object() {
    let object = text(r#"{"input_tokens": 10, "output_tokens": 4, "total_tokens": 14}"#);
    let check = |sent: &[(&str, Value)], expect| assert_eq!(span(sent).usage, expect, "{sent:?}");
    check(&[("mlflow.chat.tokenUsage", object.clone())], Some(tokens(10, 4, 0, 0, 0)));
    check(&[("mlflow.chat.tokenUsage", text("[1]"))], None);
    let both = [("mlflow.chat.tokenUsage", object), ("gen_ai.usage.input_tokens", Value::Int(11))];
    check(&both, Some(tokens(11, 0, 0, 0, 0)));
    let object = text(r#"{"input_tokens": 10, "output_tokens": 4, "cache_read_input_tokens": 5}"#);
    check(&[("mlflow.chat.tokenUsage", object)], Some(tokens(15, 4, 5, 0, 0)));
    let kind = span(&[("mlflow.spanType", text("\"CHAT_MODEL\""))]).operation;
    assert_eq!(kind, Operation::Model);
}

#[test]
fn reported_cost_is_kept_to_the_last_digit() {
    let check = |sent: &[(&str, Value)], expect: Option<&str>| {
        let cost = span(sent).reported_cost.map(|cost| cost.to_string());
        assert_eq!(cost.as_deref(), expect, "{sent:?}");
    };
    let cost = |value| [("gen_ai.usage.cost", value)];
    check(&cost(Value::Double(0.0125)), Some("0.0125"));
    check(&cost(Value::Double(0.1)), Some("0.1"));
    check(&cost(Value::Double(4.2e-7)), Some("0.00000042"));
    check(&cost(Value::Double(0.1 + 0.2)), Some("0.3"));
    check(&cost(Value::Double(1e-13)), Some("0"));
    check(&cost(text("0.000123")), Some("0.000123"));
    check(&cost(text(" 4.2e-05 ")), Some("0.000042"));
    check(&cost(Value::Int(2)), Some("2"));
    check(&cost(Value::Int(0)), Some("0"));
    check(&cost(Value::Double(-1.0)), None);
    check(&cost(Value::Double(1e30)), None);
    check(&cost(text("NaN")), None);
    check(&cost(text("a lot")), None);
    let parts = [("llm.cost.prompt", Value::Double(0.1)), ("llm.cost.completion", Value::Double(0.2))];
    check(&parts, Some("0.3"));
    check(&[parts[0].clone(), parts[1].clone(), ("llm.cost.total", Value::Double(0.5))], Some("0.5"));
    check(&parts[1..], Some("0.2"));
}

#[test]
fn operations_are_known_by_their_words() {
    let check = |key, word, expect| assert_eq!(span(&[(key, text(word))]).operation, expect, "{key} {word}");
    for (word, expect) in [
        ("chat", Operation::Model),
        ("embeddings", Operation::Embedding),
        ("retrieval", Operation::Retrieval),
        ("execute_tool", Operation::Tool),
        ("invoke_agent", Operation::Agent),
        ("create_agent", Operation::Agent),
        ("invoke_workflow", Operation::Chain),
        ("something new", Operation::Other),
    ] {
        check("gen_ai.operation.name", word, expect);
    }
    for (word, expect) in [
        ("LLM", Operation::Model),
        ("EMBEDDING", Operation::Embedding),
        ("CHAIN", Operation::Chain),
        ("RETRIEVER", Operation::Retrieval),
        ("RERANKER", Operation::Rerank),
        ("TOOL", Operation::Tool),
        ("AGENT", Operation::Agent),
        ("GUARDRAIL", Operation::Guardrail),
        ("EVALUATOR", Operation::Evaluation),
        ("PROMPT", Operation::Other),
    ] {
        check("openinference.span.kind", word, expect);
    }
    check("traceloop.span.kind", "workflow", Operation::Chain);
    check("langfuse.observation.type", "generation", Operation::Model);
    check("ai.operationId", "ai.streamText", Operation::Chain);
    check("ai.operationId", "ai.toolCall", Operation::Tool);
}

#[test]
fn providers_have_the_names_of_today() {
    let check = |key, sent, expect: &str| {
        assert_eq!(span(&[(key, text(sent))]).provider.as_deref(), Some(expect), "{key} {sent}");
    };
    check("gen_ai.provider.name", "azure.ai.openai", "azure.ai.openai");
    check("gen_ai.provider.name", "my-gateway", "my-gateway");
    check("gen_ai.system", "az.ai.openai", "azure.ai.openai");
    check("gen_ai.system", "Anthropic", "anthropic");
    check("gen_ai.system", "vertex_ai", "gcp.vertex_ai");
    check("llm.provider", "mistralai", "mistral_ai");
    check("ai.model.provider", "anthropic.messages", "anthropic");
    check("ai.model.provider", "azure-openai.chat", "azure.ai.openai");
}

#[test]
fn each_attribute_has_a_reading() {
    let read = span(&[
        ("gen_ai.usage.prompt_tokens", Value::Int(1)),
        ("gen_ai.usage.input_tokens", Value::Int(2)),
        ("llm.token_count.prompt", Value::Int(3)),
        ("gen_ai.usage.output_tokens", text("many")),
        ("gen_ai.request.model", text("a")),
        ("gen_ai.response.model", text("b")),
        ("http.request.method", text("POST")),
        ("gen_ai.system", text("openai")),
    ]);
    let overruled = |by: &str| Verdict::Overruled(format!("{by} says the same and comes first"));
    let expect = [
        overruled("gen_ai.usage.input_tokens"),
        Verdict::Recognised,
        overruled("gen_ai.usage.input_tokens"),
        Verdict::Overruled("its value is not a number of tokens".to_owned()),
        overruled("gen_ai.response.model"),
        Verdict::Recognised,
        Verdict::Ignored,
        Verdict::Renamed("gen_ai.provider.name".to_owned()),
    ];
    assert_eq!(read.readings.iter().map(|reading| &reading.verdict).collect::<Vec<_>>(), expect.each_ref());
    assert_eq!(read.readings[6].key, "http.request.method");
    assert_eq!((read.usage, read.model.as_deref()), (Some(tokens(2, 0, 0, 0, 0)), Some("b")));
}

#[test]
fn who_when_and_what_went_wrong() {
    let check = |sent: &[(&str, Value)], user: Option<&str>, session: Option<&str>, first: Option<f64>| {
        let span = span(sent);
        assert_eq!((span.user.as_deref(), span.session.as_deref()), (user, session), "{sent:?}");
        assert_eq!(span.first_token_ms, first, "{sent:?}");
    };
    let first = Value::Double(0.25);
    check(&[("gen_ai.response.time_to_first_chunk", first)], None, None, Some(250.0));
    check(&[("gen_ai.response.time_to_first_chunk", Value::Double(1e307))], None, None, None);
    check(&[("ai.response.msToFirstChunk", Value::Double(12.5))], None, None, Some(12.5));
    check(&[("user.id", Value::Int(7)), ("session.id", text("s"))], Some("7"), Some("s"), None);
    check(
        &[("enduser.id", text("e")), ("session.id", text("s")), ("gen_ai.conversation.id", text("c"))],
        Some("e"),
        Some("c"),
        None,
    );
    assert_eq!(span(&[("error.type", text("timeout"))]).error_type.as_deref(), Some("timeout"));
}

#[test]
fn events_tell_of_the_first_piece_and_of_exceptions() {
    let mut span = span(&[]);
    let event = |name: &str, at, sent| SpanEvent {
        at: UnixNanos(at),
        name: name.to_owned(),
        attributes: attributes(sent),
    };
    span.events = vec![
        event("First Token Stream Event", 1_250_000_000, &[]),
        event("exception", 1_500_000_000, &[("exception.type", text("ValueError"))]),
    ];
    normalise(&mut span, &mut Readings::default());
    assert_eq!(span.first_token_ms, Some(250.0));
    assert_eq!(span.error_type.as_deref(), Some("ValueError"));
}

fn points(name: &str, unit: &str, sent: &[(f64, &[(&str, &str)])]) -> Vec<MetricPoint> {
    let point = |(value, series): &(f64, &[(&str, &str)])| MetricPoint {
        agent: agent(),
        name: MetricName::Other(name.to_owned()),
        sent_name: name.to_owned(),
        unit: unit.to_owned(),
        at: UnixNanos(1),
        value: *value,
        count: 1,
        running_since: None,
        attributes: attributes(&series.iter().map(|(key, value)| (*key, text(value))).collect::<Vec<_>>()),
    };
    let mut points: Vec<_> = sent.iter().map(point).collect();
    normalise_metric(&mut points);
    points
}

#[test]
fn metrics_have_one_name_and_one_unit() {
    let check = |name: &str, unit: &str, series: &[(&str, &str)], value: f64, expect: (MetricName, f64)| {
        let read = points(name, unit, &[(value, series)]);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].name, expect.0, "{name} {unit}");
        assert!((read[0].value - expect.1).abs() < 1e-9, "{name} {unit}: {}", read[0].value);
        assert_eq!((read[0].sent_name.as_str(), read[0].unit.as_str()), (name, unit));
    };
    let gpu = [("hw.type", "gpu")];
    use MetricName::*;
    check("gen_ai.client.operation.duration", "s", &[], 1.5, (LatencyMs, 1500.0));
    check("gen_ai.client.inference.duration", "", &[], 1.5, (LatencyMs, 1500.0));
    check("gen_ai.client.operation.duration", "ms", &[], 1.5, (LatencyMs, 1.5));
    check("process.cpu.utilization", "1", &[], 0.42, (CpuPercent, 42.0));
    check("process.cpu.utilization", "%", &[], 42.0, (CpuPercent, 42.0));
    check("process.memory.usage", "By", &[], 5e6, (MemoryMb, 5.0));
    check("system.memory.usage", "By", &[("system.memory.state", "used")], 5e6, (MemoryMb, 5.0));
    check(
        "system.memory.usage",
        "By",
        &[("state", "free")],
        5e6,
        (Other("system.memory.usage".to_owned()), 5e6),
    );
    check("process.runtime.cpython.memory", "By", &[("type", "rss")], 5e6, (MemoryMb, 5.0));
    check("hw.gpu.utilization", "1", &[], 0.9, (GpuPercent, 90.0));
    check(
        "hw.gpu.utilization",
        "1",
        &[("hw.gpu.task", "decoder")],
        0.9,
        (Other("hw.gpu.utilization".to_owned()), 0.9),
    );
    check("hw.gpu.memory.usage", "By", &[], 1e9, (GpuMemoryMb, 1000.0));
    check("hw.temperature", "Cel", &gpu, 70.0, (GpuTemperatureC, 70.0));
    check("hw.temperature", "Cel", &[("hw.type", "cpu")], 70.0, (Other("hw.temperature".to_owned()), 70.0));
    check("hw.power", "W", &gpu, 250.0, (GpuPowerW, 250.0));
    check("DCGM_FI_DEV_GPU_UTIL", "", &[], 97.0, (GpuPercent, 97.0));
    check("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "", &[], 0.97, (GpuPercent, 97.0));
    check("DCGM_FI_DEV_FB_USED", "", &[("Hostname", "x")], 1000.0, (GpuMemoryMb, 1048.576));
    check("DCGM_FI_DEV_GPU_TEMP", "", &[], 55.0, (GpuTemperatureC, 55.0));
    check("DCGM_FI_DEV_POWER_USAGE", "", &[], 300.5, (GpuPowerW, 300.5));
    check("gpu.utilization", "%", &[], 12.0, (GpuPercent, 12.0));
    check("DCGM_FI_DEV_XID_ERRORS", "", &[], 3.0, (Other("DCGM_FI_DEV_XID_ERRORS".to_owned()), 3.0));
    check(
        "gen_ai.client.operation.duration",
        "s",
        &[],
        1e307,
        (Other("gen_ai.client.operation.duration".to_owned()), 1e307),
    );
    check("my.metric", "s", &[], 3.0, (Other("my.metric".to_owned()), 3.0));
}

#[test]
fn a_cpu_is_as_busy_as_its_busy_states_together() {
    let read = points(
        "system.cpu.utilization",
        "1",
        &[
            (0.1, &[("cpu", "0"), ("state", "user")]),
            (0.2, &[("cpu", "0"), ("state", "system")]),
            (0.7, &[("cpu", "0"), ("state", "idle")]),
            (0.5, &[("cpu", "1"), ("state", "user")]),
        ],
    );
    let busy: Vec<_> = read.iter().filter(|point| point.name == MetricName::CpuPercent).collect();
    assert_eq!(busy.len(), 2);
    assert!((busy[0].value - 30.0).abs() < 1e-9 && (busy[1].value - 50.0).abs() < 1e-9, "{busy:?}");
    assert_eq!(busy[0].attributes, attributes(&[("cpu", text("0"))]));
    assert_eq!(read.len(), 6, "the states are kept as sent");
    let read = points(
        "system.cpu.utilization",
        "1",
        &[(f64::MAX, &[("state", "user")]), (f64::MAX, &[("state", "nice")])],
    );
    assert_eq!(read.len(), 2, "their sum is no number");
}
