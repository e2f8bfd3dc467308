//! Which events are shown.

use super::kind::{LEVELS, kind_label, kind_mark};
use super::{PATH, events_href};
use crate::components::query_form::{chip, choice_field, query_form, text_field};
use crate::location::Place;
use leptos::prelude::*;
use model::telemetry::view::{EntryKind, EventTimelineQuery};

const FIELDS: [&str; 3] = ["q", "agent", "severity"];

/// The form; `agents` can be chosen. Kinds are chosen beside it, and stay.
pub(super) fn filter_form(
    place: Memo<Place>,
    query: Memo<EventTimelineQuery>,
    agents: Memo<Vec<String>>,
) -> AnyView {
    let value = move |name: &'static str| {
        Memo::new(move |_| {
            let parameters = query.with(EventTimelineQuery::parameters);
            parameters.into_iter().find(|(of, _)| *of == name).map(|(_, value)| value).unwrap_or_default()
        })
    };
    let of_agents = move || agents.get().into_iter().map(|name| (name.clone(), name)).collect();
    let levels = || LEVELS.into_iter().map(|(_, word, label)| (word.to_owned(), label.to_owned())).collect();
    let kept = move || {
        let kept = query.with(|query| EventTimelineQuery {
            range: query.range,
            kinds: query.kinds.clone(),
            ..EventTimelineQuery::default()
        });
        kept.parameters()
    };
    let href = |place: &Place, values: &[(&'static str, String)]| {
        let query = EventTimelineQuery::parse(values.iter().map(|(name, value)| (*name, value.as_str())));
        Some(events_href(place, &query.ok()?))
    };
    let content = view! {
        {text_field("q", "Search", "text of the event", "search", value("q"))}
        {choice_field("agent", "Agent", of_agents, value("agent"))}
        {choice_field("severity", "Severity", levels, value("severity"))}
        <div class="query-actions"><button class="button" type="submit">"Filter"</button></div>
    }
    .into_any();
    query_form("Events", PATH.to_owned(), &FIELDS, kept, place, href, content)
}

/// A link for each kind that shows it too, or no more; none chosen shows all.
pub(super) fn kind_links(query: &EventTimelineQuery, place: &Place) -> AnyView {
    let links = EntryKind::ALL.map(|kind| {
        let is_chosen = query.kinds.contains(&kind);
        let href = events_href(place, &query.toggled(kind));
        view! { <li><a class="timeline-kind" href=href aria-current=is_chosen.then_some("true")>{kind_mark(kind)}</a></li> }
    });
    view! {
        <nav aria-label="Kinds of events"><ul class="timeline-kinds">{links.into_iter().collect::<Vec<_>>()}</ul></nav>
    }
    .into_any()
}

/// What a filter says, and the query without it.
fn held(query: &EventTimelineQuery) -> Vec<(String, EventTimelineQuery)> {
    let without = |change: fn(&mut EventTimelineQuery)| {
        let mut query = query.first_page();
        change(&mut query);
        query
    };
    let text = |label: &str, value: &str, change: fn(&mut EventTimelineQuery)| {
        (!value.is_empty()).then(|| (format!("{label}: {value}"), without(change)))
    };
    let severity = query.severity.map(|least| {
        let words = LEVELS.iter().find(|(level, ..)| *level == least).map_or("all", |(.., label)| label);
        (format!("Severity: {words}"), without(|query| query.severity = None))
    });
    let kinds = query.kinds.iter().map(|kind| (format!("Type: {}", kind_label(*kind)), query.toggled(*kind)));
    let agent = text("Agent", &query.agent, |query| query.agent.clear());
    let search = text("Search", &query.search, |query| query.search.clear());
    [search, agent, severity].into_iter().flatten().chain(kinds).collect()
}

/// A chip for each filter that holds.
pub(super) fn filters_held(query: &EventTimelineQuery, place: &Place) -> Option<AnyView> {
    let chips: Vec<_> =
        held(query).into_iter().map(|(words, without)| chip(words, events_href(place, &without))).collect();
    query.is_filtered().then(|| {
        view! {
            <div class="filters-held">
                <ul class="filter-chips">{chips}</ul>
                <a class="quick-action" href=events_href(place, &query.unfiltered())>"Clear filters"</a>
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
            ("q", "quota"),
            ("agent", "planner"),
            ("severity", "warn"),
            ("types", "log,status_change"),
            ("after", "1:2.3.4"),
        ];
        let held = held(&EventTimelineQuery::parse(parameters).unwrap());
        let words: Vec<_> = held.iter().map(|(words, _)| words.as_str()).collect();
        assert_eq!(
            words,
            [
                "Search: quota",
                "Agent: planner",
                "Severity: warnings and errors",
                "Type: Log",
                "Type: Status change"
            ]
        );
        for (words, without) in &held {
            assert_eq!(super::held(without).len(), held.len() - 1, "{words}");
            assert_eq!(without.after, "", "{words}");
        }
    }
}
