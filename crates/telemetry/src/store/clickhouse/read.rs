//! Reads what is a row each.

use super::agents::find_agents;
use super::page::{Listed, PageReader};
use super::rows::{
    EventRow, LogBody, MetricBody, Series, decode, event_kind_number, log_level_number, log_level_of,
    read_trace_id, span_id,
};
use super::server::Server;
use crate::store::{EventQuery, LogQuery, Page, RecordQuery, SessionSummary, StoreError, StoreResult};
use model::identity::ProjectId;
use model::telemetry::{
    AgentIdentity, AgentName, Event, EventId, LogRecord, MetricId, MetricPoint, MetricRecord, UnixNanos,
};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

pub(super) const SESSIONS: Listed = Listed {
    table: "session FINAL",
    time: "started",
    columns: "id, started, name, agent, user, last_seen, traces, spend",
};
pub(super) const METRICS: Listed = Listed { table: "metric", time: "at", columns: "id, at, agent, body" };
pub(super) const POINTS: Listed =
    Listed { table: "point", time: "at", columns: "id, at, agent, value, count, series" };

pub(super) async fn sessions(
    server: &Server,
    project: &ProjectId,
    query: &RecordQuery,
) -> StoreResult<Page<SessionSummary>> {
    let reader = PageReader::new(SESSIONS, project, query);
    let page = reader.read(server, |started, row| {
        Ok(SessionSummary {
            started: UnixNanos(started),
            id: row.text()?,
            agent: AgentName::new(row.text()?),
            user: row.optional_text()?,
            last_seen: UnixNanos(row.int()?),
            traces: row.int()? as u64,
            spend: decode(&row.bytes()?, "a cost")?,
        })
    });
    page.await
}

pub(super) async fn metric_records(
    server: &Server,
    project: &ProjectId,
    query: &RecordQuery,
) -> StoreResult<Page<MetricRecord>> {
    let mut agents = Agents::default();
    let reader = PageReader::new(METRICS, project, query);
    let page = reader.read(server, |at, row| {
        let agent = agents.name(row.text()?);
        let bytes = row.bytes()?;
        let body: MetricBody<'_> = decode(&bytes, "a record of metrics")?;
        Ok(MetricRecord {
            id: MetricId::from_bytes(body.id),
            agent,
            at: UnixNanos(at),
            values: body.values.into_owned(),
            custom: body.custom.into_owned(),
        })
    });
    let mut page = page.await?;
    agents.find(server, project).await?;
    page.items.iter_mut().for_each(|record| agents.describe(&mut record.agent));
    Ok(page)
}

pub(super) async fn metric_points(
    server: &Server,
    project: &ProjectId,
    query: &RecordQuery,
) -> StoreResult<Page<MetricPoint>> {
    let mut agents = Agents::default();
    let reader = PageReader::new(POINTS, project, query);
    let page = reader.read(server, |at, row| {
        let agent = agents.name(row.text()?);
        let (value, count) = (row.double()?, row.int()? as u64);
        let bytes = row.bytes()?;
        let series: Series<'_> = decode(&bytes, "a series")?;
        Ok(MetricPoint {
            agent,
            name: series.name.into_owned(),
            sent_name: series.sent_name.into_owned(),
            unit: series.unit.into_owned(),
            at: UnixNanos(at),
            value,
            count,
            running_since: series.running_since,
            attributes: series.attributes.into_owned(),
        })
    });
    let mut page = page.await?;
    agents.find(server, project).await?;
    page.items.iter_mut().for_each(|point| agents.describe(&mut point.agent));
    Ok(page)
}

