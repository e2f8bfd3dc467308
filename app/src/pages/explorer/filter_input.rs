//! A text input that filters while one types, and is a plain form field without a script.

use super::query::{filter_of, with_filter};
use super::use_query_setter;
use crate::location::Place;
use leptos::html;
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use model::view::{RunColumn, RunQuery};
use std::time::Duration;

/// Pause after the last key before the query is changed.
const PAUSE: Duration = Duration::from_millis(200);

/// The filter of `column`, or for `None` the search in all of them: the URL parameter `name`,
/// which filters what `label` says and takes what `hint` says.
pub(crate) fn filter_input(
    name: String,
    label: &'static str,
    hint: &'static str,
    place: Memo<Place>,
    query: Memo<RunQuery>,
    column: Option<RunColumn>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let set_query = use_query_setter(place);
    let text = Memo::new(move |_| {
        query.with(|query| match column {
            Some(column) => filter_of(query, column).to_owned(),
            None => query.search.clone(),
        })
    });
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
        let query = query.get_untracked();
        let typed = typed.trim();
        set_query(match column {
            Some(column) => with_filter(&query, column, typed),
            None => RunQuery { search: typed.to_owned(), ..query },
        });
    });
    view! {
        <input class="filter-input" type="search" name=name value=text.get_untracked() node_ref=input
            data-search=column.is_none() aria-label=format!("Filter: {label}") title=hint
            placeholder=column.is_none().then_some("Search all columns")
            autocomplete="off" spellcheck="false"
            on:input=move |event| search_soon(event_target_value(&event))/>
    }
}
