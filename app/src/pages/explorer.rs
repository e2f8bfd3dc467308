//! Batch Explorer: every run of a date, filtered, sorted, searched and exported.

mod body;
mod columns;
mod filter_input;
mod query;
mod rows;
pub(crate) mod scroll;
mod windows;

use crate::api::dated::Dated;
use crate::api::runs::list_runs;
use crate::components::day_picker::DayPicker;
use crate::components::error_page::ErrorPage;
use crate::components::page_meta::PageMeta;
use crate::components::refetch::refetch_on_change;
use crate::components::skeleton::Skeleton;
use crate::components::sources_banner::SourcesBanner;
use crate::context::WithPlace;
use crate::error::AppError;
use crate::location::Place;
use body::run_table;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use model::SnapshotId;
use model::view::{RunQuery, RunsView};
use query::{read_query, with_query};
use scroll::WINDOW_ROWS;
use windows::Question;

/// The page's path.
const PATH: &str = "/explorer";

/// Batch Explorer.
#[component]
pub fn ExplorerPage() -> impl IntoView {
    view! { <WithPlace let:place><Explorer place/></WithPlace> }
}

/// A window of runs, with the question that it answers.
type Answer = Resource<Result<Dated<(Question, RunsView)>, AppError>>;

#[component]
fn Explorer(place: Memo<Place>) -> impl IntoView {
    let parameters = use_query_map();
    let query = Memo::new(move |_| place.with(read_query));
    let offset = Memo::new(move |_| {
        let asked = parameters.with(|map| map.get_str("offset").and_then(|text| text.parse::<usize>().ok()));
        asked.unwrap_or(0) / WINDOW_ROWS * WINDOW_ROWS
    });
    let board = RwSignal::new(None::<SnapshotId>);
    let question = Memo::new(move |_| Question {
        date: place.with(|place| place.date),
        query: query.get(),
        board: board.get(),
    });
    let answer: Answer = Resource::new(
        move || (question.get(), offset.get()),
        |(question, offset)| async move {
            let answer = list_runs(question.date, question.query.clone(), offset, WINDOW_ROWS).await;
            answer.map(|dated| dated.map(|view| (question, view)))
        },
    );
    refetch_on_change(board, answer);
    view! {
        <Transition fallback=Skeleton>
            {move || {
                answer.with(|answer| {
                    answer.as_ref().map(|answer| match answer {
                        Ok(dated) => Either::Left(header(dated, place)),
                        Err(error) => Either::Right(view! { <ErrorPage error=error.clone()/> }),
                    })
                })
            }}
            {run_table(place, query, offset, question, answer)}
        </Transition>
    }
}

/// Title, counts, date and exports.
fn header(dated: &Dated<(Question, RunsView)>, at: Memo<Place>) -> AnyView {
    let place = &*at.read();
    let (Question { query, .. }, view) = &dated.view;
    let shown = Place { date: Some(dated.date), ..with_query(place, query) };
    let export = |format: &str| shown.href(&format!("/api/runs/export.{format}"));
    let title = format!("Batch Explorer: {}, {}", counts(view), dated.date.label());
    view! {
        <PageMeta title description="Every run of a business date: filter, sort, search, export." path=PATH/>
        <div class="page-header">
            <div>
                <h1 class="page-title">"Batch Explorer"</h1>
                <p class="page-subtitle" aria-live="polite">{counts(view)}</p>
            </div>
            <div class="page-controls">
                <DayPicker place=at path=PATH date=dated.date/>
                <a class="quick-action" href=export("csv") download="">"Export CSV"</a>
                <a class="quick-action" href=export("json") download="">"Export JSON"</a>
            </div>
        </div>
        <SourcesBanner sources=view.sources.clone() polled_at=view.polled_at now=view.now/>
    }
    .into_any()
}

/// How many runs there are, and how many of them match: never a part as the whole.
fn counts(view: &RunsView) -> String {
    let all = grouped(view.total);
    if view.matching == view.total {
        format!("{all} runs")
    } else {
        format!("{} of {all} runs match", grouped(view.matching))
    }
}

/// `20000` as `20,000`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The explorer's URL for `query` from `offset`.
fn explorer_href(place: &Place, query: &RunQuery, offset: usize) -> String {
    let url = with_query(place, query).href(PATH);
    match offset {
        0 => url,
        offset => format!("{url}{}offset={offset}", if url.contains('?') { '&' } else { '?' }),
    }
}

/// Goes to another query without leaving a step in the browser's history for every letter.
fn use_query_setter(place: Memo<Place>) -> impl Fn(RunQuery) + Clone + Send + Sync + 'static {
    let navigate = use_navigate();
    move |query| {
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&explorer_href(&place.get_untracked(), &query, 0), options);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_thousands() {
        for (number, expect) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (20_000, "20,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), expect);
        }
    }

    #[test]
    fn counts_never_hide_the_whole() {
        let view = |matching, total| RunsView {
            rows: Vec::new(),
            offset: 0,
            matching,
            total,
            polled_at: None,
            now: model::Timestamp::UNIX_EPOCH,
            sources: Vec::new(),
        };
        assert_eq!(counts(&view(20_000, 20_000)), "20,000 runs");
        assert_eq!(counts(&view(3, 20_000)), "3 of 20,000 runs match");
    }

    #[test]
    fn the_url_holds_query_and_offset() {
        let place = Place::parse([("date", "2026-02-18"), ("status", "=FAILED"), ("q", "a b")]).unwrap();
        let href = explorer_href(&place, &read_query(&place), 0);
        assert_eq!(href, "/explorer?date=2026-02-18&status=%3DFAILED&q=a%20b");
        let href = explorer_href(&place, &RunQuery::default(), 400);
        assert_eq!(href, "/explorer?date=2026-02-18&offset=400");
        assert_eq!(explorer_href(&Place::default(), &RunQuery::default(), 400), "/explorer?offset=400");
    }
}
