//! The only task that writes at a time.

use super::agents::find_agents;
use super::entry::{Change, Entry, Group, Pending, SessionTouch};
use super::journal::{self, Mark};
use super::keys::{Keys, key_of};
use super::running::Totals;
use super::server::{Server, bindable};
use super::{fold, spans};
use crate::rollup::Fact;
use crate::store::facts::fact_of_event;
use crate::store::{Batch, PricedSpan, Receipt, StoreError, StoreResult, Write};
use model::identity::ProjectId;
use model::telemetry::{EventId, Text, UnixNanos};
use std::collections::{HashMap, HashSet};
use std::error::Error as StdError;

/// After so many observations, or entries, they are folded into the sums.
const FOLD_AFTER: usize = 60_000;
const FOLD_AFTER_ENTRIES: usize = 200;

/// The server refuses values that are much longer than this.
const MAX_NAME_BYTES: usize = 4_096;

/// What is in mind of the journal. All of it can be read again.
#[derive(Default)]
pub(super) struct Writer {
    /// `None` until it was read, and after anything went wrong.
    known: Option<Known>,
}

struct Known {
    /// The last entry; all up to it are applied.
    last: Mark,
    keys: Keys,
    /// Entries that sums do not hold.
    unfolded: Vec<(i64, Pending)>,
    observations: usize,
}

impl Writer {
    /// Whether sums hold all that is stored.
    pub(super) fn is_folded(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.unfolded.is_empty())
    }

    /// Runs a step; after a failure nothing in mind is taken for true.
    async fn known(&mut self, server: &Server) -> StoreResult<Known> {
        match self.known.take() {
            Some(known) => Ok(known),
            None => Known::load(server).await,
        }
    }

    /// Writes a group as one entry.
    pub(super) async fn write(
        &mut self,
        server: &Server,
        group: &[Write],
    ) -> StoreResult<Vec<StoreResult<Receipt>>> {
        let mut known = self.known(server).await?;
        if known.observations >= FOLD_AFTER || known.unfolded.len() >= FOLD_AFTER_ENTRIES {
            known.fold(server).await?;
        }
        let receipts = loop {
            let (entry, receipts) = known.plan(server, group).await?;
            let Some(mut entry) = entry else { break receipts };
            let Some(mark) = journal::append(server, known.last, &entry).await? else {
                known.catch_up(server).await?;
                continue;
            };
            // It is stored, whatever becomes of its rows now: who reads next puts them where they belong.
            match journal::apply(server, mark.seq, &mut entry).await {
                Ok(()) => known.add(mark, entry),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn StdError,
                        "telemetry is stored but not yet in its tables"
                    );
                    return Ok(receipts);
                }
            }
            break receipts;
        };
        self.known = Some(known);
        Ok(receipts)
    }

    /// Brings sums up to all that is stored.
    pub(super) async fn fold(&mut self, server: &Server) -> StoreResult<()> {
        let mut known = self.known(server).await?;
        known.fold(server).await?;
        self.known = Some(known);
        Ok(())
    }

    /// Does what can wait.
    pub(super) async fn maintain(&mut self, server: &Server) -> StoreResult<()> {
        let mut known = self.known(server).await?;
        known.catch_up(server).await?;
        known.fold(server).await?;
        journal::truncate(server, known.last.seq).await?;
        self.known = Some(known);
        Ok(())
    }
}

impl Known {
    /// Reads the journal behind what sums hold, and finishes what a process that died has begun.
    async fn load(server: &Server) -> StoreResult<Self> {
        let last = journal::folded(server).await?;
        let keys = Keys::load(server, last.seq).await?;
        let mut known = Self { last, keys, unfolded: Vec::new(), observations: 0 };
        known.catch_up(server).await?;
        Ok(known)
    }

    /// Applies the entries that others have written, or a former self.
    async fn catch_up(&mut self, server: &Server) -> StoreResult<()> {
        let entries = journal::read_after(server, self.last).await?;
        let gone = || StoreError::Unavailable("other processes were faster: the journal is read anew".into());
        for (mark, mut entry) in entries.ok_or_else(gone)? {
            journal::apply(server, mark.seq, &mut entry).await?;
            self.add(mark, entry);
        }
        Ok(())
    }

