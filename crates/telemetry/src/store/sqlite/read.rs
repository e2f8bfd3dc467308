//! Reads agents, and what is a row each.

use super::fold::status_of;
use super::names::{Series, decode, find_agent, find_project};
use super::records::{EventRow, LogBody, MetricBody, event_kind_number, log_level_number};
use crate::store::{
    AgentSummary, Cursor, EventQuery, LogQuery, MAX_PAGE, Order, Page, RecordQuery, SessionSummary,
    StatusChange, StoreError, StoreResult,
};
use model::identity::ProjectId;
use model::telemetry::{
    AgentId, AgentIdentity, AgentName, Event, EventId, LogLevel, LogRecord, MetricId, MetricName,
    MetricPoint, MetricRecord, SpanId, TraceId, UnixNanos,
};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

pub(super) fn agents(connection: &Connection, project: &ProjectId) -> StoreResult<Vec<AgentSummary>> {
    let Some(project) = find_project(connection, project)? else { return Ok(Vec::new()) };
    let find = "SELECT id, agent_id, name, metadata, status, status_since, first_seen, last_seen FROM agent \
         WHERE project = ? ORDER BY name";
    let mut find = connection.prepare_cached(find)?;
    let mut rows = find.query([project])?;
    let mut agents = Vec::new();
    while let Some(row) = rows.next()? {
        agents.push(AgentSummary {
            id: AgentId::from_bytes(row.get(1)?),
            name: AgentName::new(row.get::<_, String>(2)?),
            metadata: decode(blob(row, 3)?, "an agent's metadata")?,
            status: status_of(row.get(4)?)?,
            status_since: UnixNanos(row.get(5)?),
            first_seen: UnixNanos(row.get(6)?),
            last_seen: UnixNanos(row.get(7)?),
            latest: latest(connection, row.get(0)?)?,
        });
    }
    Ok(agents)
}

fn latest(connection: &Connection, agent: i64) -> StoreResult<Vec<(MetricName, UnixNanos, f64)>> {
    let find = "SELECT name, at, value FROM latest WHERE agent = ? ORDER BY name";
    let mut find = connection.prepare_cached(find)?;
    let mut rows = find.query([agent])?;
    let mut latest = Vec::new();
    while let Some(row) = rows.next()? {
        latest.push((decode(blob(row, 0)?, "a name")?, UnixNanos(row.get(1)?), row.get(2)?));
    }
    Ok(latest)
}

pub(super) fn status_changes(
    connection: &Connection,
    project: &ProjectId,
    agent: &AgentName,
    limit: usize,
) -> StoreResult<Vec<StatusChange>> {
    let Some(project) = find_project(connection, project)? else { return Ok(Vec::new()) };
    let Some(agent) = find_agent(connection, project, agent)? else { return Ok(Vec::new()) };
    let find =
        "SELECT at, old, new, why FROM status_change WHERE agent = ? ORDER BY at DESC, id DESC LIMIT ?";
    let mut find = connection.prepare_cached(find)?;
    let mut rows = find.query((agent, limit.min(MAX_PAGE) as i64))?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(StatusChange {
            at: UnixNanos(row.get(0)?),
            from: status_of(row.get(1)?)?,
            to: status_of(row.get(2)?)?,
            why: row.get(3)?,
        });
    }
    Ok(changes)
}

pub(super) fn sessions(
    connection: &Connection,
    project: &ProjectId,
    query: &RecordQuery,
) -> StoreResult<Page<SessionSummary>> {
    let Some(reader) = PageReader::find(connection, project, query, SESSIONS)? else {
        return Ok(Page::empty());
    };
    let columns = "session.id, started, session.name, agent.name, user, session.last_seen, traces, spend";
    reader.read(connection, columns, |row| {
        Ok(SessionSummary {
            id: row.get(2)?,
            agent: AgentName::new(row.get::<_, String>(3)?),
            user: row.get(4)?,
            started: UnixNanos(row.get(1)?),
            last_seen: UnixNanos(row.get(5)?),
            traces: row.get::<_, i64>(6)? as u64,
            spend: decode(blob(row, 7)?, "a cost")?,
        })
    })
}

