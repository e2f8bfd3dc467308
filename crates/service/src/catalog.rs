//! Keeps the catalog fresh, and lets a reader have it read again.

use crate::audience::Audience;
use crate::{Error, Result, Service};
use estate::SourceError;
use estate::catalog::{CatalogSnapshot, EssentialSettings, RefreshOutcome};
use estate::names::{self, Resolution};
use model::source::SourceName;
use model::{Actor, Capability, EssentialName, Timestamp};
use serde::Serialize;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

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

/// The first read of the whole catalog: no board is built before it is over, since one of the
/// first few answers would pass for the whole.
pub(crate) struct FirstRead {
    over: watch::Sender<bool>,
    /// It counts as over then, however it goes: a catalog that is slow must not hide the runs.
    until: Instant,
}

impl FirstRead {
    /// Counts as over `wait` from now.
    pub(crate) fn within(wait: Duration) -> Self {
        Self { over: watch::Sender::new(false), until: Instant::now() + wait }
    }

    fn end(&self) {
        self.over.send_replace(true);
    }
}

impl Service {
    /// Waits until the first read of the whole catalog has ended, well or badly, or takes too long.
    pub(crate) async fn wait_for_catalog(&self) {
        let first = &self.0.first_read;
        let mut over = first.over.subscribe();
        if timeout_at(first.until, over.wait_for(|over| *over)).await.is_ok() {
            return;
        }
        let was_over = first.over.send_replace(true);
        if !was_over {
            self.0.sources.record_late(SourceName::LenzApi, "has not answered for all essentials yet");
        }
    }

    /// Reads the catalog's answer for one essential, or for all, and shows every reader the
    /// result. The answer speaks only of essentials that the actor sees.
    pub async fn refresh_catalog(&self, actor: &Actor, name: Option<&str>) -> Result<RefreshAnswer> {
        self.require(actor, Capability::RefreshCatalog)?;
        let name = name.map(|name| self.find_name(actor, name)).transpose()?;
        let outcome = self.observed(self.0.sources.catalog.refresh(name.as_ref())).await;
        if name.is_none() {
            self.0.first_read.end();
        }
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
            self.0.first_read.end();
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
        let before = sources.catalog.current();
        let started = Instant::now();
        let outcome = refresh.await;
        if !outcome.refreshed.is_empty() || !outcome.failed.is_empty() {
            self.record_refresh(&outcome, &before, started.elapsed());
        }
        let current = sources.catalog.current();
        if current.version != before.version {
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

    /// A name that the catalog does not know is an answer: the catalog is down for other failures
    /// only, or where it knows no name at all, as behind a wrong address.
    fn record_refresh(&self, outcome: &RefreshOutcome, before: &CatalogSnapshot, took: Duration) {
        let sources = &self.0.sources;
        let knows_none = sources.catalog.current().catalog.essentials.is_empty();
        let is_unknown = |error: &SourceError| matches!(error, SourceError::UnknownName);
        let down = outcome.failed.iter().find(|(_, error)| knows_none || !is_unknown(error));
        sources.record_catalog(took, outcome);
        sources.record(SourceName::LenzApi, took, down.map(|(_, error)| error));
        let Some((_, error)) = down.or(outcome.failed.first()) else { return };
        let names: Vec<&str> = outcome.failed.iter().map(|(name, _)| name.as_str()).collect();
        sources.explain(SourceName::LenzApi, format!("{error} (asked for {})", names.join(", ")));
        for (name, error) in outcome.failed.iter().filter(|(_, error)| is_unknown(error)) {
            let entry = before.entries.iter().find(|entry| entry.name == *name);
            if entry.is_some_and(|entry| entry.error.as_ref() != Some(&error.to_string())) {
                tracing::warn!(essential = %name, "the catalog does not know this essential");
            }
        }
    }

    /// The name of the essential that `text` spells exactly: its catalog name, display name or
    /// an alias, in any case. To the actor there are none but those that it sees.
    pub(crate) fn find_name(&self, actor: &Actor, text: &str) -> Result<EssentialName> {
        let all = self.0.sources.catalog.essentials();
        let essentials = Audience::of(actor).narrow_settings(all);
        let same = |known: &str| known.eq_ignore_ascii_case(text.trim());
        let is_exact = |essential: &&EssentialSettings| {
            same(essential.name.as_str())
                || same(&essential.display_name)
                || essential.aliases.iter().any(|alias| same(alias))
        };
        if let Some(essential) = essentials.iter().find(is_exact) {
            return Ok(essential.name.clone());
        }
        if let Some(hidden) = all.iter().find(is_exact) {
            self.note_refused(actor, &format!("essential:{}", hidden.name));
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
