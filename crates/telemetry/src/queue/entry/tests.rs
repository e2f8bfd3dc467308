use super::*;
use model::telemetry::{CostSource, Retrieved, Value, Verdict};
use proptest::prelude::*;

fn attributes() -> Vec<Attribute> {
    let list = Value::List(vec![Value::Int(-1), Value::Bool(true), Value::Bytes(vec![0, 255])]);
    let map = Value::Map(vec![Attribute { key: "double".into(), value: Value::Double(0.1) }]);
    let attribute = |key: &str, value| Attribute { key: key.into(), value };
    vec![attribute("text", Value::Text("ü".into())), attribute("list", list), attribute("map", map)]
}

fn agent(name: &str) -> Arc<AgentIdentity> {
    Arc::new(AgentIdentity {
        name: AgentName::new(name),
        id: Some(MetricId::from_bytes([7; 16]).as_bytes())
            .copied()
            .map(model::telemetry::AgentId::from_bytes),
        metadata: attributes(),
    })
}

fn span() -> PricedSpan {
    let (trace_id, span_id) = (TraceId::from_bytes(&[1; 16]).unwrap(), SpanId::from_bytes(&[2; 8]).unwrap());
    let text = |text: &str| Some(text.into());
    let span = Span {
        trace_id,
        span_id,
        parent_id: Some(SpanId::from_bytes(&[3; 8]).unwrap()),
        agent: agent("a"),
        name: "chat".to_owned(),
        operation: Operation::Model,
        started: UnixNanos(-5),
        ended: UnixNanos(i64::MAX),
        status: SpanStatus::Error,
        status_message: "late".to_owned(),
        error_type: text("Timeout"),
        model: text("gpt-4o"),
        provider: text("openai"),
        usage: Some(TokenUsage { input: u64::MAX, output: 2, cache_read: 3, cache_write: 4, reasoning: 5 }),
        reported_cost: Some(Amount::from_picos(u64::MAX)),
        user: text("ada"),
        session: text("talk"),
        first_token_ms: Some(12.5),
        attributes: attributes(),
        events: vec![SpanEvent { at: UnixNanos(1), name: "e".to_owned(), attributes: attributes() }],
        links: vec![SpanLink { trace_id, span_id, attributes: attributes() }],
        readings: [Reading { key: "k".into(), verdict: Verdict::Renamed("z".to_owned()) }].into(),
        redactions: 3,
    };
    let cost = Some(Cost { amount: Amount::from_picos(1), source: CostSource::Reported });
    PricedSpan { span, cost, gap: Some(CostGap::NoTokens) }
}

fn event(body: EventBody) -> PricedEvent {
    let event = Event {
        id: EventId::from_bytes([9; 16]),
        agent: agent("a"),
        at: UnixNanos(6),
        sdk_name: "sdk".to_owned(),
        sdk_version: "1".to_owned(),
        trace_id: None,
        user: None,
        session: Some("talk".to_owned()),
        context: attributes(),
        body,
        redactions: 0,
    };
    PricedEvent { event, cost: None, gap: None }
}

