use super::*;
use model::telemetry::{Operation, SpanStatus, TokenUsage};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as SentSpan, Status};
use proptest::prelude::*;
use prost::Message as _;

pub(super) fn sent(attributes: Vec<KeyValue>) -> SentSpan {
    SentSpan {
        trace_id: vec![0xab; 16],
        span_id: vec![0xcd; 8],
        name: "chat gpt-4o".to_owned(),
        start_time_unix_nano: EARLIER,
        end_time_unix_nano: EARLIER + SECOND,
        attributes,
        ..Default::default()
    }
}

pub(super) fn request(service: Vec<KeyValue>, spans: Vec<SentSpan>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
    let resource = resource(service);
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource, scope_spans, ..Default::default() }],
    }
}

pub(super) fn read(spans: Vec<SentSpan>) -> Decoded<Span> {
    decoder().spans(&protobuf(&request(vec![text("service.name", "svc")], spans).encode_to_vec())).unwrap()
}

#[test]
fn a_span_is_read_wholly() {
    let span = SentSpan {
        parent_span_id: vec![0xef; 8],
        status: Some(Status { message: "boom".to_owned(), code: 2 }),
        events: vec![Event {
            time_unix_nano: EARLIER + 7,
            name: "exception".to_owned(),
            attributes: vec![text("exception.type", "ValueError")],
            ..Default::default()
        }],
        links: vec![Link { trace_id: vec![1; 16], span_id: vec![2; 8], ..Default::default() }],
        ..sent(vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-4o"),
            pair("gen_ai.usage.input_tokens", Any::IntValue(1000)),
            pair("gen_ai.usage.output_tokens", Any::IntValue(500)),
            pair("gen_ai.usage.cost", Any::DoubleValue(0.0125)),
            pair("b", Any::BytesValue(vec![0, 255])),
            pair("list", Any::ArrayValue(ArrayValue { values: vec![AnyValue::default()] })),
            pair("map", Any::KvlistValue(KeyValueList { values: vec![pair("k", Any::BoolValue(true))] })),
        ])
    };
    let decoded = read(vec![span]);
    assert_eq!((decoded.rejected, decoded.message.as_str(), decoded.redactions), (0, "", 0));
    let [span] = decoded.records.as_slice() else { panic!("{decoded:?}") };
    assert_eq!(span.trace_id.to_string(), "ab".repeat(16));
    assert_eq!(span.span_id.to_string(), "cd".repeat(8));
    assert_eq!(span.parent_id.map(|id| id.to_string()), Some("ef".repeat(8)));
    assert_eq!((span.started, span.ended), (UnixNanos(EARLIER as i64), UnixNanos((EARLIER + SECOND) as i64)));
    assert_eq!((span.status, span.status_message.as_str()), (SpanStatus::Error, "boom"));
    assert_eq!(span.error_type.as_deref(), Some("ValueError"));
    assert_eq!((span.operation, span.model.as_deref()), (Operation::Model, Some("gpt-4o")));
    assert_eq!(span.usage, Some(TokenUsage { input: 1000, output: 500, ..Default::default() }));
    assert_eq!(span.reported_cost.map(|cost| cost.to_string()).as_deref(), Some("0.0125"));
    assert_eq!(span.agent.name.as_str(), "svc");
    assert_eq!(span.events[0].at, UnixNanos(EARLIER as i64 + 7));
    assert_eq!(span.links.len(), 1);
    assert_eq!(
        span.attributes[6..],
        [
            attribute("b", Value::Bytes(vec![0, 255])),
            attribute("list", Value::List(vec![Value::Text("".into())])),
            attribute("map", Value::Map(vec![attribute("k", Value::Bool(true))])),
        ]
    );
    assert_eq!(span.readings.len(), span.attributes.len());
}

