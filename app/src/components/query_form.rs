//! A form whose fields are parameters of its page's address. It works without a script; with one
//! the page stays and only its address changes.

use crate::location::Place;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::web_sys::{FormData, HtmlFormElement};
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// A form that asks for the page at `path` with its fields and what is `kept`; `href` makes the
/// address of them, or `None` where the server shall say what is wrong.
pub(crate) fn query_form(
    label: &'static str,
    path: String,
    fields: &'static [&'static str],
    kept: impl Fn() -> Vec<(&'static str, String)> + Copy + Send + Sync + 'static,
    place: Memo<Place>,
    href: impl Fn(&Place, &[(&'static str, String)]) -> Option<String> + Send + Sync + 'static,
    content: AnyView,
) -> AnyView {
    let navigate = use_navigate();
    let on_submit = move |event: SubmitEvent| {
        let Ok(form) = FormData::new_with_form(&event_target::<HtmlFormElement>(&event)) else { return };
        let mut values = untrack(kept);
        values.extend(fields.iter().map(|name| (*name, form.get(name).as_string().unwrap_or_default())));
        if let Some(href) = href(&place.get_untracked(), &values) {
            event.prevent_default();
            navigate(&href, NavigateOptions::default());
        }
    };
    let hidden = move || {
        let place = place.get();
        let date = place.date.map(|date| ("date", date.to_string()));
        let fields = date.into_iter().chain(place.hidden_fields()).chain(kept());
        fields
            .map(|(name, value)| view! { <input r#type="hidden" name=name value=value/> })
            .collect::<Vec<_>>()
    };
    view! {
        <form class="query-form" method="get" action=path role="search" aria-label=label on:submit=on_submit>
            {hidden}
            {content}
        </form>
    }
    .into_any()
}

/// A labelled field.
pub(crate) fn text_field(
    name: &'static str,
    label: &'static str,
    placeholder: &'static str,
    kind: &'static str,
    value: Memo<String>,
) -> AnyView {
    let is_search = (name == "q").then_some("");
    let number = (kind == "number").then_some("any");
    view! {
        <label class="query-field">
            {label}
            <input class="filter-input" r#type=kind name=name placeholder=placeholder prop:value=value
                value=move || value.get() autocomplete="off" step=number min=number.map(|_| "0") data-search=is_search/>
        </label>
    }
    .into_any()
}

/// A labelled choice of `options`, each a value and its words; the first is "any".
pub(crate) fn choice_field(
    name: &'static str,
    label: &'static str,
    options: impl Fn() -> Vec<(String, String)> + Send + Sync + 'static,
    value: Memo<String>,
) -> AnyView {
    let options = move || {
        let chosen = value.get();
        let any = (String::new(), "any".to_owned());
        let mut options: Vec<_> = std::iter::once(any).chain(options()).collect();
        // What the address asks for stays chosen, even where nothing has it.
        if !options.iter().any(|(value, _)| *value == chosen) {
            options.push((chosen.clone(), chosen.clone()));
        }
        options
            .into_iter()
            .map(|(value, words)| {
                let selected = value == chosen;
                view! { <option value=value selected=selected prop:selected=selected>{words}</option> }
            })
            .collect::<Vec<_>>()
    };
    view! {
        <label class="query-field">
            {label}
            <select class="filter-input" name=name>{options}</select>
        </label>
    }
    .into_any()
}

/// One filter that holds, with a link that takes it away.
pub(crate) fn chip(words: String, without: String) -> AnyView {
    view! {
        <li class="filter-chip">
            {words.clone()}
            <a href=without title=format!("Remove {words}")>
                <span aria-hidden="true">"×"</span>
                <span class="visually-hidden">{format!("Remove {words}")}</span>
            </a>
        </li>
    }
    .into_any()
}
