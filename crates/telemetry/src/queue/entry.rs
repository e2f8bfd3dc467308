//! A batch as it waits in Redis.
//!
//! The first byte names the form, four say how long the rest is unpacked, which zstd has squeezed. A
//! form without names: who reads knows what was written, so processors are brought to a new version
//! before what they read is.

use crate::store::{AgentChange, Batch, BatchKey, CostGap, PricedEvent, PricedSpan, StoreError, StoreResult};
use model::ask::Amount;
use model::identity::ProjectId;
use model::telemetry::{
    AgentIdentity, AgentName, AgentStatus, Attribute, Cost, Event, EventBody, EventId, LogLevel, LogRecord,
    MetricId, MetricName, MetricPoint, MetricRecord, Operation, Reading, Span, SpanEvent, SpanId, SpanLink,
    SpanStatus, Text, TokenUsage, TraceId, UnixNanos,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The form below. Enums inside of it only ever get variants at their end.
const VERSION: u8 = 1;
/// The fastest level: the queue is short-lived.
const LEVEL: i32 = 1;
/// What no batch exceeds, unpacked: a request of 64 MiB, and what was made of it.
const MAX_BYTES: usize = 512 << 20;
/// Kinds of span, the latest, that are looked at for one whose attributes were read the same way.
const SHARED_KINDS: usize = 16;

const UNWRITABLE: StoreError = StoreError::Invalid("the batch is too large for the queue");
const UNREADABLE: StoreError = StoreError::Malformed("an entry of the queue");

/// The stored form.
pub(super) fn encode(project: ProjectId, batch: Batch) -> StoreResult<Vec<u8>> {
    let Batch { key, spans, records, points, logs, events, changes } = batch;
    let form = Form {
        project,
        key: key.map(|key| key.0),
        spans: spans.into_iter().map(OneSpan).collect(),
        records: records.into_iter().map(OneRecord).collect(),
        points: points.into_iter().map(OnePoint).collect(),
        logs: logs.into_iter().map(OneLog).collect(),
        events: events.into_iter().map(OneEvent).collect(),
        changes: changes.into_iter().map(OneChange).collect(),
    };
    let raw = postcard::to_stdvec(&form).map_err(|error| StoreError::Failed(error.into()))?;
    let length = u32::try_from(raw.len()).ok().filter(|length| *length as usize <= MAX_BYTES);
    let length = length.ok_or(UNWRITABLE)?;
    let packed = zstd::bulk::compress(&raw, LEVEL).map_err(|error| StoreError::Failed(error.into()))?;
    let mut entry = Vec::with_capacity(packed.len() + 5);
    entry.push(VERSION);
    entry.extend_from_slice(&length.to_le_bytes());
    entry.extend_from_slice(&packed);
    Ok(entry)
}

/// What [`encode`] was given.
pub(super) fn decode(entry: &[u8]) -> StoreResult<(ProjectId, Batch)> {
    let ([version, length @ ..], packed) = entry.split_first_chunk::<5>().ok_or(UNREADABLE)?;
    let length = u32::from_le_bytes(*length) as usize;
    if *version != VERSION || length > MAX_BYTES {
        return Err(UNREADABLE);
    }
    let raw = zstd::bulk::decompress(packed, length).map_err(|_| UNREADABLE)?;
    let form: Form = postcard::from_bytes(&raw).map_err(|_| UNREADABLE)?;
    let mut batch = Batch {
        key: form.key.map(BatchKey),
        spans: form.spans.into_iter().map(|OneSpan(span)| span).collect(),
        records: form.records.into_iter().map(|OneRecord(record)| record).collect(),
        points: form.points.into_iter().map(|OnePoint(point)| point).collect(),
        logs: form.logs.into_iter().map(|OneLog(log)| log).collect(),
        events: form.events.into_iter().map(|OneEvent(event)| event).collect(),
        changes: form.changes.into_iter().map(|OneChange(change)| change).collect(),
    };
    share_agents(&mut batch);
    share_readings(&mut batch.spans);
    Ok((form.project, batch))
}

/// Records of one agent share what they say of it, as they did when they were read.
fn share_agents(batch: &mut Batch) {
    let Batch { key: _, spans, records, points, logs, events, changes: _ } = batch;
    let agents = (spans.iter_mut().map(|priced| &mut priced.span.agent))
        .chain(records.iter_mut().map(|record| &mut record.agent))
        .chain(points.iter_mut().map(|point| &mut point.agent))
        .chain(logs.iter_mut().map(|log| &mut log.agent))
        .chain(events.iter_mut().map(|priced| &mut priced.event.agent));
    let mut known: Vec<Arc<AgentIdentity>> = Vec::new();
    for agent in agents {
        match known.iter().find(|known| *known == agent) {
            Some(known) => *agent = Arc::clone(known),
            None => known.push(Arc::clone(agent)),
        }
    }
}

/// Spans of one kind share how their attributes were read, as they did when they were.
fn share_readings(spans: &mut [PricedSpan]) {
    let mut known: Vec<Arc<[Reading]>> = Vec::new();
    for PricedSpan { span, .. } in spans {
        match known.iter().rev().take(SHARED_KINDS).find(|known| **known == span.readings) {
            Some(known) => span.readings = Arc::clone(known),
            None => known.push(Arc::clone(&span.readings)),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Form {
    project: ProjectId,
    key: Option<[u8; 16]>,
    spans: Vec<OneSpan>,
    records: Vec<OneRecord>,
    points: Vec<OnePoint>,
    logs: Vec<OneLog>,
    events: Vec<OneEvent>,
    changes: Vec<OneChange>,
}

#[derive(Serialize, Deserialize)]
struct OneSpan(#[serde(with = "PricedSpanForm")] PricedSpan);

#[derive(Serialize, Deserialize)]
struct OneRecord(#[serde(with = "RecordForm")] MetricRecord);

#[derive(Serialize, Deserialize)]
struct OnePoint(#[serde(with = "PointForm")] MetricPoint);

#[derive(Serialize, Deserialize)]
struct OneLog(#[serde(with = "LogForm")] LogRecord);

#[derive(Serialize, Deserialize)]
struct OneEvent(#[serde(with = "PricedEventForm")] PricedEvent);

#[derive(Serialize, Deserialize)]
struct OneChange(#[serde(with = "ChangeForm")] AgentChange);

#[derive(Serialize, Deserialize)]
#[serde(remote = "PricedSpan")]
struct PricedSpanForm {
    #[serde(with = "SpanForm")]
    span: Span,
    cost: Option<Cost>,
    gap: Option<CostGap>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Span")]
struct SpanForm {
    trace_id: TraceId,
    span_id: SpanId,
    parent_id: Option<SpanId>,
    #[serde(with = "shared")]
    agent: Arc<AgentIdentity>,
    name: String,
    operation: Operation,
    started: UnixNanos,
    ended: UnixNanos,
    status: SpanStatus,
    status_message: String,
    error_type: Option<Text>,
    model: Option<Text>,
    provider: Option<Text>,
    usage: Option<TokenUsage>,
    reported_cost: Option<Amount>,
    user: Option<Text>,
    session: Option<Text>,
    first_token_ms: Option<f64>,
    attributes: Vec<Attribute>,
    events: Vec<SpanEvent>,
    links: Vec<SpanLink>,
    #[serde(with = "shared")]
    readings: Arc<[Reading]>,
    redactions: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MetricRecord")]
struct RecordForm {
    id: MetricId,
    #[serde(with = "shared")]
    agent: Arc<AgentIdentity>,
    at: UnixNanos,
    values: Vec<(MetricName, f64)>,
    custom: Vec<Attribute>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MetricPoint")]
struct PointForm {
    #[serde(with = "shared")]
    agent: Arc<AgentIdentity>,
    name: MetricName,
    sent_name: String,
    unit: String,
    at: UnixNanos,
    value: f64,
    count: u64,
    running_since: Option<UnixNanos>,
    attributes: Vec<Attribute>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "LogRecord")]
struct LogForm {
    #[serde(with = "shared")]
    agent: Arc<AgentIdentity>,
    at: UnixNanos,
    level: LogLevel,
    message: String,
    trace_id: Option<TraceId>,
    span_id: Option<SpanId>,
    event_name: Option<String>,
    attributes: Vec<Attribute>,
    redactions: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PricedEvent")]
struct PricedEventForm {
    #[serde(with = "EventForm")]
    event: Event,
    cost: Option<Cost>,
    gap: Option<CostGap>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Event")]
struct EventForm {
    id: EventId,
    #[serde(with = "shared")]
    agent: Arc<AgentIdentity>,
    at: UnixNanos,
    sdk_name: String,
    sdk_version: String,
    trace_id: Option<TraceId>,
    user: Option<String>,
    session: Option<String>,
    context: Vec<Attribute>,
    #[serde(with = "json")]
    body: EventBody,
    redactions: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AgentChange")]
struct ChangeForm {
    agent: AgentName,
    at: UnixNanos,
    status: AgentStatus,
    why: String,
}

/// What records share by pointer.
mod shared {
    use super::Arc;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize + ?Sized, S: Serializer>(
        shared: &Arc<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        (**shared).serialize(to)
    }

    pub(super) fn deserialize<'de, T: ?Sized, D: Deserializer<'de>>(from: D) -> Result<Arc<T>, D::Error>
    where
        Box<T>: Deserialize<'de>,
    {
        Box::<T>::deserialize(from).map(Arc::from)
    }
}

/// What happened, as JSON: it names its own type, and that a form without names cannot say.
mod json {
    use super::EventBody;
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(body: &EventBody, to: S) -> Result<S::Ok, S::Error> {
        serde_json::to_string(body).map_err(S::Error::custom)?.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<EventBody, D::Error> {
        let text = <&str>::deserialize(from)?;
        serde_json::from_str(text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