#[test]
fn json_is_read_as_otlp_has_it() {
    let body = br#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}],
        "somethingNew":[1,{"a":null}]},
      "scopeSpans":[{"scope":{"name":"my.library"},"spans":[{
        "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174","parentSpanId":"",
        "name":"I\u0027m a span","kind":2,"flags":257,"trace_id":"ignored","status":{"code":1},"links":null,
        "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,
        "attributes":[
          {"key":"i","value":{"intValue":"42"}},{"key":"j","value":{"intValue":-7}},{"key":"k","value":{"intValue":3.0}},
          {"key":"d","value":{"doubleValue":5}},{"key":"n","value":{"doubleValue":"NaN"}},
          {"key":"f","value":{"boolValue":false}},{"key":"b","value":{"bytesValue":"AP8"}},
          {"key":"e","value":{"arrayValue":{}}},{"key":"u","value":{}},
          {"key":"m","value":{"kvlistValue":{"values":[{"key":"x","value":{"stringValue":"y"}}]}}}
        ]}]}]}]}"#;
    let decoded = decoder().spans(&json(body)).unwrap();
    assert_eq!((decoded.rejected, decoded.message.as_str()), (0, ""));
    let span = &decoded.records[0];
    assert_eq!(span.trace_id.to_string(), "5b8efff798038103d269b633813fc60c");
    assert_eq!((span.name.as_str(), span.parent_id, span.status), ("I'm a span", None, SpanStatus::Ok));
    assert_eq!(span.started, UnixNanos(1_544_712_660_000_000_000));
    assert_eq!(span.ended, UnixNanos(1_544_712_661_000_000_000));
    assert_eq!(span.agent.name.as_str(), "my.service");
    assert_eq!(
        span.attributes,
        [
            attribute("i", Value::Int(42)),
            attribute("j", Value::Int(-7)),
            attribute("k", Value::Int(3)),
            attribute("d", Value::Double(5.0)),
            attribute("n", Value::Text("NaN".into())),
            attribute("f", Value::Bool(false)),
            attribute("b", Value::Bytes(vec![0, 255])),
            attribute("e", Value::List(Vec::new())),
            attribute("u", Value::Text("".into())),
            attribute("m", Value::Map(vec![attribute("x", Value::Text("y".into()))])),
        ]
    );
    assert_eq!(decoder().spans(&json(b"{}")).unwrap().records, []);
}

#[test]
fn what_attributes_have_in_common_is_one_text() {
    let call =
        |mail: &str| sent(vec![text("gen_ai.request.model", "gpt-4o"), text("to", mail), text("n", "1")]);
    let secret = "to me@example.com";
    let decoded = read(vec![call("nobody"), call("nobody"), call(secret), call(secret)]);
    let spans = &decoded.records;
    let places =
        |text: fn(&Span) -> &str| spans.iter().map(move |span| text(span).as_ptr()).collect::<Vec<_>>();
    let value =
        |span: &'_ Span, name: &str| match span.attributes.iter().find(|attribute| attribute.key == name) {
            Some(Attribute { value: Value::Text(text), .. }) => text.to_string(),
            other => panic!("{other:?}"),
        };
    let models = places(|span| span.model.as_deref().unwrap());
    assert!(models.iter().all(|model| *model == models[0]), "the model is a text of its own");
    let keys = places(|span| &span.attributes[1].key);
    assert!(keys.iter().all(|key| *key == keys[0]), "a name is a text of its own");
    let said: Vec<String> = spans.iter().map(|span| value(span, "to")).collect();
    assert_eq!(said, ["nobody", "nobody", "to [redacted:email]", "to [redacted:email]"]);
    assert_eq!(spans.iter().map(|span| span.redactions).collect::<Vec<_>>(), [0, 0, 1, 1], "each time");
}

