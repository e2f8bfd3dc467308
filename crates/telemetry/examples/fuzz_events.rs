//! Feeds the readers of events, records of metrics, prices and kept traces broken input for a
//! while, without a nightly compiler:
//! `cargo run -p telemetry --example fuzz_events -- --minutes 10 [--seed N]`.
//!
//! Ends with status 1 where a reader panics or lets through what nothing behind it may get, after
//! printing the input.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use jiff::Timestamp;
use model::telemetry::{EventId, MetricId, SpanId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use telemetry::accounting::{Answer, TraceTree, TreeSpan};
use telemetry::event::{self, Arrival};
use telemetry::price::PriceTable;
use telemetry::{Invalid, record};

const ENVELOPE: &str = r#"{"eventId": "1b4e28ba-2fa1-4d3b-883f-0016d3cca427", "projectId": "p",
    "timestamp": "2026-02-18T09:30:00.123Z", "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "sdk": {"name": "s", "version": "1", "service": "x"},
    "context": {"agent": {"name": "a"}, "userId": "u", "session_id": 5, "team": "t"}, "#;

const EVENTS: [&str; 11] = [
    r#""type": "log", "body": {"level": "warn", "message": "m", "metadata": {"a": [1, null, {"b": 1.5e3}]}}}"#,
    r#""type": "error", "body": {"message": "m", "stack": "s", "fingerprint": ["a", "b"]}}"#,
    r#""type": "span", "body": {"spanId": "a", "parentSpanId": "b", "name": "n", "end": "2026-02-18T09:00:01+00:00",
        "start": "2026-02-18T09:00:00Z", "attributes": {"k": true}}}"#,
    r#""type": "token_usage", "body": {"model": "m", "inputTokens": 10, "output_tokens": 5, "costUSD": 0.0125}}"#,
    r#""type": "message", "body": {"role": "user", "content": "c\u00e9"}}"#,
    r#""type": "eval_metric", "body": {"suiteId": "s", "metric": "b", "value": -0.5}}"#,
    r#""type": "agent_action", "body": {"agentName": "p", "action": "a", "input": [1], "reasoning": "r"}}"#,
    r#""type": "retrieval", "body": {"query": "q", "vectorDimensions": 8, "results":
        [{"id": 7, "score": 0.5, "text": "t", "metadata": {"p": 3}}]}}"#,
    r#""type": "tool_call", "body": {"tool_name": "s", "arguments": {"q": "x"}, "result": {}, "latency_ms": 0}}"#,
    r#""type": "model_response", "body": {"model": "g", "prompt": "p", "response": "", "latencyMs": 12.5}}"#,
    r#""type": "custom", "body": {"name": "n", "payload": {"a": {"b": [0.5]}}}}"#,
];

const RECORD: &str = r#"{"agent_id": "1b4e28ba-2fa1-4d3b-883f-0016d3cca427", "agent_name": "x",
    "timestamp": "2026-02-18T09:30:00.123Z", "latency_ms": 151.2, "throughput_req_per_min": 62.5,
    "cost_per_request": 0.0125, "cpu_usage_percent": 45.5, "gpu_usage_percent": 71.0, "memory_usage_mb": 512,
    "custom_metrics": {"queue": 3, "region": "eu"}, "team": "t", "total_requests": 5}"#;

const PIECES: [&[u8]; 18] = [
    b"null",
    b"-1",
    b"1e308",
    b"1e-400",
    b"[",
    b"]",
    b"{",
    b"}",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b",",
    b":",
    b"9223372036854775808",
    b"-0.0",
    b"9999-12-31T23:59:59.999999999Z",
    b"-009999-01-01T00:00:00Z",
    b"\xff\xfe",
];

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

