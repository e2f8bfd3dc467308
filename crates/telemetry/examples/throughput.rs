//! How long reading takes, from the body of a request to normalised and redacted records:
//! `cargo run --release -p telemetry --example throughput`.

#![allow(clippy::unwrap_used, reason = "a measurement that panics has failed")]

#[path = "otlp/requests.rs"]
mod requests;

use flate2::Compression;
use flate2::write::GzEncoder;
use model::telemetry::UnixNanos;
use prost::Message as _;
use requests::{NOW, traces};
use std::io::Write;
use std::time::Instant;
use telemetry::otlp::{Decoder, Limits, Message};
use telemetry::redact::{Redaction, redact_text};

/// As many as the benchmark of the whole server sends in a request.
const SPANS: usize = 100;

fn main() {
    let request = traces(SPANS);
    let protobuf = request.encode_to_vec();
    let json = serde_json::to_vec(&request).unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&protobuf).unwrap();
    let gzip = gzip.finish().unwrap();
    let on = Decoder { limits: Limits::default(), redaction: Redaction::On, now: UnixNanos(NOW) };
    let off = Decoder { redaction: Redaction::Off, ..on };
    for (name, decoder, content_type, content_encoding, body) in [
        ("protobuf", on, "application/x-protobuf", None, &protobuf),
        ("protobuf, nothing redacted", off, "application/x-protobuf", None, &protobuf),
        ("protobuf, gzip", on, "application/x-protobuf", Some("gzip"), &gzip),
        ("json", on, "application/json", None, &json),
    ] {
        let message = Message { content_type: Some(content_type), content_encoding, body };
        let nanos = nanos(|| assert_eq!(decoder.spans(&message).unwrap().records.len(), SPANS));
        println!("{name}: {:.0} ns a span", nanos / SPANS as f64);
    }
    let prose =
        "The board shows which batches are done, late or broken today (2026-11-21 20:14:51). ".repeat(1000);
    let mut text = prose.clone();
    let nanos = nanos(|| assert_eq!(redact_text(&mut text), 0));
    println!("redaction: {:.2} ns a byte of prose", nanos / prose.len() as f64);
}

/// The best of many, so that what else the machine does matters little.
fn nanos(mut run: impl FnMut()) -> f64 {
    let time = |_| {
        let began = Instant::now();
        run();
        began.elapsed().as_secs_f64() * 1e9
    };
    (0..1000).map(time).fold(f64::MAX, f64::min)
}