#[test]
fn who_sends_is_told_by_resource_and_span() {
    let check = |service: &[(&str, &str)], span: &[(&str, &str)], name: &str, metadata: &[(&str, &str)]| {
        let pairs = |sent: &[(&str, &str)]| sent.iter().map(|(key, value)| text(key, value)).collect();
        let body = request(pairs(service), vec![sent(pairs(span)), sent(pairs(span))]).encode_to_vec();
        let spans = decoder().spans(&protobuf(&body)).unwrap().records;
        let agent = &spans[0].agent;
        assert!(std::sync::Arc::ptr_eq(agent, &spans[1].agent), "one identity is shared");
        assert_eq!(agent.name.as_str(), name);
        let expect: Vec<_> =
            metadata.iter().map(|(key, value)| attribute(key, Value::Text((*value).into()))).collect();
        assert_eq!(agent.metadata, expect);
    };
    check(&[], &[], "unknown_service", &[]);
    check(&[("service.name", "")], &[], "unknown_service", &[("service.name", "")]);
    let service = [("service.name", "svc"), ("service.version", "1.2"), ("deployment.environment", "prod")];
    let metadata = [("service.name", "svc"), ("version", "1.2"), ("environment", "prod")];
    check(&service, &[], "svc", &metadata);
    check(&service, &[("gen_ai.agent.name", "planner")], "planner", &metadata);
    check(&service, &[("agent.name", "planner")], "planner", &metadata);
    check(
        &[
            ("service.name", "svc"),
            ("gen_ai.agent.name", "bot"),
            ("deployment.environment.name", "a"),
            ("team", "t"),
        ],
        &[],
        "bot",
        &[("service.name", "svc"), ("gen_ai.agent.name", "bot"), ("environment", "a"), ("team", "t")],
    );
}

#[test]
fn an_agents_own_id_is_kept_where_it_is_a_uuid() {
    let check = |id: &str, expect: Option<&str>| {
        let attributes = vec![text("gen_ai.agent.name", "planner"), text("gen_ai.agent.id", id)];
        let id = read(vec![sent(attributes)]).records[0].agent.id.map(|id| id.to_string());
        assert_eq!(id.as_deref(), expect);
    };
    check("1B4E28BA-2FA1-4D3B-883F-0016D3CCA427", Some("1b4e28ba-2fa1-4d3b-883f-0016d3cca427"));
    check("asst_5j66UpCpwteGg4YSxUnt7lPY", None);
}

#[test]
fn missing_times_are_the_servers() {
    let check = |start, end, expect: (u64, u64)| {
        let span = SentSpan { start_time_unix_nano: start, end_time_unix_nano: end, ..sent(vec![]) };
        let span = &read(vec![span]).records[0];
        assert_eq!((span.started.0 as u64, span.ended.0 as u64), expect);
    };
    check(0, 0, (NOW as u64, NOW as u64));
    check(EARLIER, 0, (EARLIER, EARLIER));
    check(0, EARLIER, (EARLIER, EARLIER));
    check(1, 1, (1, 1));
    check(NOW as u64 + 300 * SECOND, 0, (NOW as u64 + 300 * SECOND, NOW as u64 + 300 * SECOND));
}

#[test]
fn secrets_are_taken_out_of_all_texts() {
    let mail = "me@example.com";
    let span = SentSpan {
        name: format!("to {mail}"),
        status: Some(Status { message: mail.to_owned(), code: 0 }),
        events: vec![Event {
            name: mail.to_owned(),
            attributes: vec![text("k", mail)],
            ..Default::default()
        }],
        links: vec![Link {
            trace_id: vec![1; 16],
            span_id: vec![2; 8],
            attributes: vec![text("k", mail)],
            ..Default::default()
        }],
        ..sent(vec![
            text(mail, "a name of an attribute"),
            text("prompt", &format!("{mail} and {mail}")),
            pair(
                "list",
                Any::ArrayValue(ArrayValue {
                    values: holding(Any::StringValue(mail.to_owned())).into_iter().collect(),
                }),
            ),
        ])
    };
    let body = request(vec![text("owner", mail)], vec![span.clone(), sent(vec![text(mail, "again")])])
        .encode_to_vec();
    let decoded = decoder().spans(&protobuf(&body)).unwrap();
    assert!(!format!("{decoded:?}").contains("example.com"), "{decoded:?}");
    assert_eq!(decoded.records.iter().map(|span| span.redactions).collect::<Vec<_>>(), [9, 1]);
    assert_eq!(decoded.redactions, 11, "the resource's too");
    let off = Decoder { redaction: Redaction::Off, ..decoder() };
    let decoded = off.spans(&protobuf(&body)).unwrap();
    assert_eq!((decoded.redactions, decoded.records[0].name.as_str()), (0, "to me@example.com"));
}

