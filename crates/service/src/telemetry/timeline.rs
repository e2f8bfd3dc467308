//! What happened, by time: events, and between them how agents did.
//!
//! The store filters events by agent and one kind. What else is asked for is looked for here, in a bounded
//! number of events a page: a page may hold few entries, or none, and says how far back it looked.

mod entry;

use super::Open;
use crate::sign_in::invalid;
use crate::{Result, Service};
use ::telemetry::store::{AgentSummary, Cursor, EventQuery, Order, RecordQuery, TimeRange};
use entry::{of_change, of_event, plain};
use model::Actor;
use model::identity::ProjectId;
use model::telemetry::view::{EntryKind, EventTimeline, EventTimelineQuery, TimelineEntry};
use model::telemetry::{AgentName, Event, EventKind, UnixNanos};

/// Entries of a page: so many, and up to as many more where events were looked through for them.
const PAGE: usize = 50;
/// Pages of events that are looked through for one page of entries.
const MOST_READS: usize = 40;
/// Changes of one agent that are looked at, the newest.
const MOST_CHANGES: usize = 1_000;

/// Where a page ended: what is older than `upper` is left, and of events what is behind the store's cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct After {
    upper: UnixNanos,
    /// `None` where no event is left.
    events: Option<Cursor>,
}

impl After {
    /// Reads what [`After::to_text`] wrote.
    fn parse(text: &str) -> Option<Self> {
        let (upper, events) = match text.split_once(':') {
            Some((upper, cursor)) => (upper, Some(Cursor::parse(cursor)?)),
            None => (text, None),
        };
        Some(Self { upper: UnixNanos(upper.parse().ok()?), events })
    }

    fn to_text(self) -> String {
        match self.events {
            Some(cursor) => format!("{}:{cursor}", self.upper.0),
            None => self.upper.0.to_string(),
        }
    }
}

/// Events of a page, those of them that were asked for.
struct Found {
    events: Vec<TimelineEntry>,
    /// The oldest moment that was looked at.
    reached: UnixNanos,
    next: Option<Cursor>,
}

impl Service {
    /// What happened in the actor's project, the newest first: events, and changes of how agents do.
    pub async fn list_event_timeline(
        &self,
        actor: &Actor,
        query: &EventTimelineQuery,
    ) -> Result<EventTimeline> {
        let (project, open) = self.telemetry_of(actor).await?;
        let now = self.clock().now().into();
        let (from, to) = query.range.resolve(now)?;
        let after = match query.after.as_str() {
            "" => None,
            text => Some(After::parse(text).ok_or_else(|| invalid("after", "take it from the page before"))?),
        };
        let range = TimeRange { from, until: to };
        let found = find_events(&open, &project.id, query, range, after).await?;
        let agents = open.store.agents(&project.id).await?;
        let upper = after.map_or(to, |after| after.upper);
        let mut entries = found.events;
        if query.asks_for(EntryKind::StatusChange) {
            let range = TimeRange { from: found.reached, until: upper };
            entries.extend(find_changes(&open, &project.id, &agents, query, range).await?);
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        }
        let (reached, next) = match found.next {
            Some(cursor) => (found.reached, Some(After { upper: found.reached, events: Some(cursor) })),
            None => match cut_changes(&mut entries) {
                Some(upper) => (upper, Some(After { upper, events: None })),
                None => (from, None),
            },
        };
        Ok(EventTimeline {
            now,
            from,
            to,
            agents: agents.into_iter().map(|agent| (agent.name, agent.id)).collect(),
            entries,
            reached,
            next: next.map(After::to_text),
        })
    }
}

/// Looks events through from where the page before ended, until there are enough of them or enough was read.
async fn find_events(
    open: &Open,
    project: &ProjectId,
    query: &EventTimelineQuery,
    range: TimeRange,
    after: Option<After>,
) -> Result<Found> {
    let mut found = Found { events: Vec::new(), reached: range.from, next: None };
    let kinds: Vec<EventKind> = query.kinds.iter().filter_map(event_kind).collect();
    let is_done = after.is_some_and(|after| after.events.is_none());
    if is_done || (kinds.is_empty() && !query.kinds.is_empty()) {
        return Ok(found);
    }
    let mut cursor = after.and_then(|after| after.events);
    for _ in 0..MOST_READS {
        let records =
            RecordQuery { range, agent: agent_of(query), order: Order::NewestFirst, limit: PAGE, cursor };
        let kind = (kinds.len() == 1).then(|| kinds[0]);
        let page = open.store.events(project, EventQuery { records, kind, trace_id: None }).await?;
        found.next = page.next;
        found.reached = match (page.next, page.items.last()) {
            (Some(_), Some(last)) => last.at,
            _ => range.from,
        };
        let wanted = |event: &Event| query.asks_for(EntryKind::Event(event.body.kind()));
        let entries = page.items.iter().filter(|event| wanted(event)).map(of_event);
        found.events.extend(entries.filter(|entry| is_wanted(query, entry)));
        if found.next.is_none() || found.events.len() >= PAGE {
            break;
        }
        cursor = found.next;
    }
    Ok(found)
}

