//! What a task's state means to the reader.

/// How a task stands, apart from the source's exact word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskTone {
    /// Done.
    Good,
    /// Failed by itself.
    Bad,
    /// At work.
    Active,
    /// Will be tried (again), or has not been scheduled.
    Waiting,
    /// Never ran and will not: skipped, removed or an earlier task failed.
    Passed,
    /// A word that is not Airflow's.
    Unrecognised,
}

impl TaskTone {
    /// Reads Airflow's word (`task_instance.state`); `None` while not scheduled.
    pub(crate) fn of(state: Option<&str>) -> Self {
        match state {
            Some("success") => Self::Good,
            Some("failed") => Self::Bad,
            Some("running" | "restarting" | "deferred") => Self::Active,
            None | Some("scheduled" | "queued" | "up_for_retry" | "up_for_reschedule") => Self::Waiting,
            Some("upstream_failed" | "skipped" | "removed") => Self::Passed,
            Some(_) => Self::Unrecognised,
        }
    }

    /// Its CSS modifier.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Passed => "passed",
            Self::Unrecognised => "unrecognised",
        }
    }

    /// A sign beside the word, so that colour is never alone.
    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✕",
            Self::Active => "▶",
            Self::Waiting => "◷",
            Self::Passed => "⤼",
            Self::Unrecognised => "?",
        }
    }
}

/// The state in words: `upstream_failed` reads "upstream failed".
pub(crate) fn state_words(state: Option<&str>) -> String {
    state.map_or_else(|| "not scheduled".to_owned(), |word| word.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_airflow_state_has_a_tone() {
        for (state, tone) in [
            (Some("success"), TaskTone::Good),
            (Some("failed"), TaskTone::Bad),
            (Some("running"), TaskTone::Active),
            (Some("restarting"), TaskTone::Active),
            (Some("deferred"), TaskTone::Active),
            (Some("queued"), TaskTone::Waiting),
            (Some("scheduled"), TaskTone::Waiting),
            (Some("up_for_retry"), TaskTone::Waiting),
            (Some("up_for_reschedule"), TaskTone::Waiting),
            (None, TaskTone::Waiting),
            (Some("upstream_failed"), TaskTone::Passed),
            (Some("skipped"), TaskTone::Passed),
            (Some("removed"), TaskTone::Passed),
            (Some("SUCCESS"), TaskTone::Unrecognised),
            (Some(""), TaskTone::Unrecognised),
        ] {
            assert_eq!(TaskTone::of(state), tone, "{state:?}");
        }
    }

    #[test]
    fn speaks_words() {
        assert_eq!(state_words(Some("upstream_failed")), "upstream failed");
        assert_eq!(state_words(None), "not scheduled");
    }
}
