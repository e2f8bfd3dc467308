//! The filter: a form that works without a script.

use super::query::{AuditQuery, PATH};
use crate::location::Place;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::web_sys::{FormData, HtmlFormElement};
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use model::Timestamp;
use model::audit::AuditResult;

/// Names of the form's fields.
const FIELDS: [&str; 7] = ["actor", "action", "object", "result", "from", "to", "q"];

/// The form.
pub(crate) fn filter_form(place: Memo<Place>, query: Memo<AuditQuery>) -> AnyView {
    let navigate = use_navigate();
    let on_submit = move |event: SubmitEvent| {
        let Ok(form) = FormData::new_with_form(&event_target::<HtmlFormElement>(&event)) else { return };
        let values = FIELDS.map(|name| (name, form.get(name).as_string().unwrap_or_default()));
        let asked = AuditQuery::parse(values.iter().map(|(name, value)| (*name, value.as_str())));
        // What cannot be read the server answers, with the reason.
        let Ok(asked) = asked else { return };
        event.prevent_default();
        navigate(&asked.href(&place.get_untracked(), PATH), NavigateOptions::default());
    };
    let hidden = move || {
        let place = place.get();
        let date = place.date.map(|date| ("date", date.to_string()));
        let fields = date.into_iter().chain(place.hidden_fields());
        fields
            .map(|(name, value)| view! { <input r#type="hidden" name=name value=value/> })
            .collect::<Vec<_>>()
    };
    let text = move |of: fn(&AuditQuery) -> String| Memo::new(move |_| query.with(of));
    let results = AuditResult::ALL.map(|result| {
        let chosen = move || query.with(|query| query.result == Some(result));
        view! { <option value=result.as_str() selected=chosen>{result.as_str()}</option> }
    });
    let clear = move || AuditQuery::default().href(&place.read(), PATH);
    view! {
        <form class="audit-filter" method="get" action=PATH role="search" aria-label="Audit records" on:submit=on_submit>
            {hidden}
            {field("q", "Search", "anywhere in the record", "search", text(|query| query.text.clone()))}
            {field("actor", "Actor", "ada@example.org", "search", text(|query| query.actor.clone()))}
            {field("action", "Action", "member. or key.create", "search", text(|query| query.action.clone()))}
            {field("object", "Object", "begins with, e.g. member:", "search", text(|query| query.object.clone()))}
            <label class="audit-field">
                "Result"
                <select class="filter-input" name="result">
                    <option value="" selected=move || query.with(|query| query.result.is_none())>"any"</option>
                    {results.into_iter().collect::<Vec<_>>()}
                </select>
            </label>
            {field("from", "From (UTC)", "", "datetime-local", text(|query| local(query.from)))}
            {field("to", "Before (UTC)", "", "datetime-local", text(|query| local(query.to)))}
            <div class="audit-filter-actions">
                <button class="button" type="submit">"Filter"</button>
                <a class="quick-action" href=clear>"Clear filters"</a>
            </div>
        </form>
    }
    .into_any()
}

fn field(
    name: &'static str,
    label: &'static str,
    placeholder: &'static str,
    kind: &'static str,
    value: Memo<String>,
) -> AnyView {
    let is_time = kind == "datetime-local";
    view! {
        <label class="audit-field">
            {label}
            <input class="filter-input" r#type=kind name=name placeholder=placeholder step=is_time.then_some("1")
                value=value.get_untracked() prop:value=move || value.get() data-search=name == "q"
                autocomplete="off" spellcheck="false"/>
        </label>
    }
    .into_any()
}

/// A time as the browser's field spells it: UTC, without the zone.
fn local(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_string()).and_then(|text| text.get(..19).map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_in_the_field_reads_back_the_same() {
        let at: Timestamp = "2026-02-18T12:34:56Z".parse().unwrap();
        assert_eq!(local(Some(at)), "2026-02-18T12:34:56");
        let read = AuditQuery::parse([("from", local(Some(at)).as_str())]).unwrap();
        assert_eq!(read.from, Some(at));
        assert_eq!(local(None), "");
    }
}
