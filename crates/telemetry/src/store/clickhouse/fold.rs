//! From entries to sums.
//!
//! Each sum, agent and session is a row whose version says up to which entry it holds all of them. To
//! fold entries is to read the rows that they touch, add what of them is newer than its row, and write
//! the rows again with the last entry's number as version. So it can break off anywhere and be done
//! again, by any process: what a row holds already is passed over.

use super::agents::{AgentRow, find_agents, status_number};
use super::entry::{Change, Pending, SessionTouch, Source, first_id};
use super::journal;
use super::rows::{decode, encode};
use super::server::{Server, bindable};
use super::wire::{Answer, Rows};
use crate::rollup::{Bucket, Call, Fact, Level, Observation, Spend};
use crate::store::{Party, StatusChange, StoreResult};
use futures::try_join;
use model::identity::ProjectId;
use model::telemetry::{AgentName, Text, UnixNanos};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is stored, and the entry up to which it is.
struct Versioned<T> {
    version: i64,
    value: T,
}

impl<T: Default> Default for Versioned<T> {
    fn default() -> Self {
        Self { version: 0, value: T::default() }
    }
}

impl<T> Versioned<T> {
    /// The value, unless it holds the entry already.
    fn before(&mut self, seq: i64) -> Option<&mut T> {
        (self.version < seq).then_some(&mut self.value)
    }
}

/// Sums of one project.
#[derive(Default)]
struct Sums {
    buckets: BTreeMap<(Level, i64, AgentName), Versioned<Bucket>>,
    parties: BTreeMap<(u8, i64, Text), Versioned<Spend>>,
    sessions: BTreeMap<Text, Versioned<Option<Session>>>,
    agents: BTreeMap<AgentName, Versioned<Option<AgentRow>>>,
}

/// Rows that a fold writes.
#[derive(Default)]
struct Tables {
    buckets: Rows,
    parties: Rows,
    sessions: Rows,
    agents: Rows,
}

struct Session {
    id: i64,
    agent: AgentName,
    user: Option<Text>,
    started: i64,
    last_seen: i64,
    traces: i64,
    spend: Spend,
}

/// Brings sums up to the last of the entries, which are in order.
pub(super) async fn fold(server: &Server, entries: &[(i64, Pending)]) -> StoreResult<()> {
    let Some((last, _)) = entries.last() else { return Ok(()) };
    let mut projects: HashMap<&ProjectId, Sums> = HashMap::new();
    for (_, pending) in entries {
        touch(&mut projects, pending);
    }
    let mut changes = Rows::default();
    for (project, sums) in &mut projects {
        sums.load(server, project).await?;
    }
    for (seq, pending) in entries {
        add(&mut projects, *seq, pending, &mut changes);
    }
    // Changes are made again, and with the same ids, unless their agents are stored.
    insert(server, *last, "status_change (project, agent, at, id, old, new, why)", changes).await?;
    let mut tables = Tables::default();
    for (project, sums) in &projects {
        sums.write(project.as_str(), *last, &mut tables)?;
    }
    let Tables { buckets, parties, sessions, agents } = tables;
    let sessions_columns =
        "session (project, name, version, id, agent, user, started, last_seen, traces, spend)";
    try_join!(
        insert(server, *last, "rollup (project, level, start, agent, version, body)", buckets),
        insert(server, *last, "party_spend (project, party, day, name, version, cost_picos, spend)", parties),
        insert(server, *last, sessions_columns, sessions),
        insert(server, *last, "agent (project, name, version, body)", agents),
    )?;
    journal::set_folded(server, *last).await
}

async fn insert(server: &Server, seq: i64, into: &str, rows: Rows) -> StoreResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    server.insert(into, &format!("fold {seq}"), rows.into_bytes().into()).await
}

/// The most digits that a time has.
fn digits(_: &i64) -> usize {
    20
}

