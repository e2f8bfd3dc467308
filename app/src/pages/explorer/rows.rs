//! The rows of the explorer in the browser: which are on screen, which are at hand, and the
//! requests for the rest.

use super::Answer;
use super::scroll::{ROW_PX, WINDOW_ROWS, rows_to_draw};
use super::windows::{Question, Windows};
use crate::api::runs::list_runs;
use leptos::html;
use leptos::prelude::*;
#[cfg(not(feature = "ssr"))]
use leptos::wasm_bindgen::JsCast;
#[cfg(not(feature = "ssr"))]
use leptos::web_sys::HtmlElement;
use model::view::RunListItem;
use std::ops::Range;
use std::time::Duration;

/// Pause after the last scroll before the server is asked.
const PAUSE: Duration = Duration::from_millis(80);

/// Height of headings and filters, which lie over the frame's top, in CSS pixels.
const HEAD_PX: f64 = 66.0;

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

    /// The rows on screen; those that the page came with before the script runs.
    pub(crate) fn in_sight(self) -> Range<usize> {
        let drawn = self.drawn();
        if !self.is_measured() {
            return drawn;
        }
        let Screen { scrolled_px, frame_px } = self.screen.get();
        let rows = |px: f64| (px / ROW_PX as f64) as usize;
        let (first, end) = (rows(scrolled_px), rows(scrolled_px + frame_px - HEAD_PX));
        first.clamp(drawn.start, drawn.end)..end.clamp(drawn.start, drawn.end)
    }

    /// How many rows are not drawn above; none before the script runs, so that the page begins
    /// with the rows that it came with.
    pub(crate) fn above(self) -> usize {
        if self.is_measured() { self.drawn().start } else { 0 }
    }

    /// How many rows are not drawn below.
    pub(crate) fn below(self) -> usize {
        if self.is_measured() { self.count().saturating_sub(self.drawn().end) } else { 0 }
    }

    fn is_measured(self) -> bool {
        self.screen.with(|screen| screen.frame_px > 0.0)
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
        if let Some(element) = self.frame.try_get_untracked().flatten() {
            self.show(f64::from(element.scroll_top()), f64::from(element.client_height()));
        }
    }

    fn show(self, scrolled_px: f64, frame_px: f64) {
        let screen = Screen { scrolled_px, frame_px };
        if self.screen.try_get_untracked().is_some_and(|before| before != screen) {
            self.screen.set(screen);
        }
    }

    /// Scrolls to `row`, once there is a frame to scroll in. The rows are drawn first, because
    /// only they make the room to scroll.
    fn go_to(self, row: usize) {
        let Some(element) = self.frame.get_untracked() else { return };
        let top_px = row * ROW_PX;
        self.show(top_px as f64, f64::from(element.client_height()));
        request_animation_frame(move || {
            element.set_scroll_top(i32::try_from(top_px).unwrap_or(i32::MAX));
            self.look();
        });
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
    follow_frame(rows, question, offset);
    fetch_the_rest(rows, question);
    #[cfg(not(feature = "ssr"))]
    keep_focus(rows);
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

/// Follows the size of the frame. Goes to the row that the URL names, and back to the first
/// where another query is asked.
fn follow_frame(rows: Rows, question: Memo<Question>, offset: Memo<usize>) {
    let query = Memo::new(move |_| question.with(|question| (question.date, question.query.clone())));
    Effect::new(move |before: Option<(Option<(usize, _)>, bool)>| {
        let now = (offset.get(), query.get());
        let shown = rows.frame.get().is_some() && rows.count() > 0;
        let (before, was_shown) = before.unwrap_or_default();
        let moved = before.as_ref().is_some_and(|before| *before != now);
        if shown && (moved || (!was_shown && now.0 > 0)) {
            rows.go_to(now.0);
        } else {
            request_animation_frame(move || rows.look());
        }
        (Some(now), shown)
    });
    #[cfg(not(feature = "ssr"))]
    {
        let resized = window_event_listener(leptos::ev::resize, move |_| rows.look());
        on_cleanup(move || resized.remove());
    }
}

/// Gives the focus back to the row that had it. Rows that come in above make the browser move
/// the others, and what is moved loses the focus.
#[cfg(not(feature = "ssr"))]
fn keep_focus(rows: Rows) {
    let row_of_focus =
        || document().active_element()?.closest("tr[aria-rowindex]").ok()??.get_attribute("aria-rowindex");
    let focused = StoredValue::new(None::<String>);
    let seen = window_event_listener(leptos::ev::focusin, move |_| focused.set_value(row_of_focus()));
    on_cleanup(move || seen.remove());
    Effect::new(move |_| {
        rows.drawn.track();
        request_animation_frame(move || {
            let lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
            let Some(row) = focused.try_get_value().flatten().filter(|_| lost) else { return };
            let link = document().query_selector(&format!("tr[aria-rowindex='{row}'] [data-row]"));
            if let Some(link) = link.ok().flatten().and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
                let _ = link.focus();
            }
        });
    });
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
            rows.trouble.set(
                answer.as_ref().err().map(|error| format!("Rows are missing: {error} Scroll to try again.")),
            );
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
