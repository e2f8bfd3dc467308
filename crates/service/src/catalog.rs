//! Keeps the catalog fresh, and lets a reader have it read again.

use crate::audience::Audience;
use crate::{Error, Result, Service};
use estate::catalog::RefreshOutcome;
use estate::names::{self, Resolution};
use model::{Actor, Capability, EssentialName, Timestamp};
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;

/// How often answers older than their time to live are looked for.
const LOOK_FOR_STALE: Duration = Duration::from_secs(15);
/// Delay before the first retry; doubled for each further failure.
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest delay between retries.
const RETRY_MOST: Duration = Duration::from_secs(60);

/// What a refresh did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefreshAnswer {
    /// Essentials that were read anew.
    pub refreshed: Vec<EssentialName>,
    /// Essentials that were not; what was known of them stays.
    pub failed: Vec<RefreshFailure>,
    /// When.
    pub timestamp: Timestamp,
}

/// An essential that could not be read anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefreshFailure {
    /// Its name.
    pub name: EssentialName,
    /// Why, in words that hold nothing internal.
    pub error: String,
}

impl Service {
    /// Reads the catalog's answer for one essential, or for all, and shows every reader the
    /// result. The answer speaks only of essentials that the actor sees.
    pub async fn refresh_catalog(&self, actor: &Actor, name: Option<&str>) -> Result<RefreshAnswer> {
        self.require(actor, Capability::RefreshCatalog)?;
        let name = name.map(|name| self.find_name(actor, name)).transpose()?;
        let outcome = self.observed(self.0.sources.catalog.refresh(name.as_ref())).await;
        Ok(RefreshAnswer {
            refreshed: outcome.refreshed.into_iter().filter(|name| actor.sees(name)).collect(),
            failed: outcome
                .failed
                .into_iter()
                .filter(|(name, _)| actor.sees(name))
                .map(|(name, error)| RefreshFailure { name, error: error.to_string() })
                .collect(),
            timestamp: self.clock().now(),
        })
    }

    /// Reads all names at start, then whatever grows old, for ever.
    pub(crate) async fn keep_catalog_fresh(&self) {
        let mut failures: u32 = 0;
        loop {
            let outcome = self.observed(self.0.sources.catalog.refresh_stale()).await;
            failures = if outcome.failed.is_empty() { 0 } else { failures.saturating_add(1) };
            let delay = match failures {
                0 => LOOK_FOR_STALE,
                failures => RETRY_FIRST.saturating_mul(1 << (failures - 1).min(10)).min(RETRY_MOST),
            };
            tokio::time::sleep(delay).await;
        }
    }

    async fn observed(&self, refresh: impl Future<Output = RefreshOutcome>) -> RefreshOutcome {
        let sources = &self.0.sources;
        let before = sources.catalog.current().version;
        let started = Instant::now();
        let outcome = refresh.await;
        if !outcome.refreshed.is_empty() || !outcome.failed.is_empty() {
            sources.record_catalog(started.elapsed(), &outcome);
        }
        let current = sources.catalog.current();
        if current.version != before {
            let malformed: usize = current.entries.iter().map(|entry| entry.unrecognised.len()).sum();
            for entry in &current.entries {
                for part in &entry.unrecognised {
                    tracing::warn!(essential = %entry.name, part, "a part of the catalog's answer is malformed");
                }
            }
            metrics::gauge!("sentry_catalog_unrecognised_parts").set(malformed as f64);
            self.0.boards.wake();
        }
        outcome
    }

    /// The name of the essential that `text` spells exactly: its catalog name, display name or
    /// an alias, in any case. To the actor there are none but those that it sees.
    pub(crate) fn find_name(&self, actor: &Actor, text: &str) -> Result<EssentialName> {
        let essentials = Audience::of(actor).narrow_settings(self.0.sources.catalog.essentials());
        let same = |known: &str| known.eq_ignore_ascii_case(text.trim());
        let exact = essentials.iter().find(|essential| {
            same(essential.name.as_str())
                || same(&essential.display_name)
                || essential.aliases.iter().any(|alias| same(alias))
        });
        if let Some(essential) = exact {
            return Ok(essential.name.clone());
        }
        let nearest = match names::resolve(&essentials, text) {
            Resolution::Found(name) => vec![name],
            Resolution::Ambiguous(names) | Resolution::Unknown { nearest: names } => names,
        };
        Err(Error::not_found("essential", text, nearest.iter().map(ToString::to_string).collect()))
    }

    /// Unavailable where the catalog has not answered for the essential yet.
    pub(crate) fn require_known(&self, name: &EssentialName) -> Result<()> {
        let current = self.0.sources.catalog.current();
        if current.catalog.get(name).is_some() {
            return Ok(());
        }
        let entry = current.entries.iter().find(|entry| entry.name == *name);
        let why = entry.and_then(|entry| entry.error.as_deref()).unwrap_or("has not answered yet");
        Err(Error::Unavailable { message: format!("the catalog {why}: nothing is known of {name}") })
    }
}