/// Names what the entry adds to.
fn touch<'a>(projects: &mut HashMap<&'a ProjectId, Sums>, pending: &'a Pending) {
    for source in &pending.sources {
        let sums = projects.entry(&source.project).or_default();
        sums.agents.entry(source.identity.name.clone()).or_default();
    }
    for (place, observation) in &pending.observations {
        let Source { project, identity, .. } = &pending.sources[*place as usize];
        let sums = projects.entry(project).or_default();
        for level in Level::ALL {
            let key = (level, level.start_of(observation.at).0, identity.name.clone());
            sums.buckets.entry(key).or_default();
        }
        if let Some((call, _)) = counted(&observation.fact) {
            let day = Level::Day.start_of(observation.at).0;
            for (party, name) in parties(call) {
                sums.parties.entry((party_number(party), day, name.clone())).or_default();
            }
            if let Some(session) = &call.session {
                sums.sessions.entry(session.clone()).or_default();
            }
        }
    }
    for touch in &pending.sessions {
        projects.entry(&touch.project).or_default().sessions.entry(touch.name.clone()).or_default();
    }
    for change in &pending.changes {
        projects.entry(&change.project).or_default().agents.entry(change.agent.clone()).or_default();
    }
}

/// Adds an entry to what does not hold it.
fn add(projects: &mut HashMap<&ProjectId, Sums>, seq: i64, pending: &Pending, changes: &mut Rows) {
    const TOUCHED: &str = "all that an entry adds to was named";
    // The same ids whenever the entry is folded.
    let mut ids = first_id(seq)..;
    let mut new_id = || ids.next().expect("there are more ids than things of one entry");
    for source in &pending.sources {
        let Source { project, identity, first, last } = source;
        let agent = projects.get_mut(project).expect(TOUCHED).agents.get_mut(&identity.name);
        let id = new_id();
        if let Some(agent) = agent.expect(TOUCHED).before(seq) {
            let agent = agent.get_or_insert_with(|| AgentRow::of(project, identity, *first));
            agent.describe(identity);
            push_change(changes, project, &identity.name, id, agent.see(*first, *last));
        }
    }
    for touch in &pending.sessions {
        let session = projects.get_mut(&touch.project).expect(TOUCHED).sessions.get_mut(&touch.name);
        let id = new_id();
        if let Some(session) = session.expect(TOUCHED).before(seq) {
            session.get_or_insert_with(|| Session::of(id, &touch.agent, touch.started)).touch(touch);
        }
    }
    for (place, Observation { at, fact }) in &pending.observations {
        let Source { project, identity, .. } = &pending.sources[*place as usize];
        projects.get_mut(project).expect(TOUCHED).observe(seq, &identity.name, *at, fact, &mut new_id);
    }
    for Change { project, agent, at, status, why } in &pending.changes {
        let known = projects.get_mut(project).expect(TOUCHED).agents.get_mut(agent);
        let id = new_id();
        if let Some(Some(known)) = known.expect(TOUCHED).before(seq) {
            push_change(changes, project, agent, id, known.change(*at, *status, why));
        }
    }
}

fn push_change(
    changes: &mut Rows,
    project: &ProjectId,
    agent: &AgentName,
    id: i64,
    change: Option<StatusChange>,
) {
    let Some(StatusChange { at, from, to, why }) = change else { return };
    changes.text(project.as_str()).text(agent.as_str()).int(at.0).int(id);
    changes.byte(status_number(from)).byte(status_number(to)).text(&why);
}

/// The call that a fact adds (1) or takes off (−1).
fn counted(fact: &Fact) -> Option<(&Call, i64)> {
    match fact {
        Fact::Call(call) => Some((call, 1)),
        Fact::Uncall(call) => Some((call, -1)),
        _ => None,
    }
}

/// Who is billed for a call.
fn parties(call: &Call) -> impl Iterator<Item = (Party, &Text)> {
    let user = call.user.iter().map(|name| (Party::User, name));
    user.chain(call.session.iter().map(|name| (Party::Session, name)))
}

