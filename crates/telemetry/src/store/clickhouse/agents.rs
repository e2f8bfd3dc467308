//! Agents: one row each, and the rules by which it changes.

use super::keys::fnv;
use super::rows::decode;
use super::server::{Server, bindable};
use crate::store::{AgentSummary, StatusChange, StoreResult};
use model::identity::ProjectId;
use model::telemetry::{AgentId, AgentIdentity, AgentName, AgentStatus, Attribute, MetricName, UnixNanos};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The stored form of an agent.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct AgentRow {
    id: [u8; 16],
    metadata: Vec<Attribute>,
    status: AgentStatus,
    status_since: UnixNanos,
    first_seen: UnixNanos,
    last_seen: UnixNanos,
    latest: BTreeMap<MetricName, (UnixNanos, f64)>,
}

impl AgentRow {
    /// One that was not heard of before its record at `at`.
    pub(super) fn of(project: &ProjectId, identity: &AgentIdentity, at: UnixNanos) -> Self {
        Self {
            id: *identity.id.unwrap_or_else(|| id_of(project, &identity.name)).as_bytes(),
            metadata: Vec::new(),
            status: AgentStatus::Unknown,
            // Before its first record, so that the record makes it run.
            status_since: UnixNanos(at.0.saturating_sub(1)),
            first_seen: at,
            last_seen: at,
            latest: BTreeMap::new(),
        }
    }

    /// Takes what records say of it: of each name the latest value stays.
    pub(super) fn describe(&mut self, identity: &AgentIdentity) {
        if let Some(id) = identity.id {
            self.id = *id.as_bytes();
        }
        for said in &identity.metadata {
            match self.metadata.iter_mut().find(|known| known.key == said.key) {
                Some(known) => known.value = said.value.clone(),
                None => self.metadata.push(said.clone()),
            }
        }
    }

    /// Moves its times, and makes it run if it was down and sends again. One whose calls fail is left to
    /// who counts them.
    pub(super) fn see(&mut self, first: UnixNanos, last: UnixNanos) -> Option<StatusChange> {
        self.first_seen = self.first_seen.min(first);
        self.last_seen = self.last_seen.max(last);
        let is_down = matches!(self.status, AgentStatus::Unknown | AgentStatus::Stopped);
        if is_down && last > self.status_since {
            return self.change(last, AgentStatus::Running, "it sends");
        }
        None
    }

    /// Changes how it does; `None` where it does so already.
    pub(super) fn change(&mut self, at: UnixNanos, to: AgentStatus, why: &str) -> Option<StatusChange> {
        if self.status == to {
            return None;
        }
        let from = std::mem::replace(&mut self.status, to);
        self.status_since = at;
        Some(StatusChange { at, from, to, why: why.to_owned() })
    }

    /// Takes a number, unless a later one is known.
    pub(super) fn measure(&mut self, name: &MetricName, at: UnixNanos, value: f64) {
        match self.latest.get_mut(name) {
            Some(latest) if at >= latest.0 => *latest = (at, value),
            Some(_) => {}
            None => drop(self.latest.insert(name.clone(), (at, value))),
        }
    }

    fn summary(self, name: AgentName) -> AgentSummary {
        AgentSummary {
            id: AgentId::from_bytes(self.id),
            name,
            metadata: self.metadata,
            status: self.status,
            status_since: self.status_since,
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            latest: self.latest.into_iter().map(|(name, (at, value))| (name, at, value)).collect(),
        }
    }

    /// What is known of it today.
    pub(super) fn identity(self, name: AgentName) -> AgentIdentity {
        AgentIdentity { name, id: Some(AgentId::from_bytes(self.id)), metadata: self.metadata }
    }
}

/// The same for the same name in every process, as a UUID of version 8.
fn id_of(project: &ProjectId, name: &AgentName) -> AgentId {
    let bytes = project.as_str().bytes().chain([0]).chain(name.as_str().bytes());
    let mut bytes = fnv(bytes).to_be_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    AgentId::from_bytes(bytes)
}

/// Agents by name, each with the entry up to which it is known.
pub(super) async fn find_agents(
    server: &Server,
    project: &ProjectId,
    names: &[AgentName],
) -> StoreResult<Vec<(AgentName, i64, AgentRow)>> {
    let find = "SELECT name, version, body FROM agent FINAL WHERE project = {project:String} \
         AND name IN {names:Array(String)}";
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    let mut agents = Vec::new();
    for names in bindable(&names, |name| name.len()) {
        let find = server.ask(find).with("project", project.as_str());
        let mut answer = find.with("names", names).rows().await?;
        while !answer.is_empty() {
            let (name, version) = (AgentName::new(answer.text()?), answer.int()?);
            agents.push((name, version, decode(&answer.bytes()?, "an agent")?));
        }
    }
    Ok(agents)
}

/// All agents of a project, by name.
pub(super) async fn agents(server: &Server, project: &ProjectId) -> StoreResult<Vec<AgentSummary>> {
    let find = "SELECT name, body FROM agent FINAL WHERE project = {project:String} ORDER BY name";
    let mut answer = server.ask(find).with("project", project.as_str()).rows().await?;
    let mut agents = Vec::new();
    while !answer.is_empty() {
        let name = AgentName::new(answer.text()?);
        let row: AgentRow = decode(&answer.bytes()?, "an agent")?;
        agents.push(row.summary(name));
    }
    Ok(agents)
}

/// The changes of an agent, the newest first.
pub(super) async fn status_changes(
    server: &Server,
    project: &ProjectId,
    agent: &AgentName,
    limit: usize,
) -> StoreResult<Vec<StatusChange>> {
    let find = "SELECT at, old, new, why FROM status_change FINAL WHERE project = {project:String} \
         AND agent = {agent:String} ORDER BY at DESC, id DESC LIMIT {limit:UInt64}";
    let find = server.ask(find).with("project", project.as_str()).with("agent", agent.as_str());
    let mut answer = find.with("limit", limit.min(crate::store::MAX_PAGE) as u64).rows().await?;
    let mut changes = Vec::new();
    while !answer.is_empty() {
        changes.push(StatusChange {
            at: UnixNanos(answer.int()?),
            from: status_of(answer.byte()?)?,
            to: status_of(answer.byte()?)?,
            why: answer.text()?,
        });
    }
    Ok(changes)
}

pub(super) fn status_number(status: AgentStatus) -> u8 {
    match status {
        AgentStatus::Running => 0,
        AgentStatus::Stopped => 1,
        AgentStatus::Error => 2,
        AgentStatus::Unknown => 3,
    }
}

fn status_of(number: u8) -> StoreResult<AgentStatus> {
    Ok(match number {
        0 => AgentStatus::Running,
        1 => AgentStatus::Stopped,
        2 => AgentStatus::Error,
        3 => AgentStatus::Unknown,
        _ => return Err(crate::store::StoreError::Malformed("an agent's status")),
    })
}
