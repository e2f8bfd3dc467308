//! A status in words, with its colour and a dot.

use leptos::prelude::*;
use model::{DatasetStatus, EssentialStatus};

/// The colour of a status; the words beside it say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Done.
    Success,
    /// At work.
    Running,
    /// Failed.
    Failed,
    /// Waiting for something.
    Warning,
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