impl Sums {
    fn observe(
        &mut self,
        seq: i64,
        agent: &AgentName,
        at: UnixNanos,
        fact: &Fact,
        mut new_id: impl FnMut() -> i64,
    ) {
        for level in Level::ALL {
            let key = (level, level.start_of(at).0, agent.clone());
            if let Some(bucket) = self.buckets.get_mut(&key).and_then(|bucket| bucket.before(seq)) {
                bucket.observe(at, fact);
            }
        }
        if let Fact::Number { name, value, .. } = fact
            && let Some(Some(agent)) = self.agents.get_mut(agent).and_then(|agent| agent.before(seq))
        {
            agent.measure(name, at, *value);
        }
        let Some((call, sign)) = counted(fact) else { return };
        let day = Level::Day.start_of(at).0;
        for (party, name) in parties(call) {
            let spend = self.parties.get_mut(&(party_number(party), day, name.clone()));
            if let Some(spend) = spend.and_then(|spend| spend.before(seq)) {
                spend.add(&call.spend, sign);
            }
        }
        if let Some(name) = &call.session {
            let id = new_id();
            if let Some(session) = self.sessions.get_mut(name).and_then(|session| session.before(seq)) {
                let session = session.get_or_insert_with(|| Session::of(id, agent, at.0));
                session.spend.add(&call.spend, sign);
                if session.user.is_none() {
                    session.user.clone_from(&call.user);
                }
            }
        }
    }

    /// Reads what is stored of all that was named.
    async fn load(&mut self, server: &Server, project: &ProjectId) -> StoreResult<()> {
        let names: Vec<AgentName> = self.agents.keys().cloned().collect();
        for (name, version, row) in find_agents(server, project, &names).await? {
            self.agents.insert(name, Versioned { version, value: Some(row) });
        }
        self.load_buckets(server, project).await?;
        self.load_parties(server, project).await?;
        self.load_sessions(server, project).await
    }

    async fn load_buckets(&mut self, server: &Server, project: &ProjectId) -> StoreResult<()> {
        let agents: BTreeSet<&str> = self.buckets.keys().map(|(.., agent)| agent.as_str()).collect();
        let agents: Vec<String> = agents.into_iter().map(str::to_owned).collect();
        let find = "SELECT start, agent, version, body FROM rollup FINAL WHERE project = {project:String} \
             AND level = {level:UInt8} AND start IN {starts:Array(Int64)} AND agent IN {agents:Array(String)}";
        for level in Level::ALL {
            let starts = self.buckets.keys().filter(|(of, ..)| *of == level).map(|(_, start, _)| *start);
            let starts: Vec<i64> = starts.collect::<BTreeSet<_>>().into_iter().collect();
            for starts in bindable(&starts, digits) {
                for agents in bindable(&agents, String::len) {
                    let find = server.ask(find).with("project", project.as_str());
                    let find = find.with("level", level_number(level)).with("starts", starts);
                    self.take_buckets(level, find.with("agents", agents).rows().await?)?;
                }
            }
        }
        Ok(())
    }

    fn take_buckets(&mut self, level: Level, mut answer: Answer) -> StoreResult<()> {
        while !answer.is_empty() {
            let key = (level, answer.int()?, AgentName::new(answer.text()?));
            let (version, body) = (answer.int()?, answer.bytes()?);
            // Not every agent has something in each of them.
            if let Some(bucket) = self.buckets.get_mut(&key) {
                *bucket = Versioned { version, value: decode(&body, "a sum")? };
            }
        }
        Ok(())
    }

    async fn load_parties(&mut self, server: &Server, project: &ProjectId) -> StoreResult<()> {
        let days: BTreeSet<i64> = self.parties.keys().map(|(_, day, _)| *day).collect();
        let days: Vec<i64> = days.into_iter().collect();
        let names: BTreeSet<&Text> = self.parties.keys().map(|(.., name)| name).collect();
        let names: Vec<Text> = names.into_iter().cloned().collect();
        let find = "SELECT party, day, name, version, spend FROM party_spend FINAL \
             WHERE project = {project:String} AND day IN {days:Array(Int64)} AND name IN {names:Array(String)}";
        for days in bindable(&days, digits) {
            for names in bindable(&names, |name| name.len()) {
                let find = server.ask(find).with("project", project.as_str()).with("days", days);
                self.take_parties(find.with("names", names).rows().await?)?;
            }
        }
        Ok(())
    }