fn bodies() -> Vec<EventBody> {
    let (text, some, metadata) = (|| "t".to_owned(), || Some("s".to_owned()), attributes);
    vec![
        EventBody::Log { level: LogLevel::Warn, message: text(), metadata: metadata() },
        EventBody::Error { message: text(), stack: some(), fingerprint: vec![text()], metadata: metadata() },
        EventBody::Span {
            span_id: text(),
            parent_span_id: None,
            name: text(),
            start: UnixNanos(1),
            end: Some(UnixNanos(2)),
            attributes: metadata(),
        },
        EventBody::TokenUsage {
            model: text(),
            usage: TokenUsage { input: 1, ..TokenUsage::default() },
            reported_cost: Some(Amount::from_picos(12_500_000_000)),
            metadata: metadata(),
        },
        EventBody::Message { role: text(), content: text(), metadata: metadata() },
        EventBody::EvalMetric { suite_id: text(), metric: text(), value: 0.1, metadata: metadata() },
        EventBody::AgentAction {
            agent_name: some(),
            action: text(),
            input: Some(Value::Int(1)),
            output: None,
            reasoning: None,
            metadata: metadata(),
        },
        EventBody::Retrieval {
            query: text(),
            results: vec![Retrieved { id: text(), score: 0.5, text: text(), metadata: metadata() }],
            vector_dimensions: Some(3),
            metadata: metadata(),
        },
        EventBody::ToolCall {
            tool_name: text(),
            arguments: metadata(),
            result: Some(metadata()),
            latency_ms: Some(1.5),
            metadata: metadata(),
        },
        EventBody::ModelResponse {
            model: text(),
            prompt: text(),
            response: text(),
            finish_reason: some(),
            latency_ms: 2.5,
            metadata: metadata(),
        },
        EventBody::Custom { name: text(), payload: metadata() },
    ]
}

fn batch() -> Batch {
    let record = MetricRecord {
        id: MetricId::from_bytes([4; 16]),
        agent: agent("b"),
        at: UnixNanos(7),
        values: vec![(MetricName::CpuPercent, 1.0), (MetricName::Other("x".to_owned()), f64::MIN)],
        custom: attributes(),
    };
    let point = MetricPoint {
        agent: agent("b"),
        name: MetricName::GpuPercent,
        sent_name: "gpu".to_owned(),
        unit: "%".to_owned(),
        at: UnixNanos(8),
        value: f64::MAX,
        count: u64::MAX,
        running_since: Some(UnixNanos(1)),
        attributes: attributes(),
    };
    let log = LogRecord {
        agent: agent("a"),
        at: UnixNanos(9),
        level: LogLevel::Debug,
        message: "m".to_owned(),
        trace_id: Some(TraceId::from_bytes(&[1; 16]).unwrap()),
        span_id: None,
        event_name: Some("said".to_owned()),
        attributes: attributes(),
        redactions: 1,
    };
    let change = AgentChange {
        agent: AgentName::new("a"),
        at: UnixNanos(10),
        status: AgentStatus::Stopped,
        why: "so".to_owned(),
    };
    Batch {
        key: Some(BatchKey([5; 16])),
        spans: vec![span(), span()],
        records: vec![record],
        points: vec![point],
        logs: vec![log],
        events: bodies().into_iter().map(event).collect(),
        changes: vec![change],
    }
}

#[test]
fn a_batch_comes_back_as_it_was() {
    let check = |batch: Batch| {
        let entry = encode(ProjectId::from("ours"), batch.clone()).unwrap();
        let (project, back) = decode(&entry).unwrap();
        assert_eq!(project, ProjectId::from("ours"));
        assert_eq!(format!("{back:?}"), format!("{batch:?}"));
        back
    };
    check(Batch::default());
    let back = check(batch());
    let ([first, second], [log]) = (&back.spans[..], &back.logs[..]) else { panic!("{back:?}") };
    assert!(Arc::ptr_eq(&first.span.agent, &second.span.agent), "records share their agent");
    assert!(Arc::ptr_eq(&first.span.agent, &log.agent), "also those of different kinds");
    assert!(Arc::ptr_eq(&first.span.readings, &second.span.readings), "spans share how they were read");
}

proptest! {
    #[test]
    fn what_is_no_entry_is_refused(bytes: Vec<u8>) {
        prop_assert!(decode(&bytes).is_err());
    }

    #[test]
    fn a_damaged_entry_is_refused_or_another(place in 0..2_000_usize, byte: u8) {
        let mut entry = encode(ProjectId::from("ours"), batch()).unwrap();
        let place = place % entry.len();
        entry[place] = byte;
        // Never a panic, nor more memory than an entry may have.
        let _ = decode(&entry);
        prop_assert!(decode(&entry[..place]).is_err());
    }
}
