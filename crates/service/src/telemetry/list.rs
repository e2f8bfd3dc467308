//! Lists, page by page: what comes in meanwhile moves nothing.

use super::Open;
use crate::{Error, Result};
use ::telemetry::store::{Cursor, Listing, Order, Page, RecordQuery, StoreError, TimeRange};
use model::identity::Project;
use model::telemetry::{AgentId, AgentName, UnixNanos};
use std::fmt;

/// Of longer lists it is not said how long they are: counting takes time.
pub const MOST_COUNTED: u64 = 100_000;

/// Which part of a list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// From when on, where it is said.
    pub from: Option<UnixNanos>,
    /// Until when, that moment not included, where it is said.
    pub until: Option<UnixNanos>,
    /// Of which agent: its id or name; `None` for all.
    pub agent: Option<String>,
    /// How many at most.
    pub limit: usize,
    /// Where the page before ended. Its range counts, not `from` and `until`: a range that ends now would
    /// be another one now.
    pub after: Option<ListCursor>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The items, the newest first.
    pub items: Vec<T>,
    /// How many there are on all pages; `None` of more than [`MOST_COUNTED`].
    pub total: Option<u64>,
    /// When all of them were.
    pub range: TimeRange,
    /// Where the next page begins; `None` at the end.
    pub next: Option<ListCursor>,
}

/// Where the next page of a list begins. Opaque; [`ListCursor::parse`] takes what `to_string` gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListCursor {
    range: TimeRange,
    place: Cursor,
}

impl ListCursor {
    /// Reads the text of a cursor.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let mut number = || parts.next()?.parse().ok().map(UnixNanos);
        let range = TimeRange { from: number()?, until: number()? };
        Some(Self { range, place: Cursor::parse(parts.next()?)? })
    }
}

impl fmt::Display for ListCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.range.from.0, self.range.until.0, self.place)
    }
}

impl ListQuery {
    /// The range that is asked for; where it is not said, that of `default`.
    fn range(&self, default: TimeRange) -> Result<TimeRange> {
        if let Some(cursor) = &self.after {
            return Ok(cursor.range);
        }
        range(self.from, self.until, default)
    }
}

/// A range by its ends; those that are not said are `default`'s. Nothing is older than the epoch.
pub(super) fn range(
    from: Option<UnixNanos>,
    until: Option<UnixNanos>,
    default: TimeRange,
) -> Result<TimeRange> {
    let from = from.unwrap_or(default.from).max(ALWAYS.from);
    let range = TimeRange { from, until: until.unwrap_or(default.until).max(ALWAYS.from) };
    match range.from <= range.until {
        true => Ok(range),
        false => {
            let message = "the range ends before it begins: exchange start and end".to_owned();
            Err(Error::Invalid { field: "end_date", message })
        }
    }
}

/// All of time: nothing older is taken in.
pub(super) const ALWAYS: TimeRange = TimeRange { from: UnixNanos(0), until: UnixNanos(i64::MAX) };

/// So many nanoseconds until now.
pub(super) fn last(nanos: i64, now: UnixNanos) -> TimeRange {
    TimeRange { from: UnixNanos(now.0.saturating_sub(nanos)), until: now }
}

impl Open {
    /// The agent of that id or name.
    pub(super) async fn find_agent(&self, project: &Project, name: &str) -> Result<AgentName> {
        let agents = self.store.agents(&project.id).await?;
        let id = AgentId::parse(name).ok();
        let found = agents.into_iter().find(|agent| id == Some(agent.id) || agent.name.as_str() == name);
        found.map(|agent| agent.name).ok_or_else(|| Error::not_found("agent", name, Vec::new()))
    }

    /// The records that a query selects, the newest first.
    pub(super) async fn select(
        &self,
        project: &Project,
        query: &ListQuery,
        default: TimeRange,
    ) -> Result<RecordQuery> {
        let range = query.range(default)?;
        let agent = match &query.agent {
            Some(name) => Some(self.find_agent(project, name).await?),
            None => None,
        };
        let cursor = query.after.map(|cursor| cursor.place);
        Ok(RecordQuery { range, agent, order: Order::NewestFirst, limit: query.limit, cursor })
    }

    /// A page with how many there are on all pages.
    pub(super) async fn listed<T>(
        &self,
        project: &Project,
        page: Page<T>,
        listing: Listing,
        range: TimeRange,
    ) -> Result<Listed<T>> {
        let counted = self.store.count(&project.id, listing, MOST_COUNTED + 1).await;
        let total = match counted {
            Ok(count) => Some(count).filter(|count| *count <= MOST_COUNTED),
            Err(StoreError::TimedOut(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let next = page.next.map(|place| ListCursor { range, place });
        Ok(Listed { items: page.items, total, range, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let check = |text: &str, is_one: bool| {
            let read = ListCursor::parse(text);
            assert_eq!(read.map(|cursor| cursor.to_string()).as_deref(), is_one.then_some(text), "{text}");
        };
        check("-5.9223372036854775807.1.2.3", true);
        for text in ["", "1.2.3", "1.2.3.4", "1.2.3.4.5.6", "a.2.3.4.5", "1..3.4.5"] {
            check(text, false);
        }
    }
}
