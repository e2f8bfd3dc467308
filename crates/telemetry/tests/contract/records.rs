//! What is a row each: records and points of metrics, log records, events.

use super::make::{at, event, log, point, record, span, text, trace_id};
use super::{each_store, project, records, try_write, write};
use model::telemetry::{AgentIdentity, AgentName, EventBody, EventKind, LogLevel, MetricName, Value};
use std::sync::Arc;
use telemetry::store::{Batch, BatchKey, EventQuery, LogQuery, Receipt, SharedStore};

fn custom(name: &str) -> EventBody {
    EventBody::Custom { name: name.to_owned(), payload: vec![text("k", "v")] }
}

fn events() -> EventQuery {
    EventQuery { records: records(), kind: None, trace_id: None }
}

async fn record_count(store: &SharedStore) -> usize {
    store.metric_records(&project(), records()).await.unwrap().items.len()
}

/// Agents come back with the id that they were given.
fn without_id(agent: &Arc<AgentIdentity>) -> AgentIdentity {
    AgentIdentity { id: None, ..(**agent).clone() }
}

#[test]
fn records_come_back_as_they_were_sent() {
    each_store(async |store| {
        let mut sent = record("writer", 5, MetricName::Other("queue".to_owned()), -2.5);
        sent.values.push((MetricName::MemoryMb, 0.0));
        let said = log(6, LogLevel::Warn, "beware");
        let measured = point(7, 55.5, 3);
        let happened = event(1, 8, custom("party"));
        let batch = Batch {
            records: vec![sent.clone()],
            logs: vec![said.clone()],
            points: vec![measured.clone()],
            events: vec![happened.clone()],
            ..Batch::default()
        };
        assert_eq!(write(store, batch).await, Receipt { stored: 4, repeated: 0 });

        let mut found = store.metric_records(&project(), records()).await.unwrap().items.remove(0);
        assert_eq!(without_id(&found.agent), *sent.agent);
        found.agent = Arc::clone(&sent.agent);
        assert_eq!(found, sent);

        let logs = LogQuery { records: records(), min_level: None, trace_id: None };
        let mut found = store.logs(&project(), logs).await.unwrap().items.remove(0);
        found.agent = Arc::clone(&said.agent);
        assert_eq!(found, said);

        let mut found = store.metric_points(&project(), records()).await.unwrap().items.remove(0);
        found.agent = Arc::clone(&measured.agent);
        assert_eq!(found, measured);

        let mut found = store.events(&project(), events()).await.unwrap().items.remove(0);
        found.agent = Arc::clone(&happened.event.agent);
        assert_eq!(found, happened.event);
    });
}

#[test]
fn events_of_every_kind_come_back() {
    let metadata = || vec![text("m", "1")];
    let bodies = vec![
        EventBody::Log { level: LogLevel::Info, message: "hi".into(), metadata: metadata() },
        EventBody::Error {
            message: "no".into(),
            stack: None,
            fingerprint: vec!["f".into()],
            metadata: metadata(),
        },
        EventBody::Span {
            span_id: "s".into(),
            parent_span_id: None,
            name: "n".into(),
            start: at(1),
            end: Some(at(2)),
            attributes: metadata(),
        },
        EventBody::TokenUsage {
            model: "m".into(),
            usage: Default::default(),
            reported_cost: Some(model::ask::Amount::from_picos(3)),
            metadata: metadata(),
        },
        EventBody::Message { role: "user".into(), content: "c".into(), metadata: metadata() },
        EventBody::EvalMetric { suite_id: "s".into(), metric: "m".into(), value: 0.1, metadata: metadata() },
        EventBody::AgentAction {
            agent_name: None,
            action: "a".into(),
            input: Some(Value::List(vec![Value::Int(1), Value::Double(0.5), Value::Bytes(vec![1])])),
            output: None,
            reasoning: None,
            metadata: metadata(),
        },
        EventBody::Retrieval {
            query: "q".into(),
            results: Vec::new(),
            vector_dimensions: Some(3),
            metadata: metadata(),
        },
        EventBody::ToolCall {
            tool_name: "t".into(),
            arguments: metadata(),
            result: Some(metadata()),
            latency_ms: Some(1.5),
            metadata: metadata(),
        },
        EventBody::ModelResponse {
            model: "m".into(),
            prompt: "p".into(),
            response: "r".into(),
            finish_reason: None,
            latency_ms: 2.5,
            metadata: metadata(),
        },
        custom("c"),
    ];
    each_store(async |store| {
        for (number, body) in bodies.iter().enumerate() {
            let sent = event(number as u8 + 1, number as i64, body.clone());
            write(store, Batch { events: vec![sent], ..Batch::default() }).await;
            let query = EventQuery { kind: Some(body.kind()), ..events() };
            let found = store.events(&project(), query).await.unwrap().items;
            assert_eq!(found.iter().map(|event| &event.body).collect::<Vec<_>>(), [body]);
        }
        let of_trace = EventQuery { trace_id: Some(trace_id(1)), ..events() };
        assert_eq!(store.events(&project(), of_trace).await.unwrap().items.len(), bodies.len());
        let of_other = EventQuery { trace_id: Some(trace_id(2)), ..events() };
        assert!(store.events(&project(), of_other).await.unwrap().items.is_empty());
    });
}

