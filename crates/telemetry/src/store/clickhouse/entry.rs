//! An entry of the journal: one group of batches, as it is stored.

use super::rows::{decode, encode};
use super::wire::Rows;
use crate::rollup::{Fact, Observation};
use crate::store::StoreResult;
use model::identity::ProjectId;
use model::telemetry::{AgentIdentity, AgentName, AgentStatus, Text, UnixNanos};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Bits of an id that tell the records of one entry apart. The rest is the entry's number: ids grow as
/// records come in.
const PLACE_BITS: u32 = 24;

/// The highest id of an entry.
pub(super) fn last_id(seq: i64) -> i64 {
    first_id(seq + 1) - 1
}

/// The lowest id of an entry.
pub(super) fn first_id(seq: i64) -> i64 {
    seq << PLACE_BITS
}

/// What the rows of an entry are inserted into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Table {
    Metric,
    Point,
    Log,
    Event,
    Span,
    Trace,
    Running,
    BatchKeys,
}

impl Table {
    /// Its name, and its columns in the order that rows are written in.
    pub(super) fn columns(self) -> &'static str {
        match self {
            Self::Metric => "metric (project, agent, at, id, body)",
            Self::Point => "point (project, agent, at, id, value, count, series)",
            Self::Log => "log (project, agent, at, id, level, trace_id, body)",
            Self::Event => "event (project, agent, at, id, kind, event_id, trace_id, body)",
            Self::Span => "span (project, trace_id, span_id, parent_id, started, ended, agent, name, body)",
            Self::Trace => {
                "trace (project, trace_id, version, id, born, started, ended, agent, name, has_root, spans, \
                 errors, has_gap, user, session, spend, tree)"
            }
            Self::Running => "running (id, version, since, at, value, count)",
            Self::BatchKeys => "batch_keys (seq, received, keys)",
        }
    }
}

/// The stored form.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    /// Rows of each table, as they are inserted.
    pub(super) rows: Vec<(Table, Vec<u8>)>,
    /// What sums take from it.
    pub(super) pending: Pending,
    /// Keys of its batches.
    pub(super) keys: Vec<u128>,
}

impl Entry {
    pub(super) fn encode(&self) -> StoreResult<Vec<u8>> {
        encode(self)
    }

    pub(super) fn decode(bytes: &[u8]) -> StoreResult<Self> {
        decode(bytes, "an entry of the journal")
    }
}

/// What an entry adds to sums, agents and sessions.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Pending {
    /// Whose the records are.
    pub(super) sources: Vec<Source>,
    /// By the place of their source.
    pub(super) observations: Vec<(u32, Observation)>,
    pub(super) sessions: Vec<SessionTouch>,
    pub(super) changes: Vec<Change>,
}

/// An agent as records of one entry describe it.
#[derive(Serialize, Deserialize)]
pub(super) struct Source {
    pub(super) project: ProjectId,
    pub(super) identity: AgentIdentity,
    /// The first record's time.
    pub(super) first: UnixNanos,
    /// The latest time of the records.
    pub(super) last: UnixNanos,
}

/// What was heard of a session.
#[derive(Serialize, Deserialize)]
pub(super) struct SessionTouch {
    pub(super) project: ProjectId,
    pub(super) agent: AgentName,
    pub(super) name: Text,
    pub(super) user: Option<Text>,
    pub(super) started: i64,
    pub(super) ended: i64,
    pub(super) new_traces: i64,
}

/// An agent is said to do otherwise.
#[derive(Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) project: ProjectId,
    pub(super) agent: AgentName,
    pub(super) at: UnixNanos,
    pub(super) status: AgentStatus,
    pub(super) why: String,
}

/// A group that is becoming an entry.
pub(super) struct Group {
    pub(super) seq: i64,
    pub(super) pending: Pending,
    pub(super) keys: Vec<u128>,
    rows: HashMap<Table, Rows>,
    next_id: i64,
    /// Of each agent the latest description.
    places: HashMap<ProjectId, HashMap<AgentName, u32>>,
}

impl Group {
    pub(super) fn new(seq: i64) -> Self {
        Self {
            seq,
            pending: Pending::default(),
            keys: Vec::new(),
            rows: HashMap::new(),
            next_id: first_id(seq),
            places: HashMap::new(),
        }
    }

    /// The rows of a table so far.
    pub(super) fn rows(&mut self, table: Table) -> &mut Rows {
        self.rows.entry(table).or_default()
    }

    /// An id that no record has.
    pub(super) fn next_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// The place of an agent that records of such times are of.
    pub(super) fn source(
        &mut self,
        project: &ProjectId,
        identity: &AgentIdentity,
        first: UnixNanos,
        last: UnixNanos,
    ) -> u32 {
        let places = match self.places.get_mut(project) {
            Some(places) => places,
            None => self.places.entry(project.clone()).or_default(),
        };
        let sources = &mut self.pending.sources;
        if let Some(place) = places.get(&identity.name)
            && let source = &mut sources[*place as usize]
            && source.identity == *identity
        {
            source.first = source.first.min(first);
            source.last = source.last.max(last);
            return *place;
        }
        let place = u32::try_from(sources.len()).expect("a group has fewer agents than bytes");
        sources.push(Source { project: project.clone(), identity: identity.clone(), first, last });
        places.insert(identity.name.clone(), place);
        place
    }

    pub(super) fn observe(&mut self, source: u32, at: UnixNanos, fact: Fact) {
        self.pending.observations.push((source, Observation { at, fact }));
    }

    /// Whether nothing of it is to be stored.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.values().all(Rows::is_empty) && self.pending.changes.is_empty()
    }

    /// The entry, its batches having come by `received`.
    pub(super) fn into_entry(mut self, received: UnixNanos) -> Entry {
        if !self.keys.is_empty() {
            let keys: Vec<u8> = self.keys.iter().flat_map(|key| key.to_le_bytes()).collect();
            let seq = self.seq;
            self.rows(Table::BatchKeys).int(seq).int(received.0).bytes(&keys);
        }
        let mut rows: Vec<_> =
            self.rows.into_iter().map(|(table, rows)| (table, rows.into_bytes())).collect();
        rows.retain(|(_, rows)| !rows.is_empty());
        Entry { rows, pending: self.pending, keys: self.keys }
    }
}