pub(super) fn metric_records(
    connection: &Connection,
    project: &ProjectId,
    query: &RecordQuery,
) -> StoreResult<Page<MetricRecord>> {
    let Some(reader) = PageReader::find(connection, project, query, METRICS)? else {
        return Ok(Page::empty());
    };
    let mut agents = Agents::default();
    reader.read(connection, "id, at, agent, body", |row| {
        let body: MetricBody<'_> = decode(blob(row, 3)?, "a record of metrics")?;
        Ok(MetricRecord {
            id: MetricId::from_bytes(body.id),
            agent: agents.identity(connection, row.get(2)?)?,
            at: UnixNanos(row.get(1)?),
            values: body.values.into_owned(),
            custom: body.custom.into_owned(),
        })
    })
}

pub(super) fn metric_points(
    connection: &Connection,
    project: &ProjectId,
    query: &RecordQuery,
) -> StoreResult<Page<MetricPoint>> {
    let Some(reader) = PageReader::find(connection, project, query, POINTS)? else {
        return Ok(Page::empty());
    };
    let mut agents = Agents::default();
    reader.read(connection, "point.id, at, agent, series.body, value, count, running_since", |row| {
        let series: Series<'_> = decode(blob(row, 3)?, "a series")?;
        Ok(MetricPoint {
            agent: agents.identity(connection, row.get(2)?)?,
            name: series.name.into_owned(),
            sent_name: series.sent_name.into_owned(),
            unit: series.unit.into_owned(),
            at: UnixNanos(row.get(1)?),
            value: row.get(4)?,
            count: row.get::<_, i64>(5)? as u64,
            running_since: row.get::<_, Option<i64>>(6)?.map(UnixNanos),
            attributes: series.attributes.into_owned(),
        })
    })
}

pub(super) fn logs(
    connection: &Connection,
    project: &ProjectId,
    query: &LogQuery,
) -> StoreResult<Page<LogRecord>> {
    let Some(reader) = log_reader(connection, project, query)? else { return Ok(Page::empty()) };
    let mut agents = Agents::default();
    reader.read(connection, "id, at, agent, level, trace_id, body", |row| {
        let body: LogBody<'_> = decode(blob(row, 5)?, "a log record")?;
        let level = match row.get::<_, i64>(3)? {
            0 => LogLevel::Debug,
            1 => LogLevel::Info,
            2 => LogLevel::Warn,
            3 => LogLevel::Error,
            _ => return Err(StoreError::Malformed("a log record")),
        };
        let span_id = body.span_id.map(|id| SpanId::from_bytes(&id)).transpose();
        Ok(LogRecord {
            agent: agents.identity(connection, row.get(2)?)?,
            at: UnixNanos(row.get(1)?),
            level,
            message: body.message.into_owned(),
            trace_id: trace_id(row, 4)?,
            span_id: span_id.map_err(|_| StoreError::Malformed("a log record"))?,
            event_name: body.event_name.map(Cow::into_owned),
            attributes: body.attributes.into_owned(),
            redactions: body.redactions,
        })
    })
}

pub(super) fn events(
    connection: &Connection,
    project: &ProjectId,
    query: &EventQuery,
) -> StoreResult<Page<Event>> {
    let Some(reader) = event_reader(connection, project, query)? else { return Ok(Page::empty()) };
    let mut agents = Agents::default();
    reader.read(connection, "id, at, agent, event_id, trace_id, body", |row| {
        let stored: EventRow<'_> = decode(blob(row, 5)?, "an event")?;
        Ok(Event {
            id: EventId::from_bytes(row.get(3)?),
            agent: agents.identity(connection, row.get(2)?)?,
            at: UnixNanos(row.get(1)?),
            sdk_name: stored.sdk_name.into_owned(),
            sdk_version: stored.sdk_version.into_owned(),
            trace_id: trace_id(row, 4)?,
            user: stored.user.map(Cow::into_owned),
            session: stored.session.map(Cow::into_owned),
            context: stored.context.into_owned(),
            body: serde_json::from_str(&stored.body).map_err(|_| StoreError::Malformed("an event"))?,
            redactions: stored.redactions,
        })
    })
}

