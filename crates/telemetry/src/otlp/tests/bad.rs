//! What nobody should send.

use super::spans::{read, request, sent};
use super::*;
use opentelemetry_proto::tonic::trace::v1::Span as SentSpan;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use prost::Message as _;

/// The status of the answer.
fn status(decoder: &Decoder, message: &Message<'_>) -> u16 {
    decoder.spans(message).map_or_else(|error| error.status(), |_| 200)
}

fn valid() -> Vec<u8> {
    request(vec![text("service.name", "svc")], vec![sent(vec![text("a", "b"), pair("l", nested(3))])])
        .encode_to_vec()
}

#[test]
fn what_cannot_be_read_is_refused_whole() {
    let bytes = valid();
    let packed = gzip(&bytes);
    let text = |body| Message { content_type: Some("text/plain"), ..protobuf(body) };
    let encoded = |encoding, body| Message { content_encoding: Some(encoding), ..protobuf(body) };
    let check =
        |message: Message<'_>, expect| assert_eq!(status(&decoder(), &message), expect, "{message:?}");
    check(protobuf(&bytes), 200);
    check(protobuf(b""), 200);
    check(encoded("identity", &bytes), 200);
    check(encoded("GZIP", &packed), 200);
    check(text(&bytes), 415);
    check(Message { content_type: None, ..protobuf(&bytes) }, 415);
    check(encoded("br", &bytes), 415);
    check(encoded("gzip, gzip", &packed), 415);
    check(encoded("gzip", &bytes), 400);
    check(encoded("gzip", &packed[..packed.len() / 2]), 400);
    check(protobuf(&packed), 400);
    check(protobuf(b"hello, I am no protobuf"), 400);
    check(protobuf(b"{\"resourceSpans\":[]}"), 400);
    check(json(&bytes), 400);
    check(json(b""), 400);
    check(json(b"[]"), 400);
    check(json(b"{} x"), 400);
    check(json(b"{\"resourceSpans\":[{]}"), 400);
    check(json(b"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"\xff\"}]}]}]}"), 400);
    let in_span =
        |field: &str| format!("{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{{{field}}}]}}]}}]}}");
    for (field, expect) in [
        ("\"unknown\":{\"deep\":[1,2]}", 200),
        ("\"traceId\":\"xy\"", 400),
        ("\"traceId\":7", 400),
        ("\"kind\":\"SPAN_KIND_SERVER\"", 400),
        ("\"kind\":\"2\"", 400),
        ("\"startTimeUnixNano\":\"soon\"", 400),
        ("\"startTimeUnixNano\":-1", 400),
        ("\"startTimeUnixNano\":1.5", 400),
        ("\"startTimeUnixNano\":1e300", 400),
        ("\"attributes\":{}", 400),
        ("\"attributes\":[7]", 400),
        ("\"attributes\":[{\"key\":\"k\",\"value\":{\"bytesValue\":\"?\"}}]", 400),
        ("\"attributes\":[{\"key\":\"k\",\"value\":{\"intValue\":\"9223372036854775808\"}}]", 400),
        ("\"status\":[]", 400),
        ("\"name\":true", 400),
    ] {
        check(json(in_span(field).as_bytes()), expect);
    }
}

#[test]
fn half_of_a_body_is_refused() {
    let bytes = valid();
    for end in 1..bytes.len() {
        assert_eq!(status(&decoder(), &protobuf(&bytes[..end])), 400, "{end} of {}", bytes.len());
    }
    let text = serde_json::to_vec(&request(vec![], vec![sent(vec![])])).unwrap();
    for end in 0..text.len() {
        assert_eq!(status(&decoder(), &json(&text[..end])), 400, "{end} of {}", text.len());
    }
}

#[test]
fn a_text_that_is_not_utf8_is_refused() {
    let mut bytes =
        request(vec![], vec![SentSpan { name: "@@@@".to_owned(), ..sent(vec![]) }]).encode_to_vec();
    let place = bytes.windows(4).position(|window| window == b"@@@@").unwrap();
    bytes[place] = 0xff;
    assert_eq!(status(&decoder(), &protobuf(&bytes)), 400);
}

#[test]
fn what_is_too_large_is_refused_before_it_is_taken() {
    let small = Limits { body_bytes: 4_000, unpacked_bytes: 8_000, record_bytes: 20_000 };
    let decoder = Decoder { limits: small, ..decoder() };
    let check = |message: Message<'_>, expect| assert_eq!(status(&decoder, &message), expect);
    check(protobuf(&vec![0; 4_001]), 413);
    // A bomb: a thousandth of what it unpacks to.
    let bomb = gzip(&vec![0; 2_000_000]);
    assert!(bomb.len() < 4_000);
    check(Message { content_encoding: Some("gzip"), ..protobuf(&bomb) }, 413);
    // Small on the wire, large in memory: two bytes an attribute, or an element.
    let many = |count| vec![KeyValue::default(); count];
    let body = request(vec![], vec![sent(many(900))]).encode_to_vec();
    assert!(body.len() < 4_000);
    check(protobuf(&body), 413);
    let values = vec![AnyValue::default(); 900];
    let body =
        request(vec![], vec![sent(vec![pair("l", Any::ArrayValue(ArrayValue { values }))])]).encode_to_vec();
    check(protobuf(&body), 413);
    // Each span names an agent of its own, and each agent has the resource's metadata.
    let span = |number: usize| sent(vec![text("agent.name", &number.to_string())]);
    let body = request(vec![text("m", &"x".repeat(900))], (0..20).map(span).collect()).encode_to_vec();
    assert!(body.len() < 4_000);
    check(protobuf(&body), 413);
    // So have those of a second resource, whose name for it is known from the first one.
    let long = || vec![text(&"m".repeat(900), "")];
    let mut body = request(long(), vec![]);
    body.resource_spans.extend(request(long(), (0..20).map(span).collect()).resource_spans);
    let body = body.encode_to_vec();
    assert!(body.len() < 4_000);
    check(protobuf(&body), 413);
}

