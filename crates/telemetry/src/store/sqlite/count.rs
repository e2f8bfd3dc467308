//! Counts what lists hold.

use super::read::{METRICS, POINTS, PageReader, SESSIONS, event_reader, log_reader};
use super::traces::{TRACES, trace_reader};
use crate::store::{Listing, StoreResult};
use model::identity::ProjectId;
use rusqlite::Connection;

pub(super) fn count(
    connection: &Connection,
    project: &ProjectId,
    listing: &Listing,
    at_most: u64,
) -> StoreResult<u64> {
    let find = |query, keyset| PageReader::find(connection, project, query, keyset);
    let (reader, column) = match listing {
        Listing::Sessions(query) => (find(query, SESSIONS)?, "1"),
        Listing::MetricRecords(query) => (find(query, METRICS)?, "1"),
        Listing::MetricPoints(query) => (find(query, POINTS)?, "1"),
        Listing::Logs(query) => (log_reader(connection, project, query)?, "1"),
        Listing::Events(query) => (event_reader(connection, project, query)?, "1"),
        Listing::Traces(query) => (trace_reader(connection, project, query)?, "1"),
        Listing::Spans(query) => (find(query, TRACES)?, "spans"),
    };
    reader.map_or(Ok(0), |reader| reader.sum(connection, column, at_most))
}
