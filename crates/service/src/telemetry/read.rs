//! What is kept, asked for by those who may see it.

use super::Open;
use crate::{Error, Result, Service};
use ::telemetry::store::{AgentSummary, LogQuery, Page, RecordQuery, Trace, TraceQuery, TraceSummary};
use model::identity::Project;
use model::telemetry::{AgentId, LogRecord, MetricPoint, MetricRecord, TraceId};
use model::{Actor, Capability};
use std::sync::Arc;

impl Service {
    /// All agents of the actor's project, by name.
    pub async fn list_agents(&self, actor: &Actor) -> Result<Vec<AgentSummary>> {
        let (project, open) = self.telemetry_of(actor).await?;
        Ok(open.store.agents(&project.id).await?)
    }

    /// The agent of that id or name.
    pub async fn get_agent(&self, actor: &Actor, name: &str) -> Result<AgentSummary> {
        let agents = self.list_agents(actor).await?;
        let id = AgentId::parse(name).ok();
        let found = agents.into_iter().find(|agent| id == Some(agent.id) || agent.name.as_str() == name);
        found.ok_or_else(|| Error::not_found("agent", name, Vec::new()))
    }

    /// Records of metrics.
    pub async fn list_metric_records(&self, actor: &Actor, query: RecordQuery) -> Result<Page<MetricRecord>> {
        let (project, open) = self.telemetry_of(actor).await?;
        Ok(open.store.metric_records(&project.id, query).await?)
    }

    /// Points of metrics.
    pub async fn list_metric_points(&self, actor: &Actor, query: RecordQuery) -> Result<Page<MetricPoint>> {
        let (project, open) = self.telemetry_of(actor).await?;
        Ok(open.store.metric_points(&project.id, query).await?)
    }

    /// Log records.
    pub async fn list_logs(&self, actor: &Actor, query: LogQuery) -> Result<Page<LogRecord>> {
        let (project, open) = self.telemetry_of(actor).await?;
        Ok(open.store.logs(&project.id, query).await?)
    }

    /// Traces.
    pub async fn list_traces(&self, actor: &Actor, query: TraceQuery) -> Result<Page<TraceSummary>> {
        let (project, open) = self.telemetry_of(actor).await?;
        Ok(open.store.traces(&project.id, query).await?)
    }

    /// One trace with its spans.
    pub async fn get_trace(&self, actor: &Actor, id: TraceId) -> Result<Trace> {
        let (project, open) = self.telemetry_of(actor).await?;
        let trace = open.store.trace(&project.id, id).await?;
        trace.ok_or_else(|| Error::not_found("trace", &id.to_string(), Vec::new()))
    }

    pub(super) async fn telemetry_of(&self, actor: &Actor) -> Result<(Arc<Project>, Open)> {
        self.require(actor, Capability::ViewTelemetry)?;
        let project = self.project_of(actor)?;
        Ok((project, self.0.telemetry.open().await?))
    }
}
