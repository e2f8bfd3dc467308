//! Writes what is a row each: records and points of metrics, log records, events, changes of agents.

use super::fold::{Pending, SessionTouch, Source, change_status, status_of};
use super::names::{encode, find_agent};
use super::running;
use super::writer::Memory;
use crate::rollup::Fact;
use crate::store::facts::fact_of_event;
use crate::store::{AgentChange, Batch, PricedEvent, Receipt, StoreResult};
use model::telemetry::{
    AgentIdentity, Attribute, EventKind, LogLevel, LogRecord, MetricName, MetricPoint, MetricRecord, Text,
    UnixNanos,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// Where a batch goes.
pub(super) struct Scope<'t> {
    pub(super) transaction: &'t Connection,
    pub(super) project: i64,
}

/// The stored form of a record of metrics.
#[derive(Serialize, Deserialize)]
pub(super) struct MetricBody<'a> {
    pub(super) id: [u8; 16],
    pub(super) values: Cow<'a, [(MetricName, f64)]>,
    pub(super) custom: Cow<'a, [Attribute]>,
}

/// The stored form of a log record.
#[derive(Serialize, Deserialize)]
pub(super) struct LogBody<'a> {
    pub(super) message: Cow<'a, str>,
    pub(super) span_id: Option<[u8; 8]>,
    pub(super) event_name: Option<Cow<'a, str>>,
    pub(super) attributes: Cow<'a, [Attribute]>,
    pub(super) redactions: u32,
}

/// The stored form of an event. Its body is JSON, for it names its own type, and that a form without
/// names cannot say.
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

pub(super) fn write(
    scope: &Scope<'_>,
    memory: &mut Memory,
    pending: &mut Pending,
    batch: &Batch,
    receipt: &mut Receipt,
) -> StoreResult<()> {
    for record in &batch.records {
        scope.write_record(memory, pending, record)?;
    }
    for point in &batch.points {
        scope.write_point(memory, pending, point)?;
    }
    for log in &batch.logs {
        scope.write_log(memory, pending, log)?;
    }
    receipt.stored += (batch.records.len() + batch.points.len() + batch.logs.len()) as u32;
    for event in &batch.events {
        match scope.write_event(memory, pending, event)? {
            Outcome::Stored => receipt.stored += 1,
            Outcome::Repeated => receipt.repeated += 1,
        }
    }
    for change in &batch.changes {
        match scope.write_change(change)? {
            Outcome::Stored => receipt.stored += 1,
            Outcome::Repeated => receipt.repeated += 1,
        }
    }
    Ok(())
}

enum Outcome {
    Stored,
    Repeated,
}

