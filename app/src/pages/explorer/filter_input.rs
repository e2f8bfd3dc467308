//! Inputs that filter while one types, and are plain form fields without a script.

use super::columns::{filter_hint, heading};
use super::query::{filter_of, with_filter};
use super::use_query_setter;
use crate::location::Place;
use leptos::either::Either;
use leptos::html;
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use model::Phase;
use model::view::{RunColumn, RunQuery};
use std::time::Duration;

/// Pause after the last key before the query is changed.
const PAUSE: Duration = Duration::from_millis(200);

/// What an input is called.
struct Field {
    /// The URL parameter.
    name: &'static str,
    label: String,
    hint: &'static str,
    /// Where the key `/` leads.
    is_search: bool,
}

/// The search in all columns: `q`.
pub(crate) fn search_input(place: Memo<Place>, query: Memo<RunQuery>) -> impl IntoView {
    let text = Memo::new(move |_| query.with(|query| query.search.clone()));
    let hint = "Words that must all occur in the row";
    let field = Field { name: "q", label: "Filter: all columns".to_owned(), hint, is_search: true };
    text_input(field, text, place, query, |query, search| RunQuery { search, ..query })
}

/// The filter of one column; its parameter is the column's key.
pub(crate) fn column_filter(column: RunColumn, place: Memo<Place>, query: Memo<RunQuery>) -> impl IntoView {
    let text = Memo::new(move |_| query.with(|query| filter_of(query, column).to_owned()));
    let label = format!("Filter: {}", heading(column));
    if column == RunColumn::Phase {
        return Either::Left(phase_filter(label, text, place, query));
    }
    let field = Field { name: column.key(), label, hint: filter_hint(column), is_search: false };
    Either::Right(text_input(field, text, place, query, move |query, text| {
        with_filter(&query, column, &text)
    }))
}

/// Everywhere in SENTRY the parameter `phase` is one of its words, so here it is chosen.
fn phase_filter(
    label: String,
    text: Memo<String>,
    place: Memo<Place>,
    query: Memo<RunQuery>,
) -> impl IntoView {
    let set_query = use_query_setter(place);
    let on_change = move |event| {
        set_query(with_filter(&query.get_untracked(), RunColumn::Phase, &event_target_value(&event)));
    };
    let options = Phase::ALL.map(|phase| {
        let chosen = move || text.with(|text| text == phase.as_str());
        view! { <option value=phase.as_str() selected=chosen>{phase.as_str()}</option> }
    });
    view! {
        <select class="filter-input" name="phase" aria-label=label on:change=on_change>
            <option value="" selected=move || text.with(String::is_empty)>"any"</option>
            {options.into_iter().collect::<Vec<_>>()}
        </select>
    }
}

fn text_input(
    field: Field,
    text: Memo<String>,
    place: Memo<Place>,
    query: Memo<RunQuery>,
    change: impl Fn(RunQuery, String) -> RunQuery + 'static,
) -> impl IntoView {
    let Field { name, label, hint, is_search } = field;
    let input = NodeRef::<html::Input>::new();
    let set_query = use_query_setter(place);
    // What the URL says replaces the input's text, but not the blank that somebody just typed.
    Effect::new(move |_| {
        let text = text.get();
        if let Some(input) = input.get()
            && input.value().trim() != text
        {
            input.set_value(&text);
        }
    });
    let mut search_soon = debounce(PAUSE, move |typed: String| {
        set_query(change(query.get_untracked(), typed.trim().to_owned()));
    });
    let placeholder = is_search.then_some("Search all columns");
    view! {
        <input class="filter-input" type="search" name=name value=text.get_untracked() node_ref=input
            data-search=is_search aria-label=label title=hint placeholder=placeholder
            autocomplete="off" spellcheck="false"
            on:input=move |event| search_soon(event_target_value(&event))/>
    }
}
