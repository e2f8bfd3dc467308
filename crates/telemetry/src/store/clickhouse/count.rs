//! Counts what lists hold.

use super::page::PageReader;
use super::read::{METRICS, POINTS, SESSIONS, event_reader, log_reader};
use super::server::Server;
use super::traces::{TRACES, trace_reader};
use crate::store::{Listing, StoreResult};
use model::identity::ProjectId;

pub(super) async fn count(
    server: &Server,
    project: &ProjectId,
    listing: &Listing,
    at_most: u64,
) -> StoreResult<u64> {
    let (reader, column) = match listing {
        Listing::Sessions(query) => (PageReader::new(SESSIONS, project, query), "1"),
        Listing::MetricRecords(query) => (PageReader::new(METRICS, project, query), "1"),
        Listing::MetricPoints(query) => (PageReader::new(POINTS, project, query), "1"),
        Listing::Logs(query) => (log_reader(project, query), "1"),
        Listing::Events(query) => (event_reader(project, query), "1"),
        Listing::Traces(query) => (trace_reader(project, query), "1"),
        Listing::Spans(query) => (PageReader::new(TRACES, project, query), "spans"),
    };
    reader.sum(server, column, at_most).await
}
