//! Events: what agents told of themselves, and how they did, by time.

mod entry;
mod filter;
mod kind;
pub mod page;

pub use page::EventsPage;

use crate::location::Place;
use crate::pages::agents::with_parameters;
use model::telemetry::view::EventTimelineQuery;

/// The page's path.
const PATH: &str = "/events";

/// The address of the events that `query` asks for.
pub(crate) fn events_href(place: &Place, query: &EventTimelineQuery) -> String {
    with_parameters(place, PATH, &query.parameters())
}
