//! What a task's state means to the reader.

use crate::components::status_badge::Tone;

/// Reads Airflow's word (`task_instance.state`); `None` while the task is not scheduled.
pub(crate) fn task_tone(state: Option<&str>) -> Tone {
    match state {
        Some("success") => Tone::Success,
        Some("failed") => Tone::Failed,
        Some("running" | "restarting" | "deferred") => Tone::Running,
        None | Some("scheduled" | "queued" | "up_for_retry" | "up_for_reschedule") => Tone::Idle,
        Some("upstream_failed" | "skipped" | "removed") => Tone::Idle,
        Some(_) => Tone::Warning,
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
            (Some("success"), Tone::Success),
            (Some("failed"), Tone::Failed),
            (Some("running"), Tone::Running),
            (Some("restarting"), Tone::Running),
            (Some("deferred"), Tone::Running),
            (Some("queued"), Tone::Idle),
            (Some("scheduled"), Tone::Idle),
            (Some("up_for_retry"), Tone::Idle),
            (Some("up_for_reschedule"), Tone::Idle),
            (None, Tone::Idle),
            (Some("upstream_failed"), Tone::Idle),
            (Some("skipped"), Tone::Idle),
            (Some("removed"), Tone::Idle),
            (Some("SUCCESS"), Tone::Warning),
            (Some(""), Tone::Warning),
        ] {
            assert_eq!(task_tone(state), tone, "{state:?}");
        }
    }

    #[test]
    fn speaks_words() {
        assert_eq!(state_words(Some("upstream_failed")), "upstream failed");
        assert_eq!(state_words(None), "not scheduled");
    }
}
