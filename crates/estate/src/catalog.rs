//! What should run: the catalog, read from its source, cached, and never lost.
//!
//! [`CatalogStore`] is the one cache that every reader shares; [`parse`] turns the answer of
//! the catalog into datasets; [`lenz`] asks for it over HTTP.

pub mod lenz;
pub mod parse;
pub mod store;

pub use lenz::{LenzAuth, LenzClient, LenzLimits, LenzSettings};
pub use store::{CatalogEntry, CatalogSnapshot, CatalogSource, CatalogStore, RefreshOutcome};

use model::EssentialName;
use serde::{Deserialize, Serialize};

/// What people decide about an essential; its datasets come from the catalog.
/// The order of the list is the order of display.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EssentialSettings {
    /// Canonical name in the catalog, for example `TB-Derivatives`.
    pub name: EssentialName,
    /// The name people see.
    pub display_name: String,
    /// Further names people use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Essentials that must be SUCCESS before this one is expected to start.
    #[serde(default)]
    pub depends_on: Vec<EssentialName>,
}
