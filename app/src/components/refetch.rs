//! Keeps a page's answer up to date: when its board changes, the page asks again.

use crate::api::dated::Dated;
use crate::error::AppError;
use crate::live::follow;
use leptos::prelude::*;
use model::SnapshotId;

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

/// Asks for `answer` again every so many seconds while somebody looks at it.
pub(crate) fn refetch_every<T>(seconds: u64, answer: Resource<T>)
where
    T: Send + Sync + 'static,
{
    #[cfg(not(feature = "ssr"))]
    {
        let again = move || {
            if !document().hidden() {
                answer.refetch();
            }
        };
        let timer = set_interval_with_handle(again, std::time::Duration::from_secs(seconds));
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
        });
    }
    #[cfg(feature = "ssr")]
    let _ = (seconds, answer);
}
