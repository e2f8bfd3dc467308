//! The ways in: room first, then the body; read, without its secrets, priced, on disk.
//!
//! A body is held in [`Room`] that was there for it; more is refused at once. Reading one is done where
//! it came in, but for large ones: one at a time, beside everything else. So memory is bounded, whatever
//! is sent: by the room, by one large request unpacked, and by what the pipeline lets wait.

use super::Telemetry;
use crate::projects::require_open;
use crate::{Error, Result, Service};
use ::telemetry::event::{self, Arrival};
use ::telemetry::otlp::{Decoded, Decoder, Limits, Message};
use ::telemetry::price::PriceTable;
use ::telemetry::redact::{Redaction, redact_event, redact_record};
use ::telemetry::store::{Batch, BatchKey, CostGap, PricedEvent, PricedSpan};
use ::telemetry::{Error as MessageError, record};
use bytes::Bytes;
use identity::token;
use model::identity::Project;
use model::telemetry::{
    Cost, Event, EventBody, EventId, Flag, LogRecord, MetricId, MetricPoint, Span, UnixNanos,
};
use model::{Actor, Capability};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// The largest body that is taken: as much as exporters send at most.
pub const MOST_BODY_BYTES: usize = 64 << 20;
/// Larger bodies are read one at a time.
const LARGE_BYTES: usize = 1 << 20;
/// The same of compressed ones, which unpack to 16 times as much and more.
const LARGE_PACKED_BYTES: usize = LARGE_BYTES / 16;
/// When to try again where there is no room.
const NO_ROOM_RETRY_S: u64 = 1;

/// Room for a body. There is as much again when it is dropped.
#[derive(Debug)]
pub struct Room(OwnedSemaphorePermit);

/// A body, what the headers say of it, and the room that it takes.
#[derive(Debug)]
pub struct Sent {
    /// `Content-Type`
    pub content_type: Option<String>,
    /// `Content-Encoding`
    pub content_encoding: Option<String>,
    /// The body as it came.
    pub body: Bytes,
    /// Its room.
    pub room: Room,
}

/// What became of a request of OpenTelemetry's protocol: all is stored but what was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Records that make no sense, and were left out.
    pub rejected: u64,
    /// Why, and what else the sender should know.
    pub message: String,
}

impl Room {
    /// Makes it larger.
    ///
    /// # Errors
    /// Too large for any body, or there is no more room now.
    pub fn grow(&mut self, bytes: usize) -> Result<()> {
        check_size(self.0.num_permits().saturating_add(bytes))?;
        let more = take_room(self.0.semaphore(), bytes)?;
        self.0.merge(more);
        Ok(())
    }

    /// How many bytes.
    pub fn bytes(&self) -> usize {
        self.0.num_permits()
    }
}

fn check_size(bytes: usize) -> Result<()> {
    if bytes <= MOST_BODY_BYTES {
        return Ok(());
    }
    Err(MessageError::TooLarge { what: "the body has", limit_bytes: MOST_BODY_BYTES }.into())
}

