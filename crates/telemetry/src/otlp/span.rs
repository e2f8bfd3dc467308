//! Spans.

use super::reader::{MAX_ITEMS, Reader, Reason, Stop};
use super::resource::Resource;
use super::wire::Fields;
use crate::genai;
use model::telemetry::{Attribute, Span, SpanEvent, SpanId, SpanLink, SpanStatus, TraceId, UnixNanos};
use std::mem::size_of;
use std::sync::Arc;

pub(super) fn read(
    reader: &mut Reader,
    resource: &mut Resource,
    bytes: &[u8],
    to: &mut Vec<Span>,
) -> Result<(), Stop> {
    let span = span(reader, resource, bytes);
    to.extend(reader.kept(span)?);
    Ok(())
}

fn span(reader: &mut Reader, resource: &mut Resource, bytes: &[u8]) -> Result<Span, Stop> {
    let redactions = reader.redactions();
    let (mut trace_id, mut span_id, mut parent_id): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
    let (mut started, mut ended) = (0, 0);
    let mut name = String::new();
    let (mut status, mut status_message) = (SpanStatus::Unset, String::new());
    let mut fields = Fields::new(bytes);
    let mut attributes = Vec::with_capacity(fields.count(9).min(MAX_ITEMS));
    let (mut events, mut links) = (Vec::new(), Vec::new());
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => trace_id = field.bytes()?,
            2 => span_id = field.bytes()?,
            4 => parent_id = field.bytes()?,
            5 => name = reader.text(field)?,
            7 => started = field.fixed64()?,
            8 => ended = field.fixed64()?,
            9 => reader.attribute(&mut attributes, field.bytes()?)?,
            11 => event(reader, &mut events, field.bytes()?)?,
            13 => link(reader, &mut links, field.bytes()?)?,
            15 => (status, status_message) = read_status(reader, field.bytes()?)?,
            _ => {}
        }
    }
    let trace_id = TraceId::from_bytes(trace_id).map_err(|_| Stop::Rejected(Reason::InvalidId))?;
    let span_id = SpanId::from_bytes(span_id).map_err(|_| Stop::Rejected(Reason::InvalidId))?;
    let parent_id = parent(parent_id)?;
    let (started, ended) = times(reader, started, ended)?;
    reader.charge(size_of::<Span>() + genai::readings_bytes(&attributes))?;
    let mut span = Span {
        trace_id,
        span_id,
        parent_id,
        agent: resource.agent_of(reader, &attributes)?,
        name,
        started,
        ended,
        status,
        status_message,
        attributes,
        events: timed(events, started),
        links,
        redactions: u32::try_from(reader.redactions() - redactions).unwrap_or(u32::MAX),
        operation: Default::default(),
        error_type: None,
        model: None,
        provider: None,
        usage: None,
        reported_cost: None,
        user: None,
        session: None,
        first_token_ms: None,
        readings: Arc::default(),
    };
    genai::normalise(&mut span, &mut reader.readings);
    Ok(span)
}

/// Start and end; where one was not sent it is the other, where neither was, now.
fn times(reader: &Reader, started: u64, ended: u64) -> Result<(UnixNanos, UnixNanos), Stop> {
    let (started, ended) = (reader.moment(started)?, reader.moment(ended)?);
    let (started, ended) = match (started, ended) {
        (None, None) => (reader.now, reader.now),
        (started, ended) => (started.or(ended).unwrap_or_default(), ended.or(started).unwrap_or_default()),
    };
    if ended < started {
        return Err(Stop::Rejected(Reason::EndsBeforeStart));
    }
    Ok((started, ended))
}

/// The parent's id. Some senders write a root's as zeros.
fn parent(bytes: &[u8]) -> Result<Option<SpanId>, Stop> {
    match SpanId::from_bytes(bytes) {
        Ok(id) => Ok(Some(id)),
        Err(_) if bytes.is_empty() || bytes == [0; 8] => Ok(None),
        Err(_) => Err(Stop::Rejected(Reason::InvalidParent)),
    }
}

fn read_status(reader: &mut Reader, bytes: &[u8]) -> Result<(SpanStatus, String), Stop> {
    let (mut status, mut message) = (SpanStatus::Unset, String::new());
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.next()? {
        match number {
            2 => message = reader.text(field)?,
            3 => {
                status = match field.varint()? {
                    1 => SpanStatus::Ok,
                    2 => SpanStatus::Error,
                    _ => SpanStatus::Unset,
                };
            }
            _ => {}
        }
    }
    Ok((status, message))
}

/// An event as sent: its time may be missing.
type Sent = (Option<UnixNanos>, String, Vec<Attribute>);

fn event(reader: &mut Reader, to: &mut Vec<Sent>, bytes: &[u8]) -> Result<(), Stop> {
    if !reader.has_room(to)? {
        return Ok(());
    }
    let (mut at, mut name, mut attributes) = (0, String::new(), Vec::new());
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => at = field.fixed64()?,
            2 => name = reader.text(field)?,
            3 => reader.attribute(&mut attributes, field.bytes()?)?,
            _ => {}
        }
    }
    to.push((reader.moment(at)?, name, attributes));
    Ok(())
}

fn timed(events: Vec<Sent>, started: UnixNanos) -> Vec<SpanEvent> {
    let timed = |(at, name, attributes): Sent| SpanEvent { at: at.unwrap_or(started), name, attributes };
    events.into_iter().map(timed).collect()
}

fn link(reader: &mut Reader, to: &mut Vec<SpanLink>, bytes: &[u8]) -> Result<(), Stop> {
    if !reader.has_room(to)? {
        return Ok(());
    }
    let (mut trace_id, mut span_id): (&[u8], &[u8]) = (&[], &[]);
    let mut attributes = Vec::new();
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => trace_id = field.bytes()?,
            2 => span_id = field.bytes()?,
            4 => reader.attribute(&mut attributes, field.bytes()?)?,
            _ => {}
        }
    }
    match (TraceId::from_bytes(trace_id), SpanId::from_bytes(span_id)) {
        (Ok(trace_id), Ok(span_id)) => to.push(SpanLink { trace_id, span_id, attributes }),
        _ => reader.note(Reason::InvalidLink, 1),
    }
    Ok(())
}
