//! The catalog's cache: one for every reader.

use super::parse::{Definition, parse_definition};
use super::{EssentialSettings, LenzClient};
use crate::error::SourceError;
use crate::names::{self, Resolution};
use arc_swap::ArcSwap;
use futures::{StreamExt, stream};
use model::{Catalog, Clock, Essential, EssentialName, Timestamp};
use serde_json::Value;
use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Calls to the catalog at the same time.
const CONCURRENT_CALLS: usize = 4;

/// Where answers come from.
#[derive(Debug)]
pub enum CatalogSource {
    /// The HTTP API.
    Lenz(LenzClient),
    /// Raw answers that are at hand: an estate file's or the demo's.
    Fixed(HashMap<EssentialName, Value>),
}

impl CatalogSource {
    async fn read(&self, name: &EssentialName) -> Result<Definition, SourceError> {
        match self {
            Self::Lenz(client) => parse_definition(name, &client.get_definition(name).await?),
            Self::Fixed(answers) => match answers.get(name) {
                Some(answer) => parse_definition(name, answer),
                None => {
                    Err(SourceError::Malformed { what: "it holds no answer for the essential".to_owned() })
                }
            },
        }
    }
}

/// What a refresh did.
#[derive(Debug, Default)]
pub struct RefreshOutcome {
    /// Essentials that were read anew, in settings order.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogEntry {
    /// Catalog name.
    pub name: EssentialName,
    /// When the answer in use was read; `None` while there is none.
    pub fetched_at: Option<Timestamp>,
    /// Whether the answer in use had outlived its time to live when a call last ended.
    pub stale: bool,
    /// Why the last call failed, in words that hold nothing internal; `None` when it did not.
    pub error: Option<String>,
    /// Malformed parts of the answer in use, a sentence each.
    pub unrecognised: Vec<String>,
}

/// The one cache of the catalog. Answers stay in use, marked as stale, for as long as the
/// source cannot give newer ones.
#[derive(Debug)]
pub struct CatalogStore {
    source: CatalogSource,
    essentials: Vec<EssentialSettings>,
    ttl: Duration,
    clock: Clock,
    /// One slot for each essential, in settings order.
    slots: Vec<Slot>,
    known: Mutex<Vec<Known>>,
    current: ArcSwap<CatalogSnapshot>,
}

/// Lets one call for an essential be under way at a time.
#[derive(Debug, Default)]
struct Slot {
    /// Held while a call is under way; holds how the last one failed, if it did.
    flight: tokio::sync::Mutex<Option<SourceError>>,
    /// How many calls have ended.
    landed: AtomicU64,
}

/// What is known of one essential.
#[derive(Clone, Debug, Default)]
struct Known {
    definition: Option<(Definition, Timestamp)>,
    error: Option<String>,
}

impl CatalogStore {
    /// A cache of `source` that knows nothing yet. Answers are in use for `ttl` before
    /// [`CatalogStore::refresh_stale`] asks for them again.
    pub fn new(
        source: CatalogSource,
        essentials: Vec<EssentialSettings>,
        ttl: Duration,
        clock: Clock,
    ) -> Self {
        let known = vec![Known::default(); essentials.len()];
        let store = Self {
            source,
            slots: essentials.iter().map(|_| Slot::default()).collect(),
            known: Mutex::default(),
            current: ArcSwap::default(),
            essentials,
            ttl,
            clock,
        };
        store.publish(|current| *current = known);
        store
    }

    /// Reads every essential's answer, a few at a time; each can be seen as soon as it is there.
    pub async fn prefetch(&self) -> RefreshOutcome {
        self.refresh(None).await
    }

    /// Reads one essential's answer, or all. Where a call for the same essential is under
    /// way already, waits for that one's end in place of a second call.
    pub async fn refresh(&self, which: Option<&EssentialName>) -> RefreshOutcome {
        let Some(name) = which else {
            return self.read_all((0..self.essentials.len()).collect()).await;
        };
        match self.essentials.iter().position(|essential| essential.name == *name) {
            Some(index) => self.read_all(vec![index]).await,
            None => {
                let error = SourceError::Settings("is no essential of the settings".to_owned());
                RefreshOutcome { refreshed: Vec::new(), failed: vec![(name.clone(), error)] }
            }
        }
    }

    /// Reads the answers that are missing, older than the time to live, or whose last call failed. Costs no call and
    /// changes nothing when there are none.
    pub async fn refresh_stale(&self) -> RefreshOutcome {
        let now = self.clock.now();
        let due = |entry: &CatalogEntry| entry.error.is_some() || self.is_stale(entry.fetched_at, now);
        let current = self.current();
        let indices = current.entries.iter().enumerate().filter(|(_, entry)| due(entry));
        self.read_all(indices.map(|(index, _)| index).collect()).await
    }