fn take_room(room: &Arc<tokio::sync::Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit> {
    let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
    Arc::clone(room).try_acquire_many_owned(permits).map_err(|_| {
        metrics::counter!("sentry_telemetry_refused_total", "reason" => "memory").increment(1);
        let message = "more is being sent than fits into memory".to_owned();
        Error::Busy { message, retry_after_s: NO_ROOM_RETRY_S }
    })
}

impl Service {
    /// Lets the actor send a body of so many bytes; 0 where it is not known yet, and the room grows with it.
    ///
    /// # Errors
    /// The actor may not send, the body is too large, or there is no room now: nothing of it need be read.
    pub fn admit(&self, actor: &Actor, bytes: usize) -> Result<Room> {
        self.project_to_send(actor)?;
        check_size(bytes)?;
        take_room(&self.0.telemetry.room, bytes).map(Room)
    }

    /// Stores the spans of an `ExportTraceServiceRequest`.
    pub async fn ingest_spans(&self, actor: &Actor, sent: Sent) -> Result<Taken> {
        let read = |reading: &Reading<'_>, sent: Sent| {
            let (taken, spans) = reading.taken("span", reading.decoder().spans(&sent.message())?);
            let spans = spans.into_iter().map(|span| priced_span(&reading.telemetry.prices, span)).collect();
            Ok((Batch { spans, ..Batch::default() }, taken))
        };
        self.ingest(actor, sent, read).await
    }

    /// Stores the points of an `ExportMetricsServiceRequest`. The same request twice is stored once.
    pub async fn ingest_metrics(&self, actor: &Actor, sent: Sent) -> Result<Taken> {
        let read = |reading: &Reading<'_>, sent: Sent| {
            let (taken, points): (_, Vec<MetricPoint>) =
                reading.taken("point", reading.decoder().metrics(&sent.message())?);
            Ok((Batch { key: Some(sent.key(b"metrics")), points, ..Batch::default() }, taken))
        };
        self.ingest(actor, sent, read).await
    }

    /// Stores the records of an `ExportLogsServiceRequest`. The same request twice is stored once.
    pub async fn ingest_logs(&self, actor: &Actor, sent: Sent) -> Result<Taken> {
        let read = |reading: &Reading<'_>, sent: Sent| {
            let (taken, logs): (_, Vec<LogRecord>) =
                reading.taken("log", reading.decoder().logs(&sent.message())?);
            Ok((Batch { key: Some(sent.key(b"logs")), logs, ..Batch::default() }, taken))
        };
        self.ingest(actor, sent, read).await
    }

    /// Stores one event, and says how it is called. The same id twice is stored once.
    pub async fn record_event(&self, actor: &Actor, sent: Sent) -> Result<EventId> {
        let read = |reading: &Reading<'_>, sent: Sent| {
            let names = names(reading.project);
            let arrival = Arrival { now: reading.now.timestamp(), project: &names };
            let event = event::read(&sent.message().unpacked(&LIMITS)?, arrival, new_event_id)?;
            let id = event.id;
            Ok((reading.batch_of(vec![event]), id))
        };
        self.ingest(actor, sent, read).await
    }

    /// Stores a batch of events, all or none, and says how they are called. The same id twice is stored
    /// once.
    pub async fn record_events(&self, actor: &Actor, sent: Sent) -> Result<Vec<EventId>> {
        let read = |reading: &Reading<'_>, sent: Sent| {
            let names = names(reading.project);
            let arrival = Arrival { now: reading.now.timestamp(), project: &names };
            let events = event::read_batch(&sent.message().unpacked(&LIMITS)?, arrival, new_event_id)?;
            let ids = events.iter().map(|event| event.id).collect();
            Ok((reading.batch_of(events), ids))
        };
        self.ingest(actor, sent, read).await
    }

    /// Stores a record of metrics, and says how it is called. One that says when it was made is stored
    /// once, however often it comes; one that does not is another each time.
    pub async fn record_metrics(&self, actor: &Actor, sent: Sent) -> Result<MetricId> {
        let read = |reading: &Reading<'_>, sent: Sent| {
            let now = reading.now;
            let key = sent.key(b"record");
            let named = MetricId::from_bytes(key.0);
            let mut record = record::read(&sent.message().unpacked(&LIMITS)?, named, now.timestamp())?;
            let key = (record.at != now).then_some(key);
            if key.is_none() {
                record.id = MetricId::from_bytes(token::new_uuid());
            }
            if reading.redaction() == Redaction::On {
                reading.count_redactions(redact_record(&mut record).into());
            }
            count_records("record", 1);
            let id = record.id;
            Ok((Batch { key, records: vec![record], ..Batch::default() }, id))
        };
        self.ingest(actor, sent, read).await
    }

    /// Reads what was sent, whose room is free then, and answers when it will not be lost any more: in the
    /// store, or in the queue.
    async fn ingest<T: Send + 'static>(
        &self,
        actor: &Actor,
        sent: Sent,
        read: impl FnOnce(&Reading<'_>, Sent) -> Result<(Batch, T)> + Send + 'static,
    ) -> Result<T> {
        let project = self.project_to_send(actor)?;
        let way = self.0.telemetry.way().await?;
        let now = self.clock().now().into();
        let (batch, answer) = if sent.is_large() {
            let _turn = self.0.telemetry.large.acquire().await.expect("the semaphore is never closed");
            let (service, project) = (self.clone(), Arc::clone(&project));
            let reading = tokio::task::spawn_blocking(move || {
                read(&Reading { telemetry: &service.0.telemetry, project: &project, now }, sent)
            });
            reading.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?
        } else {
            read(&Reading { telemetry: &self.0.telemetry, project: &project, now }, sent)?
        };
        if !batch.is_empty() {
            way.submit(project.id.clone(), batch).await?;
        }
        Ok(answer)
    }

    fn project_to_send(&self, actor: &Actor) -> Result<Arc<Project>> {
        self.require(actor, Capability::SendTelemetry)?;
        let project = self.project_of(actor)?;
        require_open(&project)?;
        Ok(project)
    }
}

