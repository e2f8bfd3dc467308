//! From commits to sums.
//!
//! A commit adds a row of observations, and nothing else, to the file's end. They are kept as sums in
//! memory as well, and folded into the stored ones in a transaction that takes the rows away: each is
//! counted once, whenever the process dies. A minute of an agent is then rewritten once per fold and not
//! once per request. What comes late is folded like any other. Rows of metrics and logs are taken over in
//! the same way, from tables without indexes to those that are read. Readers have all folded first.

use super::names::{decode_or_lose, encode};
use super::places::Places;
use crate::rollup::{Bucket, Fact, Level, Observation, Spend};
use crate::store::{Party, StoreResult};
use foldhash::HashMap;
use model::telemetry::{AgentStatus, Text, TraceId, UnixNanos};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};
use std::collections::hash_map::Entry;

/// An agent and its project, by number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Source {
    pub(super) project: i64,
    pub(super) agent: i64,
}

/// What one commit adds.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    /// When the latest of its batches came in.
    received: UnixNanos,
    observations: Vec<(Source, Observation)>,
    seen: Vec<(i64, Seen)>,
    sessions: Vec<(Source, SessionTouch)>,
    /// Ids, projects and rows of new traces, which can be read from the rows.
    #[serde(skip)]
    traces: Vec<(TraceId, i64, i64)>,
}

/// The times of an agent's records, and when the latest came in.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Seen {
    first: i64,
    last: i64,
    received: i64,
}

/// What was heard of a session.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SessionTouch {
    pub(super) name: Text,
    pub(super) user: Option<Text>,
    pub(super) started: i64,
    pub(super) ended: i64,
    pub(super) new_traces: i64,
}

impl Pending {
    pub(super) fn new(received: UnixNanos) -> Self {
        Self {
            received,
            observations: Vec::new(),
            seen: Vec::new(),
            sessions: Vec::new(),
            traces: Vec::new(),
        }
    }

    /// When a record was made: at the latest when it came in, whatever its sender's clock says.
    pub(super) fn past(&self, at: UnixNanos) -> UnixNanos {
        at.min(self.received)
    }

    pub(super) fn observe(&mut self, source: Source, at: UnixNanos, fact: Fact) {
        self.observations.push((source, Observation { at, fact }));
    }

    pub(super) fn see(&mut self, agent: i64, first: UnixNanos, last: UnixNanos) {
        let new = Seen { first: self.past(first).0, last: self.past(last).0, received: self.received.0 };
        match self.seen.iter_mut().rev().take(32).find(|(known, _)| *known == agent) {
            Some((_, seen)) => seen.widen(new),
            None => self.seen.push((agent, new)),
        }
    }

    pub(super) fn touch_session(&mut self, source: Source, touch: SessionTouch) {
        self.sessions.push((source, touch));
    }

    pub(super) fn place_trace(&mut self, trace_id: TraceId, project: i64, row: i64) {
        self.traces.push((trace_id, project, row));
    }

    /// Ids, projects and rows of new traces.
    pub(super) fn take_traces(&mut self) -> Vec<(TraceId, i64, i64)> {
        std::mem::take(&mut self.traces)
    }

    /// How many observations.
    pub(super) fn len(&self) -> usize {
        self.observations.len() + self.sessions.len()
    }

    /// Whether it adds nothing: whatever is observed, an agent is seen.
    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    pub(super) fn write(&self, connection: &Connection) -> StoreResult<()> {
        if self.is_empty() {
            return Ok(());
        }
        let insert = "INSERT INTO unfolded (body) VALUES (?)";
        connection.prepare_cached(insert)?.execute([encode(self)?])?;
        Ok(())
    }
}

impl Seen {
    fn widen(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.received = self.received.max(other.received);
    }
}

/// The sums of all that is not folded.
#[derive(Default)]
pub(super) struct Sums {
    buckets: HashMap<(i64, i64), Bucket>,
    parties: HashMap<(i64, i64, i64, Text), Spend>,
    seen: HashMap<i64, Seen>,
    sessions: HashMap<(i64, Text), SessionSum>,
    observations: usize,
}