pub(super) fn log_reader<'q>(
    connection: &Connection,
    project: &ProjectId,
    query: &'q LogQuery,
) -> StoreResult<Option<PageReader<'q>>> {
    let found = PageReader::find(connection, project, &query.records, LOGS)?;
    let Some(mut reader) = found else { return Ok(None) };
    if let Some(level) = query.min_level {
        reader.filter("level >= ?", [Sql::from(log_level_number(level))]);
    }
    if let Some(trace_id) = &query.trace_id {
        reader.filter("trace_id = ?", [Sql::from(trace_id.as_bytes().to_vec())]);
    }
    Ok(Some(reader))
}

pub(super) fn event_reader<'q>(
    connection: &Connection,
    project: &ProjectId,
    query: &'q EventQuery,
) -> StoreResult<Option<PageReader<'q>>> {
    let found = PageReader::find(connection, project, &query.records, EVENTS)?;
    let Some(mut reader) = found else { return Ok(None) };
    if let Some(kind) = query.kind {
        reader.filter("kind = ?", [Sql::from(event_kind_number(kind))]);
    }
    if let Some(trace_id) = &query.trace_id {
        reader.filter("trace_id = ?", [Sql::from(trace_id.as_bytes().to_vec())]);
    }
    Ok(Some(reader))
}

fn blob<'r>(row: &'r Row<'_>, column: usize) -> StoreResult<&'r [u8]> {
    Ok(row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?)
}

fn trace_id(row: &Row<'_>, column: usize) -> StoreResult<Option<TraceId>> {
    let bytes: Option<[u8; 16]> = row.get(column)?;
    let id = bytes.map(|bytes| TraceId::from_bytes(&bytes)).transpose();
    id.map_err(|_| StoreError::Malformed("the id of a trace"))
}

/// Agents of one page, each read once. They are given with what is known of them today.
#[derive(Default)]
struct Agents(HashMap<i64, Arc<AgentIdentity>>);

impl Agents {
    fn identity(&mut self, connection: &Connection, agent: i64) -> StoreResult<Arc<AgentIdentity>> {
        if let Some(known) = self.0.get(&agent) {
            return Ok(Arc::clone(known));
        }
        let find = "SELECT name, agent_id, metadata FROM agent WHERE id = ?";
        let mut find = connection.prepare_cached(find)?;
        let row = find.query_row([agent], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        let (name, id, metadata): (String, [u8; 16], Vec<u8>) =
            row.ok_or(StoreError::Malformed("a record without agent"))?;
        let identity = Arc::new(AgentIdentity {
            name: AgentName::new(name),
            id: Some(AgentId::from_bytes(id)),
            metadata: decode(&metadata, "an agent's metadata")?,
        });
        self.0.insert(agent, Arc::clone(&identity));
        Ok(identity)
    }
}

/// The order of a list: a table's time, then its row number.
pub(super) struct Keyset {
    pub(super) table: &'static str,
    pub(super) time: &'static str,
    pub(super) joins: &'static str,
}

pub(super) const SESSIONS: Keyset =
    Keyset { table: "session", time: "started", joins: "JOIN agent ON agent.id = session.agent" };
pub(super) const METRICS: Keyset = Keyset { table: "metric", time: "at", joins: "" };
pub(super) const POINTS: Keyset =
    Keyset { table: "point", time: "at", joins: "JOIN series ON series.id = point.series" };
const LOGS: Keyset = Keyset { table: "log", time: "at", joins: "" };
const EVENTS: Keyset = Keyset { table: "event", time: "at", joins: "" };

/// Puts together the query of one page.
pub(super) struct PageReader<'q> {
    query: &'q RecordQuery,
    keyset: Keyset,
    conditions: String,
    values: Vec<Sql>,
}

