//! The calls of the model of one turn, and what its answers took.

use agent::ModelFailure;
use model::ask::ModelUsage;
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// One call.
#[derive(Clone, Debug)]
pub(super) struct ModelCall {
    /// What for, in a word.
    pub(super) purpose: &'static str,
    pub(super) began: Instant,
    pub(super) ended: Instant,
    pub(super) said: Result<Said, ModelFailure>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// The model as its server calls it; may be empty.
    pub(super) model: String,
    /// `None` where its server did not say.
    pub(super) usage: Option<ModelUsage>,
    /// Whether it was cut off.
    pub(super) is_truncated: bool,
}

/// Counts while a turn runs.
#[derive(Default)]
pub(super) struct Tally(Mutex<Vec<ModelCall>>);

impl Tally {
    /// Takes a call that is over.
    pub(super) fn add(&self, call: ModelCall) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// All answers together; `None` where there was none, or one did not say.
    pub(super) fn total(&self) -> Option<ModelUsage> {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = calls.iter().filter_map(|call| call.said.as_ref().ok()).map(|said| said.usage);
        answers.reduce(|sum, next| Some(sum? + next?)).flatten()
    }

    /// The calls so far.
    pub(super) fn calls(&self) -> Vec<ModelCall> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_known_where_every_part_is() {
        let usage = |answers| Some(ModelUsage { answers, ..ModelUsage::default() });
        let said = |usage| Ok(Said { model: String::new(), usage, is_truncated: false });
        let check = |parts: &[Result<Option<ModelUsage>, ModelFailure>], expect: Option<ModelUsage>| {
            let tally = Tally::default();
            let now = Instant::now();
            for part in parts {
                let said = part.and_then(said);
                tally.add(ModelCall { purpose: "word", began: now, ended: now, said });
            }
            assert_eq!(tally.total(), expect, "{parts:?}");
            assert_eq!(tally.calls().len(), parts.len());
        };
        check(&[], None);
        check(&[Ok(usage(1))], usage(1));
        check(&[Ok(usage(1)), Ok(usage(1)), Ok(usage(1))], usage(3));
        check(&[Ok(None)], None);
        check(&[Ok(usage(1)), Ok(None)], None);
        check(&[Ok(None), Ok(usage(1))], None);
        check(&[Err(ModelFailure::Down)], None);
        check(&[Err(ModelFailure::Down), Ok(usage(1))], usage(1));
    }
}