impl Scope<'_> {
    fn source(
        &self,
        memory: &mut Memory,
        pending: &mut Pending,
        agent: &Arc<AgentIdentity>,
        at: UnixNanos,
    ) -> StoreResult<Source> {
        let agent = memory.names.agent(self.transaction, self.project, agent, pending.past(at))?;
        pending.see(agent, at, at);
        Ok(Source { project: self.project, agent })
    }

    fn write_record(
        &self,
        memory: &mut Memory,
        pending: &mut Pending,
        record: &MetricRecord,
    ) -> StoreResult<()> {
        let source = self.source(memory, pending, &record.agent, record.at)?;
        let body = MetricBody {
            id: *record.id.as_bytes(),
            values: Cow::Borrowed(&record.values),
            custom: Cow::Borrowed(&record.custom),
        };
        let insert = "INSERT INTO incoming_metric (project, agent, at, body) VALUES (?, ?, ?, ?)";
        let mut insert = self.transaction.prepare_cached(insert)?;
        insert.execute((self.project, source.agent, record.at.0, encode(&body)?))?;
        for (name, value) in &record.values {
            let fact = Fact::Number { name: name.clone(), value: *value, count: 1 };
            pending.observe(source, record.at, fact);
        }
        Ok(())
    }

    fn write_point(
        &self,
        memory: &mut Memory,
        pending: &mut Pending,
        point: &MetricPoint,
    ) -> StoreResult<()> {
        let source = self.source(memory, pending, &point.agent, point.at)?;
        let series = memory.names.series(self.transaction, self.project, point)?;
        let insert = "INSERT INTO incoming_point (project, agent, at, series, value, count, running_since) \
             VALUES (?, ?, ?, ?, ?, ?, ?)";
        let since = point.running_since.map(|since| since.0);
        let row = (self.project, source.agent, point.at.0, series, point.value, count_of(point), since);
        self.transaction.prepare_cached(insert)?.execute(row)?;
        if let Some((value, count)) = running::measured(self.transaction, source.agent, series, point)? {
            let fact = Fact::Number { name: point.name.clone(), value, count };
            pending.observe(source, point.at, fact);
        }
        Ok(())
    }

    fn write_log(&self, memory: &mut Memory, pending: &mut Pending, log: &LogRecord) -> StoreResult<()> {
        let source = self.source(memory, pending, &log.agent, log.at)?;
        let body = LogBody {
            message: Cow::Borrowed(&log.message),
            span_id: log.span_id.map(|id| *id.as_bytes()),
            event_name: log.event_name.as_deref().map(Cow::Borrowed),
            attributes: Cow::Borrowed(&log.attributes),
            redactions: log.redactions,
        };
        let insert =
            "INSERT INTO incoming_log (project, agent, at, level, trace_id, body) VALUES (?, ?, ?, ?, ?, ?)";
        self.transaction.prepare_cached(insert)?.execute((
            self.project,
            source.agent,
            log.at.0,
            log_level_number(log.level),
            log.trace_id.as_ref().map(|id| id.as_bytes().as_slice()),
            encode(&body)?,
        ))?;
        pending.observe(source, log.at, Fact::Log(log.level));
        Ok(())
    }

    fn write_event(
        &self,
        memory: &mut Memory,
        pending: &mut Pending,
        priced: &PricedEvent,
    ) -> StoreResult<Outcome> {
        let event = &priced.event;
        let agent =
            memory.names.agent(self.transaction, self.project, &event.agent, pending.past(event.at))?;
        let source = Source { project: self.project, agent };
        let json = serde_json::to_string(&event.body)
            .map_err(|error| crate::store::StoreError::Failed(error.into()))?;
        let row = EventRow {
            sdk_name: Cow::Borrowed(&event.sdk_name),
            sdk_version: Cow::Borrowed(&event.sdk_version),
            user: event.user.as_deref().map(Cow::Borrowed),
            session: event.session.as_deref().map(Cow::Borrowed),
            context: Cow::Borrowed(&event.context),
            body: Cow::Owned(json),
            redactions: event.redactions,
        };
        let insert = "INSERT INTO event (project, agent, at, kind, event_id, trace_id, body) \
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id, project) DO NOTHING";
        let kind = event.body.kind();
        let inserted = self.transaction.prepare_cached(insert)?.execute((
            self.project,
            agent,
            event.at.0,
            event_kind_number(kind),
            event.id.as_bytes(),
            event.trace_id.as_ref().map(|id| id.as_bytes().as_slice()),
            encode(&row)?,
        ))?;
        if inserted == 0 {
            return Ok(Outcome::Repeated);
        }
        pending.see(agent, event.at, event.at);
        pending.observe(source, event.at, Fact::Event(kind));
        if let Some(session) = &event.session {
            pending.touch_session(
                source,
                SessionTouch {
                    name: session.as_str().into(),
                    user: event.user.as_deref().map(Text::from),
                    started: event.at.0,
                    ended: event.at.0,
                    new_traces: 0,
                },
            );
        }
        if let Some(fact) = fact_of_event(priced) {
            pending.observe(source, event.at, fact);
        }
        Ok(Outcome::Stored)
    }

    fn write_change(&self, change: &AgentChange) -> StoreResult<Outcome> {
        let Some(agent) = find_agent(self.transaction, self.project, &change.agent)? else {
            return Ok(Outcome::Repeated);
        };
        let find = "SELECT status FROM agent WHERE id = ?";
        let from: i64 = self.transaction.prepare_cached(find)?.query_row([agent], |row| row.get(0))?;
        let from = status_of(from)?;
        if from == change.status {
            return Ok(Outcome::Repeated);
        }
        change_status(self.transaction, agent, change.at, from, change.status, &change.why)?;
        Ok(Outcome::Stored)
    }
}

pub(super) fn count_of(point: &MetricPoint) -> i64 {
    i64::try_from(point.count).unwrap_or(i64::MAX)
}

pub(super) fn log_level_number(level: LogLevel) -> i64 {
    match level {
        LogLevel::Debug => 0,
        LogLevel::Info => 1,
        LogLevel::Warn => 2,
        LogLevel::Error => 3,
    }
}

pub(super) fn event_kind_number(kind: EventKind) -> i64 {
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
