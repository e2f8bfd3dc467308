//! Exports: all records of a kind and range, page by page from the store, however many there are.

use super::Open;
use super::ingest::priced_event;
use super::list::{ALWAYS, range};
use crate::{Result, Service};
use ::telemetry::rollup::{Level, Spend};
use ::telemetry::store::{
    AgentSummary, Cursor, EventQuery, Grouping, Listing, LogQuery, Order, Page, PricedEvent, PricedSpan,
    RecordQuery, SeriesQuery, SessionSummary, StoreError, TimeRange, TraceQuery, TraceSummary,
};
use futures::stream::{self, BoxStream, StreamExt};
use model::Actor;
use model::audit::AuditEntry;
use model::identity::Project;
use model::telemetry::{AgentName, AgentStatus, LogRecord, MetricPoint, MetricRecord, UnixNanos};
use std::collections::VecDeque;
use std::sync::Arc;

/// Records of a page.
const PAGE_RECORDS: usize = 1_000;
/// Traces of a page, whose spans are read with them. The store gives fewer where they are large.
const PAGE_TRACES: usize = 100;
/// Costs of so many days are read at once.
const COST_DAYS: i64 = 7;

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    /// Records of metrics.
    Metrics,
    /// Points of OpenTelemetry's metrics.
    Points,
    /// Events.
    Events,
    /// Spans of all traces.
    Spans,
    /// Traces, without their spans.
    Traces,
    /// Log records.
    Logs,
    /// Sessions.
    Sessions,
    /// What was asked of models, by day, agent and model.
    Costs,
    /// Agents as they are known now; of whatever time.
    Agents,
}

impl ExportKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Metrics,
        Self::Points,
        Self::Events,
        Self::Spans,
        Self::Traces,
        Self::Logs,
        Self::Sessions,
        Self::Costs,
        Self::Agents,
    ];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Points => "points",
            Self::Events => "events",
            Self::Spans => "spans",
            Self::Traces => "traces",
            Self::Logs => "logs",
            Self::Sessions => "sessions",
            Self::Costs => "costs",
            Self::Agents => "agents",
        }
    }
}

/// What is exported, and of it what.
#[derive(Clone, Debug)]
pub struct ExportQuery {
    /// What.
    pub kind: ExportKind,
    /// From when on, where it is said.
    pub from: Option<UnixNanos>,
    /// Until when, that moment not included, where it is said.
    pub until: Option<UnixNanos>,
    /// Of which agents, by id or name: one after the other. None stands for all together.
    pub agents: Vec<String>,
    /// Only agents that do so now; of [`ExportKind::Agents`].
    pub status: Option<AgentStatus>,
}

/// An export that has begun.
pub struct Export {
    /// How many records there were when it began; `None` where counting takes too long.
    pub total: Option<u64>,
    /// The records, the oldest first. An error ends it: then it is not whole.
    pub pages: BoxStream<'static, Result<Records>>,
}

/// Some records of an export, all of one kind.
#[expect(missing_docs, reason = "each holds what its kind says")]
pub enum Records {
    Metrics(Vec<MetricRecord>),
    Points(Vec<MetricPoint>),
    Events(Vec<PricedEvent>),
    Spans(Vec<PricedSpan>),
    Traces(Vec<TraceSummary>),
    Logs(Vec<LogRecord>),
    Sessions(Vec<SessionSummary>),
    Costs(Vec<CostRecord>),
    Agents(Vec<AgentSummary>),
}

/// What an agent asked of a model on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostRecord {
    /// When the day begins, UTC.
    pub day: UnixNanos,
    /// The agent.
    pub agent: AgentName,
    /// The model; empty where nobody says.
    pub model: String,
    /// Calls, tokens and cost.
    pub spend: Spend,
}

impl Service {
    /// Begins an export. Its first page is read by then: what fails at once fails here. Who exports what
    /// is recorded.
    pub async fn export_telemetry(&self, actor: &Actor, query: ExportQuery, format: &str) -> Result<Export> {
        let (project, open) = self.telemetry_of(actor).await?;
        let kind = query.kind;
        let mut agents = VecDeque::new();
        for name in &query.agents {
            agents.push_back(Some(open.find_agent(&project, name).await?));
        }
        if agents.is_empty() {
            agents.push_back(None);
        }
        let range = range(query.from, query.until, ALWAYS)?;
        let entry = AuditEntry::by(actor, "telemetry.export", format!("telemetry:{}", kind.as_str()));
        self.record(entry.after("format", format)).await?;
        let mut reader = Reader {
            service: self.clone(),
            project,
            open,
            kind,
            status: query.status,
            range,
            agents,
            cursor: None,
        };
        let total = reader.count().await?;
        let Some(first) = reader.next_page().await? else {
            return Ok(Export { total, pages: stream::empty().boxed() });
        };
        let rest = stream::try_unfold(reader, |mut reader| async move {
            let page = reader.next_page().await.inspect_err(|error| {
                tracing::error!(error = error as &dyn std::error::Error, "an export breaks off");
            });
            Ok(page?.map(|page| (page, reader)))
        });
        Ok(Export { total, pages: stream::once(async { Ok(first) }).chain(rest).boxed() })
    }
}

/// Reads page after page.
struct Reader {
    service: Service,
    project: Arc<Project>,
    open: Open,
    kind: ExportKind,
    status: Option<AgentStatus>,
    range: TimeRange,
    /// Whose records are to be read, beginning with those that are being read.
    agents: VecDeque<Option<AgentName>>,
    cursor: Option<Cursor>,
}

