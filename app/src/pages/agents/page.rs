//! The page of all agents.

use super::cards::{status_cards, totals};
use super::filter::{filter_form, filters_held};
use super::grid::agent_grid;
use super::presets::presets;
use super::waiting::{FirstKey, waiting};
use super::{PATH, agent_href, agents_href};
use crate::api::telemetry::list_agents;
use crate::components::error_page::ErrorPage;
use crate::components::export_dialog::export_dialog;
use crate::components::page_meta::PageMeta;
use crate::components::range_picker::range_picker;
use crate::components::refetch::refetch_live;
use crate::components::skeleton::Skeleton;
use crate::components::with_query::with_query;
use crate::context::use_zone;
use crate::location::Place;
use crate::pages::events::events_href;
use leptos::prelude::*;
use model::telemetry::view::{AgentQuery, EventTimelineQuery, Moment, TimeRange};

/// All agents.
#[component]
pub fn AgentsPage() -> impl IntoView {
    with_query(|pairs| AgentQuery::parse(pairs.iter().copied()), page)
}

fn page(place: Memo<Place>, query: Memo<AgentQuery>) -> AnyView {
    let answer = Resource::new(move || query.get(), list_agents);
    refetch_live(answer, move || query.with(|query| query.range.to == Moment::NOW));
    let zone = use_zone();
    let address = SharedValue::new(server_address).into_inner();
    let choices = Memo::new(move |_| {
        answer.with(|answer| match answer {
            Some(Ok(list)) => list.choices.clone(),
            _ => Default::default(),
        })
    });
    let resolved = Memo::new(move |_| {
        answer.with(|answer| match answer {
            Some(Ok(list)) => Some((list.from, list.to)),
            _ => None,
        })
    });
    let range = Memo::new(move |_| query.with(|query| query.range));
    let total = Memo::new(move |_| {
        answer.with(|answer| match answer {
            Some(Ok(list)) => Some(list.counts.total()),
            _ => None,
        })
    });
    // Whoever saw the page without agents sees that the first one has come.
    let was_empty = RwSignal::new(false);
    Effect::new(move |_| {
        if total.get() == Some(0) {
            was_empty.set(true);
        }
    });
    let first = Memo::new(move |_| {
        answer.with(|answer| {
            let agent = answer.as_ref()?.as_ref().ok()?.agents.first()?;
            Some((agent_href(&place.read(), agent.id, range.get()), agent.name.to_string()))
        })
    });
    let waits = Memo::new(move |_| was_empty.get() || total.get() == Some(0));
    let key = FirstKey::new();
    let guide = move || waits.get().then(|| waiting(address.clone(), key, first, place));
    let kept =
        move || query.with(|query| AgentQuery { range: TimeRange::default(), ..query.clone() }.parameters());
    let at_range = move |place: &Place, range: TimeRange| {
        agents_href(place, &AgentQuery { range, ..query.get_untracked() })
    };
    let events = move || {
        let query = EventTimelineQuery { range: range.get(), ..EventTimelineQuery::default() };
        events_href(&place.read(), &query)
    };
    let list = move || {
        answer.with(|answer| match answer {
            Some(Ok(list)) if list.counts.total() > 0 => {
                let (query, place) = (query.read(), place.read());
                let shown = list.agents.len();
                Some(view! {
                    {status_cards(list, &query, &place)}
                    {totals(&list.totals)}
                    {filters_held(shown, list.counts.total(), &query, &place)}
                    {agent_grid(list, &query, &place, &zone.read())}
                })
            }
            _ => None,
        })
    };
    let failure = move || {
        answer.with(|answer| match answer {
            Some(Err(error)) => Some(view! { <ErrorPage error=error.clone()/> }),
            _ => None,
        })
    };
    let failed = move || answer.with(|answer| matches!(answer, Some(Err(_))));
    view! {
        <PageMeta title="AI agents — SENTRY" description="Which agents are up, what they do and what it costs." path=PATH/>
        <Transition fallback=Skeleton>
            {failure}
            <div hidden=failed>
                <div class="page-header">
                    <div>
                        <h1 class="page-title">"AI Agents"</h1>
                        <p class="page-subtitle">"Which are up, what they do and what it costs"</p>
                    </div>
                    <div class="page-controls">
                        <a class="quick-action" href=events>"Events"</a>
                        {export_dialog("metrics", String::new, range, place)}
                        {presets(place, query)}
                        {range_picker(PATH.to_owned(), place, range, resolved, kept, at_range)}
                    </div>
                </div>
                {guide}
                <div hidden=move || total.get() == Some(0)>
                    <section class="section-card">{filter_form(place, query, choices)}</section>
                    {list}
                </div>
            </div>
        </Transition>
    }
    .into_any()
}

/// The address that agents send to: that of this page's server.
fn server_address() -> String {
    #[cfg(feature = "ssr")]
    let address = {
        let parts = use_context::<axum::http::request::Parts>();
        let host = parts.as_ref().and_then(|parts| parts.headers.get("host")?.to_str().ok());
        let is_secure =
            use_context::<crate::cookie::SessionCookie>().is_some_and(|cookie| cookie.is_secure());
        format!("{}://{}", if is_secure { "https" } else { "http" }, host.unwrap_or("localhost:3000"))
    };
    #[cfg(not(feature = "ssr"))]
    let address = window().location().origin().unwrap_or_default();
    address
}