    /// Takes an entry that is applied.
    fn add(&mut self, mark: Mark, entry: Entry) {
        self.last = mark;
        self.keys.add(entry.keys);
        self.observations += entry.pending.observations.len();
        self.unfolded.push((mark.seq, entry.pending));
    }

    async fn fold(&mut self, server: &Server) -> StoreResult<()> {
        fold::fold(server, &self.unfolded).await?;
        self.unfolded.clear();
        self.observations = 0;
        Ok(())
    }

    /// Makes an entry of a group; none where nothing of it is new.
    async fn plan(
        &mut self,
        server: &Server,
        writes: &[Write],
    ) -> StoreResult<(Option<Entry>, Vec<StoreResult<Receipt>>)> {
        let mut group = Group::new(self.last.seq + 1);
        let mut receipts = vec![Receipt::default(); writes.len()];
        let mut bad = HashMap::new();
        let mut keys = HashSet::new();
        let mut spans: Vec<(&ProjectId, usize, &PricedSpan)> = Vec::new();
        let mut events = find_events(server, writes).await?;
        let mut totals = Totals::find(server, writes).await?;
        let mut received = UnixNanos(0);
        for (place, write) in writes.iter().enumerate() {
            let Write { project, batch, .. } = write;
            if let Err(error) = check(batch) {
                bad.insert(place, error);
                continue;
            }
            if let Some(key) = batch.key.map(|key| key_of(project, key)) {
                if self.keys.contains(key) || !keys.insert(key) {
                    receipts[place].repeated = u32::try_from(batch.len()).unwrap_or(u32::MAX);
                    continue;
                }
                group.keys.push(key);
            }
            received = received.max(write.received);
            push(&mut group, project, batch, &mut events, &mut totals, &mut receipts[place])?;
            spans.extend(batch.spans.iter().map(|priced| (project, place, priced)));
        }
        totals.push(&mut group);
        spans::push(server, &mut group, spans, &mut receipts).await?;
        for (place, write) in writes.iter().enumerate() {
            if !bad.contains_key(&place) && !write.batch.changes.is_empty() {
                self.push_changes(server, &mut group, write, &mut receipts[place]).await?;
            }
        }
        let entry = (!group.is_empty()).then(|| group.into_entry(received));
        let receipts = receipts.into_iter().enumerate();
        let receipts = receipts.map(|(place, receipt)| bad.remove(&place).map_or(Ok(receipt), Err));
        Ok((entry, receipts.collect()))
    }

    /// Changes of agents that are known and do otherwise.
    async fn push_changes(
        &mut self,
        server: &Server,
        group: &mut Group,
        write: &Write,
        receipt: &mut Receipt,
    ) -> StoreResult<()> {
        // How an agent does is among the sums.
        self.fold(server).await?;
        let project = &write.project;
        let names: Vec<_> = write.batch.changes.iter().map(|change| change.agent.clone()).collect();
        let mut agents: HashMap<_, _> = HashMap::new();
        for (name, _, row) in find_agents(server, project, &names).await? {
            agents.insert(name, row);
        }
        for change in &write.batch.changes {
            let row = agents.get_mut(&change.agent);
            let is_new = row.is_some_and(|row| row.change(change.at, change.status, &change.why).is_some());
            if !is_new {
                receipt.repeated += 1;
                continue;
            }
            receipt.stored += 1;
            group.pending.changes.push(Change {
                project: project.clone(),
                agent: change.agent.clone(),
                at: change.at,
                status: change.status,
                why: change.why.clone(),
            });
        }
        Ok(())
    }
}

