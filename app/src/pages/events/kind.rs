//! The kinds of what stands in the timeline: a word and an icon each, and how much it matters.

use crate::components::status_badge::Tone;
use leptos::prelude::*;
use model::telemetry::view::EntryKind;
use model::telemetry::{EventKind, LogLevel};

/// What people call it.
pub(super) fn kind_label(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Event(EventKind::Log) => "Log",
        EntryKind::Event(EventKind::Error) => "Error",
        EntryKind::Event(EventKind::Span) => "Span",
        EntryKind::Event(EventKind::TokenUsage) => "Token usage",
        EntryKind::Event(EventKind::Message) => "Message",
        EntryKind::Event(EventKind::EvalMetric) => "Evaluation",
        EntryKind::Event(EventKind::AgentAction) => "Action",
        EntryKind::Event(EventKind::Retrieval) => "Retrieval",
        EntryKind::Event(EventKind::ToolCall) => "Tool call",
        EntryKind::Event(EventKind::ModelResponse) => "Model response",
        EntryKind::Event(EventKind::Custom) => "Custom",
        EntryKind::StatusChange => "Status change",
    }
}

/// Icon and word.
pub(super) fn kind_mark(kind: EntryKind) -> AnyView {
    // Line icons (Feather, MIT) as one path each.
    let path = match kind {
        EntryKind::Event(EventKind::Log) => "M4 6h16M4 12h16M4 18h10",
        EntryKind::Event(EventKind::Error) => "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM15 9l-6 6M9 9l6 6",
        EntryKind::Event(EventKind::Span) => "M2 12h7M15 12h7M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
        EntryKind::Event(EventKind::TokenUsage) => "M4 9h16M4 15h16M10 3L8 21M16 3l-2 18",
        EntryKind::Event(EventKind::Message) => {
            "M20 21v-2a4 4 0 0 0-4-4H8a4 4 0 0 0-4 4v2M12 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8z"
        }
        EntryKind::Event(EventKind::EvalMetric) => "M18 20V10M12 20V4M6 20v-6",
        EntryKind::Event(EventKind::AgentAction) => "M5 3l14 9-14 9z",
        EntryKind::Event(EventKind::Retrieval) => "M11 3a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM21 21l-4.35-4.35",
        EntryKind::Event(EventKind::ToolCall) => "M13 2L3 14h9l-1 8 10-12h-9z",
        EntryKind::Event(EventKind::ModelResponse) => {
            "M21 15a2 2 0 0 1-2 2H7l-4 4V5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2z"
        }
        EntryKind::Event(EventKind::Custom) => "M4 4h16v16H4z",
        EntryKind::StatusChange => "M22 12h-4l-3 9L9 3l-3 9H2",
    };
    view! {
        <svg width="14" height="14" viewBox="0 0 24 24" aria-hidden="true"><path d=path></path></svg>
        {kind_label(kind)}
    }
    .into_any()
}

/// Levels that can be asked for at least, with what people call them.
pub(super) const LEVELS: [(LogLevel, &str, &str); 3] = [
    (LogLevel::Info, "info", "info and above"),
    (LogLevel::Warn, "warn", "warnings and errors"),
    (LogLevel::Error, "error", "errors only"),
];

/// Word and colour of what matters more or less than usual.
pub(super) fn severity_mark(level: LogLevel) -> Option<(&'static str, Tone)> {
    match level {
        LogLevel::Debug => Some(("debug", Tone::Idle)),
        LogLevel::Info => None,
        LogLevel::Warn => Some(("warning", Tone::Warning)),
        LogLevel::Error => Some(("error", Tone::Failed)),
    }
}
