//! Records as they are kept.

use super::Open;
use crate::{Error, Result, Service};
use ::telemetry::store::{LogQuery, Page, RecordQuery};
use model::identity::Project;
use model::telemetry::{AgentId, LogRecord, MetricPoint, MetricRecord};
use model::{Actor, Capability};
use std::sync::Arc;

impl Service {
    /// Who is called so in the actor's project, by id or name.
    pub async fn find_agent(&self, actor: &Actor, name: &str) -> Result<AgentId> {
        let (project, open) = self.telemetry_of(actor).await?;
        let id = AgentId::parse(name).ok();
        let agents = open.store.agents(&project.id).await?;
        let found = agents.iter().find(|agent| id == Some(agent.id) || agent.name.as_str() == name);
        found.map(|agent| agent.id).ok_or_else(|| Error::not_found("agent", name, Vec::new()))
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

    pub(super) async fn telemetry_of(&self, actor: &Actor) -> Result<(Arc<Project>, Open)> {
        self.require(actor, Capability::ViewTelemetry)?;
        let project = self.project_of(actor)?;
        Ok((project, self.0.telemetry.open().await?))
    }
}
