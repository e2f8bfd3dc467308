//! Which traces are shown.

use super::{PATH, traces_href};
use crate::components::query_form::{chip, choice_field, query_form, text_field};
use crate::location::Place;
use leptos::prelude::*;
use model::telemetry::view::TraceQuery;

const FIELDS: [&str; 6] = ["q", "agent", "session", "errors", "unpriced", "min_duration_ms"];

/// The form; `agents` can be chosen.
pub(super) fn filter_form(place: Memo<Place>, query: Memo<TraceQuery>, agents: Memo<Vec<String>>) -> AnyView {
    let value = move |name: &'static str| {
        Memo::new(move |_| {
            let parameters = query.with(TraceQuery::parameters);
            parameters.into_iter().find(|(of, _)| *of == name).map(|(_, value)| value).unwrap_or_default()
        })
    };
    let of_agents = move || agents.get().into_iter().map(|name| (name.clone(), name)).collect();
    let with_or_without = |with: &'static str, without: &'static str| {
        move || vec![("yes".to_owned(), with.to_owned()), ("no".to_owned(), without.to_owned())]
    };
    let kept = move || {
        let range = TraceQuery { range: query.with(|query| query.range), ..TraceQuery::default() };
        range.parameters()
    };
    let href = |place: &Place, values: &[(&'static str, String)]| {
        let query = TraceQuery::parse(values.iter().map(|(name, value)| (*name, value.as_str())));
        Some(traces_href(place, &query.ok()?))
    };
    let content = view! {
        {text_field("q", "Search", "name, or begin of a trace id", "search", value("q"))}
        {choice_field("agent", "Agent", of_agents, value("agent"))}
        {text_field("session", "Session", "", "text", value("session"))}
        {choice_field("errors", "Errors", with_or_without("with errors", "without errors"), value("errors"))}
        {choice_field("unpriced", "Cost", with_or_without("not wholly known", "wholly known"), value("unpriced"))}
        {text_field("min_duration_ms", "At least (ms)", "1000", "number", value("min_duration_ms"))}
        <div class="query-actions"><button class="button" type="submit">"Filter"</button></div>
    }
    .into_any();
    query_form("Traces", PATH.to_owned(), &FIELDS, kept, place, href, content)
}

/// What a filter says, and the query without it.
fn held(query: &TraceQuery) -> Vec<(String, TraceQuery)> {
    let without = |change: fn(&mut TraceQuery)| {
        let mut query = query.first_page();
        change(&mut query);
        query
    };
    let text = |label: &str, value: &str, change: fn(&mut TraceQuery)| {
        (!value.is_empty()).then(|| (format!("{label}: {value}"), without(change)))
    };
    let errors = query.has_errors.map(|yes| {
        let words = if yes { "With errors" } else { "Without errors" };
        (words.to_owned(), without(|query| query.has_errors = None))
    });
    let cost = query.is_unpriced.map(|yes| {
        let words = if yes { "Cost not wholly known" } else { "Cost wholly known" };
        (words.to_owned(), without(|query| query.is_unpriced = None))
    });
    let duration = query
        .min_duration_ms
        .map(|ms| (format!("At least: {ms}ms"), without(|query| query.min_duration_ms = None)));
    [
        text("Search", &query.search, |query| query.search.clear()),
        text("Agent", &query.agent, |query| query.agent.clear()),
        text("Session", &query.session, |query| query.session.clear()),
        errors,
        cost,
        duration,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A chip for each filter that holds.
pub(super) fn filters_held(query: &TraceQuery, place: &Place) -> Option<AnyView> {
    let chips: Vec<_> =
        held(query).into_iter().map(|(words, without)| chip(words, traces_href(place, &without))).collect();
    query.is_filtered().then(|| {
        view! {
            <div class="filters-held">
                <ul class="filter-chips">{chips}</ul>
                <a class="quick-action" href=traces_href(place, &query.unfiltered())>"Clear filters"</a>
            </div>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_can_be_taken_away() {
        let parameters = [
            ("q", "4bf9"),
            ("agent", "planner"),
            ("session", "s1"),
            ("errors", "yes"),
            ("unpriced", "no"),
            ("min_duration_ms", "250"),
            ("after", "1.2.3"),
        ];
        let held = held(&TraceQuery::parse(parameters).unwrap());
        let words: Vec<_> = held.iter().map(|(words, _)| words.as_str()).collect();
        assert_eq!(
            words,
            [
                "Search: 4bf9",
                "Agent: planner",
                "Session: s1",
                "With errors",
                "Cost wholly known",
                "At least: 250ms"
            ]
        );
        for (words, without) in &held {
            assert_eq!(super::held(without).len(), held.len() - 1, "{words}");
            assert_eq!(without.after, "", "{words}");
        }
    }
}
