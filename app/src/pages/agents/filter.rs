//! Which agents are shown: a form, and a chip for each filter that holds.

use super::cards::agents;
use super::{PATH, agents_href, status_label};
use crate::components::query_form::{chip, choice_field, query_form, text_field};
use crate::location::Place;
use leptos::prelude::*;
use model::telemetry::AgentStatus;
use model::telemetry::view::{AgentChoices, AgentQuery, AgentSort};

const FIELDS: [&str; 8] =
    ["q", "environment", "team", "type", "status", "max_latency_ms", "max_cpu_percent", "sort"];

/// The form. What it offers comes with the list.
pub(super) fn filter_form(
    place: Memo<Place>,
    query: Memo<AgentQuery>,
    choices: Memo<AgentChoices>,
) -> AnyView {
    let value = move |name: &'static str| {
        Memo::new(move |_| {
            let parameters = query.with(AgentQuery::parameters);
            parameters.into_iter().find(|(of, _)| *of == name).map(|(_, value)| value).unwrap_or_default()
        })
    };
    let offered = move |of: fn(&AgentChoices) -> &Vec<String>| {
        move || choices.with(|choices| of(choices).iter().map(|name| (name.clone(), name.clone())).collect())
    };
    let statuses = || {
        AgentStatus::ALL
            .map(|status| (status.as_str().to_owned(), status_label(status).to_owned()))
            .into_iter()
            .collect()
    };
    let orders = || {
        let words = |sort: AgentSort| match sort {
            AgentSort::Status => "Down first",
            AgentSort::Name => "Name",
            AgentSort::Latency => "Latency",
            AgentSort::Cost => "Cost",
            AgentSort::LastSeen => "Last seen",
        };
        let up = AgentSort::ALL.map(|sort| (sort.as_str().to_owned(), words(sort).to_owned()));
        let down =
            AgentSort::ALL.map(|sort| (format!("-{}", sort.as_str()), format!("{}, reversed", words(sort))));
        // The first is the default.
        up.into_iter().skip(1).chain(down).collect()
    };
    // The range is chosen elsewhere, and stays.
    let kept = move || {
        let range = AgentQuery { range: query.with(|query| query.range), ..AgentQuery::default() };
        range.parameters()
    };
    let href = |place: &Place, values: &[(&'static str, String)]| {
        let query = AgentQuery::parse(values.iter().map(|(name, value)| (*name, value.as_str())));
        Some(agents_href(place, &query.ok()?))
    };
    let content = view! {
        {text_field("q", "Search", "Search agents...", "search", value("q"))}
        {choice_field("environment", "Environment", offered(|choices| &choices.environments), value("environment"))}
        {choice_field("team", "Team", offered(|choices| &choices.teams), value("team"))}
        {choice_field("type", "Type", offered(|choices| &choices.kinds), value("type"))}
        {choice_field("status", "Status", statuses, value("status"))}
        {text_field("max_latency_ms", "Max Latency (ms)", "500", "number", value("max_latency_ms"))}
        {text_field("max_cpu_percent", "Max CPU Usage (%)", "80", "number", value("max_cpu_percent"))}
        {choice_field("sort", "Sort by", orders, value("sort"))}
        <div class="query-actions"><button class="button" type="submit">"Filter"</button></div>
    }
    .into_any();
    query_form("Agents", PATH.to_owned(), &FIELDS, kept, place, href, content)
}

/// A filter that holds: what it says, and the query without it.
fn held(query: &AgentQuery) -> Vec<(String, AgentQuery)> {
    let without = |change: fn(&mut AgentQuery)| {
        let mut query = query.clone();
        change(&mut query);
        query
    };
    let text = |label: &str, value: &str, change: fn(&mut AgentQuery)| {
        (!value.is_empty()).then(|| (format!("{label}: {value}"), without(change)))
    };
    let number = |label: &str, value: Option<f64>, unit: &str, change: fn(&mut AgentQuery)| {
        value.map(|value| (format!("{label}: {value}{unit}"), without(change)))
    };
    let status = query
        .status
        .map(|status| (format!("Status: {}", status_label(status)), without(|query| query.status = None)));
    [
        text("Search", &query.search, |query| query.search.clear()),
        text("Environment", &query.environment, |query| query.environment.clear()),
        text("Team", &query.team, |query| query.team.clear()),
        text("Type", &query.kind, |query| query.kind.clear()),
        status,
        number("Max Latency", query.max_latency_ms, "ms", |query| query.max_latency_ms = None),
        number("Max CPU", query.max_cpu_percent, "%", |query| query.max_cpu_percent = None),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How many of all agents are shown, and why not all of them.
pub(super) fn filters_held(shown: usize, total: usize, query: &AgentQuery, place: &Place) -> AnyView {
    let chips: Vec<_> =
        held(query).into_iter().map(|(words, without)| chip(words, agents_href(place, &without))).collect();
    let clear = query.is_filtered().then(|| {
        view! { <a class="quick-action" href=agents_href(place, &query.unfiltered())>"Clear Filters"</a> }
    });
    view! {
        <div class="filters-held">
            <p role="status">{format!("Showing {shown} of {}", agents(total))}</p>
            <ul class="filter-chips">{chips}</ul>
            {clear}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_can_be_taken_away() {
        let parameters = [
            ("environment", "production"),
            ("team", "backend"),
            ("status", "error"),
            ("max_latency_ms", "500"),
            ("max_cpu_percent", "80"),
            ("q", "planner"),
            ("type", "web"),
            ("sort", "-cost"),
        ];
        let query = AgentQuery::parse(parameters).unwrap();
        let held = held(&query);
        let words: Vec<_> = held.iter().map(|(words, _)| words.as_str()).collect();
        assert_eq!(
            words,
            [
                "Search: planner",
                "Environment: production",
                "Team: backend",
                "Type: web",
                "Status: Down: failing",
                "Max Latency: 500ms",
                "Max CPU: 80%",
            ]
        );
        for (words, without) in &held {
            assert_eq!(super::held(without).len(), held.len() - 1, "{words}");
            assert_eq!(without.sort, query.sort);
        }
        assert!(super::held(&query.unfiltered()).is_empty());
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn says_how_many_are_shown_and_why() {
        let query = AgentQuery::parse([("team", "a&b")]).unwrap();
        let html = Owner::new().with(|| filters_held(2, 5, &query, &Place::default()).to_html());
        for part in
            ["Showing 2 of 5 agents", "Team: a&amp;b", "title=\"Remove Team: a&amp;b\"", "Clear Filters"]
        {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        let all = AgentQuery::default();
        let html = Owner::new().with(|| filters_held(1, 1, &all, &Place::default()).to_html());
        assert!(html.contains("Showing 1 of 1 agent<") && !html.contains("Clear Filters"), "{html}");
    }
}
