//! The explorer's table: headings that sort, inputs that filter, and only those rows that
//! are on screen.

use super::columns::{heading, run_cells, sorted};
use super::filter_input::{column_filter, search_input};
use super::query::{next_sort, write_sort};
use super::rows::use_rows;
use super::scroll::{ROW_PX, neighbours};
use super::windows::Question;
use super::{Answer, explorer_href};
use crate::context::use_zone;
use crate::location::Place;
use leptos::html;
use leptos::prelude::*;
use model::view::{RunColumn, RunQuery, RunsView};
use std::ops::Range;

/// Rows of the table above the runs: headings and filters.
const HEAD_ROWS: usize = 2;

/// The runs of a date.
pub(crate) fn run_table(
    place: Memo<Place>,
    query: Memo<RunQuery>,
    offset: Memo<usize>,
    question: Memo<Question>,
    answer: Answer,
) -> AnyView {
    let zone = use_zone();
    let frame = NodeRef::<html::Div>::new();
    let rows = use_rows(frame, question, offset, answer);
    let headings = move || {
        let (place, query) = (place.get(), query.get());
        RunColumn::ALL.into_iter().map(|column| sort_heading(column, &place, &query)).collect::<Vec<_>>()
    };
    let filters = RunColumn::ALL.map(|column| {
        view! {
            <td>
                {column_filter(column, place, query)}
            </td>
        }
    });
    let run_row = move |index: usize| {
        let item = rows.row(index);
        let cells = move || item.with(|item| run_cells(item.as_ref(), &place.read(), &zone.read()));
        view! { <tr class="explorer-row" aria-rowindex=index + HEAD_ROWS + 1>{cells}</tr> }
    };
    let nothing = move || answer.with(|answer| nothing_row(&answer.as_ref()?.as_ref().ok()?.view.1));
    let pages = move || {
        answer.with(|answer| {
            let view = &answer.as_ref()?.as_ref().ok()?.view.1;
            Some(pager(view, rows.in_sight(), &place.read(), &query.read()))
        })
    };
    let failed = move || answer.with(|answer| matches!(answer, Some(Err(_))));
    view! {
        <form class="section-card explorer" method="get" action="/explorer" role="search" aria-label="Runs"
            hidden=failed on:submit=move |event| event.prevent_default()>
            {move || hidden_inputs(&place.read(), &query.read())}
            <div class="explorer-search">
                {search_input(place, query)}
                <button class="button" type="submit">"Filter"</button>
                <a class="quick-action" href=move || explorer_href(&place.read(), &RunQuery::default(), 0)>
                    "Clear filters"
                </a>
            </div>
            <div class="explorer-scroll" tabindex="0" role="region" aria-label="Runs, scrollable"
                node_ref=frame on:scroll=move |_| rows.look()>
                <table class="explorer-table" aria-rowcount=move || rows.count() + HEAD_ROWS>
                    <caption class="visually-hidden">"Runs of the date"</caption>
                    <thead>
                        <tr class="explorer-headings" aria-rowindex="1">{headings}</tr>
                        <tr class="explorer-filters" aria-rowindex="2">{filters.into_iter().collect::<Vec<_>>()}</tr>
                    </thead>
                    <tbody>
                        {move || gap_row(rows.above())}
                        <For each=move || rows.drawn() key=|index| *index children=run_row/>
                        {move || gap_row(rows.below())}
                        {nothing}
                    </tbody>
                </table>
            </div>
            <div class="explorer-foot">
                {pages}
                <p class="explorer-trouble" role="status">{move || rows.trouble()}</p>
            </div>
        </form>
    }
    .into_any()
}

/// An empty row as high as `rows` rows. SVG, because the height of an SVG is no inline style,
/// which the content security policy refuses.
fn gap_row(rows: usize) -> impl IntoView {
    (rows > 0).then(|| {
        view! {
            <tr class="explorer-gap" aria-hidden="true">
                <td colspan=RunColumn::ALL.len()><svg width="1" height=rows * ROW_PX></svg></td>
            </tr>
        }
    })
}

fn nothing_row(view: &RunsView) -> Option<impl IntoView + use<>> {
    let words = match (view.polled_at, view.total, view.matching) {
        (None, ..) => {
            "Nothing is known of this date yet: the sources have not answered. SENTRY keeps asking."
        }
        (_, 0, _) => "This date has no runs yet. Choose another date, or wait: new runs show by themselves.",
        (_, _, 0) => "No run matches. Shorten a filter, or clear them all.",
        _ => return None,
    };
    Some(view! { <tr class="explorer-nothing"><td colspan=RunColumn::ALL.len()>{words}</td></tr> })
}

fn sort_heading(column: RunColumn, place: &Place, query: &RunQuery) -> impl IntoView + use<> {
    let order = sorted(query, column);
    let mark = match order {
        "ascending" => "▲",
        "descending" => "▼",
        _ => "",
    };
    let next = RunQuery { sort: Some(next_sort(query, column)), ..query.clone() };
    view! {
        <th scope="col" aria-sort=order class=format!("explorer-{}", column.key())>
            <a href=explorer_href(place, &next, 0)>
                {heading(column)} " " <span aria-hidden="true" class="explorer-order">{mark}</span>
            </a>
        </th>
    }
}

/// What the form sends besides the inputs that are seen.
fn hidden_inputs(place: &Place, query: &RunQuery) -> impl IntoView + use<> {
    let date = place.date.map(|date| ("date", date.to_string()));
    let sort = query.sort.map(|sort| ("sort", write_sort(sort)));
    let inputs = date.into_iter().chain(place.hidden_fields()).chain(sort);
    inputs.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect::<Vec<_>>()
}

/// Which rows are on screen, and links to the windows before and after: pages where there is no
/// script.
fn pager(view: &RunsView, in_sight: Range<usize>, place: &Place, query: &RunQuery) -> impl IntoView + use<> {
    let (before, after) = neighbours(view.offset, view.matching);
    let seen = match in_sight.is_empty() {
        true => "No rows".to_owned(),
        false => format!("Rows {}–{} of {}", in_sight.start + 1, in_sight.end, view.matching),
    };
    let link = |to: Option<usize>, words: &'static str| {
        to.map(
            |offset| view! { <a class="quick-action" href=explorer_href(place, query, offset)>{words}</a> },
        )
    };
    view! {
        <nav class="explorer-pager" aria-label="Pages of runs">
            <span class="mono">{seen}</span>
            {link(before, "Previous 200")}
            {link(after, "Next 200")}
        </nav>
    }
}
