//! How the last catalog call of each essential went: what an audience is told of the catalog
//! where some essentials are kept from it.

use crate::audience::Audience;
use estate::SourceError;
use estate::catalog::{EssentialSettings, RefreshOutcome};
use model::source::{SourceName, SourceState, SourceStatus};
use model::{EssentialName, Timestamp};
use std::time::Duration;

/// The last call of each essential, in settings order.
#[derive(Clone, Debug, Default)]
pub(crate) struct CatalogCalls {
    count: u64,
    last: Vec<(EssentialName, Option<Call>)>,
}

#[derive(Clone, Debug)]
struct Call {
    /// Essentials that were asked for together share it.
    number: u64,
    latency_ms: u64,
    error: Option<String>,
    /// The catalog does not know the name: an answer, not a failure.
    is_unknown: bool,
    last_success: Option<Timestamp>,
}

impl CatalogCalls {
    pub(crate) fn new(essentials: &[EssentialSettings]) -> Self {
        Self { count: 0, last: essentials.iter().map(|essential| (essential.name.clone(), None)).collect() }
    }

    /// Remembers a call that ended at `now` and took `took`.
    pub(crate) fn record(&mut self, outcome: &RefreshOutcome, took: Duration, now: Timestamp) {
        self.count += 1;
        let (number, latency_ms) = (self.count, took.as_millis() as u64);
        for (name, last) in &mut self.last {
            let failed = outcome.failed.iter().find(|(failed, _)| failed == name);
            let error = failed.map(|(_, error)| error.to_string());
            let is_unknown = failed.is_some_and(|(_, error)| matches!(error, SourceError::UnknownName));
            if error.is_none() && !outcome.refreshed.contains(name) {
                continue;
            }
            let before = last.as_ref().and_then(|call| call.last_success);
            let last_success = if error.is_none() { Some(now) } else { before };
            *last = Some(Call { number, latency_ms, error, is_unknown, last_success });
        }
    }

    /// `sources` with the catalog as it is to `audience`: calls for hidden essentials were none.
    pub(crate) fn narrow(&self, audience: &Audience, sources: &[SourceStatus]) -> Vec<SourceStatus> {
        let narrow = |source: &SourceStatus| match source.name {
            SourceName::LenzApi => self.status(audience),
            _ => source.clone(),
        };
        sources.iter().map(narrow).collect()
    }

    fn status(&self, audience: &Audience) -> SourceStatus {
        let seen = || {
            let seen = self.last.iter().filter(|(name, _)| audience.sees(name));
            seen.filter_map(|(name, call)| Some((name, call.as_ref()?)))
        };
        let newest = seen().map(|(_, call)| call.number).max();
        let in_newest = || seen().filter(|(_, call)| Some(call.number) == newest);
        let failed: Vec<&EssentialName> =
            in_newest().filter(|(_, call)| call.error.is_some()).map(|(name, _)| name).collect();
        // As for everybody: where it knows no name at all, as behind a wrong address, it is down.
        let knows_none = seen().all(|(_, call)| call.last_success.is_none());
        let is_down = |call: &Call| call.error.is_some() && (knows_none || !call.is_unknown);
        let down = in_newest().find(|(_, call)| is_down(call));
        let error = down.or_else(|| in_newest().find(|(_, call)| call.error.is_some()));
        let error = error.and_then(|(_, call)| call.error.as_ref());
        SourceStatus {
            name: SourceName::LenzApi,
            state: match (newest, down) {
                (None, _) => SourceState::Starting,
                (Some(_), None) => SourceState::Up,
                (Some(_), Some(_)) => SourceState::Down,
            },
            latency_ms: in_newest().map(|(_, call)| call.latency_ms).next(),
            last_success: seen().filter_map(|(_, call)| call.last_success).max(),
            error: error.map(|error| format!("{error}{}", asked_for(&failed))),
        }
    }
}

/// Which essentials a call that failed was for.
pub(crate) fn asked_for(names: &[&EssentialName]) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    format!(" (asked for {})", names.join(", "))
}
