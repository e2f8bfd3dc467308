//! Agents that do not exist: the same from a seed, whole, and as the wire has them.

use model::telemetry::{EventKind, Operation, Span, SpanId, SpanStatus, TraceId, UnixNanos};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span as WireSpan;
use prost::Message;
use std::collections::{HashMap, HashSet};
use testkit::telemetry::{Fleet, Template, json, otlp};

const STARTED: UnixNanos = UnixNanos(1_771_416_580_123_456_789);
const SECOND: i64 = 1_000_000_000;

/// The spans of a body, each with its resource's `service.name`.
fn decode(body: &[u8]) -> Vec<WireSpan> {
    let request = ExportTraceServiceRequest::decode(body).expect("a request");
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn ids(spans: &[WireSpan]) -> Vec<(TraceId, SpanId)> {
    let id = |span: &WireSpan| {
        (
            TraceId::from_bytes(&span.trace_id).expect("an id"),
            SpanId::from_bytes(&span.span_id).expect("an id"),
        )
    };
    spans.iter().map(id).collect()
}

/// Every span happens within its parent, which stands before it.
fn check_tree(spans: &[Span]) {
    let mut seen: HashMap<SpanId, &Span> = HashMap::new();
    for span in spans {
        assert!(span.started <= span.ended);
        if let Some(parent) = span.parent_id {
            let parent = seen.get(&parent).expect("its parent stands before it");
            assert_eq!(parent.trace_id, span.trace_id);
            assert!(parent.started <= span.started && span.ended <= parent.ended, "{span:?} in {parent:?}");
        }
        assert!(seen.insert(span.span_id, span).is_none(), "an id twice");
    }
}

#[test]
fn the_same_seed_gives_the_same() {
    let make = |seed| {
        let mut fleet = Fleet::new(seed);
        (fleet.spans(50, STARTED), fleet.metric(STARTED), fleet.event(STARTED), fleet.trace(STARTED))
    };
    assert_eq!(make(1), make(1));
    assert_ne!(make(1), make(2));
}

#[test]
fn a_trace_is_a_run_of_an_agent() {
    let mut fleet = Fleet::new(3);
    let mut failed = 0;
    for _ in 0..200 {
        let spans = fleet.trace(STARTED);
        check_tree(&spans);
        assert!((5..=9).contains(&spans.len()));
        assert_eq!(spans[0].operation, Operation::Agent);
        assert!(spans[0].started == STARTED && spans[0].parent_id.is_none());
        assert!(spans[1..].iter().all(|span| span.parent_id == Some(spans[0].span_id)));
        assert!(
            spans
                .iter()
                .all(|span| span.attributes.len() >= 8 && span.readings.len() == span.attributes.len())
        );
        for span in &spans {
            assert_eq!(span.usage.is_some(), span.operation == Operation::Model);
            assert!(span.usage.is_none_or(|usage| usage.cache_read <= usage.input));
        }
        failed += spans.iter().filter(|span| span.status == SpanStatus::Error).count();
    }
    assert!((1..50).contains(&failed), "{failed} of about 400 tool calls failed");
}

#[test]
fn a_large_trace_is_one_tree() {
    let spans = Fleet::new(4).large_trace(30_000, STARTED);
    assert_eq!(spans.len(), 30_000);
    check_tree(&spans);
    assert_eq!(spans.iter().filter(|span| span.parent_id.is_none()).count(), 1);
}

#[test]
fn there_are_events_of_every_kind() {
    let mut fleet = Fleet::new(5);
    let kinds: HashSet<EventKind> = (0..400).map(|_| fleet.event(STARTED).body.kind()).collect();
    assert_eq!(kinds.len(), 11, "{kinds:?}");
}

#[test]
fn the_wire_has_what_the_records_have() {
    let mut fleet = Fleet::new(6);
    let spans = [fleet.trace(STARTED), fleet.trace(STARTED)].concat();
    let wire = decode(&otlp::traces(&spans));
    assert_eq!(ids(&wire), spans.iter().map(|span| (span.trace_id, span.span_id)).collect::<Vec<_>>());
    for (wire, span) in wire.iter().zip(&spans) {
        assert_eq!(wire.name, span.name);
        assert_eq!(
            (wire.start_time_unix_nano, wire.end_time_unix_nano),
            (span.started.0 as u64, span.ended.0 as u64)
        );
        assert_eq!(wire.attributes.len(), span.attributes.len());
        assert_eq!(wire.parent_span_id, span.parent_id.map(|id| id.as_bytes().to_vec()).unwrap_or_default());
    }
}

#[test]
fn a_template_becomes_other_spans_in_place() {
    let spans = Fleet::new(7).spans(100, STARTED);
    let head = |length| format!("POST /v1/traces {length}\r\n\r\n");
    let mut template = Template::traces(&spans, head);
    let first = otlp::traces(&spans);
    let head = head(first.len());
    assert_eq!(template.renew(0, 0), [head.as_bytes(), &first].concat());

    let mut all = HashSet::new();
    for turn in [1, 2, 3, u64::from(u32::MAX) << 20] {
        let later = turn as i64 % 1000 * SECOND;
        let wire = decode(&template.renew(turn, later)[head.len()..]);
        assert_eq!(ids(&wire), template.spans_of(turn).collect::<Vec<_>>());
        for (wire, span) in wire.iter().zip(&spans) {
            assert_eq!(wire.start_time_unix_nano as i64, span.started.0 + later);
            assert_eq!(wire.end_time_unix_nano as i64, span.ended.0 + later);
            assert!(
                wire.events
                    .iter()
                    .zip(&span.events)
                    .all(|(wire, event)| wire.time_unix_nano as i64 == event.at.0 + later)
            );
            assert_eq!(wire.attributes.len(), span.attributes.len());
        }
        let within: HashSet<_> = wire.iter().map(|span| (&span.trace_id, &span.span_id)).collect();
        assert!(
            wire.iter().all(|span| span.parent_span_id.is_empty()
                || within.contains(&(&span.trace_id, &span.parent_span_id)))
        );
        all.extend(ids(&wire));
    }
    assert_eq!(all.len(), 400, "no id twice");
}

#[test]
fn a_metric_is_written_as_its_route_takes_it() {
    let record = Fleet::new(8).metric(STARTED);
    let body: serde_json::Value = serde_json::from_str(&json::metric(&record)).unwrap();
    assert_eq!(body["agent_id"], record.agent.name.as_str());
    assert_eq!(body["timestamp"], "2026-02-18T12:09:40.123456789Z");
    assert_eq!(body["latency_ms"], record.values[0].1);
    assert_eq!(body["custom_metrics"].as_object().unwrap().len(), 2);
}
