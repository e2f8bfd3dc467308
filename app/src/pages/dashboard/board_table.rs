//! The table of essentials.

use super::expanded_row::ExpandedRow;
use super::rows::{Column, Eta, Row, rows, sort, sorted_by, toggled};
use super::store::BoardStore;
use crate::components::icons::{ChevronDownIcon, ChevronRightIcon, FilterIcon};
use crate::components::phase_dots::PhaseDots;
use crate::components::progress_bar::ProgressBar;
use crate::components::status_badge::{StatusBadge, Tone};
use crate::context::use_zone;
use crate::location::{Place, essential_path};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use model::view::{RunColumn, SortOrder};
use model::{EssentialName, Timestamp};

/// The card with the table.
#[component]
pub fn BoardTable(
    /// The board.
    store: BoardStore,
    /// Where the page is.
    place: Memo<Place>,
) -> impl IntoView {
    let all = Memo::new(move |_| {
        store.board.with(|board| {
            board.as_ref().map(|board| place.with(|place| rows(board, place))).unwrap_or_default()
        })
    });
    let names =
        Memo::new(move |_| all.with(|rows| rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>()));
    let batches = move || match names.with(Vec::len) {
        1 => "1 batch".to_owned(),
        many => format!("{many} batches"),
    };
    let unrecognised = Memo::new(move |_| {
        store.board.with(|board| board.as_ref().map_or(0, |board| board.unrecognised_count))
    });
    view! {
        <section class="section-card" aria-labelledby="all-essentials">
            <div class="section-header">
                <h2 class="section-title" id="all-essentials"><ChevronDownIcon size=14/>"All Essentials"</h2>
                {move || unrecognised_note(unrecognised.get()).map(|note| view! { <span class="section-note">{note}</span> })}
                <span class="section-badge">{batches}</span>
            </div>
            <div class="board-scroll">
                <table class="board-table" aria-labelledby="all-essentials">
                    <Heading place/>
                    <tbody>
                        <For
                            each=move || names.get()
                            key=|name| name.clone()
                            children=move |name| view! { <BoardRow store place all name/> }
                        />
                        {move || names.with(Vec::is_empty).then(|| view! { <Empty place/> })}
                    </tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
fn Heading(place: Memo<Place>) -> impl IntoView {
    let sorted = Memo::new(move |_| place.with(sort));
    let heading = move |column: Column| {
        let order = move || sorted.get().filter(|(current, _)| *current == column).map(|(_, order)| order);
        let aria_sort = move || match order() {
            Some(SortOrder::Ascending) => "ascending",
            Some(SortOrder::Descending) => "descending",
            None => "none",
        };
        let mark = move || match order() {
            Some(SortOrder::Ascending) => "▴",
            Some(SortOrder::Descending) => "▾",
            None => "",
        };
        view! {
            <th scope="col" aria-sort=aria_sort>
                <a href=move || place.with(|place| sorted_by(place, column)).href("/")>{column.label()}</a>
                {(column == Column::Essential).then(|| view! { " " <NameFilter place/> })}
                <span class="sort-mark" aria-hidden="true">{mark}</span>
            </th>
        }
    };
    view! {
        <thead>
            <tr>
                <th scope="col"><span class="visually-hidden">"Expand"</span></th>
                {Column::ALL.map(heading)}
            </tr>
        </thead>
    }
}

/// A form, so that it works without a script.
#[component]
fn NameFilter(place: Memo<Place>) -> impl IntoView {
    let others = move || {
        let place = place.get();
        let mut fields = Vec::new();
        fields.extend(place.date.map(|date| ("date", date.to_string())));
        fields.extend(place.phase.map(|phase| ("phase", phase.as_str().to_owned())));
        fields.extend(place.filter(RunColumn::Status).map(|status| ("status", status.to_owned())));
        fields.extend(place.hidden_fields());
        let hidden =
            fields.into_iter().map(|(name, value)| view! { <input r#type="hidden" name=name value=value/> });
        hidden.collect::<Vec<_>>()
    };
    let search = Memo::new(move |_| place.with(|place| place.search.clone()));
    let navigate = use_navigate();
    let on_input = move |event| {
        let place = Place { search: event_target_value(&event).trim().to_owned(), ..place.get_untracked() };
        navigate(
            &place.href("/"),
            NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() },
        );
    };
    view! {
        <details class=move || if search.read().is_empty() { "name-filter" } else { "name-filter is-active" }>
            <summary title="Filter by name (/)">
                <FilterIcon size=10/>
                <span class="visually-hidden">"Filter by name"</span>
            </summary>
            <form method="get" action="/" role="search" on:submit=|event| event.prevent_default()>
                {others}
                <input r#type="search" name="q" data-search="" aria-label="Name of an essential"
                    autocomplete="off" value=search prop:value=search on:input=on_input/>
                <button class="button">"Filter"</button>
            </form>
        </details>
    }
}

/// What stands there when no row does.
#[component]
fn Empty(place: Memo<Place>) -> impl IntoView {
    let without_filters = move || {
        place.with(|place| Place { filters: Vec::new(), search: String::new(), ..place.clone() }).href("/")
    };
    view! {
        <tr class="empty-row">
            <td colspan="9">"No essential matches. " <a href=without_filters>"Show all"</a></td>
        </tr>
    }
}

#[component]
fn BoardRow(
    store: BoardStore,
    place: Memo<Place>,
    all: Memo<Vec<Row>>,
    name: EssentialName,
) -> impl IntoView {
    let zone = use_zone();
    let wanted = name.clone();
    let row = Memo::new(move |last: Option<&Option<Row>>| {
        let found = all.with(|rows| rows.iter().find(|row| row.name == wanted).cloned());
        found.or_else(|| last.cloned().flatten())
    });
    let read =
        move |value: fn(&Row) -> String| move || row.with(|row| row.as_ref().map(value).unwrap_or_default());
    let opened = name.clone();
    let open = Memo::new(move |_| place.with(|place| place.open.contains(&opened)));
    let toggled_name = name.clone();
    let toggle = move || place.with(|place| toggled(place, &toggled_name)).href("/");
    let path = essential_path(&name);
    let link = move || place.with(|place| Place { phase: place.phase, ..place.elsewhere() }).href(&path);
    let time = move |of: fn(&Row) -> Option<Timestamp>| {
        let at = Memo::new(move |_| row.with(|row| row.as_ref().and_then(of)));
        view! {
            <td class="mono" title=move || at.get().map(|at| zone.read().exact(at))>
                {move || at.get().map_or_else(|| "—".to_owned(), |at| zone.read().time(at))}
            </td>
        }
    };
    let tone = Memo::new(move |_| row.with(|row| row.as_ref().map_or(Tone::Idle, Row::tone)));
    let label = Memo::new(move |_| row.with(|row| row.as_ref().map_or("", |row| row.status.label())));
    let waits = move || {
        row.with(|row| {
            let waiting = row.as_ref().map(|row| &row.waiting_for).filter(|names| !names.is_empty())?;
            Some(format!(
                "waits for {}",
                waiting.iter().map(EssentialName::as_str).collect::<Vec<_>>().join(", ")
            ))
        })
    };
    let of_phase = move |phase: fn(&Row) -> model::EssentialStatus| {
        Signal::derive(move || row.with(|row| row.as_ref().map_or(model::EssentialStatus::NotStarted, phase)))
    };
    let number =
        move |of: fn(&Row) -> usize| Signal::derive(move || row.with(|row| row.as_ref().map_or(0, of)));
    let eta = move || row.with(|row| row.as_ref().map_or(Eta::Unknown, Row::eta));
    let expanded_name = name.clone();
    view! {
        <tr class=move || if open.get() { "board-row is-open" } else { "board-row" }>
            <td class="expand-cell">
                <a class="expand-arrow" href=toggle aria-expanded=move || if open.get() { "true" } else { "false" }>
                    <ChevronRightIcon size=14/>
                    <span class="visually-hidden">"Datasets of " {read(|row| row.display_name.clone())}</span>
                </a>
            </td>
            <th scope="row">
                <a class="essential-link" data-row="" href=link>{read(|row| row.display_name.clone())}</a>
            </th>
            <td title=waits><StatusBadge tone label/></td>
            <td><PhaseDots prelim=of_phase(|row| row.prelim) final_=of_phase(|row| row.final_)/></td>
            <td><ProgressBar tone done=number(|row| row.done) total=number(|row| row.total)/></td>
            <td class="mono">{read(|row| row.total.to_string())}</td>
            {time(|row| row.started_at)}
            {time(|row| row.last_updated)}
            <td class=move || if eta() == Eta::Blocked { "mono blocked" } else { "mono" }>{move || eta().label()}</td>
        </tr>
        {move || open.get().then(|| view! { <ExpandedRow store place name=expanded_name.clone()/> })}
    }
}

/// Says that rows were seen which the rules do not count.
fn unrecognised_note(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 row is not recognised and changes no status".to_owned()),
        many => Some(format!("{many} rows are not recognised and change no status")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unrecognised_rows_are_counted_in_words() {
        let check = |count, expect: Option<&str>| assert_eq!(unrecognised_note(count).as_deref(), expect);
        check(0, None);
        check(1, Some("1 row is not recognised and changes no status"));
        check(2, Some("2 rows are not recognised and change no status"));
    }
}