    /// What is known now. The answer never changes; ask again to see a refresh.
    pub fn current(&self) -> Arc<CatalogSnapshot> {
        self.current.load_full()
    }

    /// The essentials, in display order.
    pub fn essentials(&self) -> &[EssentialSettings] {
        &self.essentials
    }

    /// The essential that `text` names.
    pub fn resolve(&self, text: &str) -> Resolution {
        names::resolve(&self.essentials, text)
    }

    fn is_stale(&self, fetched_at: Option<Timestamp>, now: Timestamp) -> bool {
        let ttl_ms = i64::try_from(self.ttl.as_millis()).unwrap_or(i64::MAX);
        fetched_at.is_none_or(|at| now.as_millisecond().saturating_sub(at.as_millisecond()) >= ttl_ms)
    }

    async fn read_all(&self, indices: Vec<usize>) -> RefreshOutcome {
        let mut results: Vec<(usize, Result<(), SourceError>)> = stream::iter(indices)
            .map(|index| async move { (index, self.read_one(index).await) })
            .buffer_unordered(CONCURRENT_CALLS)
            .collect()
            .await;
        results.sort_by_key(|(index, _)| *index);
        let mut outcome = RefreshOutcome::default();
        for (index, result) in results {
            let name = self.essentials[index].name.clone();
            match result {
                Ok(()) => outcome.refreshed.push(name),
                Err(error) => outcome.failed.push((name, error)),
            }
        }
        outcome
    }

    async fn read_one(&self, index: usize) -> Result<(), SourceError> {
        let slot = &self.slots[index];
        let landed = slot.landed.load(SeqCst);
        let mut last = slot.flight.lock().await;
        if slot.landed.load(SeqCst) != landed {
            return last.as_ref().map_or(Ok(()), |error| Err(retell(error)));
        }
        let result = self.source.read(&self.essentials[index].name).await;
        let now = self.clock.now();
        let result = match result {
            Ok(definition) => {
                let fresh = Known { definition: Some((definition, now)), error: None };
                self.publish(|known| known[index] = fresh);
                Ok(())
            }
            Err(error) => {
                self.publish(|known| known[index].error = Some(error.to_string()));
                Err(error)
            }
        };
        *last = result.as_ref().err().map(retell);
        slot.landed.fetch_add(1, SeqCst);
        result
    }

    /// Changes what is known and shows it to every reader at once.
    fn publish(&self, change: impl FnOnce(&mut Vec<Known>)) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut known);
        let now = self.clock.now();
        let before = self.current.load();
        let mut next = CatalogSnapshot { version: before.version, ..CatalogSnapshot::default() };
        for (essential, known) in self.essentials.iter().zip(known.iter()) {
            let fetched_at = known.definition.as_ref().map(|(_, at)| *at);
            let mut unrecognised = Vec::new();
            if let Some((definition, _)) = &known.definition {
                unrecognised.clone_from(&definition.unrecognised);
                next.catalog.essentials.push(Essential {
                    name: essential.name.clone(),
                    display_name: essential.display_name.clone(),
                    aliases: essential.aliases.clone(),
                    depends_on: essential.depends_on.clone(),
                    datasets: definition.datasets.clone(),
                });
            }
            next.entries.push(CatalogEntry {
                name: essential.name.clone(),
                fetched_at,
                stale: fetched_at.is_some() && self.is_stale(fetched_at, now),
                error: known.error.clone(),
                unrecognised,
            });
        }
        let parts = |snapshot: &CatalogSnapshot| -> Vec<Vec<String>> {
            snapshot.entries.iter().map(|entry| entry.unrecognised.clone()).collect()
        };
        if next.catalog != before.catalog || parts(&next) != parts(&before) {
            next.version += 1;
        }
        self.current.store(Arc::new(next));
    }
}

/// The same failure for another reader of the same call; its cause as text.
fn retell(error: &SourceError) -> SourceError {
    let cause = || error.source().map_or_else(String::new, |cause| format!("{cause:?}")).into();
    match error {
        SourceError::Unreachable(_) => SourceError::Unreachable(cause()),
        SourceError::TimedOut { limit_s } => SourceError::TimedOut { limit_s: *limit_s },
        SourceError::LoginRejected(_) => SourceError::LoginRejected(cause()),
        SourceError::CredentialsRejected(_) => SourceError::CredentialsRejected(cause()),
        SourceError::Malformed { what } => SourceError::Malformed { what: what.clone() },
        SourceError::UnknownName => SourceError::UnknownName,
        SourceError::TooManyRows { expected, limit } => {
            SourceError::TooManyRows { expected: *expected, limit: *limit }
        }
        SourceError::TooLarge { limit_kb } => SourceError::TooLarge { limit_kb: *limit_kb },
        SourceError::Refused(_) => SourceError::Refused(cause()),
        SourceError::Settings(text) => SourceError::Settings(text.clone()),
    }
}