    fn take_parties(&mut self, mut answer: Answer) -> StoreResult<()> {
        while !answer.is_empty() {
            let key = (answer.byte()?, answer.int()?, answer.text()?.into());
            let (version, spend) = (answer.int()?, answer.bytes()?);
            if let Some(party) = self.parties.get_mut(&key) {
                *party = Versioned { version, value: decode(&spend, "a cost")? };
            }
        }
        Ok(())
    }

    async fn load_sessions(&mut self, server: &Server, project: &ProjectId) -> StoreResult<()> {
        let names: Vec<Text> = self.sessions.keys().cloned().collect();
        let find = "SELECT name, version, id, agent, user, started, last_seen, traces, spend FROM session FINAL \
             WHERE project = {project:String} AND name IN {names:Array(String)}";
        for names in bindable(&names, |name| name.len()) {
            let find = server.ask(find).with("project", project.as_str()).with("names", names);
            let mut answer = find.rows().await?;
            while !answer.is_empty() {
                let (name, version) = (answer.text()?.into(), answer.int()?);
                let value = Some(Session::read(&mut answer)?);
                self.sessions.insert(name, Versioned { version, value });
            }
        }
        Ok(())
    }

    /// Writes what is older than `version`.
    fn write(&self, project: &str, version: i64, tables: &mut Tables) -> StoreResult<()> {
        for ((level, start, agent), Versioned { version: found, value }) in &self.buckets {
            if *found < version {
                let row = tables.buckets.text(project).byte(level_number(*level)).int(*start);
                row.text(agent.as_str()).int(version).bytes(&encode(value)?);
            }
        }
        for ((party, day, name), Versioned { version: found, value }) in &self.parties {
            if *found < version {
                let row = tables.parties.text(project).byte(*party).int(*day).text(name).int(version);
                row.int(value.cost_picos).bytes(&encode(value)?);
            }
        }
        for (name, Versioned { version: found, value }) in &self.sessions {
            if let Some(session) = value
                && *found < version
            {
                let Session { id, agent, user, started, last_seen, traces, spend } = session;
                let row = tables.sessions.text(project).text(name).int(version).int(*id).text(agent.as_str());
                row.optional_text(user.as_deref()).int(*started).int(*last_seen).int(*traces);
                row.bytes(&encode(spend)?);
            }
        }
        for (name, Versioned { version: found, value }) in &self.agents {
            if let Some(agent) = value
                && *found < version
            {
                tables.agents.text(project).text(name.as_str()).int(version).bytes(&encode(agent)?);
            }
        }
        Ok(())
    }
}

impl Session {
    /// One that was first heard of then.
    fn of(id: i64, agent: &AgentName, at: i64) -> Self {
        let (agent, spend) = (agent.clone(), Spend::default());
        Self { id, agent, user: None, started: at, last_seen: at, traces: 0, spend }
    }

    fn read(answer: &mut Answer) -> StoreResult<Self> {
        Ok(Self {
            id: answer.int()?,
            agent: AgentName::new(answer.text()?),
            user: answer.optional_text()?.map(Text::from),
            started: answer.int()?,
            last_seen: answer.int()?,
            traces: answer.int()?,
            spend: decode(&answer.bytes()?, "a cost")?,
        })
    }

    fn touch(&mut self, touch: &SessionTouch) {
        if touch.ended >= self.last_seen {
            self.agent.clone_from(&touch.agent);
        }
        self.started = self.started.min(touch.started);
        self.last_seen = self.last_seen.max(touch.ended);
        self.traces += touch.new_traces;
        if self.user.is_none() {
            self.user.clone_from(&touch.user);
        }
    }
}

pub(super) fn level_number(level: Level) -> u8 {
    match level {
        Level::Minute => 0,
        Level::Hour => 1,
        Level::Day => 2,
    }
}

pub(super) fn party_number(party: Party) -> u8 {
    match party {
        Party::User => 0,
        Party::Session => 1,
    }
}
