//! OpenTelemetry's protocol over HTTP, read: from the body of a request to records, and back to the
//! answer that its sender expects (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
//!
//! Pure: bytes and the time in, records out. A body that cannot be read is refused whole, with
//! nothing of it kept. A record that makes no sense is left out alone, and the answer says how many
//! and why. A [`Decoder`] never takes more memory than its [`Limits`] say, whatever is sent.
//!
//! | sent | becomes |
//! | --- | --- |
//! | no protobuf or JSON, no gzip, a text that is not UTF-8, half of a body | 400 |
//! | a body or what it unpacks to, or the records in it, beyond the limits | 413 |
//! | another content type or encoding | 415 |
//! | a span without valid ids, that ends before it starts, or of more than 5 minutes ahead | left out, counted |
//! | a value nested deeper than 32 levels | its record left out, counted |
//! | a metric's number that is NaN or infinite, a histogram without a sum | left out, counted |
//! | NaN and infinite numbers in attributes | kept as text |
//! | attributes, events or links beyond 1,000 of a record, links without valid ids | left out, said |
//! | no time | the server's; of a span that has one of its two times, that one |
//! | an unknown field | passed over |

pub mod answer;
mod body;
mod json;
mod keys;
mod log;
mod metric;
mod reader;
mod resource;
mod span;
mod wire;

use crate::error::Error;
use crate::redact::Redaction;
use model::telemetry::{LogRecord, MetricPoint, Span, UnixNanos};
use reader::Reader;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `POST /v1/traces`
    Traces,
    /// `POST /v1/metrics`
    Metrics,
    /// `POST /v1/logs`
    Logs,
}

/// How messages are written. The answer to one is written as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`
    Protobuf,
    /// `application/json`
    Json,
}

impl Encoding {
    /// The encoding of that content type; `None` where it is another one or none.
    pub fn of(content_type: Option<&str>) -> Option<Self> {
        let essence = content_type?.split(';').next().unwrap_or_default().trim();
        let is = |name: &str| essence.eq_ignore_ascii_case(name);
        if is("application/x-protobuf") || is("application/protobuf") {
            Some(Self::Protobuf)
        } else if is("application/json") {
            Some(Self::Json)
        } else {
            None
        }
    }

    /// Its content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// How much is taken at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a body as it is sent.
    pub body_bytes: usize,
    /// Bytes of a body once it is unpacked.
    pub unpacked_bytes: usize,
    /// Bytes of memory that the records of one message may take.
    pub record_bytes: usize,
}

impl Default for Limits {
    /// 64 MiB sent, as exporters do at most; as much unpacked; twice as much as records.
    fn default() -> Self {
        Self { body_bytes: 64 << 20, unpacked_bytes: 64 << 20, record_bytes: 128 << 20 }
    }
}

/// A request: two of its headers and its body.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// `Content-Type`
    pub content_type: Option<&'a str>,
    /// `Content-Encoding`
    pub content_encoding: Option<&'a str>,
    /// The body as it came.
    pub body: &'a [u8],
}

/// What a message holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<T> {
    /// The records, in the order in which they were sent.
    pub records: Vec<T>,
    /// How many were left out.
    pub rejected: u64,
    /// Why they were, and what else the sender should know; empty where all is well.
    pub message: String,
    /// How many secrets were taken out, those of resources and metrics included.
    pub redactions: u64,
}

/// Reads messages.
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    /// How much is taken at once.
    pub limits: Limits,
    /// Whether secrets are taken out.
    pub redaction: Redaction,
    /// What time it is.
    pub now: UnixNanos,
}

impl Decoder {
    /// The spans of an `ExportTraceServiceRequest`.
    pub fn spans(&self, message: &Message<'_>) -> Result<Decoded<Span>, Error> {
        self.records(message, &json::TRACES, span::read)
    }

    /// The points of an `ExportMetricsServiceRequest`.
    pub fn metrics(&self, message: &Message<'_>) -> Result<Decoded<MetricPoint>, Error> {
        self.records(message, &json::METRICS, metric::read)
    }

    /// The records of an `ExportLogsServiceRequest`.
    pub fn logs(&self, message: &Message<'_>) -> Result<Decoded<LogRecord>, Error> {
        self.records(message, &json::LOGS, log::read)
    }

    fn records<T>(
        &self,
        message: &Message<'_>,
        schema: &'static json::Schema,
        read: impl Fn(&mut Reader, &mut resource::Resource, &[u8], &mut Vec<T>) -> Result<(), reader::Stop>,
    ) -> Result<Decoded<T>, Error> {
        let bytes = body::protobuf(message, schema, &self.limits)?;
        let mut reader = Reader::new(self);
        let mut records = Vec::new();
        resource::walk(&mut reader, &bytes, &mut records, read)
            .map_err(|stop| stop.into_error(&self.limits))?;
        let (rejected, message, redactions) = reader.summary();
        Ok(Decoded { records, rejected, message, redactions })
    }
}

#[cfg(test)]
mod tests;
