//! Our own agent is the first customer: what its turns did goes the way of all telemetry, but for HTTP.
//!
//! It is never in the way of an answer. A turn leaves its notes when it is over; those of a second are
//! stored together, and where telemetry is not open, or takes no more, they are dropped and counted.

use super::Telemetry;
use super::ingest::{count_records, priced_span};
use crate::Service;
use crate::ask::{Content, TurnTrace};
use ::telemetry::genai;
use ::telemetry::redact::{Redaction, redact_attributes, redact_text};
use ::telemetry::store::{Batch, PricedSpan};
use model::identity::{Project, ProjectId};
use model::telemetry::Span;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Turns that may wait.
const MOST_WAITING: usize = 512;
/// How often they are stored: a commit for each would take the disk from the answers' own.
const EVERY: Duration = Duration::from_secs(1);

/// Turns on their way.
#[derive(Default)]
pub(crate) struct OwnTurns {
    waiting: Mutex<Vec<TurnTrace>>,
    /// Told when there are some.
    wake: Notify,
    /// Held while some are stored.
    storing: tokio::sync::Mutex<()>,
}

impl Service {
    /// Takes a turn that is over. Never waits.
    pub(crate) fn hand_over_turn(&self, turn: TurnTrace) {
        let own = &self.0.own_turns;
        let mut waiting = own.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST_WAITING {
            waiting.push(turn);
            own.wake.notify_one();
        } else {
            count_dropped(1);
        }
    }

    /// Stores turns, for ever.
    pub(crate) async fn keep_turns_stored(&self) {
        loop {
            self.0.own_turns.wake.notified().await;
            // In a task of its own: what it has taken is not lost at the server's end.
            drop(tokio::spawn(self.clone().store_waiting_turns()).await);
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Stores those that wait, after those that are being stored.
    pub(super) async fn store_waiting_turns(self) {
        let own = &self.0.own_turns;
        let _storing = own.storing.lock().await;
        let turns = std::mem::take(&mut *own.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if !turns.is_empty() {
            self.store_turns(turns).await;
        }
    }

    async fn store_turns(&self, turns: Vec<TurnTrace>) {
        let Ok(way) = self.0.telemetry.way().await else { return count_dropped(turns.len()) };
        let mut by_project: BTreeMap<ProjectId, Vec<TurnTrace>> = BTreeMap::new();
        for turn in turns {
            by_project.entry(turn.project().clone()).or_default().push(turn);
        }
        for (project, turns) in by_project {
            let count = turns.len();
            let Ok(Some(project)) = self.0.accounts.store.find_project(&project).await else {
                count_dropped(count);
                continue;
            };
            let content = self.content_of_turns(&project.id).await;
            let spans = turns.into_iter().flat_map(|turn| turn.spans(content));
            let batch = Batch { spans: self.0.telemetry.prepare(&project, spans), ..Batch::default() };
            if let Err(refused) = way.submit(project.id, batch).await {
                tracing::warn!(error = &refused as &dyn std::error::Error, "turns were not stored as traces");
                count_dropped(count);
            }
        }
    }

    /// A trace is read by all of its project. Where essentials are kept from some of them, it must not say
    /// what was asked.
    async fn content_of_turns(&self, project: &ProjectId) -> Content {
        let access = self.0.accounts.store.list_essential_access(project).await;
        let is_open = access.is_ok_and(|access| access.is_empty());
        if is_open { Content::Told } else { Content::LeftOut }
    }
}

impl Telemetry {
    /// What becomes of spans on every way in: without secrets, their attributes read, priced.
    fn prepare(&self, project: &Project, spans: impl Iterator<Item = Span>) -> Vec<PricedSpan> {
        let redacts = project.telemetry.redaction == Redaction::On;
        let mut readings = genai::Readings::default();
        let prepared = spans.map(|mut span| {
            if redacts {
                span.redactions =
                    redact_attributes(&mut span.attributes) + redact_text(&mut span.status_message);
                self.redactions.count(project, span.redactions.into());
            }
            genai::normalise(&mut span, &mut readings);
            priced_span(&self.prices, span)
        });
        let prepared: Vec<_> = prepared.collect();
        count_records("span", prepared.len());
        prepared
    }
}

fn count_dropped(turns: usize) {
    metrics::counter!("sentry_own_traces_dropped_total").increment(turns as u64);
}