struct SessionSum {
    agent: i64,
    touch: SessionTouch,
    spend: Spend,
}

impl Sums {
    /// What a process that died has left.
    pub(super) fn load(connection: &Connection) -> StoreResult<Self> {
        let mut sums = Self::default();
        let mut statement = connection.prepare("SELECT body FROM unfolded ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let body = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            if let Some(pending) = decode_or_lose(body, "a row of observations") {
                sums.add(pending);
            }
        }
        Ok(sums)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Of how many observations.
    pub(super) fn len(&self) -> usize {
        self.observations
    }

    /// Adds what a commit has stored.
    pub(super) fn add(&mut self, pending: Pending) {
        self.observations += pending.len();
        for (agent, new) in pending.seen {
            self.seen.entry(agent).or_insert(new).widen(new);
        }
        for (source, touch) in pending.sessions {
            match self.sessions.entry((source.project, touch.name.clone())) {
                Entry::Occupied(mut sum) => sum.get_mut().touch(source.agent, touch),
                Entry::Vacant(none) => {
                    none.insert(SessionSum { agent: source.agent, touch, spend: Spend::default() });
                }
            }
        }
        for (source, Observation { at, fact }) in pending.observations {
            let minute = Level::Minute.start_of(at).0;
            self.buckets.entry((source.agent, minute)).or_default().observe(at, &fact);
            let (call, sign) = match fact {
                Fact::Call(call) => (call, 1),
                Fact::Uncall(call) => (call, -1),
                _ => continue,
            };
            let day = Level::Day.start_of(at).0;
            if let Some(name) = call.user.clone() {
                let key = (source.project, party_number(Party::User), day, name);
                self.parties.entry(key).or_default().add(&call.spend, sign);
            }
            if let Some(name) = call.session {
                let key = (source.project, party_number(Party::Session), day, name.clone());
                self.parties.entry(key).or_default().add(&call.spend, sign);
                let touch = SessionTouch {
                    name: name.clone(),
                    user: call.user,
                    started: at.0,
                    ended: at.0,
                    new_traces: 0,
                };
                let sum = self.sessions.entry((source.project, name));
                let sum =
                    sum.or_insert_with(|| SessionSum { agent: source.agent, touch, spend: Spend::default() });
                sum.spend.add(&call.spend, sign);
            }
        }
    }

    /// Folds all into the stored sums, and what came since the last fold into its tables; or nothing.
    pub(super) fn fold(&self, connection: &mut Connection, places: &Places) -> StoreResult<()> {
        let transaction = connection.transaction()?;
        take_over(&transaction)?;
        places.fold(&transaction)?;
        self.fold_buckets(&transaction)?;
        self.fold_latest(&transaction)?;
        for ((project, party, day, name), spend) in in_order(&self.parties) {
            fold_party(&transaction, (*project, *party, *day, name), spend)?;
        }
        for ((project, name), sum) in in_order(&self.sessions) {
            sum.fold(&transaction, *project, name)?;
        }
        for (agent, seen) in &self.seen {
            fold_seen(&transaction, *agent, *seen)?;
        }
        transaction.execute("DELETE FROM unfolded", [])?;
        transaction.commit()?;
        Ok(())
    }