/// As [`Limits::default`], for bodies that are no messages of OpenTelemetry.
const LIMITS: Limits = Limits {
    body_bytes: MOST_BODY_BYTES,
    unpacked_bytes: MOST_BODY_BYTES,
    record_bytes: 2 * MOST_BODY_BYTES,
};

impl Sent {
    fn message(&self) -> Message<'_> {
        Message {
            content_type: self.content_type.as_deref(),
            content_encoding: self.content_encoding.as_deref(),
            body: &self.body,
        }
    }

    fn is_large(&self) -> bool {
        let is_packed = self.content_encoding.is_some();
        self.body.len() > if is_packed { LARGE_PACKED_BYTES } else { LARGE_BYTES }
    }

    /// Names the request by what it holds.
    fn key(&self, way: &[u8]) -> BatchKey {
        let hash = Sha256::new().chain_update(way).chain_update([0]).chain_update(&self.body).finalize();
        let (first, _) = hash.split_at(16);
        BatchKey(first.try_into().expect("16 bytes"))
    }
}

/// What a request is read with.
struct Reading<'a> {
    telemetry: &'a Telemetry,
    project: &'a Project,
    now: UnixNanos,
}

impl Reading<'_> {
    fn redaction(&self) -> Redaction {
        self.project.telemetry.redaction
    }

    fn decoder(&self) -> Decoder {
        Decoder { limits: LIMITS, redaction: self.redaction(), now: self.now }
    }

    fn taken<T>(&self, kind: &'static str, decoded: Decoded<T>) -> (Taken, Vec<T>) {
        let Decoded { records, rejected, message, redactions } = decoded;
        count_records(kind, records.len());
        self.count_redactions(redactions);
        if rejected > 0 {
            metrics::counter!("sentry_telemetry_rejected_total", "kind" => kind).increment(rejected);
        }
        (Taken { rejected, message }, records)
    }

    fn batch_of(&self, mut events: Vec<Event>) -> Batch {
        if self.redaction() == Redaction::On {
            events.iter_mut().for_each(redact_event);
            self.count_redactions(events.iter().map(|event| u64::from(event.redactions)).sum());
        }
        count_records("event", events.len());
        let events = events.into_iter().map(|event| priced_event(&self.telemetry.prices, event)).collect();
        Batch { events, ..Batch::default() }
    }

    fn count_redactions(&self, count: u64) {
        self.telemetry.redactions.count(self.project, count);
    }
}

/// What an event may call its project.
fn names(project: &Project) -> [&str; 3] {
    [project.id.as_str(), project.slug.as_str(), &project.name]
}

fn new_event_id() -> EventId {
    EventId::from_bytes(token::new_uuid())
}

pub(super) fn priced_span(prices: &PriceTable, span: Span) -> PricedSpan {
    let (cost, gap) = known_or_gap(prices.charge(&span));
    PricedSpan { span, cost, gap }
}

/// Only events that are about tokens say what a call took. The answer of a model comes beside one.
pub(super) fn priced_event(prices: &PriceTable, event: Event) -> PricedEvent {
    let charged = match &event.body {
        EventBody::TokenUsage { model, usage, reported_cost, metadata: _ } => {
            Some(prices.cost(Some(model), Some(usage), *reported_cost, event.at))
        }
        _ => None,
    };
    let (cost, gap) = known_or_gap(charged);
    PricedEvent { event, cost, gap }
}

fn known_or_gap(charged: Option<std::result::Result<Cost, Flag>>) -> (Option<Cost>, Option<CostGap>) {
    match charged {
        None => (None, None),
        Some(Ok(cost)) => (Some(cost), None),
        Some(Err(Flag::NoPrice { .. })) => (None, Some(CostGap::NoPrice)),
        Some(Err(Flag::NoTokens)) => (None, Some(CostGap::NoTokens)),
    }
}

pub(super) fn count_records(kind: &'static str, count: usize) {
    metrics::counter!("sentry_telemetry_records_total", "kind" => kind).increment(count as u64);
}
