use super::*;
use model::telemetry::{AgentName, Verdict};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", any::<String>()]
}

fn said() -> impl Strategy<Value = Option<Text>> {
    of(text().prop_map(Text::from))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text().prop_map(|text| Value::Text(text.into())),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        prop::num::f64::NORMAL.prop_map(Value::Double),
        vec(any::<u8>(), 0..4).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let named = (text(), inner.clone()).prop_map(|(key, value)| Attribute { key: key.into(), value });
        prop_oneof![vec(inner, 0..3).prop_map(Value::List), vec(named, 0..3).prop_map(Value::Map)]
    })
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    vec((text(), value()).prop_map(|(key, value)| Attribute { key: key.into(), value }), 0..4)
}

fn readings() -> impl Strategy<Value = Vec<Reading>> {
    let verdict = prop_oneof![
        Just(Verdict::Recognised),
        Just(Verdict::Ignored),
        text().prop_map(Verdict::Renamed),
        text().prop_map(Verdict::Overruled),
    ];
    vec((text(), verdict).prop_map(|(key, verdict)| Reading { key: key.into(), verdict }), 0..3)
}

fn agent() -> impl Strategy<Value = Arc<AgentIdentity>> {
    (text(), attributes()).prop_map(|(name, metadata)| {
        Arc::new(AgentIdentity { name: AgentName::new(name), id: None, metadata })
    })
}

/// Ids are few, so that spans are each other's parents.
fn span_id() -> impl Strategy<Value = SpanId> {
    (1..6_u8).prop_map(|byte| SpanId::from_bytes(&[byte; 8]).unwrap())
}

fn trace_id() -> impl Strategy<Value = TraceId> {
    (1..4_u8).prop_map(|byte| TraceId::from_bytes(&[byte; 16]).unwrap())
}

prop_compose! {
    fn usage()(input: u64, output: u64, cache_read: u64, cache_write: u64, reasoning: u64) -> TokenUsage {
        TokenUsage { input, output, cache_read, cache_write, reasoning }
    }
}

prop_compose! {
    fn priced()(
        (trace_id, span_id, parent_id, agent) in (trace_id(), span_id(), of(span_id()), agent()),
        (name, status_message, attributes, readings) in (text(), text(), attributes(), readings()),
        (error_type, model, provider, user, session) in (said(), said(), said(), said(), said()),
        (started, duration) in (any::<i64>().prop_map(|start| start / 2), 0..i64::MAX / 2),
        (usage, reported, first_token_ms) in (of(usage()), of(any::<u64>()), of(0.0..1e9_f64)),
        operation in prop::sample::select(vec![Operation::Model, Operation::Tool, Operation::Other]),
        status in prop::sample::select(vec![SpanStatus::Unset, SpanStatus::Ok, SpanStatus::Error]),
        events in vec((any::<i64>(), text(), attributes()), 0..3),
        links in vec((trace_id(), span_id(), attributes()), 0..3),
        (redactions, cost, is_reported) in (any::<u32>(), of(any::<u64>()), any::<bool>()),
        gap in of(prop::sample::select(vec![CostGap::NoPrice, CostGap::NoTokens])),
    ) -> PricedSpan {
        let source = if is_reported { CostSource::Reported } else { CostSource::Priced };
        let event = |(at, name, attributes)| SpanEvent { at: UnixNanos(at), name, attributes };
        let link = |(trace_id, span_id, attributes)| SpanLink { trace_id, span_id, attributes };
        let span = Span {
            trace_id, span_id, parent_id, agent, name, operation,
            started: UnixNanos(started), ended: UnixNanos(started + duration),
            status, status_message, error_type, model, provider, usage,
            reported_cost: reported.map(Amount::from_picos),
            user, session, first_token_ms, attributes,
            events: events.into_iter().map(event).collect(),
            links: links.into_iter().map(link).collect(),
            readings: readings.into(), redactions,
        };
        PricedSpan { span, cost: cost.map(|cost| Cost { amount: Amount::from_picos(cost), source }), gap }
    }
}

/// Packs spans, each trace's together.
fn pack(spans: &[PricedSpan]) -> Block {
    let mut builder = Builder::default();
    for of_trace in spans.chunk_by(|left, right| left.span.trace_id == right.span.trace_id) {
        builder.push(&of_trace[0].span.trace_id, &of_trace.iter().collect::<Vec<_>>()).unwrap();
    }
    builder.pack(&mut BlockCompressor::new().unwrap()).unwrap()
}

proptest! {
    #[test]
    fn spans_come_out_as_they_went_in(mut spans in vec(priced(), 1..12)) {
        spans.sort_by_key(|priced| priced.span.trace_id);
        let packed = pack(&spans);
        prop_assert_eq!(packed.spans as usize, spans.len());
        prop_assert_eq!(Some(packed.min_start), spans.iter().map(|priced| priced.span.started.0).min());
        prop_assert_eq!(Some(packed.max_end), spans.iter().map(|priced| priced.span.ended.0).max());
        prop_assert_eq!(&read_all(&packed.body).unwrap(), &spans);
        for number in 1..4 {
            let trace_id = TraceId::from_bytes(&[number; 16]).unwrap();
            let mut found = Vec::new();
            read_trace(&packed.body, &trace_id, &mut found).unwrap();
            let expect: Vec<_> =
                spans.iter().filter(|priced| priced.span.trace_id == trace_id).cloned().collect();
            prop_assert_eq!(found, expect);
        }
    }

    #[test]
    fn a_damaged_block_is_an_error(spans in vec(priced(), 1..4), place: prop::sample::Index, byte: u8) {
        let mut body = pack(&spans).body;
        let place = place.index(body.len());
        body[place] = byte;
        // Some damage is nowhere to be seen, but none is a panic.
        let _ = read_all(&body);
        body.truncate(place);
        prop_assert!(read_all(&body).is_err());
    }

    #[test]
    fn what_is_no_block_is_an_error(mut raw in vec(any::<u8>(), 0..200)) {
        let packed = zstd::bulk::compress(&raw, LEVEL).unwrap();
        let mut body = vec![VERSION];
        body.extend((raw.len() as u32).to_le_bytes());
        body.extend(packed);
        let _ = read_all(&body);
        raw.insert(0, VERSION + 1);
        prop_assert!(read_all(&raw).is_err());
    }
}