    fn fold_buckets(&self, transaction: &Transaction<'_>) -> StoreResult<()> {
        let mut sums: HashMap<(i64, Level, i64), Vec<&Bucket>> = HashMap::default();
        for ((agent, minute), bucket) in &self.buckets {
            for level in Level::ALL {
                let start = level.start_of(UnixNanos(*minute)).0;
                sums.entry((*agent, level, start)).or_default().push(bucket);
            }
        }
        // In the order of the table: neighbours share pages.
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_unstable_by_key(|(key, _)| *key);
        let find = "SELECT body FROM rollup WHERE agent = ? AND level = ? AND start = ?";
        let mut find = transaction.prepare_cached(find)?;
        let put = "INSERT OR REPLACE INTO rollup (agent, level, start, body) VALUES (?, ?, ?, ?)";
        let mut put = transaction.prepare_cached(put)?;
        for ((agent, level, start), added) in sums {
            let key = (agent, level_number(level), start);
            let stored: Option<Vec<u8>> = find.query_row(key, |row| row.get(0)).optional()?;
            let body = match (stored, &added[..]) {
                (None, [only]) => encode(*only)?,
                (stored, added) => {
                    let stored = stored.and_then(|stored| decode_or_lose(&stored, "a sum"));
                    let mut sum: Bucket = stored.unwrap_or_default();
                    added.iter().for_each(|bucket| sum.merge(bucket));
                    encode(&sum)?
                }
            };
            put.execute((key.0, key.1, key.2, body))?;
        }
        Ok(())
    }

    fn fold_latest(&self, transaction: &Transaction<'_>) -> StoreResult<()> {
        let mut latest: HashMap<(i64, &_), (i64, f64)> = HashMap::default();
        for ((agent, _), bucket) in &self.buckets {
            for (name, numbers) in &bucket.numbers {
                let new = (numbers.last_at.0, numbers.last);
                let known = latest.entry((*agent, name)).or_insert(new);
                if new.0 > known.0 {
                    *known = new;
                }
            }
        }
        let put = "INSERT INTO latest (agent, name, at, value) VALUES (?, ?, ?, ?) ON CONFLICT (agent, name) \
             DO UPDATE SET at = excluded.at, value = excluded.value WHERE excluded.at >= latest.at";
        let mut put = transaction.prepare_cached(put)?;
        for ((agent, name), (at, value)) in latest {
            put.execute((agent, encode(name)?, at, value))?;
        }
        Ok(())
    }
}

/// Puts rows that came since the last fold where they are looked for, those of an agent together: its part
/// of the index is touched once and not for each.
fn take_over(transaction: &Transaction<'_>) -> StoreResult<()> {
    let tables = [
        ("metric", "project, agent, at, body"),
        ("point", "project, agent, at, series, value, count, running_since"),
        ("log", "project, agent, at, level, trace_id, body"),
    ];
    for (table, columns) in tables {
        let take = format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming_{table} ORDER BY agent, at"
        );
        if transaction.prepare_cached(&take)?.execute([])? > 0 {
            transaction.prepare_cached(&format!("DELETE FROM incoming_{table}"))?.execute([])?;
        }
    }
    Ok(())
}

impl SessionSum {
    fn touch(&mut self, agent: i64, touch: SessionTouch) {
        if touch.ended >= self.touch.ended {
            self.agent = agent;
        }
        self.touch.started = self.touch.started.min(touch.started);
        self.touch.ended = self.touch.ended.max(touch.ended);
        self.touch.new_traces += touch.new_traces;
        if self.touch.user.is_none() {
            self.touch.user = touch.user;
        }
    }

    fn fold(&self, transaction: &Transaction<'_>, project: i64, name: &str) -> StoreResult<()> {
        let put = "INSERT INTO session (project, name, agent, user, started, last_seen, traces, spend) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project, name) DO UPDATE SET \
             agent = CASE WHEN excluded.last_seen >= last_seen THEN excluded.agent ELSE agent END, \
             user = coalesce(user, excluded.user), started = min(started, excluded.started), \
             last_seen = max(last_seen, excluded.last_seen), traces = traces + excluded.traces, \
             spend = sum_of_spends(spend, excluded.spend)";
        let touch = &self.touch;
        transaction.prepare_cached(put)?.execute((
            project,
            name,
            self.agent,
            touch.user.as_deref(),
            touch.started,
            touch.ended,
            touch.new_traces,
            encode(&self.spend)?,
        ))?;
        Ok(())
    }
}

