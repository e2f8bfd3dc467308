//! Short numbers for long names: projects, agents, series of points.

use crate::rollup::Level;
use crate::store::{StoreError, StoreResult};
use model::identity::ProjectId;
use model::telemetry::{AgentId, AgentIdentity, AgentName, Attribute, MetricPoint, UnixNanos};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// So many of each kind are kept in mind; with more of them, all are looked up again.
const KEPT: usize = 10_000;

/// The numbers that were given, as far as they are in mind.
#[derive(Default)]
pub(super) struct Names {
    projects: HashMap<ProjectId, i64>,
    agents: HashMap<(i64, AgentName), KnownAgent>,
    series: HashMap<(i64, Vec<u8>), KnownSeries>,
}

struct KnownSeries {
    id: i64,
    /// None of its points is newer, as far as it is stored.
    until: i64,
}

struct KnownAgent {
    id: i64,
    /// What was last said of it, and is stored.
    identity: Arc<AgentIdentity>,
}

/// What the points of one series share.
#[derive(Serialize, Deserialize)]
pub(super) struct Series<'a> {
    pub(super) name: Cow<'a, model::telemetry::MetricName>,
    pub(super) sent_name: Cow<'a, str>,
    pub(super) unit: Cow<'a, str>,
    pub(super) attributes: Cow<'a, [Attribute]>,
}

impl Names {
    /// Forgets all.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn project(&mut self, connection: &Connection, project: &ProjectId) -> StoreResult<i64> {
        if let Some(id) = self.projects.get(project) {
            return Ok(*id);
        }
        let known = find_project(connection, project)?;
        let id = match known {
            Some(id) => id,
            None => {
                let insert = "INSERT INTO project (name) VALUES (?)";
                connection.prepare_cached(insert)?.insert([project.as_str()])?
            }
        };
        self.projects.insert(project.clone(), id);
        Ok(id)
    }

    /// The agent's number. Registers it, and adds to what is known of it.
    pub(super) fn agent(
        &mut self,
        connection: &Connection,
        project: i64,
        identity: &Arc<AgentIdentity>,
        at: UnixNanos,
    ) -> StoreResult<i64> {
        // The name is copied for the look-up: a borrowed pair is no key of the map.
        let key = (project, identity.name.clone());
        if let Some(known) = self.agents.get_mut(&key) {
            if !Arc::ptr_eq(&known.identity, identity) && known.identity != *identity {
                add_metadata(connection, known.id, identity)?;
                known.identity = Arc::clone(identity);
            }
            return Ok(known.id);
        }
        let id = match find_agent(connection, project, &identity.name)? {
            Some(id) => {
                add_metadata(connection, id, identity)?;
                id
            }
            None => register(connection, project, identity, at)?,
        };
        if self.agents.len() >= KEPT {
            self.agents.clear();
        }
        self.agents.insert(key, KnownAgent { id, identity: Arc::clone(identity) });
        Ok(id)
    }

    /// The number of a point's series.
    pub(super) fn series(
        &mut self,
        connection: &Connection,
        project: i64,
        point: &MetricPoint,
    ) -> StoreResult<i64> {
        let series = Series {
            name: Cow::Borrowed(&point.name),
            sent_name: Cow::Borrowed(&point.sent_name),
            unit: Cow::Borrowed(&point.unit),
            attributes: Cow::Borrowed(&point.attributes),
        };
        let key = (project, encode(&series)?);
        let until = Level::Day.start_of(point.at).0.saturating_add(Level::Day.nanos());
        if let Some(known) = self.series.get(&key)
            && point.at.0 <= known.until
        {
            return Ok(known.id);
        }
        let put = "INSERT INTO series (project, until, body) VALUES (?, ?, ?) ON CONFLICT (project, body) \
             DO UPDATE SET until = max(until, excluded.until) RETURNING id, until";
        let mut put = connection.prepare_cached(put)?;
        let known = put.query_row((project, until, &key.1), |row| {
            Ok(KnownSeries { id: row.get(0)?, until: row.get(1)? })
        })?;
        let id = known.id;
        if self.series.len() >= KEPT {
            self.series.clear();
        }
        self.series.insert(key, known);
        Ok(id)
    }

    /// Forgets series: some are no longer there.
    pub(super) fn forget_series(&mut self) {
        self.series.clear();
    }
}

