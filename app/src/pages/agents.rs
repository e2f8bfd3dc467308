//! AI agents: which are up, what they do and what it costs.

mod cards;
mod filter;
mod grid;
pub mod page;
mod presets;
mod status;
mod waiting;

pub use page::AgentsPage;
pub(crate) use status::{agent_badge, ago, status_label};

use crate::components::run_link::add_parameters;
use crate::location::Place;
use model::telemetry::AgentId;
use model::telemetry::view::{AgentQuery, TimeRange};

/// The page's path.
pub(crate) const PATH: &str = "/agents";

/// The path of an agent's page.
pub(crate) fn agent_path(id: AgentId) -> String {
    format!("{PATH}/{id}")
}

/// The address of an agent's page.
pub(crate) fn agent_href(place: &Place, id: AgentId, range: TimeRange) -> String {
    let query = AgentQuery { range, ..AgentQuery::default() };
    with_parameters(place, &agent_path(id), &query.parameters())
}

/// The address of the agents that `query` asks for.
pub(crate) fn agents_href(place: &Place, query: &AgentQuery) -> String {
    with_parameters(place, PATH, &query.parameters())
}

/// The address of a page with parameters, keeping what every page keeps of `place`.
pub(crate) fn with_parameters(place: &Place, path: &str, parameters: &[(&'static str, String)]) -> String {
    let parameters = parameters.iter().map(|(name, value)| (*name, value.as_str()));
    add_parameters(place.elsewhere().href(path), parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_what_every_page_keeps() {
        let place = Place::parse([("project", "rates"), ("phase", "ALL")]).unwrap();
        let query = AgentQuery::parse([("team", "a b"), ("from", "now-1h")]).unwrap();
        assert_eq!(agents_href(&place, &query), "/agents?project=rates&from=now-1h&team=a%20b");
        let id = AgentId::from_bytes([0x11; 16]);
        assert_eq!(
            agent_href(&place, id, TimeRange::last(3600)),
            "/agents/11111111-1111-1111-1111-111111111111?project=rates&from=now-1h"
        );
    }
}