pub(super) async fn logs(
    server: &Server,
    project: &ProjectId,
    query: &LogQuery,
) -> StoreResult<Page<LogRecord>> {
    let mut agents = Agents::default();
    let page = log_reader(project, query).read(server, |at, row| {
        let agent = agents.name(row.text()?);
        let level = log_level_of(row.byte()?)?;
        let trace_id = read_trace_id(row)?;
        let bytes = row.bytes()?;
        let body: LogBody<'_> = decode(&bytes, "a log record")?;
        Ok(LogRecord {
            agent,
            at: UnixNanos(at),
            level,
            message: body.message.into_owned(),
            trace_id,
            span_id: span_id(body.span_id),
            event_name: body.event_name.map(Cow::into_owned),
            attributes: body.attributes.into_owned(),
            redactions: body.redactions,
        })
    });
    let mut page = page.await?;
    agents.find(server, project).await?;
    page.items.iter_mut().for_each(|log| agents.describe(&mut log.agent));
    Ok(page)
}

pub(super) async fn events(
    server: &Server,
    project: &ProjectId,
    query: &EventQuery,
) -> StoreResult<Page<Event>> {
    let mut agents = Agents::default();
    let page = event_reader(project, query).read(server, |at, row| {
        let agent = agents.name(row.text()?);
        let id = EventId::from_bytes(row.fixed()?);
        let trace_id = read_trace_id(row)?;
        let bytes = row.bytes()?;
        let stored: EventRow<'_> = decode(&bytes, "an event")?;
        Ok(Event {
            id,
            agent,
            at: UnixNanos(at),
            sdk_name: stored.sdk_name.into_owned(),
            sdk_version: stored.sdk_version.into_owned(),
            trace_id,
            user: stored.user.map(Cow::into_owned),
            session: stored.session.map(Cow::into_owned),
            context: stored.context.into_owned(),
            body: serde_json::from_str(&stored.body).map_err(|_| StoreError::Malformed("an event"))?,
            redactions: stored.redactions,
        })
    });
    let mut page = page.await?;
    agents.find(server, project).await?;
    page.items.iter_mut().for_each(|event| agents.describe(&mut event.agent));
    Ok(page)
}

pub(super) fn log_reader<'q>(project: &ProjectId, query: &'q LogQuery) -> PageReader<'q> {
    let columns = "id, at, agent, level, trace_id, body";
    let listed = Listed { table: "log", time: "at", columns };
    let mut reader = PageReader::new(listed, project, &query.records);
    if let Some(level) = query.min_level {
        reader.filter("level >= {level:UInt8}", "level", i64::from(log_level_number(level)));
    }
    if let Some(trace_id) = &query.trace_id {
        reader.filter("trace_id = unhex({trace:String})", "trace", trace_id.to_string().as_str());
    }
    reader
}

pub(super) fn event_reader<'q>(project: &ProjectId, query: &'q EventQuery) -> PageReader<'q> {
    let columns = "id, at, agent, event_id, trace_id, body";
    let listed = Listed { table: "event", time: "at", columns };
    let mut reader = PageReader::new(listed, project, &query.records);
    if let Some(kind) = query.kind {
        reader.filter("kind = {kind:UInt8}", "kind", i64::from(event_kind_number(kind)));
    }
    if let Some(trace_id) = &query.trace_id {
        reader.filter("trace_id = unhex({trace:String})", "trace", trace_id.to_string().as_str());
    }
    reader
}

/// Agents of one page: first by name, then as they are known today.
#[derive(Default)]
struct Agents {
    names: BTreeSet<AgentName>,
    known: HashMap<AgentName, Arc<AgentIdentity>>,
}

impl Agents {
    /// An agent of which only the name is known so far.
    fn name(&mut self, name: String) -> Arc<AgentIdentity> {
        let name = AgentName::new(name);
        self.names.insert(name.clone());
        Arc::new(AgentIdentity { name, id: None, metadata: Vec::new() })
    }

    /// Looks all of them up.
    async fn find(&mut self, server: &Server, project: &ProjectId) -> StoreResult<()> {
        let names: Vec<_> = std::mem::take(&mut self.names).into_iter().collect();
        for (name, _, row) in find_agents(server, project, &names).await? {
            self.known.insert(name.clone(), Arc::new(row.identity(name)));
        }
        Ok(())
    }

    fn describe(&self, agent: &mut Arc<AgentIdentity>) {
        if let Some(known) = self.known.get(&agent.name) {
            *agent = Arc::clone(known);
        }
    }
}
