//! Records as rows: what is looked for in columns, the rest in one body.

use super::entry::{Group, Table};
use super::wire::Answer;
use crate::store::{PricedEvent, StoreError, StoreResult};
use model::telemetry::{
    Attribute, EventKind, LogLevel, LogRecord, MetricName, MetricPoint, MetricRecord, SpanId, TraceId,
    UnixNanos,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Stands for no trace: no trace has it as its id.
const NO_TRACE: [u8; 16] = [0; 16];

/// Of a record of metrics.
#[derive(Serialize, Deserialize)]
pub(super) struct MetricBody<'a> {
    pub(super) id: [u8; 16],
    pub(super) values: Cow<'a, [(MetricName, f64)]>,
    pub(super) custom: Cow<'a, [Attribute]>,
}

/// What the points of one series share.
#[derive(Serialize, Deserialize)]
pub(super) struct Series<'a> {
    pub(super) name: Cow<'a, MetricName>,
    pub(super) sent_name: Cow<'a, str>,
    pub(super) unit: Cow<'a, str>,
    pub(super) running_since: Option<UnixNanos>,
    pub(super) attributes: Cow<'a, [Attribute]>,
}

/// Of a log record.
#[derive(Serialize, Deserialize)]
pub(super) struct LogBody<'a> {
    pub(super) message: Cow<'a, str>,
    pub(super) span_id: Option<[u8; 8]>,
    pub(super) event_name: Option<Cow<'a, str>>,
    pub(super) attributes: Cow<'a, [Attribute]>,
    pub(super) redactions: u32,
}

/// Of an event. What happened is JSON, for it names its own type, and that a form without names cannot say.
#[derive(Serialize, Deserialize)]
pub(super) struct EventRow<'a> {
    pub(super) sdk_name: Cow<'a, str>,
    pub(super) sdk_version: Cow<'a, str>,
    pub(super) user: Option<Cow<'a, str>>,
    pub(super) session: Option<Cow<'a, str>>,
    pub(super) context: Cow<'a, [Attribute]>,
    pub(super) body: Cow<'a, str>,
    pub(super) redactions: u32,
}

impl Group {
    pub(super) fn push_record(&mut self, project: &str, record: &MetricRecord) -> StoreResult<()> {
        let body = MetricBody {
            id: *record.id.as_bytes(),
            values: Cow::Borrowed(&record.values),
            custom: Cow::Borrowed(&record.custom),
        };
        let body = encode(&body)?;
        let id = self.next_id();
        let row = self.rows(Table::Metric);
        row.text(project).text(record.agent.name.as_str()).int(record.at.0).int(id).bytes(&body);
        Ok(())
    }

    pub(super) fn push_point(&mut self, project: &str, point: &MetricPoint) -> StoreResult<()> {
        let series = series_of(point, point.running_since)?;
        let id = self.next_id();
        let row = self.rows(Table::Point);
        row.text(project).text(point.agent.name.as_str()).int(point.at.0).int(id);
        row.double(point.value).int(i64::try_from(point.count).unwrap_or(i64::MAX)).bytes(&series);
        Ok(())
    }

    pub(super) fn push_log(&mut self, project: &str, log: &LogRecord) -> StoreResult<()> {
        let body = LogBody {
            message: Cow::Borrowed(&log.message),
            span_id: log.span_id.map(|id| *id.as_bytes()),
            event_name: log.event_name.as_deref().map(Cow::Borrowed),
            attributes: Cow::Borrowed(&log.attributes),
            redactions: log.redactions,
        };
        let body = encode(&body)?;
        let id = self.next_id();
        let row = self.rows(Table::Log);
        row.text(project)
            .text(log.agent.name.as_str())
            .int(log.at.0)
            .int(id)
            .byte(log_level_number(log.level));
        row.fixed(trace_bytes(log.trace_id.as_ref())).bytes(&body);
        Ok(())
    }

    pub(super) fn push_event(&mut self, project: &str, priced: &PricedEvent) -> StoreResult<()> {
        let event = &priced.event;
        let json = serde_json::to_string(&event.body).map_err(|error| StoreError::Failed(error.into()))?;
        let body = EventRow {
            sdk_name: Cow::Borrowed(&event.sdk_name),
            sdk_version: Cow::Borrowed(&event.sdk_version),
            user: event.user.as_deref().map(Cow::Borrowed),
            session: event.session.as_deref().map(Cow::Borrowed),
            context: Cow::Borrowed(&event.context),
            body: Cow::Owned(json),
            redactions: event.redactions,
        };
        let body = encode(&body)?;
        let id = self.next_id();
        let row = self.rows(Table::Event);
        row.text(project).text(event.agent.name.as_str()).int(event.at.0).int(id);
        row.byte(event_kind_number(event.body.kind())).fixed(event.id.as_bytes());
        row.fixed(trace_bytes(event.trace_id.as_ref())).bytes(&body);
        Ok(())
    }
}

/// What a point shares with others of its series, as it is stored.
pub(super) fn series_of(point: &MetricPoint, running_since: Option<UnixNanos>) -> StoreResult<Vec<u8>> {
    encode(&Series {
        name: Cow::Borrowed(&point.name),
        sent_name: Cow::Borrowed(&point.sent_name),
        unit: Cow::Borrowed(&point.unit),
        running_since,
        attributes: Cow::Borrowed(&point.attributes),
    })
}

fn trace_bytes(id: Option<&TraceId>) -> &[u8] {
    id.map_or(&NO_TRACE, |id| id.as_bytes())
}

/// The id of a trace, or of none.
pub(super) fn read_trace_id(answer: &mut Answer) -> StoreResult<Option<TraceId>> {
    let bytes: [u8; 16] = answer.fixed()?;
    Ok(TraceId::from_bytes(&bytes).ok())
}

/// The id of a span, or of none.
pub(super) fn span_id(bytes: Option<[u8; 8]>) -> Option<SpanId> {
    bytes.and_then(|bytes| SpanId::from_bytes(&bytes).ok())
}

pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> StoreResult<Vec<u8>> {
    postcard::to_stdvec(value).map_err(|error| StoreError::Failed(error.into()))
}

pub(super) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8], what: &'static str) -> StoreResult<T> {
    postcard::from_bytes(bytes).map_err(|_| StoreError::Malformed(what))
}

pub(super) fn log_level_number(level: LogLevel) -> u8 {
    match level {
        LogLevel::Debug => 0,
        LogLevel::Info => 1,
        LogLevel::Warn => 2,
        LogLevel::Error => 3,
    }
}

pub(super) fn log_level_of(number: u8) -> StoreResult<LogLevel> {
    Ok(match number {
        0 => LogLevel::Debug,
        1 => LogLevel::Info,
        2 => LogLevel::Warn,
        3 => LogLevel::Error,
        _ => return Err(StoreError::Malformed("a log record")),
    })
}

pub(super) fn event_kind_number(kind: EventKind) -> u8 {
    match kind {
        EventKind::Log => 0,
        EventKind::Error => 1,
        EventKind::Span => 2,
        EventKind::TokenUsage => 3,
        EventKind::Message => 4,
        EventKind::EvalMetric => 5,
        EventKind::AgentAction => 6,
        EventKind::Retrieval => 7,
        EventKind::ToolCall => 8,
        EventKind::ModelResponse => 9,
        EventKind::Custom => 10,
    }
}