#[test]
fn an_event_is_stored_once() {
    each_store(async |store| {
        let batch = |ids: &[u8]| Batch {
            events: ids.iter().map(|id| event(*id, 1, custom("once"))).collect(),
            ..Batch::default()
        };
        let groups = vec![batch(&[1, 1, 2]), batch(&[2, 3])];
        let receipts: Vec<_> =
            try_write(store, groups).await.unwrap().into_iter().map(Result::unwrap).collect();
        assert_eq!(receipts, [Receipt { stored: 2, repeated: 1 }, Receipt { stored: 1, repeated: 1 }]);
        assert_eq!(write(store, batch(&[1, 2, 3])).await, Receipt { stored: 0, repeated: 3 });
        assert_eq!(store.events(&project(), events()).await.unwrap().items.len(), 3);
        assert_eq!(super::series::day(store).await.events[&EventKind::Custom], 3);
    });
}

#[test]
fn a_request_that_is_repeated_is_stored_once() {
    each_store(async |store| {
        let batch = |key: Option<u8>| Batch {
            key: key.map(|key| BatchKey([key; 16])),
            records: vec![record("writer", 1, MetricName::CpuPercent, 1.0)],
            ..Batch::default()
        };
        let group = vec![batch(Some(1)), batch(Some(1)), batch(Some(2)), batch(None), batch(None)];
        let stored: Vec<_> = try_write(store, group)
            .await
            .unwrap()
            .into_iter()
            .map(|receipt| receipt.unwrap().stored)
            .collect();
        assert_eq!(stored, [1, 0, 1, 1, 1]);
        assert_eq!(write(store, batch(Some(2))).await, Receipt { stored: 0, repeated: 1 });
        assert_eq!(record_count(store).await, 4);
        let sum = super::series::day(store).await;
        assert_eq!(sum.numbers[&MetricName::CpuPercent].count, 4);
    });
}

#[test]
fn one_bad_batch_keeps_no_other_out() {
    each_store(async |store| {
        let good = || Batch {
            records: vec![record("writer", 1, MetricName::CpuPercent, 1.0)],
            spans: vec![span(1, 1, 0)],
            ..Batch::default()
        };
        // Not a number is refused where points are read; it is nothing that can be stored.
        let bad = Batch { points: vec![point(1, f64::NAN, 1)], key: Some(BatchKey([9; 16])), ..good() };
        let results = try_write(store, vec![good(), bad.clone(), good()]).await.unwrap();
        assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(record_count(store).await, 2);
        // Its key was not kept: it is not taken for stored when it is mended.
        let mended = Batch { points: vec![point(1, 1.0, 1)], ..bad };
        assert_eq!(write(store, mended).await, Receipt { stored: 2, repeated: 1 });
        assert_eq!(store.trace(&project(), trace_id(1)).await.unwrap().unwrap().spans.len(), 1);
    });
}

#[test]
fn logs_are_filtered() {
    each_store(async |store| {
        let levels = [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error];
        let mut logs: Vec<_> = levels.iter().zip(1..).map(|(level, at)| log(at, *level, "m")).collect();
        logs[3].trace_id = None;
        logs[2].agent = super::make::agent("reader");
        write(store, Batch { logs, ..Batch::default() }).await;
        let check = async |min_level, trace_id, agent: Option<AgentName>, expect: &[LogLevel]| {
            let mut query = LogQuery { records: records(), min_level, trace_id };
            query.records.agent = agent;
            let found = store.logs(&project(), query).await.unwrap().items;
            assert_eq!(found.iter().map(|log| log.level).collect::<Vec<_>>(), expect);
        };
        use LogLevel::{Debug, Error, Info, Warn};
        check(None, None, None, &[Error, Warn, Info, Debug]).await;
        check(Some(Warn), None, None, &[Error, Warn]).await;
        check(None, Some(trace_id(1)), None, &[Warn, Info, Debug]).await;
        check(Some(Info), None, Some("writer".into()), &[Error, Info]).await;
    });
}
