//! Feeds the readers of OpenTelemetry broken messages for a while, without a nightly compiler:
//! `cargo run -p telemetry --example fuzz_otlp -- --minutes 10 [--seed N]`.
//!
//! Ends with status 1 where a reader panics or lets through what nothing behind it may get, after
//! printing the seed of the message.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "otlp/requests.rs"]
mod requests;

use flate2::Compression;
use flate2::write::GzEncoder;
use model::telemetry::{Attribute, UnixNanos, Value};
use prost::Message as _;
use requests::{NOW, logs, metrics, motley};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use telemetry::otlp::{Decoder, Limits, Message, Signal};
use telemetry::redact::{Redaction, redact_attributes, redact_text};

fn main() -> ExitCode {
    let minutes = argument("--minutes").unwrap_or(1);
    let seed = argument("--seed").unwrap_or(1);
    // The stack that a server's thread has.
    let fuzz = move || fuzz(Duration::from_secs(60 * minutes), seed);
    let is_sound = std::thread::Builder::new().stack_size(2 << 20).spawn(fuzz).unwrap().join().unwrap();
    if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn argument(name: &str) -> Option<u64> {
    let value = std::env::args().skip_while(|argument| argument != name).nth(1)?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
}

/// A valid message, and how it is sent.
struct Seed {
    signal: Signal,
    content_type: &'static str,
    content_encoding: Option<&'static str>,
    body: Vec<u8>,
}

fn seeds() -> Vec<Seed> {
    let protobufs = [
        (Signal::Traces, motley().encode_to_vec(), serde_json::to_vec(&motley()).unwrap()),
        (Signal::Metrics, metrics().encode_to_vec(), serde_json::to_vec(&metrics()).unwrap()),
        (Signal::Logs, logs().encode_to_vec(), serde_json::to_vec(&logs()).unwrap()),
    ];
    let mut seeds = Vec::new();
    for (signal, protobuf, json) in protobufs {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&protobuf).unwrap();
        let gzip = gzip.finish().unwrap();
        let mut add = |content_type, content_encoding, body| {
            seeds.push(Seed { signal, content_type, content_encoding, body });
        };
        add("application/x-protobuf", None, protobuf);
        add("application/x-protobuf", Some("gzip"), gzip);
        add("application/json", None, json);
    }
    seeds
}

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let roll = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D);
        usize::try_from(roll >> 33).unwrap_or_default() % sides.max(1)
    }
}

/// Pieces that mean something in one of the formats, or to what comes behind them.
const PIECES: [&[u8]; 16] = [
    b"\x80",
    b"\xff\xff\xff\xff\x0f",
    b"\x0a\x00",
    b"\x2a\x02\x0a\x00",
    b"null",
    b"{\"",
    b"[[",
    b"1e999",
    b"-1",
    b"\\u0000",
    b"@example.com",
    b"sk-0123456789abcdefghij",
    b"-----BEGIN PRIVATE KEY",
    b"://a:b@",
    b"4111 1111 1111 1111",
    b"\xc3\xa9",
];

/// The body with one to three of its places changed, copied or cut. Half of the changes keep its length,
/// which most of protobuf does not survive otherwise.
fn mutant(dice: &mut Dice, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    for _ in 0..=dice.below(3) {
        let place = dice.below(body.len());
        let end = (place + 1 + dice.below(16)).min(body.len());
        match dice.below(10) {
            _ if body.is_empty() => {}
            0 => body[place] = dice.below(256) as u8,
            1 => body[place] ^= 1 << dice.below(8),
            2 | 3 => {
                let piece = PIECES[dice.below(PIECES.len())];
                body[place..].iter_mut().zip(piece).for_each(|(byte, new)| *byte = *new);
            }
            4 => {
                let from = dice.below(body.len() + 1 - (end - place));
                body.copy_within(from..from + (end - place), place);
            }
            5 => body.truncate(place),
            6 => drop(body.drain(place..end)),
            7 => {
                let copy = body[place..end].to_vec();
                let to = dice.below(body.len());
                body.splice(to..to, copy);
            }
            8 => drop(body.splice(place..place, PIECES[dice.below(PIECES.len())].iter().copied())),
            _ => drop(body.splice(place..end, PIECES[dice.below(PIECES.len())].iter().copied())),
        }
    }
    body
}

/// Reads the message and checks what comes out; says whether it was taken.
fn read(decoder: &Decoder, seed: &Seed, body: &[u8]) -> bool {
    let message =
        Message { content_type: Some(seed.content_type), content_encoding: seed.content_encoding, body };
    match seed.signal {
        Signal::Traces => decoder.spans(&message).is_ok_and(|decoded| {
            for span in decoded.records {
                assert!(span.started <= span.ended && span.ended.0 <= NOW + 300_000_000_000);
                assert_eq!(span.readings.len(), span.attributes.len());
                assert!(span.first_token_ms.is_none_or(f64::is_finite));
                assert_eq!(redact_text(&mut span.name.clone()), 0);
                assert_sound(&span.attributes);
                span.events.iter().for_each(|event| assert_sound(&event.attributes));
                assert_sound(&span.agent.metadata);
            }
            true
        }),
        Signal::Metrics => decoder.metrics(&message).is_ok_and(|decoded| {
            for point in decoded.records {
                assert!(point.value.is_finite());
                assert_sound(&point.attributes);
            }
            true
        }),
        Signal::Logs => decoder.logs(&message).is_ok_and(|decoded| {
            decoded.records.iter().for_each(|record| assert_sound(&record.attributes));
            true
        }),
    }
}

fn assert_sound(attributes: &[Attribute]) {
    assert!(attributes.len() <= 1000);
    assert_eq!(redact_attributes(&mut attributes.to_vec()), 0, "all secrets are out");
    attributes.iter().for_each(|attribute| assert_finite(&attribute.value));
}

fn assert_finite(value: &Value) {
    match value {
        Value::Double(number) => assert!(number.is_finite()),
        Value::List(list) => list.iter().for_each(assert_finite),
        Value::Map(map) => map.iter().for_each(|attribute| assert_finite(&attribute.value)),
        Value::Text(_) | Value::Bool(_) | Value::Int(_) | Value::Bytes(_) => {}
    }
}

fn fuzz(time: Duration, seed: u64) -> bool {
    let decoder = Decoder { limits: Limits::default(), redaction: Redaction::On, now: UnixNanos(NOW) };
    let seeds = seeds();
    let started = Instant::now();
    let (mut tried, mut taken) = (0_u64, 0_u64);
    let mut slowest = (Duration::ZERO, 0);
    while started.elapsed() < time {
        let number = seed.wrapping_add(tried);
        let mut dice = Dice::new(number);
        let message = &seeds[dice.below(seeds.len())];
        let body = mutant(&mut dice, &message.body);
        tried += 1;
        let began = Instant::now();
        let check = AssertUnwindSafe(|| read(&decoder, message, &body));
        let Ok(is_taken) = catch_unwind(check) else {
            println!("unsound: --seed {number}, {:?} as {}", message.signal, message.content_type);
            return false;
        };
        taken += u64::from(is_taken);
        slowest = slowest.max((began.elapsed(), number));
    }
    println!(
        "{tried} messages, {taken} taken, all of them sound; slowest {:?}: --seed {}",
        slowest.0, slowest.1
    );
    true
}
