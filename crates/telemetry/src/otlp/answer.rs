//! What senders are answered, in the encoding that they sent.

use super::wire::{put_bytes, put_varint};
use super::{Encoding, Signal};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// An answer, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// `Content-Type`
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// The records are taken, except for those rejected. A message without rejections is a warning; the
/// sender must not send any of it again.
pub fn success(signal: Signal, encoding: Encoding, rejected: u64, message: &str) -> Answer {
    let is_full = rejected == 0 && message.is_empty();
    let body = match encoding {
        Encoding::Protobuf if is_full => Vec::new(),
        Encoding::Protobuf => {
            let mut partial = Vec::new();
            put_varint(&mut partial, 1, rejected);
            put_bytes(&mut partial, 2, message.as_bytes());
            let mut body = Vec::new();
            put_bytes(&mut body, 1, &partial);
            body
        }
        Encoding::Json if is_full => b"{}".to_vec(),
        Encoding::Json => {
            let name = match signal {
                Signal::Traces => "rejectedSpans",
                Signal::Metrics => "rejectedDataPoints",
                Signal::Logs => "rejectedLogRecords",
            };
            // 64 bits are written as text in protobuf's JSON.
            let mut partial = Map::new();
            partial.insert(name.to_owned(), Value::String(rejected.to_string()));
            partial.insert("errorMessage".to_owned(), Value::String(message.to_owned()));
            json!({ "partialSuccess": partial }).to_string().into_bytes()
        }
    };
    Answer { status: 200, content_type: encoding.content_type(), body }
}

/// The request is not taken: a `google.rpc.Status` with the code that goes with the status of HTTP.
pub fn failure(encoding: Encoding, status: u16, message: &str) -> Answer {
    #[derive(Serialize)]
    struct Status<'a> {
        code: u8,
        message: &'a str,
    }
    let code = code(status);
    let body = match encoding {
        Encoding::Protobuf => {
            let mut body = Vec::new();
            put_varint(&mut body, 1, code.into());
            put_bytes(&mut body, 2, message.as_bytes());
            body
        }
        Encoding::Json => {
            serde_json::to_vec(&Status { code, message }).expect("a number and a text are JSON")
        }
    };
    Answer { status, content_type: encoding.content_type(), body }
}

/// The code of `google.rpc.Code` for a status of HTTP.
fn code(status: u16) -> u8 {
    match status {
        401 => 16,
        403 => 7,
        404 => 5,
        413 | 429 => 8,
        415 | 405 => 12,
        503 => 14,
        400..500 => 3,
        _ => 13,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
    use prost::Message;

    #[test]
    fn success_says_what_was_left_out() {
        let check = |signal, rejected, message, json: &str| {
            assert_eq!(success(signal, Encoding::Json, rejected, message).body, json.as_bytes());
            let answer = success(signal, Encoding::Protobuf, rejected, message);
            let read = ExportTraceServiceResponse::decode(answer.body.as_slice()).unwrap();
            let expect = (rejected > 0 || !message.is_empty()).then(|| (rejected as i64, message.to_owned()));
            assert_eq!(
                read.partial_success.map(|partial| (partial.rejected_spans, partial.error_message)),
                expect
            );
            assert_eq!((answer.status, answer.content_type), (200, "application/x-protobuf"));
        };
        check(Signal::Traces, 0, "", "{}");
        check(
            Signal::Traces,
            2,
            "no \"ids\"",
            r#"{"partialSuccess":{"errorMessage":"no \"ids\"","rejectedSpans":"2"}}"#,
        );
        check(
            Signal::Metrics,
            1,
            "NaN",
            r#"{"partialSuccess":{"errorMessage":"NaN","rejectedDataPoints":"1"}}"#,
        );
        check(
            Signal::Logs,
            0,
            "hint",
            r#"{"partialSuccess":{"errorMessage":"hint","rejectedLogRecords":"0"}}"#,
        );
    }

    #[test]
    fn failure_is_a_status_in_the_encoding_of_the_request() {
        /// As `google/rpc/status.proto` defines it.
        #[derive(Message)]
        struct Status {
            #[prost(int32, tag = "1")]
            code: i32,
            #[prost(string, tag = "2")]
            message: String,
        }
        let check = |status, code: i32| {
            let answer = failure(Encoding::Json, status, "why");
            let expect = format!(r#"{{"code":{code},"message":"why"}}"#);
            assert_eq!((answer.status, answer.content_type), (status, "application/json"));
            assert_eq!(answer.body, expect.as_bytes());
            let answer = failure(Encoding::Protobuf, status, "why");
            let read = Status::decode(answer.body.as_slice()).unwrap();
            assert_eq!((read.code, read.message.as_str()), (code, "why"));
        };
        check(400, 3);
        check(401, 16);
        check(403, 7);
        check(413, 8);
        check(415, 12);
        check(429, 8);
        check(500, 13);
        check(503, 14);
    }
}
