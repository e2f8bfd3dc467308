//! Requests that are written beforehand and changed in place.

use model::Clock;
use model::telemetry::{SpanId, TraceId, UnixNanos};
use std::net::SocketAddr;
use std::time::Duration;
use testkit::telemetry::{Fleet, Template, json};

/// Spans of one request.
pub(crate) const SPANS_EACH: usize = 100;
/// A client's requests repeat themselves after so many; ids and times never do.
const VARIANTS: usize = 16;

/// What one connection sends.
pub(crate) trait Requests: Send + 'static {
    /// The next request, head and body, if there is one.
    fn next(&mut self) -> Option<&[u8]>;
}

/// Requests with spans.
pub(crate) struct Spans {
    templates: Vec<Template>,
    times: Times,
    first_turn: u64,
    sent: u64,
}

/// How many nanoseconds later than its template a request is.
#[derive(Clone)]
enum Times {
    /// As many as it is since then: spans that have just ended.
    SinceWritten { written: UnixNanos, clock: Clock },
    /// One step more than the request before it, for so many requests.
    Steps { nanos: i64, requests: u64 },
}

impl Spans {
    /// Of so many connections, of one agent each, what has just happened.
    pub(crate) fn many(connections: usize, address: SocketAddr, key: &str) -> Vec<Self> {
        let clock = Clock::system();
        let written = UnixNanos::from(clock.now());
        Self::of(connections, address, key, written, &Times::SinceWritten { written, clock })
    }

    /// Of so many connections, of one agent each, so many requests spread over the time until now.
    pub(crate) fn past(
        connections: usize,
        address: SocketAddr,
        key: &str,
        requests: u64,
        time: Duration,
    ) -> Vec<Self> {
        let nanos = time.as_nanos() as i64;
        let began = UnixNanos(UnixNanos::from(Clock::system().now()).0 - nanos);
        Self::of(connections, address, key, began, &Times::Steps { nanos: nanos / requests as i64, requests })
    }

    fn of(
        connections: usize,
        address: SocketAddr,
        key: &str,
        written: UnixNanos,
        times: &Times,
    ) -> Vec<Self> {
        let head = |length| head("/v1/traces", "application/x-protobuf", address, key, length);
        let connection = |place: usize| {
            let mut fleet = Fleet::new(place as u64);
            let templates = (0..VARIANTS).map(|_| Template::traces(&fleet.spans(SPANS_EACH, written), head));
            let first_turn = (place as u64 + 1) << 40;
            Self { templates: templates.collect(), times: times.clone(), first_turn, sent: 0 }
        };
        (0..connections).map(connection).collect()
    }

    /// A span of the last request.
    pub(crate) fn last_sent(&self) -> Option<(TraceId, SpanId)> {
        let last = self.sent.checked_sub(1)?;
        self.templates[last as usize % VARIANTS].spans_of(self.first_turn + last).next()
    }
}

impl Requests for Spans {
    fn next(&mut self) -> Option<&[u8]> {
        let later = match &self.times {
            Times::SinceWritten { written, clock } => UnixNanos::from(clock.now()).0 - written.0,
            Times::Steps { requests, .. } if self.sent == *requests => return None,
            Times::Steps { nanos, .. } => nanos * self.sent as i64,
        };
        let (turn, variant) = (self.first_turn + self.sent, self.sent as usize % VARIANTS);
        self.sent += 1;
        Some(self.templates[variant].renew(turn, later))
    }
}

/// Requests with one metric.
pub(crate) struct Metrics {
    /// With the place of its time.
    variants: Vec<(Vec<u8>, usize)>,
    clock: Clock,
    sent: usize,
}

impl Metrics {
    /// Those of so many connections.
    pub(crate) fn many(connections: usize, address: SocketAddr, key: &str) -> Vec<Self> {
        let clock = Clock::system();
        let at = UnixNanos::from(clock.now());
        let connection = |place: usize| {
            let mut fleet = Fleet::new(place as u64);
            let variants = (0..VARIANTS).map(|_| {
                let body = json::metric(&fleet.metric(at));
                let head = head("/api/v1/metrics", "application/json", address, key, body.len());
                let time = head.len() + body.find(&json::time(at)).expect("it has its time");
                ((head + &body).into_bytes(), time)
            });
            Self { variants: variants.collect(), clock: clock.clone(), sent: 0 }
        };
        (0..connections).map(connection).collect()
    }
}

impl Requests for Metrics {
    fn next(&mut self) -> Option<&[u8]> {
        let (request, place) = &mut self.variants[self.sent % VARIANTS];
        self.sent += 1;
        let time = json::time(self.clock.now().into());
        request[*place..*place + time.len()].copy_from_slice(time.as_bytes());
        Some(request)
    }
}

pub(super) fn head(path: &str, content: &str, address: SocketAddr, key: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
         content-type: {content}\r\ncontent-length: {length}\r\n\r\n"
    )
}
