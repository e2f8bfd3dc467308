//! What AI agents cost: by whom, where it goes, and what of it is not known.

mod notes;
pub mod page;
mod rows;

pub(crate) use notes::{advice, alerts, efficiency_words, trend_words};
pub use page::CostsPage;

use crate::location::Place;
use crate::pages::agents::with_parameters;
use model::telemetry::view::CostQuery;

/// The page's path.
pub(crate) const PATH: &str = "/costs";

/// The address of the costs that `query` asks for.
pub(crate) fn costs_href(place: &Place, query: &CostQuery) -> String {
    with_parameters(place, PATH, &query.parameters())
}
