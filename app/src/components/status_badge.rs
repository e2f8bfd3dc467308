//! A status in words, with its colour and a dot.

use leptos::prelude::*;
use model::{DatasetStatus, EssentialStatus, RunStatus};

/// The colour of a status; the words beside it say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Done.
    Success,
    /// At work.
    Running,
    /// Failed.
    Failed,
    /// Waits for something, or is not recognised.
    Warning,
    /// Stopped by someone.
    Cancelled,
    /// Nothing yet.
    Idle,
}

impl Tone {
    /// The CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Warning => "warning",
            Self::Cancelled => "cancelled",
            Self::Idle => "idle",
        }
    }
}

impl From<EssentialStatus> for Tone {
    fn from(status: EssentialStatus) -> Self {
        match status {
            EssentialStatus::Success => Self::Success,
            EssentialStatus::Running => Self::Running,
            EssentialStatus::Failed | EssentialStatus::PartialFailure => Self::Failed,
            EssentialStatus::Waiting => Self::Warning,
            EssentialStatus::NotStarted => Self::Idle,
        }
    }
}

impl From<DatasetStatus> for Tone {
    fn from(status: DatasetStatus) -> Self {
        match status {
            DatasetStatus::Success => Self::Success,
            DatasetStatus::Running => Self::Running,
            DatasetStatus::Failed => Self::Failed,
            DatasetStatus::NotStarted => Self::Idle,
        }
    }
}

impl Tone {
    /// The tone of a run; `None` where its status is not recognised.
    pub(crate) fn of_run(status: Option<RunStatus>) -> Self {
        match status {
            Some(RunStatus::Success) => Self::Success,
            Some(RunStatus::Failed) => Self::Failed,
            Some(RunStatus::Cancelled) => Self::Cancelled,
            Some(RunStatus::Running) => Self::Running,
            Some(RunStatus::Queued) => Self::Idle,
            None => Self::Warning,
        }
    }
}

/// The tone of an essential's badge and bar: one that has not started is a warning there.
pub fn essential_tone(status: EssentialStatus) -> Tone {
    match status {
        EssentialStatus::NotStarted => Tone::Warning,
        other => other.into(),
    }
}

/// A status in words. What has not started has no dot.
#[component]
pub fn StatusBadge(
    /// Colour.
    #[prop(into)]
    tone: Signal<Tone>,
    /// The word.
    #[prop(into)]
    label: Signal<&'static str>,
) -> impl IntoView {
    let has_dot = Memo::new(move |_| tone.get() != Tone::Idle);
    view! {
        <span class=move || format!("status-badge {}", tone.get().class())>
            {move || has_dot.get().then(|| view! { <span class="status-dot"></span> })}
            {move || label.get()}
        </span>
    }
}

/// The same badge for what does not change by itself, small.
pub(crate) fn status_badge(tone: Tone, label: &str) -> impl IntoView + use<> {
    let dot = (tone != Tone::Idle).then(|| view! { <span class="status-dot"></span> });
    view! { <span class=format!("status-badge is-small {}", tone.class())>{dot}{label.to_owned()}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_status_warns() {
        assert_eq!(Tone::of_run(RunStatus::parse("CANCELLED")), Tone::Cancelled);
        assert_eq!(Tone::of_run(RunStatus::parse("cancelled")), Tone::Warning);
    }

    #[test]
    fn what_has_not_started_has_no_dot() {
        let html = |tone| status_badge(tone, "WORD").to_html();
        assert!(html(Tone::Cancelled).contains("status-dot"));
        assert!(!html(Tone::Idle).contains("status-dot"));
        assert!(html(Tone::Idle).contains("WORD"));
    }
}
