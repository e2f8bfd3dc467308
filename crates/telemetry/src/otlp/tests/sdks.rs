//! What OpenTelemetry's SDKs put on the wire: recorded from Python (1.45) and Node (0.223) while an
//! agent, inside of which a call to a model fails, was traced.

use super::*;
use model::telemetry::{MetricName, Operation, SpanStatus, TokenUsage};

#[test]
fn sdks_are_understood() {
    let check = |message: Message<'_>, error_type: &str| {
        let decoded = Decoder { now: UnixNanos(i64::MAX), ..decoder() }.spans(&message).unwrap();
        assert_eq!((decoded.rejected, decoded.message.as_str(), decoded.redactions), (0, "", 0));
        let [call, agent] = decoded.records.as_slice() else { panic!("{decoded:?}") };
        assert_eq!((agent.name.as_str(), agent.operation), ("invoke_agent planner", Operation::Agent));
        assert_eq!((agent.parent_id, agent.usage), (None, None));
        assert_eq!((agent.agent.name.as_str(), call.agent.name.as_str()), ("planner", "shop"));
        let environment = attribute("environment", Value::Text("prod".into()));
        assert!(call.agent.metadata.contains(&environment) && agent.agent.metadata.contains(&environment));

        assert_eq!((call.trace_id, call.parent_id), (agent.trace_id, Some(agent.span_id)));
        assert!(agent.started <= call.started && call.started < call.ended);
        assert_eq!((call.operation, call.model.as_deref()), (Operation::Model, Some("gpt-4o")));
        assert_eq!(call.usage, Some(TokenUsage { input: 1000, output: 500, ..Default::default() }));
        assert_eq!(call.reported_cost.map(|cost| cost.to_string()).as_deref(), Some("0.0125"));
        assert_eq!((call.status, call.status_message.as_str()), (SpanStatus::Error, "boom"));
        assert_eq!(call.error_type.as_deref(), Some(error_type));
        assert_eq!((call.links[0].span_id, call.events[0].name.as_str()), (agent.span_id, "exception"));
        let stop = Value::List(vec![Value::Text("stop".into())]);
        assert!(call.attributes.contains(&attribute("gen_ai.response.finish_reasons", stop)));
        assert!(call.attributes.contains(&attribute("gen_ai.request.stream", Value::Bool(true))));
    };
    check(protobuf(include_bytes!("../../../tests/fixtures/python-traces.pb")), "ValueError");
    check(protobuf(include_bytes!("../../../tests/fixtures/node-traces.pb")), "TypeError");
    check(json(include_bytes!("../../../tests/fixtures/node-traces.json")), "TypeError");
}

#[test]
fn metrics_of_sdks_are_understood() {
    let message = protobuf(include_bytes!("../../../tests/fixtures/python-metrics.pb"));
    let decoded = Decoder { now: UnixNanos(i64::MAX), ..decoder() }.metrics(&message).unwrap();
    assert_eq!((decoded.rejected, decoded.message.as_str()), (0, ""));
    let read: Vec<_> = decoded
        .records
        .iter()
        .map(|point| (&point.name, point.value, point.count, point.running_since.is_some()))
        .collect();
    let calls = MetricName::Other("calls".to_owned());
    assert_eq!(
        read,
        [
            (&MetricName::LatencyMs, 1500.0, 2, true),
            (&calls, 3.0, 1, true),
            (&MetricName::MemoryMb, 5.0, 1, false),
        ]
    );
}