/// Refuses numbers that are none, which are refused where they are read, for what sums hold is finite; and
/// names that cannot be looked for.
fn check(batch: &Batch) -> StoreResult<()> {
    let values = batch.records.iter().flat_map(|record| record.values.iter().map(|(_, value)| *value));
    let points = batch.points.iter().map(|point| point.value);
    if !values.chain(points).all(f64::is_finite) {
        return Err(StoreError::Invalid("a number is not finite"));
    }
    let spans = batch.spans.iter().map(|priced| &priced.span);
    let events = batch.events.iter().map(|priced| &priced.event);
    let parties = spans.clone().flat_map(|span| [span.user.as_deref(), span.session.as_deref()]);
    let of_events = events.clone().flat_map(|event| [event.user.as_deref(), event.session.as_deref()]);
    let agents = spans.map(|span| &span.agent).chain(events.map(|event| &event.agent));
    let agents = agents.chain(batch.records.iter().map(|record| &record.agent));
    let agents = agents.chain(batch.points.iter().map(|point| &point.agent));
    let agents = agents.chain(batch.logs.iter().map(|log| &log.agent));
    let mut names =
        parties.chain(of_events).flatten().map(str::len).chain(agents.map(|agent| agent.name.as_str().len()));
    if names.any(|length| length > MAX_NAME_BYTES) {
        return Err(StoreError::Invalid(
            "the name of an agent, a user or a session is longer than 4,096 bytes",
        ));
    }
    Ok(())
}

/// Puts what is a row each into the group.
fn push(
    group: &mut Group,
    project: &ProjectId,
    batch: &Batch,
    events: &mut HashSet<(ProjectId, EventId)>,
    totals: &mut Totals,
    receipt: &mut Receipt,
) -> StoreResult<()> {
    for record in &batch.records {
        group.push_record(project.as_str(), record)?;
        let source = group.source(project, &record.agent, record.at, record.at);
        for (name, value) in &record.values {
            group.observe(source, record.at, Fact::Number { name: name.clone(), value: *value, count: 1 });
        }
    }
    for point in &batch.points {
        group.push_point(project.as_str(), point)?;
        let source = group.source(project, &point.agent, point.at, point.at);
        if let Some((value, count)) = totals.measured(project, point)? {
            group.observe(source, point.at, Fact::Number { name: point.name.clone(), value, count });
        }
    }
    for log in &batch.logs {
        group.push_log(project.as_str(), log)?;
        let source = group.source(project, &log.agent, log.at, log.at);
        group.observe(source, log.at, Fact::Log(log.level));
    }
    receipt.stored += (batch.records.len() + batch.points.len() + batch.logs.len()) as u32;
    for priced in &batch.events {
        let event = &priced.event;
        if !events.insert((project.clone(), event.id)) {
            receipt.repeated += 1;
            continue;
        }
        receipt.stored += 1;
        group.push_event(project.as_str(), priced)?;
        let source = group.source(project, &event.agent, event.at, event.at);
        group.observe(source, event.at, Fact::Event(event.body.kind()));
        if let Some(fact) = fact_of_event(priced) {
            group.observe(source, event.at, fact);
        }
        if let Some(session) = &event.session {
            group.pending.sessions.push(SessionTouch {
                project: project.clone(),
                agent: event.agent.name.clone(),
                name: session.as_str().into(),
                user: event.user.as_deref().map(Text::from),
                started: event.at.0,
                ended: event.at.0,
                new_traces: 0,
            });
        }
    }
    Ok(())
}

/// Which events of the group are stored already.
async fn find_events(server: &Server, writes: &[Write]) -> StoreResult<HashSet<(ProjectId, EventId)>> {
    let mut by_project: HashMap<&ProjectId, Vec<String>> = HashMap::new();
    for Write { project, batch, .. } in writes {
        if !batch.events.is_empty() {
            let ids = batch.events.iter().map(|priced| priced.event.id.to_string().replace('-', ""));
            by_project.entry(project).or_default().extend(ids);
        }
    }
    let mut found = HashSet::new();
    for (project, ids) in by_project {
        let find = "SELECT event_id FROM event WHERE project = {project:String} \
             AND event_id IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))";
        for ids in bindable(&ids, String::len) {
            let find = server.ask(find).with("project", project.as_str());
            let mut answer = find.with("ids", ids).rows().await?;
            while !answer.is_empty() {
                found.insert((project.clone(), EventId::from_bytes(answer.fixed()?)));
            }
        }
    }
    Ok(found)
}
