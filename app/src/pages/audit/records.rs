//! The records at hand: those that the URL asks for, and older ones that scrolling brought.

use super::layout::Layout;
use crate::api::audit::list_audit;
use crate::error::AppError;
use leptos::html;
use leptos::prelude::*;
use model::audit::{AuditFilter, AuditPage, AuditRecord};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Rows before the end of what is at hand where older ones are asked for.
const AHEAD_ROWS: usize = 20;

/// What the list answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Question {
    /// Which records.
    pub(crate) filter: AuditFilter,
    /// Only older ones than this place in the chain.
    pub(crate) before: Option<i64>,
}

/// A page of records, with the question that it answers.
pub(crate) type Answer = Resource<Result<(Question, AuditPage), AppError>>;

/// Older records than those of the answer.
#[derive(Clone, Debug, Default)]
struct Older {
    question: Question,
    records: Vec<AuditRecord>,
    /// Where the rest begins, where some were fetched.
    rest: Option<Option<i64>>,
}

/// What of the list is on screen; nothing is known of it before the script runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Screen {
    scrolled_px: f64,
    frame_px: f64,
}

/// The records; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Records {
    frame: NodeRef<html::Div>,
    screen: RwSignal<Screen>,
    answer: Answer,
    older: RwSignal<Older>,
    layout: Memo<Layout>,
    drawn: Memo<Range<usize>>,
    trouble: RwSignal<Option<String>>,
}

impl Records {
    /// How many are at hand.
    pub(crate) fn count(self) -> usize {
        self.layout.read().count
    }

    /// The rows to draw: those on screen, or all that the page came with before the script runs.
    pub(crate) fn drawn(self) -> Range<usize> {
        self.drawn.get()
    }

    /// Height of what is not drawn above, in CSS pixels.
    pub(crate) fn above_px(self) -> usize {
        self.layout.read().above_px(&self.drawn.read())
    }

    /// Height of what is not drawn below, in CSS pixels.
    pub(crate) fn below_px(self) -> usize {
        self.layout.read().below_px(&self.drawn.read())
    }

    /// Why older records are not there, where they could not be fetched.
    pub(crate) fn trouble(self) -> Option<String> {
        self.trouble.get()
    }

    /// The record at `index`.
    pub(crate) fn record(self, index: usize) -> Memo<Option<AuditRecord>> {
        Memo::new(move |_| {
            self.answer.with(|answer| {
                let (_, page) = answer.as_ref()?.as_ref().ok()?;
                let further = index.checked_sub(page.records.len());
                match further {
                    None => page.records.get(index).cloned(),
                    Some(index) => self.older.with(|older| older.records.get(index).cloned()),
                }
            })
        })
    }

    /// Where the records begin that are not at hand; `None` where there are none.
    pub(crate) fn rest(self) -> Option<i64> {
        let fetched = self.older.with(|older| older.rest);
        fetched.unwrap_or_else(|| {
            self.answer.with(|answer| match answer {
                Some(Ok((_, page))) => page.older_than,
                _ => None,
            })
        })
    }

    /// Looks again at what is on screen.
    pub(crate) fn look(self) {
        if let Some(element) = self.frame.try_get_untracked().flatten() {
            let screen = Screen {
                scrolled_px: f64::from(element.scroll_top()),
                frame_px: f64::from(element.client_height()),
            };
            if self.screen.try_get_untracked().is_some_and(|before| before != screen) {
                self.screen.set(screen);
            }
        }
    }
}

/// The records of `answer` inside `frame`; `open` is the one whose details are shown.
pub(crate) fn use_records(
    frame: NodeRef<html::Div>,
    question: Memo<Question>,
    answer: Answer,
    open: Memo<Option<i64>>,
) -> Records {
    let older = RwSignal::new(Older::default());
    let screen = RwSignal::new(Screen::default());
    let layout = Memo::new(move |_| {
        answer.with(|answer| {
            let Some(Ok((_, page))) = answer else { return Layout::default() };
            older.with(|older| {
                let mut all = page.records.iter().chain(&older.records);
                let count = page.records.len() + older.records.len();
                Layout { count, open: open.get().and_then(|seq| all.position(|record| record.seq == seq)) }
            })
        })
    });
    let drawn = Memo::new(move |_| {
        let (Screen { scrolled_px, frame_px }, layout) = (screen.get(), layout.get());
        if frame_px > 0.0 { layout.drawn(scrolled_px, frame_px) } else { 0..layout.count }
    });
    let records = Records { frame, screen, answer, older, layout, drawn, trouble: RwSignal::new(None) };
    follow_frame(records, question);
    fetch_older(records, question);
    records
}

/// Follows the size of the frame; another question begins at its top, without the records of the last.
fn follow_frame(records: Records, question: Memo<Question>) {
    Effect::new(move |before: Option<Question>| {
        let now = question.get();
        if before.is_some_and(|before| before != now) {
            records.older.set(Older { question: now.clone(), ..Older::default() });
            records.trouble.set(None);
            if let Some(element) = records.frame.get_untracked() {
                element.set_scroll_top(0);
            }
        } else {
            records.older.update_untracked(|older| older.question = now.clone());
        }
        now
    });
    Effect::new(move |_| {
        records.layout.track();
        if records.frame.get().is_some() {
            request_animation_frame(move || records.look());
        }
    });
    #[cfg(not(feature = "ssr"))]
    {
        let resized = window_event_listener(leptos::ev::resize, move |_| records.look());
        on_cleanup(move || resized.remove());
    }
}

/// Asks for older records when the end of those at hand comes near. What failed is asked for again
/// when somebody scrolls.
fn fetch_older(records: Records, question: Memo<Question>) {
    let fetch = Action::new(move |(question, rest): &(Question, i64)| {
        let (question, rest) = (question.clone(), *rest);
        async move {
            let answer = list_audit(question.filter.clone(), Some(rest)).await;
            if records.older.try_with_untracked(|older| older.question == question) != Some(true) {
                return;
            }
            match answer {
                Ok(page) => {
                    records.trouble.set(None);
                    records.older.update(|older| {
                        older.records.extend(page.records);
                        older.rest = Some(page.older_than);
                    });
                }
                Err(error) => {
                    records
                        .trouble
                        .set(Some(format!("Older records are missing: {error} Scroll to try again.")));
                }
            }
        }
    });
    Effect::new(move |_| {
        let (drawn, layout) = (records.drawn.get(), records.layout.get());
        let measured = records.screen.with(|screen| screen.frame_px > 0.0);
        let is_answered = records.answer.with(|answer| {
            matches!(answer, Some(Ok((answered, _))) if question.with(|question| question == answered))
        });
        let Some(rest) = records.rest() else { return };
        let near = drawn.end + AHEAD_ROWS >= layout.count;
        if near && measured && is_answered && !fetch.pending().get_untracked() {
            fetch.dispatch_local((question.get_untracked(), rest));
        }
    });
}