fn any_value() -> impl Strategy<Value = Any> {
    let leaf = prop_oneof![
        ".{0,12}".prop_map(Any::StringValue),
        any::<bool>().prop_map(Any::BoolValue),
        any::<i64>().prop_map(Any::IntValue),
        (-1e9..1e9).prop_map(Any::DoubleValue),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(Any::BytesValue),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let values = prop::collection::vec(inner, 0..4);
        prop_oneof![
            values.clone().prop_map(|values| {
                let values = values.into_iter().flat_map(holding).collect();
                Any::ArrayValue(ArrayValue { values })
            }),
            values.prop_map(|values| {
                let values = values.into_iter().map(|value| pair("k", value)).collect();
                Any::KvlistValue(KeyValueList { values })
            }),
        ]
    })
}

fn as_model(value: &AnyValue) -> Value {
    match value.value.clone().unwrap() {
        Any::StringValue(text) => Value::Text(text.into()),
        Any::BoolValue(value) => Value::Bool(value),
        Any::IntValue(number) => Value::Int(number),
        Any::DoubleValue(number) => Value::Double(number),
        Any::BytesValue(bytes) => Value::Bytes(bytes),
        Any::ArrayValue(list) => Value::List(list.values.iter().map(as_model).collect()),
        Any::KvlistValue(map) => Value::Map(as_attributes(&map.values)),
        Any::StringValueStrindex(_) => unreachable!("no test sends it"),
    }
}

fn as_attributes(sent: &[KeyValue]) -> Vec<Attribute> {
    sent.iter().map(|sent| attribute(&sent.key, as_model(sent.value.as_ref().unwrap()))).collect()
}

fn any_span() -> impl Strategy<Value = SentSpan> {
    let attributes = || {
        prop::collection::vec(("[a-z.]{1,9}", any_value()).prop_map(|(key, value)| pair(&key, value)), 0..5)
    };
    (any::<[u8; 16]>(), any::<[u8; 8]>(), ".{0,9}", 1..EARLIER, 0..SECOND, attributes(), attributes())
        .prop_map(|(trace_id, span_id, name, start, duration, attributes, of_event)| SentSpan {
            trace_id: trace_id.to_vec(),
            span_id: span_id.to_vec(),
            name: name.clone(),
            start_time_unix_nano: start,
            end_time_unix_nano: start + duration,
            events: vec![Event { time_unix_nano: start, name, attributes: of_event, ..Default::default() }],
            ..sent(attributes)
        })
}

proptest! {
    #[test]
    fn all_encodings_say_the_same(spans in prop::collection::vec(any_span(), 0..4)) {
        let decoder = Decoder { redaction: Redaction::Off, ..decoder() };
        let request = request(vec![text("service.name", "svc")], spans.clone());
        let bytes = request.encode_to_vec();
        let decoded = decoder.spans(&protobuf(&bytes)).unwrap();
        let packed = gzip(&bytes);
        let of_gzip = Message { content_encoding: Some("gzip"), ..protobuf(&packed) };
        prop_assert_eq!(&decoder.spans(&of_gzip).unwrap(), &decoded);
        let of_json = serde_json::to_vec(&request).unwrap();
        prop_assert_eq!(&decoder.spans(&json(&of_json)).unwrap(), &decoded);

        let valid = |span: &&SentSpan| span.trace_id != [0; 16] && span.span_id != [0; 8];
        let expect: Vec<_> = spans.iter().filter(valid).collect();
        prop_assert_eq!(decoded.records.len(), expect.len());
        for (span, sent) in decoded.records.iter().zip(expect) {
            prop_assert_eq!(span.trace_id.as_bytes().as_slice(), sent.trace_id.as_slice());
            prop_assert_eq!(span.started.0 as u64, sent.start_time_unix_nano);
            prop_assert_eq!(span.ended.0 as u64, sent.end_time_unix_nano);
            prop_assert_eq!(&span.name, &sent.name);
            prop_assert_eq!(&span.attributes, &as_attributes(&sent.attributes));
            prop_assert_eq!(&span.events[0].attributes, &as_attributes(&sent.events[0].attributes));
        }
    }
}