impl<'q> PageReader<'q> {
    /// `None` where there is no such project or agent.
    pub(super) fn find(
        connection: &Connection,
        project: &ProjectId,
        query: &'q RecordQuery,
        keyset: Keyset,
    ) -> StoreResult<Option<Self>> {
        let Some(project) = find_project(connection, project)? else { return Ok(None) };
        let agent = match &query.agent {
            None => None,
            Some(name) => match find_agent(connection, project, name)? {
                Some(agent) => Some(agent),
                None => return Ok(None),
            },
        };
        Ok(Some(Self::new(query, keyset, project, agent)))
    }

    pub(super) fn new(query: &'q RecordQuery, keyset: Keyset, project: i64, agent: Option<i64>) -> Self {
        let mut reader = Self { query, keyset, conditions: String::new(), values: Vec::new() };
        let Keyset { table, time, .. } = reader.keyset;
        // An agent belongs to one project; its own index is the better one.
        match agent {
            Some(agent) => reader.filter(&format!("{table}.agent = ?"), [Sql::from(agent)]),
            None => reader.filter(&format!("{table}.project = ?"), [Sql::from(project)]),
        }
        let range = [Sql::from(query.range.from.0), Sql::from(query.range.until.0)];
        reader.filter(&format!("{table}.{time} >= ? AND {table}.{time} < ?"), range);
        reader
    }

    /// Only rows for which the condition holds, its question marks standing for the values.
    pub(super) fn filter<const N: usize>(&mut self, condition: &str, values: [Sql; N]) {
        let joint = if self.conditions.is_empty() { "" } else { " AND " };
        write!(self.conditions, "{joint}{condition}").expect("a string takes any text");
        self.values.extend(values);
    }

    /// Reads the page. The first two columns are the row's number and time.
    pub(super) fn read<T>(
        mut self,
        connection: &Connection,
        columns: &str,
        mut item: impl FnMut(&Row<'_>) -> StoreResult<T>,
    ) -> StoreResult<Page<T>> {
        let Keyset { table, time, joins } = self.keyset;
        let (direction, beyond) = match self.query.order {
            Order::NewestFirst => ("DESC", '<'),
            Order::OldestFirst => ("ASC", '>'),
        };
        if let Some(cursor) = &self.query.cursor {
            let condition = format!("({table}.{time}, {table}.id) {beyond} (?, ?) AND {table}.id <= ?");
            self.filter(&condition, [cursor.at, cursor.id, cursor.newest].map(Sql::from));
        }
        let newest = match &self.query.cursor {
            Some(cursor) => cursor.newest,
            None => {
                let newest = format!("SELECT coalesce(max(id), 0) FROM {table}");
                connection.prepare_cached(&newest)?.query_row([], |row| row.get(0))?
            }
        };
        let limit = self.query.limit.clamp(1, MAX_PAGE);
        // One more than asked for tells whether there is a next page.
        self.values.push(Sql::from(limit as i64 + 1));
        let sql = format!(
            "SELECT {columns} FROM {table} {joins} WHERE {} \
             ORDER BY {table}.{time} {direction}, {table}.id {direction} LIMIT ?",
            self.conditions
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(self.values))?;
        let mut page = Page::empty();
        let mut last = Cursor { newest, at: 0, id: 0 };
        while let Some(row) = rows.next()? {
            if page.items.len() == limit {
                page.next = Some(last);
                break;
            }
            last = Cursor { newest, id: row.get(0)?, at: row.get(1)? };
            page.items.push(item(row)?);
        }
        Ok(page)
    }

    /// The sum of a column over all pages, of the first `at_most` rows. A number in the column's place
    /// counts the rows.
    pub(super) fn sum(mut self, connection: &Connection, column: &str, at_most: u64) -> StoreResult<u64> {
        self.values.push(Sql::from(i64::try_from(at_most).unwrap_or(i64::MAX)));
        let sql = format!(
            "SELECT coalesce(sum(number), 0) FROM (SELECT {column} AS number FROM {} WHERE {} LIMIT ?)",
            self.keyset.table, self.conditions
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let sum: i64 = statement.query_row(params_from_iter(self.values), |row| row.get(0))?;
        Ok(sum as u64)
    }
}
