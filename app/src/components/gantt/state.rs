//! What a task's state means to the reader.

use crate::components::state_mark::Tone;

/// Reads Airflow's word (`task_instance.state`); `None` while the task is not scheduled.
pub(crate) fn task_tone(state: Option<&str>) -> Tone {
    match state {
        Some("success") => Tone::Good,
        Some("failed") => Tone::Bad,
        Some("running" | "restarting" | "deferred") => Tone::Active,
        None | Some("scheduled" | "queued" | "up_for_retry" | "up_for_reschedule") => Tone::Waiting,
        Some("upstream_failed" | "skipped" | "removed") => Tone::Passed,
        Some(_) => Tone::Unrecognised,
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
            (Some("success"), Tone::Good),
            (Some("failed"), Tone::Bad),
            (Some("running"), Tone::Active),
            (Some("restarting"), Tone::Active),
            (Some("deferred"), Tone::Active),
            (Some("queued"), Tone::Waiting),
            (Some("scheduled"), Tone::Waiting),
            (Some("up_for_retry"), Tone::Waiting),
            (Some("up_for_reschedule"), Tone::Waiting),
            (None, Tone::Waiting),
            (Some("upstream_failed"), Tone::Passed),
            (Some("skipped"), Tone::Passed),
            (Some("removed"), Tone::Passed),
            (Some("SUCCESS"), Tone::Unrecognised),
            (Some(""), Tone::Unrecognised),
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
