//! What the model's answers of one turn took.

use model::ask::ModelUsage;
use std::sync::{Mutex, PoisonError};

/// Counts while a turn runs.
#[derive(Default)]
pub(super) struct Tally(Mutex<Vec<Option<ModelUsage>>>);

impl Tally {
    /// Takes one answer; `None` where its server did not say.
    pub(super) fn add(&self, usage: Option<ModelUsage>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(usage);
    }

    /// All answers together; `None` where there was none, or one did not say.
    pub(super) fn total(&self) -> Option<ModelUsage> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.iter().copied().reduce(|sum, next| Some(sum? + next?)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_known_where_every_part_is() {
        let usage = |answers| Some(ModelUsage { answers, ..ModelUsage::default() });
        let check = |parts: &[Option<ModelUsage>], expect: Option<ModelUsage>| {
            let tally = Tally::default();
            parts.iter().for_each(|part| tally.add(*part));
            assert_eq!(tally.total(), expect, "{parts:?}");
        };
        check(&[], None);
        check(&[usage(1)], usage(1));
        check(&[usage(1), usage(1), usage(1)], usage(3));
        check(&[None], None);
        check(&[usage(1), None], None);
        check(&[None, usage(1)], None);
    }
}
