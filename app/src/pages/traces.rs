//! Traces: what was done from a request to its answer.

mod filter;
pub mod page;
mod table;

pub use page::TracesPage;
pub(crate) use table::trace_table;

use crate::location::Place;
use crate::pages::agents::with_parameters;
use model::telemetry::TraceId;
use model::telemetry::view::TraceQuery;

/// The page's path.
pub(crate) const PATH: &str = "/traces";

/// The address of the traces that `query` asks for.
pub(crate) fn traces_href(place: &Place, query: &TraceQuery) -> String {
    with_parameters(place, PATH, &query.parameters())
}

/// The address of one trace.
pub(crate) fn trace_href(place: &Place, id: TraceId) -> String {
    place.elsewhere().href(&format!("{PATH}/{id}"))
}