pub(super) fn find_project(connection: &Connection, project: &ProjectId) -> StoreResult<Option<i64>> {
    let find = "SELECT id FROM project WHERE name = ?";
    Ok(connection.prepare_cached(find)?.query_row([project.as_str()], |row| row.get(0)).optional()?)
}

pub(super) fn find_agent(
    connection: &Connection,
    project: i64,
    name: &AgentName,
) -> StoreResult<Option<i64>> {
    let find = "SELECT id FROM agent WHERE project = ? AND name = ?";
    let mut find = connection.prepare_cached(find)?;
    Ok(find.query_row((project, name.as_str()), |row| row.get(0)).optional()?)
}

fn register(
    connection: &Connection,
    project: i64,
    identity: &AgentIdentity,
    at: UnixNanos,
) -> StoreResult<i64> {
    let id = identity.id.unwrap_or_else(|| id_of(project, &identity.name));
    let insert = "INSERT INTO agent (project, name, agent_id, metadata, status, status_since, first_seen, \
         last_seen) VALUES (?, ?, ?, ?, 3, ?, ?, ?)";
    let metadata = encode(&identity.metadata)?;
    Ok(connection.prepare_cached(insert)?.insert((
        project,
        identity.name.as_str(),
        id.as_bytes(),
        metadata,
        // Before its first record, so that the record makes it run.
        at.0.saturating_sub(1),
        at.0,
        at.0,
    ))?)
}

/// Of each name the latest value stays.
fn add_metadata(connection: &Connection, agent: i64, identity: &AgentIdentity) -> StoreResult<()> {
    let mut find = connection.prepare_cached("SELECT agent_id, metadata FROM agent WHERE id = ?")?;
    let (id, stored): ([u8; 16], Vec<u8>) = find.query_row([agent], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut metadata: Vec<Attribute> = decode(&stored, "an agent's metadata")?;
    for said in &identity.metadata {
        match metadata.iter_mut().find(|known| known.key == said.key) {
            Some(known) => known.value = said.value.clone(),
            None => metadata.push(said.clone()),
        }
    }
    let id = identity.id.map_or(id, |id| *id.as_bytes());
    let update = "UPDATE agent SET agent_id = ?, metadata = ? WHERE id = ?";
    connection.prepare_cached(update)?.execute((id, encode(&metadata)?, agent))?;
    Ok(())
}

/// The same for the same name in every process: 128 bits of FNV-1a, as a UUID of version 8.
fn id_of(project: i64, name: &AgentName) -> AgentId {
    let bytes = project.to_le_bytes().into_iter().chain(name.as_str().bytes());
    let hash = bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    let mut bytes = hash.to_be_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    AgentId::from_bytes(bytes)
}

pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> StoreResult<Vec<u8>> {
    postcard::to_stdvec(value).map_err(|error| StoreError::Failed(error.into()))
}

pub(super) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8], what: &'static str) -> StoreResult<T> {
    postcard::from_bytes(bytes).map_err(|_| StoreError::Malformed(what))
}

/// The same of a sum, which is added to by whatever comes: one that is damaged begins anew, or it would keep
/// all others from being added to.
pub(super) fn decode_or_lose<'a, T: Deserialize<'a>>(bytes: &'a [u8], what: &'static str) -> Option<T> {
    let sum = decode(bytes, what);
    if sum.is_err() {
        tracing::error!(bytes = bytes.len(), "{what} is damaged: it is left out");
        metrics::counter!("sentry_telemetry_damaged_sums_total").increment(1);
    }
    sum.ok()
}
