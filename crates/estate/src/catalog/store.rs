//! The catalog's cache: one for every reader.

use super::{EssentialSettings, LenzClient};
use crate::error::SourceError;
use crate::names::Resolution;
use model::{Catalog, Clock, EssentialName, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Where answers come from.
#[derive(Debug)]
pub enum CatalogSource {
    /// The HTTP API.
    Lenz(LenzClient),
    /// Raw answers that are at hand: an estate file's or the demo's.
    Fixed(HashMap<EssentialName, serde_json::Value>),
}

/// What a refresh did.
#[derive(Debug, Default)]
pub struct RefreshOutcome {
    /// Essentials that were read anew.
    pub refreshed: Vec<EssentialName>,
    /// Essentials that were not, and why; what was known of them stays.
    pub failed: Vec<(EssentialName, SourceError)>,
}

/// The catalog as far as it is known, at one moment.
#[derive(Clone, Debug, Default)]
pub struct CatalogSnapshot {
    /// Essentials of which an answer is known, in settings order.
    pub catalog: Catalog,
    /// What is known of each essential's answer, in settings order.
    pub entries: Vec<CatalogEntry>,
    /// Grows when `catalog` or an entry's `unrecognised` changes.
    pub version: u64,
}

/// How well one essential's answer is known.
#[derive(Clone, Debug)]
pub struct CatalogEntry {
    /// Catalog name.
    pub name: EssentialName,
    /// When the answer in use was read; `None` while there is none.
    pub fetched_at: Option<Timestamp>,
    /// Whether the answer in use is older than the time to live.
    pub stale: bool,
    /// Why the last call failed; `None` when it did not.
    pub error: Option<String>,
    /// Malformed parts of the answer, a sentence each.
    pub unrecognised: Vec<String>,
}

/// The one cache of the catalog.
#[derive(Debug)]
pub struct CatalogStore {
    source: CatalogSource,
    essentials: Vec<EssentialSettings>,
    ttl: Duration,
    clock: Clock,
}

impl CatalogStore {
    /// A cache of `source` that knows nothing yet.
    pub fn new(source: CatalogSource, essentials: Vec<EssentialSettings>, ttl: Duration, clock: Clock) -> Self {
        Self { source, essentials, ttl, clock }
    }

    /// Reads every essential's answer.
    pub async fn prefetch(&self) -> RefreshOutcome {
        self.refresh(None).await
    }

    /// Reads one essential's answer, or all.
    pub async fn refresh(&self, which: Option<&EssentialName>) -> RefreshOutcome {
        let _ = (which, &self.source, self.ttl, &self.clock);
        todo!()
    }

    /// Reads the answers that are missing or older than the time to live.
    pub async fn refresh_stale(&self) -> RefreshOutcome {
        todo!()
    }

    /// What is known now.
    pub fn current(&self) -> Arc<CatalogSnapshot> {
        todo!()
    }

    /// The essentials, in display order.
    pub fn essentials(&self) -> &[EssentialSettings] {
        &self.essentials
    }

    /// The essential that `text` names.
    pub fn resolve(&self, text: &str) -> Resolution {
        crate::names::resolve(&self.essentials, text)
    }
}
