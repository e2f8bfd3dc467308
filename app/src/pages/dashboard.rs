//! The board: how every essential is on one business date.

pub mod board_table;
pub mod expanded_row;
pub mod rows;
pub mod store;

use crate::api::board::{DatedBoard, get_board};
use crate::components::announcer::Announcer;
use crate::components::date_picker::DatePicker;
use crate::components::error_page::ErrorPage;
use crate::components::page_meta::PageMeta;
use crate::components::phase_toggle::PhaseToggle;
use crate::components::refresh::Refresh;
use crate::components::skeleton::Skeleton;
use crate::components::sources_banner::SourcesBanner;
use crate::components::summary_cards::SummaryCards;
use crate::context::WithPlace;
use crate::location::Place;
use board_table::BoardTable;
use leptos::prelude::*;
use model::{BusinessDate, Summary};
use store::BoardStore;

/// `/`.
#[component]
pub fn DashboardPage() -> impl IntoView {
    view! { <WithPlace children=|place| view! { <Loading place/> }/> }
}

#[component]
fn Loading(place: Memo<Place>) -> impl IntoView {
    let date = Memo::new(move |_| place.with(|place| place.date));
    let board = Resource::new_blocking(
        move || date.get(),
        move |date| {
            // The server sends what the first page shows; the browser wants it all.
            let open = cfg!(feature = "ssr").then(|| place.with_untracked(|place| place.open.clone()));
            get_board(date, open)
        },
    );
    view! {
        <Transition fallback=Skeleton>
            {move || Suspend::new(async move {
                match board.await {
                    Ok(loaded) => view! { <Loaded place loaded/> }.into_any(),
                    Err(error) => view! { <ErrorPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Loaded(place: Memo<Place>, loaded: DatedBoard) -> impl IntoView {
    let store = BoardStore::new(loaded);
    let date = store.date;
    let summary = Memo::new(move |_| {
        store.board.with(|board| board.as_ref().map(|board| place.with(|place| rows::summary(board, place))))
    });
    let overall = Memo::new(move |_| store.board.with(|board| board.as_ref().map(|board| board.summary)));
    let title = Signal::derive(move || title(overall.get(), date));
    let description = Signal::derive(move || description(overall.get()));
    let known = Memo::new(move |_| summary.get().is_some());
    view! {
        <PageMeta title description path="/".to_owned()/>
        <div class="page-header">
            <div>
                <h1 class="page-title">"Essentials Dashboard"</h1>
                <p class="page-subtitle">"Real-time batch processing status across all asset classes"</p>
            </div>
            <div class="page-controls">
                <PhaseToggle place path="/".to_owned()/>
                <DatePicker place path="/".to_owned() date/>
                <Refresh place path="/".to_owned() on_refresh=move || store.fetch()/>
            </div>
        </div>
        <SourcesBanner sources=store.sources polled_at=store.polled_at now=store.now/>
        <Announcer text=store.news/>
        {move || match known.get() {
            true => {
                let summary = Signal::derive(move || summary.get().unwrap_or_default());
                view! { <SummaryCards place summary/><BoardTable store place/> }.into_any()
            }
            false => view! { <Skeleton/> }.into_any(),
        }}
    }
}

/// `SENTRY — 2 running, 1 failed of 9, 18-Feb-2026`.
fn title(summary: Option<Summary>, date: BusinessDate) -> String {
    let date = date.label();
    match summary {
        None => format!("SENTRY — nothing known yet, {date}"),
        Some(Summary { total, running, failed, .. }) => {
            format!("SENTRY — {running} running, {failed} failed of {total}, {date}")
        }
    }
}

fn description(summary: Option<Summary>) -> String {
    match summary {
        None => "The sources have not answered yet.".to_owned(),
        Some(Summary { total, completed, running, failed, not_started }) => format!(
            "Of {total} essentials {completed} are completed, {running} running, {failed} failed and {not_started} not started."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_says_the_state() {
        let date = BusinessDate::parse("2026-02-18").unwrap();
        let summary = Summary { total: 9, completed: 5, running: 2, failed: 1, not_started: 1 };
        assert_eq!(title(Some(summary), date), "SENTRY — 2 running, 1 failed of 9, 18-Feb-2026");
        assert_eq!(title(None, date), "SENTRY — nothing known yet, 18-Feb-2026");
    }
}