fn fuzz(time: Duration, seed: u64) -> bool {
    let corpus = corpus();
    let (began, mut tried, mut taken) = (Instant::now(), 0_u64, 0_u64);
    while began.elapsed() < time {
        let input = mutant(&mut Dice::new(seed.wrapping_add(tried)), &corpus);
        tried += 1;
        match catch_unwind(AssertUnwindSafe(|| read_all(&input))) {
            Ok(readers) => taken += u64::from(readers > 0),
            Err(_) => {
                println!("unsound: {:?}", String::from_utf8_lossy(&input));
                return false;
            }
        }
    }
    println!("{tried} inputs, {taken} of them taken by a reader");
    true
}

/// Valid input for each reader.
fn corpus() -> Vec<Vec<u8>> {
    let events = EVENTS.map(|event| format!("{ENVELOPE}{event}"));
    let batch = format!("[{}]", events.join(","));
    let object = format!("{{\"events\": {batch}}}");
    let prices = include_str!("../prices.toml").to_owned();
    let texts = events.into_iter().chain([batch, object, RECORD.to_owned(), prices]);
    texts.map(String::into_bytes).chain([TraceTree::encode(&tree(TraceTree::default(), 2))]).collect()
}

/// The same with thirty spans more.
fn tree(mut tree: TraceTree, parent: u64) -> TraceTree {
    let id = |number: u64| SpanId::from_bytes(&number.to_be_bytes());
    tree.add((1..=30).map(|number| {
        TreeSpan {
            id: id(number).unwrap(),
            parent: id(number * parent % 37).ok(),
            has_usage: number % 3 == 0,
            answer: Some(Answer { key: number % 4, started: number as i64, ended: 20, detail: 0 })
                .filter(|_| number % 2 == 0 && number < 20),
        }
    }));
    tree
}

/// Gives the input to every reader; how many take it.
fn read_all(input: &[u8]) -> usize {
    let now: Timestamp = "2026-02-18T10:00:00Z".parse().unwrap();
    let latest = now.as_nanosecond() as i64 + 300_000_000_000;
    let arrival = Arrival { now, project: &["p"] };
    let new_id = || EventId::from_bytes([1; 16]);
    let is_short = |invalid: Invalid| assert!(invalid.to_string().len() < 2_000, "{invalid}");

    let event = event::read(input, arrival, new_id).map_err(is_short);
    let batch = event::read_batch(input, arrival, new_id).map_err(is_short);
    for event in event.iter().chain(batch.iter().flatten()) {
        assert!((0..=latest).contains(&event.at.0), "{:?}", event.at);
    }
    let record = record::read(input, MetricId::from_bytes([1; 16]), now).map_err(is_short);
    for (name, value) in record.iter().flat_map(|record| &record.values) {
        assert!(value.is_finite() && *value >= 0.0, "{name:?} {value}");
    }
    let prices = std::str::from_utf8(input).ok().and_then(|text| PriceTable::parse(text).ok());
    let kept = TraceTree::decode(input).ok();
    if let Some(kept) = &kept {
        assert_eq!(kept.encode(), input);
        tree(kept.clone(), 5);
    }
    [event.is_ok(), batch.is_ok(), record.is_ok(), prices.is_some(), kept.is_some()]
        .iter()
        .filter(|is| **is)
        .count()
}

/// Valid input, changed in a few places.
fn mutant(dice: &mut Dice, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut input = dice.one(corpus).clone();
    for _ in 0..dice.below(6) {
        let start = dice.below(input.len() + 1);
        let end = (start + dice.below(12)).min(input.len());
        match dice.below(5) {
            0 if start < input.len() => input[start] ^= 1 << dice.below(8),
            1 => drop(input.drain(start..end)),
            2 => drop(input.splice(start..start, dice.one(&PIECES).iter().copied())),
            3 => drop(input.splice(start..end, dice.one(&PIECES).iter().copied())),
            _ => {
                let other = dice.one(corpus);
                let from = dice.below(other.len());
                let to = (from + dice.below(60)).min(other.len());
                input.splice(start..start, other[from..to].iter().copied());
            }
        }
    }
    input
}

/// Numbers that are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