impl Reader {
    /// The query for a page of the first of the agents.
    fn query(&self, agent: Option<AgentName>, limit: usize) -> RecordQuery {
        RecordQuery { range: self.range, agent, order: Order::OldestFirst, limit, cursor: self.cursor }
    }

    async fn count(&self) -> Result<Option<u64>> {
        let mut total = 0;
        for agent in &self.agents {
            let records = self.query(agent.clone(), PAGE_RECORDS);
            let listing = match self.kind {
                ExportKind::Metrics => Listing::MetricRecords(records),
                ExportKind::Points => Listing::MetricPoints(records),
                ExportKind::Events => Listing::Events(events(records)),
                ExportKind::Spans => Listing::Spans(records),
                ExportKind::Traces => Listing::Traces(TraceQuery::of(records)),
                ExportKind::Logs => Listing::Logs(logs(records)),
                ExportKind::Sessions => Listing::Sessions(records),
                // Known only once they are summed.
                ExportKind::Costs => return Ok(None),
                ExportKind::Agents => {
                    total += self.read_agents(agent.as_ref()).await?.len() as u64;
                    continue;
                }
            };
            match self.open.store.count(&self.project.id, listing, u64::MAX).await {
                Ok(count) => total += count,
                Err(StoreError::TimedOut(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(total))
    }

    /// `None` at the end.
    async fn next_page(&mut self) -> Result<Option<Records>> {
        let Some(agent) = self.agents.front().cloned() else { return Ok(None) };
        let (store, project) = (Arc::clone(&self.open.store), Arc::clone(&self.project));
        let (project, records) = (&project.id, self.query(agent.clone(), PAGE_RECORDS));
        let page = match self.kind {
            ExportKind::Metrics => self.turn(store.metric_records(project, records).await?, Records::Metrics),
            ExportKind::Points => self.turn(store.metric_points(project, records).await?, Records::Points),
            ExportKind::Events => {
                let page = store.events(project, events(records)).await?;
                let prices = &self.service.0.telemetry.prices;
                let items = page.items.into_iter().map(|event| priced_event(prices, event)).collect();
                self.turn(Page { items, next: page.next }, Records::Events)
            }
            ExportKind::Spans => {
                let page = store.export_traces(project, self.query(agent, PAGE_TRACES)).await?;
                let items = page.items.into_iter().flat_map(|trace| trace.spans).collect();
                self.turn(Page { items, next: page.next }, Records::Spans)
            }
            ExportKind::Traces => {
                self.turn(store.traces(project, TraceQuery::of(records)).await?, Records::Traces)
            }
            ExportKind::Logs => self.turn(store.logs(project, logs(records)).await?, Records::Logs),
            ExportKind::Sessions => self.turn(store.sessions(project, records).await?, Records::Sessions),
            ExportKind::Costs => Records::Costs(self.next_costs().await?),
            ExportKind::Agents => {
                self.agents.pop_front();
                Records::Agents(self.read_agents(agent.as_ref()).await?)
            }
        };
        Ok(Some(page))
    }

    /// Goes on to the next page, or to the next agent.
    fn turn<T>(&mut self, page: Page<T>, records: impl FnOnce(Vec<T>) -> Records) -> Records {
        self.cursor = page.next;
        if page.next.is_none() {
            self.agents.pop_front();
        }
        records(page.items)
    }

    async fn read_agents(&self, name: Option<&AgentName>) -> Result<Vec<AgentSummary>> {
        let mut agents = self.open.store.agents(&self.project.id).await?;
        agents.retain(|agent| {
            name.is_none_or(|name| agent.name == *name)
                && self.status.is_none_or(|status| agent.status == status)
        });
        Ok(agents)
    }

    /// Costs of the next days, of all agents at once.
    async fn next_costs(&mut self) -> Result<Vec<CostRecord>> {
        let wanted: Option<Vec<AgentName>> = self.agents.iter().cloned().collect();
        let mut agents = self.open.store.agents(&self.project.id).await?;
        agents.retain(|agent| wanted.as_ref().is_none_or(|wanted| wanted.contains(&agent.name)));
        // Where nothing was heard of anybody there is nothing to read.
        let first = agents.iter().map(|agent| agent.first_seen).min().unwrap_or_default();
        let last = agents.iter().map(|agent| agent.last_seen).max().unwrap_or_default();
        let from = Level::Day.start_of(self.range.from.max(first));
        let until = self.range.until.min(UnixNanos(last.0.saturating_add(1)));
        let end = UnixNanos(from.0.saturating_add(COST_DAYS * Level::Day.nanos()));
        if end >= until {
            self.agents.clear();
        }
        self.range.from = end;
        if from >= until {
            return Ok(Vec::new());
        }
        let series = SeriesQuery {
            range: TimeRange { from, until: end },
            agents: wanted,
            step_ns: Level::Day.nanos(),
            grouping: Grouping::ByAgent,
        };
        let sums = self.open.store.series(&self.project.id, series).await?;
        let rows = sums.into_iter().flat_map(|sum| {
            let (day, agent) = (sum.start, sum.agent);
            sum.bucket.calls.into_iter().filter_map(move |(model, calls)| {
                Some(CostRecord { day, agent: agent.clone()?, model: model.into(), spend: calls.spend })
            })
        });
        Ok(rows.collect())
    }
}

fn events(records: RecordQuery) -> EventQuery {
    EventQuery { records, kind: None, trace_id: None }
}

fn logs(records: RecordQuery) -> LogQuery {
    LogQuery { records, min_level: None, trace_id: None }
}
