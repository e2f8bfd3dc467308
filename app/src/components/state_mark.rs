//! How a run or task stands: a sign, a word and a colour, so that colour is never alone.

use leptos::prelude::*;
use model::{DatasetStatus, EssentialStatus, RunStatus};

/// What a state means to the reader, apart from the source's exact word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Done.
    Good,
    /// Failed.
    Bad,
    /// Stopped by someone.
    Stopped,
    /// At work.
    Active,
    /// Will start, or start again.
    Waiting,
    /// Never ran and will not.
    Passed,
    /// A word that is not known, or a row that changes no status.
    Unrecognised,
}

impl Tone {
    /// The tone of a run; `None` where its status is not recognised.
    pub(crate) fn of_run(status: Option<RunStatus>) -> Self {
        match status {
            Some(RunStatus::Success) => Self::Good,
            Some(RunStatus::Failed) => Self::Bad,
            Some(RunStatus::Cancelled) => Self::Stopped,
            Some(RunStatus::Running) => Self::Active,
            Some(RunStatus::Queued) => Self::Waiting,
            None => Self::Unrecognised,
        }
    }

    /// The tone of a dataset.
    pub(crate) fn of_dataset(status: DatasetStatus) -> Self {
        match status {
            DatasetStatus::Success => Self::Good,
            DatasetStatus::Failed => Self::Bad,
            DatasetStatus::Running => Self::Active,
            DatasetStatus::NotStarted => Self::Waiting,
        }
    }

    /// The tone of an essential.
    pub(crate) fn of_essential(status: EssentialStatus) -> Self {
        match status {
            EssentialStatus::Success => Self::Good,
            EssentialStatus::Failed | EssentialStatus::PartialFailure => Self::Bad,
            EssentialStatus::Running => Self::Active,
            EssentialStatus::NotStarted | EssentialStatus::Waiting => Self::Waiting,
        }
    }

    /// Its CSS class.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Stopped => "stopped",
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Passed => "passed",
            Self::Unrecognised => "unrecognised",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✕",
            Self::Stopped => "⊘",
            Self::Active => "▸",
            Self::Waiting => "◷",
            Self::Passed => "↷",
            Self::Unrecognised => "?",
        }
    }
}

/// `words` with the sign and colour of `tone`.
pub(crate) fn state_mark(tone: Tone, words: &str) -> impl IntoView + use<> {
    let words = words.to_owned();
    view! {
        <span class=format!("state-mark {}", tone.as_str())>
            <span class="state-mark-sign" aria-hidden="true">{tone.sign()}</span>
            {words}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_are_told_apart_without_colour() {
        use Tone::*;
        let tones = [Good, Bad, Stopped, Active, Waiting, Passed, Unrecognised];
        for (i, one) in tones.iter().enumerate() {
            for other in &tones[i + 1..] {
                assert_ne!(one.sign(), other.sign());
                assert_ne!(one.as_str(), other.as_str());
            }
        }
        assert_eq!(Tone::of_run(RunStatus::parse("CANCELLED")), Stopped);
        assert_eq!(Tone::of_run(RunStatus::parse("cancelled")), Unrecognised);
    }
}