#[test]
fn empty_spans_take_no_memory() {
    let body = request(vec![], vec![SentSpan::default(); 100_000]).encode_to_vec();
    let decoder = Decoder { limits: Limits { record_bytes: 1_000, ..Limits::default() }, ..decoder() };
    let decoded = decoder.spans(&protobuf(&body)).unwrap();
    assert_eq!((decoded.records.len(), decoded.rejected), (0, 100_000));
}

#[test]
fn a_bad_span_is_left_out_alone() {
    let check = |bad: SentSpan, why: &str| {
        let decoded = read(vec![sent(vec![]), bad, sent(vec![])]);
        assert_eq!((decoded.records.len(), decoded.rejected), (2, 1), "{why}");
        assert_eq!(decoded.message, format!("1 rejected: {why}"));
    };
    let good = || sent(vec![]);
    let ids = "trace id must be 16 bytes and span id 8, neither all zero";
    check(SentSpan { trace_id: vec![0; 16], ..good() }, ids);
    check(SentSpan { trace_id: vec![1; 15], ..good() }, ids);
    check(SentSpan { trace_id: vec![], ..good() }, ids);
    check(SentSpan { span_id: vec![0; 8], ..good() }, ids);
    check(SentSpan { span_id: vec![1; 16], ..good() }, ids);
    check(SentSpan { parent_span_id: vec![1; 7], ..good() }, "parent span id must be 8 bytes or none");
    check(SentSpan { end_time_unix_nano: EARLIER - 1, ..good() }, "the end is before the start");
    let ahead = "the time is more than 5 minutes ahead of the server's";
    let late = NOW as u64 + 300 * SECOND + 1;
    check(SentSpan { end_time_unix_nano: late, ..good() }, ahead);
    check(SentSpan { start_time_unix_nano: late, end_time_unix_nano: late, ..good() }, ahead);
    check(SentSpan { start_time_unix_nano: u64::MAX, end_time_unix_nano: u64::MAX, ..good() }, ahead);
    let event = Event { time_unix_nano: late, ..Default::default() };
    check(SentSpan { events: vec![event], ..good() }, ahead);
    check(sent(vec![pair("deep", nested(32))]), "a value is nested deeper than 32 levels");
}

#[test]
fn a_root_may_have_a_parent_of_zeros() {
    let decoded = read(vec![SentSpan { parent_span_id: vec![0; 8], ..sent(vec![]) }]);
    assert_eq!((decoded.rejected, decoded.records[0].parent_id), (0, None));
}

#[test]
fn nesting_is_bounded_in_every_encoding() {
    for (depth, in_protobuf, in_json) in [(31, 200, 200), (40, 200, 400), (200, 200, 400)] {
        let request = request(vec![], vec![sent(vec![pair("deep", nested(depth))])]);
        assert_eq!(status(&decoder(), &protobuf(&request.encode_to_vec())), in_protobuf, "{depth}");
        assert_eq!(status(&decoder(), &json(&serde_json::to_vec(&request).unwrap())), in_json, "{depth}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let unknown = format!("{{\"unknown\":{deep}}}");
    assert_eq!(status(&decoder(), &json(unknown.as_bytes())), 200, "passed over without recursion");
    let known = format!("{{\"resourceSpans\":{deep}}}");
    assert_eq!(status(&decoder(), &json(known.as_bytes())), 400);
}

#[test]
fn a_resource_that_is_nested_too_deeply_is_refused() {
    let body = request(vec![pair("deep", nested(40))], vec![sent(vec![])]).encode_to_vec();
    assert_eq!(status(&decoder(), &protobuf(&body)), 400);
}

#[test]
fn too_many_of_anything_are_left_out_and_said() {
    let attributes = (0..100_000).map(|number| text(&format!("k{number}"), "v")).collect();
    let decoded = read(vec![sent(attributes)]);
    assert_eq!((decoded.rejected, decoded.records[0].attributes.len()), (0, 1_000));
    let why = "attributes, events, links or elements left out: at most 1000 are kept of each";
    assert_eq!(decoded.message, format!("99000 {why}"));

    let link = Link { trace_id: vec![1; 16], span_id: vec![1; 8], ..Default::default() };
    let span = SentSpan { events: vec![Event::default(); 1_001], links: vec![link; 1_002], ..sent(vec![]) };
    let decoded = read(vec![span]);
    assert_eq!((decoded.records[0].events.len(), decoded.records[0].links.len()), (1_000, 1_000));
    assert_eq!(decoded.message, format!("3 {why}"));

    let decoded = read(vec![SentSpan { links: vec![Link::default()], ..sent(vec![]) }]);
    assert_eq!((decoded.rejected, decoded.records[0].links.len()), (0, 0));
    assert_eq!(decoded.message, "1 links left out: they have no valid ids");
}

#[test]
fn numbers_that_are_none_are_kept_as_text() {
    let check = |number, expect: &str| {
        let span = &read(vec![sent(vec![pair("n", Any::DoubleValue(number))])]).records[0];
        assert_eq!(span.attributes, [attribute("n", Value::Text(expect.into()))]);
    };
    check(f64::NAN, "NaN");
    check(f64::INFINITY, "Infinity");
    check(f64::NEG_INFINITY, "-Infinity");
}
