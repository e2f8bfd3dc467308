//! The rows of the explorer in the browser: which are on screen, which are at hand, and the
//! requests for the rest.

use super::Answer;
use super::scroll::{ROW_PX, WINDOW_ROWS, rows_to_draw};
use super::windows::{Question, Windows};
use crate::api::runs::list_runs;
use leptos::html;
use leptos::prelude::*;
use model::view::RunListItem;
use std::ops::Range;
use std::time::Duration;

/// Pause after the last scroll before the server is asked.
const PAUSE: Duration = Duration::from_millis(80);

/// What of the list is on screen; nothing is known of it before the script runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Screen {
    scrolled_px: f64,
    frame_px: f64,
}

/// The rows; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    frame: NodeRef<html::Div>,
    screen: RwSignal<Screen>,
    windows: RwSignal<Windows>,
    answer: Answer,
    drawn: Memo<Range<usize>>,
    count: Memo<usize>,
    trouble: RwSignal<Option<String>>,
}

impl Rows {
    /// How many rows the query selects.
    pub(crate) fn count(self) -> usize {
        self.count.get()
    }

    /// The rows to draw: those on screen, or those that the page came with before the script runs.
    pub(crate) fn drawn(self) -> Range<usize> {
        self.drawn.get()
    }

    /// Why rows are not there, where they could not be fetched.
    pub(crate) fn trouble(self) -> Option<String> {
        self.trouble.get()
    }

    /// The row at `index`; `None` while it is on its way.
    pub(crate) fn row(self, index: usize) -> Memo<Option<RunListItem>> {
        Memo::new(move |_| {
            let at_hand = self.windows.with(|windows| windows.row(index).cloned());
            at_hand.or_else(|| {
                self.answer.with(|answer| {
                    let runs = &answer.as_ref()?.as_ref().ok()?.view.1;
                    runs.rows.get(index.checked_sub(runs.offset)?).cloned()
                })
            })
        })
    }

    /// Looks again at what is on screen.
    pub(crate) fn look(self) {
        if let Some(element) = self.frame.get_untracked() {
            let now = Screen {
                scrolled_px: f64::from(element.scroll_top()),
                frame_px: f64::from(element.client_height()),
            };
            if self.screen.get_untracked() != now {
                self.screen.set(now);
            }
        }
    }
}

/// The rows of `answer` inside `frame`, from the one that the URL names.
pub(crate) fn use_rows(
    frame: NodeRef<html::Div>,
    question: Memo<Question>,
    offset: Memo<usize>,
    answer: Answer,
) -> Rows {
    let screen = RwSignal::new(Screen::default());
    let count = Memo::new(move |_| {
        answer.with(|answer| match answer {
            Some(Ok(dated)) => dated.view.1.matching,
            _ => 0,
        })
    });
    let drawn = Memo::new(move |_| {
        let Screen { scrolled_px, frame_px } = screen.get();
        if frame_px > 0.0 {
            return rows_to_draw(scrolled_px, frame_px, count.get());
        }
        answer.with(|answer| match answer {
            Some(Ok(dated)) => dated.view.1.offset..dated.view.1.offset + dated.view.1.rows.len(),
            _ => 0..0,
        })
    });
    let windows = RwSignal::new(Windows::default());
    let rows = Rows { frame, screen, windows, answer, drawn, count, trouble: RwSignal::new(None) };
    keep_answers(rows);
    follow_frame(rows, offset);
    fetch_the_rest(rows, question);
    rows
}

/// Keeps the rows that come with the page and with every new URL.
fn keep_answers(rows: Rows) {
    Effect::new(move |_| {
        rows.answer.with(|answer| {
            if let Some(Ok(dated)) = answer {
                let (question, runs) = &dated.view;
                rows.windows.update(|windows| {
                    windows.turn_to(question);
                    windows.keep(question, runs.offset, runs.rows.clone());
                });
            }
        });
    });
}

/// Follows the size of the frame, and scrolls to the row that the URL names.
fn follow_frame(rows: Rows, offset: Memo<usize>) {
    Effect::new(move |before: Option<usize>| {
        let offset = offset.get();
        if let Some(element) = rows.frame.get() {
            if before.unwrap_or(0) != offset {
                let top = i32::try_from(offset * ROW_PX).unwrap_or(i32::MAX);
                request_animation_frame(move || element.set_scroll_top(top));
            }
            rows.look();
        }
        offset
    });
    #[cfg(not(feature = "ssr"))]
    {
        let resized = window_event_listener(leptos::ev::resize, move |_| rows.look());
        on_cleanup(move || resized.remove());
    }
}

/// Asks for a window on screen that is not at hand, one at a time; a request for what is no
/// longer on screen is aborted.
fn fetch_the_rest(rows: Rows, question: Memo<Question>) {
    let wanted = Memo::new(move |_| {
        let question = question.get();
        rows.windows.with(|windows| {
            let current = *windows.question() == question;
            let first_row = windows.wanted(&rows.drawn.get()).first().copied();
            first_row.filter(|_| current).map(|first_row| (question, first_row))
        })
    });
    let fetch = Action::new(move |(question, first_row): &(Question, usize)| {
        let (question, first_row) = (question.clone(), *first_row);
        async move {
            let answer = list_runs(question.date, question.query.clone(), first_row, WINDOW_ROWS).await;
            rows.trouble.set(answer.as_ref().err().map(|error| format!("Rows are missing: {error} Scroll to try again.")));
            if let Ok(dated) = answer {
                rows.windows.update(|windows| windows.keep(&question, first_row, dated.view.rows));
            }
        }
    });
    Effect::new(move |_| {
        let Some(wanted) = wanted.get() else { return };
        let request = StoredValue::new_local(None::<ActionAbortHandle>);
        let timer = set_timeout_with_handle(
            move || {
                request.try_set_value(Some(fetch.dispatch_local(wanted)));
            },
            PAUSE,
        );
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
            if let Some(request) = request.try_update_value(Option::take).flatten() {
                request.abort();
            }
        });
    });
}
