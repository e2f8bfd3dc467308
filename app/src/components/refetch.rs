//! Keeps a page's answer up to date: when its board or telemetry changes, the page asks again.

use crate::api::dated::Dated;
use crate::error::AppError;
use crate::live::follow;
#[cfg(not(feature = "ssr"))]
use crate::live::follow_telemetry;
use leptos::prelude::*;
use model::SnapshotId;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Sets `wanted` (which the source of `answer` must read) to the current board whenever that
/// is another one than the answer was made from.
pub(crate) fn refetch_on_change<T>(
    wanted: RwSignal<Option<SnapshotId>>,
    answer: Resource<Result<Dated<T>, AppError>>,
) where
    T: Send + Sync + 'static,
{
    let shown = RwSignal::new(None);
    Effect::new(move |_| {
        let of = answer.with(|answer| match answer {
            Some(Ok(dated)) => Some((dated.date, dated.board)),
            _ => None,
        });
        if let Some(of) = of {
            shown.set(Some(of));
        }
    });
    let date = Memo::new(move |_| shown.get().map(|(date, _)| date));
    follow(
        move || date.get(),
        move |update| {
            let current = update.current();
            let shown = shown.try_get_untracked().flatten();
            let differs = shown.is_some_and(|(_, board)| board != current);
            if current.is_some() && differs && wanted.try_get_untracked() != Some(current) {
                wanted.set(current);
            }
        },
    );
}

/// Asks for `answer` again when telemetry has changed, while `shows_now` and while somebody looks at it.
pub(crate) fn refetch_live<T>(answer: Resource<T>, shows_now: impl Fn() -> bool + Send + Sync + 'static)
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    #[cfg(not(feature = "ssr"))]
    {
        let pace = StoredValue::new(Pace::default());
        follow_telemetry(shows_now, move || {
            pace.try_update_value(Pace::change);
        });
        Effect::new(move |_| {
            answer.track();
            pace.update_value(|pace| pace.answer(js_sys::Date::now()));
        });
        let ask = move || {
            let is_due = || pace.try_update_value(|pace| pace.ask(js_sys::Date::now()));
            if !document().hidden() && is_due() == Some(true) {
                answer.refetch();
            }
        };
        let timer = set_interval_with_handle(ask, LOOK_EVERY);
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
        });
    }
    #[cfg(feature = "ssr")]
    let _ = (answer, shows_now);
}

/// How often a page looks whether it is to ask again.
#[cfg(not(feature = "ssr"))]
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(250);

/// When a page asks again: once it knows of a change, one question at a time, and waiting between two of them
/// four times as long as an answer takes, so that all open pages together leave the server room.
#[cfg(any(test, not(feature = "ssr")))]
#[derive(Debug, Default)]
struct Pace {
    has_changed: bool,
    asked_ms: Option<f64>,
    ready_ms: f64,
}

#[cfg(any(test, not(feature = "ssr")))]
impl Pace {
    /// At least so long from an answer to the next question, in milliseconds.
    const LEAST_PAUSE_MS: f64 = 1_000.0;

    fn change(&mut self) {
        self.has_changed = true;
    }

    /// Whether to ask now; who is told so does.
    fn ask(&mut self, now_ms: f64) -> bool {
        let is_due = self.has_changed && self.asked_ms.is_none() && now_ms >= self.ready_ms;
        if is_due {
            self.has_changed = false;
            self.asked_ms = Some(now_ms);
        }
        is_due
    }

    fn answer(&mut self, now_ms: f64) {
        if let Some(asked_ms) = self.asked_ms.take() {
            self.ready_ms = now_ms + (4.0 * (now_ms - asked_ms)).max(Self::LEAST_PAUSE_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_asked_for_once_and_not_faster_than_they_are_answered() {
        let mut pace = Pace::default();
        assert!(!pace.ask(0.0), "nothing has changed");
        pace.change();
        pace.change();
        assert!(pace.ask(0.0));
        pace.change();
        assert!(!pace.ask(100.0), "the answer is on its way");
        pace.answer(100.0);
        assert!(!pace.ask(1_099.0) && pace.ask(1_100.0), "a second after a fast answer");
        pace.answer(1_600.0);
        assert!(!pace.ask(9_999.0), "nothing has changed since");
        pace.change();
        assert!(pace.ask(9_999.0));
        pace.answer(11_999.0);
        pace.change();
        assert!(!pace.ask(19_998.0) && pace.ask(19_999.0), "four times as long as a slow answer took");
    }
}