fn fold_party(
    transaction: &Transaction<'_>,
    (project, party, day, name): (i64, i64, i64, &str),
    added: &Spend,
) -> StoreResult<()> {
    let put = "INSERT INTO party_spend (project, party, day, name, cost_picos, spend) \
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (project, party, day, name) DO UPDATE SET \
         cost_picos = sum_of_costs(cost_picos, excluded.cost_picos), \
         spend = sum_of_spends(spend, excluded.spend)";
    let mut put = transaction.prepare_cached(put)?;
    put.execute((project, party, day, name, added.cost_picos, encode(added)?))?;
    Ok(())
}

/// Teaches a connection the functions with which sums are added to where they stand.
pub(super) fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("sum_of_spends", 2, flags, |call| {
        let spend = |place| decode_or_lose::<Spend>(call.get_raw(place).as_blob().ok()?, "a cost");
        let mut sum = spend(0).unwrap_or_default();
        sum.add(&spend(1).unwrap_or_default(), 1);
        encode(&sum).map_err(|error| rusqlite::Error::UserFunctionError(error.into()))
    })?;
    // Not `+`: a sender can write any number, and a sum that does not fit would be no whole number.
    connection.create_scalar_function("sum_of_costs", 2, flags, |call| {
        Ok(call.get::<i64>(0)?.saturating_add(call.get::<i64>(1)?))
    })
}

/// In the order of the table, in which neighbours share pages.
fn in_order<K: Ord, V>(sums: &HashMap<K, V>) -> Vec<(&K, &V)> {
    let mut sums: Vec<_> = sums.iter().collect();
    sums.sort_unstable_by_key(|(key, _)| *key);
    sums
}

/// Moves the times of an agent, and makes one run that was down and sends again. One whose calls fail, and
/// one whose clock is behind, are left to who watches them.
fn fold_seen(transaction: &Transaction<'_>, agent: i64, seen: Seen) -> StoreResult<()> {
    let find = "UPDATE agent SET first_seen = min(first_seen, ?), last_seen = max(last_seen, ?) \
         WHERE id = ? RETURNING status, status_since";
    let mut find = transaction.prepare_cached(find)?;
    let (status, since): (i64, i64) =
        find.query_row((seen.first, seen.received, agent), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let status = status_of(status)?;
    if matches!(status, AgentStatus::Unknown | AgentStatus::Stopped) && seen.last > since {
        change_status(transaction, agent, UnixNanos(seen.last), status, AgentStatus::Running, "it sends")?;
    }
    Ok(())
}

/// Changes how an agent does, and keeps that it changed.
pub(super) fn change_status(
    connection: &Connection,
    agent: i64,
    at: UnixNanos,
    from: AgentStatus,
    to: AgentStatus,
    why: &str,
) -> StoreResult<()> {
    let update = "UPDATE agent SET status = ?, status_since = ? WHERE id = ?";
    connection.prepare_cached(update)?.execute((status_number(to), at.0, agent))?;
    let insert = "INSERT INTO status_change (agent, at, old, new, why) VALUES (?, ?, ?, ?, ?)";
    let change = (agent, at.0, status_number(from), status_number(to), why);
    connection.prepare_cached(insert)?.execute(change)?;
    Ok(())
}

pub(super) fn status_number(status: AgentStatus) -> i64 {
    match status {
        AgentStatus::Running => 0,
        AgentStatus::Stopped => 1,
        AgentStatus::Error => 2,
        AgentStatus::Unknown => 3,
    }
}

pub(super) fn status_of(number: i64) -> StoreResult<AgentStatus> {
    Ok(match number {
        0 => AgentStatus::Running,
        1 => AgentStatus::Stopped,
        2 => AgentStatus::Error,
        3 => AgentStatus::Unknown,
        _ => return Err(crate::store::StoreError::Malformed("an agent's status")),
    })
}

pub(super) fn level_number(level: Level) -> i64 {
    match level {
        Level::Minute => 0,
        Level::Hour => 1,
        Level::Day => 2,
    }
}

pub(super) fn party_number(party: Party) -> i64 {
    match party {
        Party::User => 0,
        Party::Session => 1,
    }
}