fn event_kind(kind: &EntryKind) -> Option<EventKind> {
    match kind {
        EntryKind::Event(kind) => Some(*kind),
        EntryKind::StatusChange => None,
    }
}

fn agent_of(query: &EventTimelineQuery) -> Option<AgentName> {
    (!query.agent.is_empty()).then(|| AgentName::new(query.agent.as_str()))
}

/// Changes of the agents that are asked for. An agent that has not changed since `range` begins has none in it.
async fn find_changes(
    open: &Open,
    project: &ProjectId,
    agents: &[AgentSummary],
    query: &EventTimelineQuery,
    range: TimeRange,
) -> Result<Vec<TimelineEntry>> {
    let agent = agent_of(query);
    let is_asked_for = |one: &&AgentSummary| agent.as_ref().is_none_or(|agent| *agent == one.name);
    let changed: Vec<&AgentSummary> =
        agents.iter().filter(is_asked_for).filter(|one| one.status_since >= range.from).collect();
    let mut entries = Vec::new();
    for agent in changed {
        let changes = open.store.status_changes(project, &agent.name, MOST_CHANGES).await?;
        let inside = changes.iter().filter(|change| range.from <= change.at && change.at < range.until);
        let inside = inside.map(|change| of_change(&agent.name, change));
        entries.extend(inside.filter(|entry| is_wanted(query, entry)));
    }
    Ok(entries)
}

/// Whether severity and search keep an entry.
fn is_wanted(query: &EventTimelineQuery, entry: &TimelineEntry) -> bool {
    let sought = plain(&query.search);
    query.severity.is_none_or(|least| entry.severity >= least)
        && (sought.is_empty()
            || plain(&entry.summary).contains(&sought)
            || plain(&entry.raw).contains(&sought))
}

/// Behind the last event there are only changes: keeps a page of those, and answers where it is cut.
/// Changes of one moment stay together.
fn cut_changes(entries: &mut Vec<TimelineEntry>) -> Option<UnixNanos> {
    let events = entries.iter().rposition(|entry| entry.kind != EntryKind::StatusChange);
    let mut kept = events.map_or(0, |last| last + 1) + PAGE;
    while kept > 0 && kept < entries.len() && entries[kept].at == entries[kept - 1].at {
        kept += 1;
    }
    if kept >= entries.len() {
        return None;
    }
    entries.truncate(kept);
    entries.last().map(|entry| entry.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::telemetry::store::StatusChange;
    use model::telemetry::AgentStatus;

    fn change(at: i64) -> TimelineEntry {
        let (from, to) = (AgentStatus::Unknown, AgentStatus::Running);
        let change = StatusChange { at: UnixNanos(at), from, to, why: "data came in".to_owned() };
        of_change(&AgentName::new("planner"), &change)
    }

    #[test]
    fn where_a_page_ended_reads_back_the_same() {
        for text in ["17", "-3", "17:9.8.7"] {
            assert_eq!(After::parse(text).map(After::to_text).as_deref(), Some(text));
        }
        for text in ["", "x", "17:", "17:1.2", "17:1.2.3.4", ":1.2.3"] {
            assert_eq!(After::parse(text), None, "{text}");
        }
    }

    #[test]
    fn changes_of_one_moment_stay_on_one_page() {
        let check = |times: Vec<i64>, kept: usize, next: Option<i64>| {
            let mut entries: Vec<_> = times.into_iter().rev().map(change).collect();
            assert_eq!(cut_changes(&mut entries).map(|at| at.0), next);
            assert_eq!(entries.len(), kept);
        };
        let page = PAGE as i64;
        check(vec![], 0, None);
        check((0..page).collect(), PAGE, None);
        check((0..page + 1).collect(), PAGE, Some(1));
        check([0, 1, 1].into_iter().chain(2..page + 1).collect(), PAGE + 1, Some(1));
        check(vec![5; PAGE + 9], PAGE + 9, None);
    }
}
