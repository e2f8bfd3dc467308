//! How an agent does, in words.

use crate::components::status_badge::{Tone, status_badge};
use crate::time::{Zone, duration};
use leptos::prelude::*;
use model::telemetry::{AgentStatus, UnixNanos};

/// The word on badges: up or down, and why.
pub(crate) fn status_label(status: AgentStatus) -> &'static str {
    match status {
        AgentStatus::Running => "Up",
        AgentStatus::Error => "Down: failing",
        AgentStatus::Stopped => "Down: stopped",
        AgentStatus::Unknown => "Down: no data",
    }
}

/// The same with its colour and a dot.
pub(crate) fn agent_badge(status: AgentStatus) -> AnyView {
    let tone = match status {
        AgentStatus::Running => Tone::Success,
        AgentStatus::Error => Tone::Failed,
        AgentStatus::Stopped => Tone::Cancelled,
        AgentStatus::Unknown => Tone::Warning,
    };
    status_badge(tone, status_label(status)).into_any()
}

/// How long ago something was, with the exact time on hover.
pub(crate) fn ago(at: UnixNanos, now: UnixNanos, zone: &Zone) -> AnyView {
    let words = format!("{} ago", duration(now.0.saturating_sub(at.0) / 1_000_000_000));
    let at = at.timestamp();
    view! { <time datetime=at.to_string() title=zone.exact(at)>{words}</time> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_is_up() {
        for status in AgentStatus::ALL {
            assert_eq!(status_label(status).starts_with("Up"), status.is_up(), "{status:?}");
        }
    }
}
