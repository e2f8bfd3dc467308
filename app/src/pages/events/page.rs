//! The page of what happened.

use super::entry::entry_view;
use super::filter::{filter_form, filters_held, kind_links};
use super::{PATH, events_href};
use crate::api::telemetry::list_event_timeline;
use crate::components::error_page::ErrorPage;
use crate::components::export_dialog::export_dialog;
use crate::components::page_meta::PageMeta;
use crate::components::range_picker::range_picker;
use crate::components::refetch::refetch_live;
use crate::components::skeleton::Skeleton;
use crate::components::with_query::with_query;
use crate::context::use_zone;
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use model::telemetry::AgentId;
use model::telemetry::view::{EventTimeline, EventTimelineQuery, Moment, TimeRange, TimelineEntry};

/// What happened.
#[component]
pub fn EventsPage() -> impl IntoView {
    with_query(|pairs| EventTimelineQuery::parse(pairs.iter().copied()), page)
}

fn page(place: Memo<Place>, query: Memo<EventTimelineQuery>) -> AnyView {
    let answer = Resource::new(move || query.get(), list_event_timeline);
    // An older page stays as it is while somebody reads it.
    refetch_live(answer, move || query.with(|query| query.after.is_empty() && query.range.to == Moment::NOW));
    let zone = use_zone();
    let resolved = Memo::new(move |_| {
        answer.with(|answer| match answer {
            Some(Ok(timeline)) => Some((timeline.from, timeline.to)),
            _ => None,
        })
    });
    let agents = Memo::new(move |_| {
        answer.with(|answer| match answer {
            Some(Ok(timeline)) => timeline.agents.iter().map(|(name, _)| name.to_string()).collect(),
            _ => Vec::new(),
        })
    });
    let entries = Memo::new(move |_| {
        answer.with(|answer| match answer {
            Some(Ok(timeline)) => with_agents(timeline),
            _ => Vec::new(),
        })
    });
    let range = Memo::new(move |_| query.with(|query| query.range));
    let kept = move || {
        query.with(|query| {
            EventTimelineQuery { range: TimeRange::default(), ..query.first_page() }.parameters()
        })
    };
    let at_range = move |place: &Place, range: TimeRange| {
        events_href(place, &EventTimelineQuery { range, ..query.get_untracked().first_page() })
    };
    // Entries keep their elements, so that what is open stays open while new ones come.
    let list = move || {
        answer.track();
        view! {
            <ol class="timeline" aria-label="Events, newest first">
                <For
                    each=move || {
                        zone.track();
                        entries.get()
                    }
                    key=move |(entry, _)| (entry.id.clone(), zone.with_untracked(Zone::clone).as_str().to_owned())
                    children=move |(entry, agent)| {
                        let (query, place) = (query.get_untracked(), place.get_untracked());
                        let entry = zone.with_untracked(|zone| entry_view(&entry, agent, &query, &place, zone));
                        view! { <li>{entry}</li> }
                    }
                />
            </ol>
        }
    };
    let foot = move || {
        answer.with(|answer| match answer {
            Some(Ok(timeline)) => Some(foot(timeline, &query.read(), &place.read(), &zone.read())),
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
        <PageMeta title="Events — SENTRY" description="What agents told of themselves, by time." path=PATH/>
        <Transition fallback=Skeleton>
            {failure}
            <div hidden=failed>
                <div class="page-header">
                    <div>
                        <h1 class="page-title">"Events"</h1>
                        <p class="page-subtitle">"What agents told of themselves, and how they did, newest first"</p>
                    </div>
                    <div class="page-controls">
                        {export_dialog("events", move || query.with(|query| query.agent.clone()), range, place)}
                        {range_picker(PATH.to_owned(), place, range, resolved, kept, at_range)}
                    </div>
                </div>
                <section class="section-card">
                    {filter_form(place, query, agents)}
                    {move || kind_links(&query.read(), &place.read())}
                    {move || filters_held(&query.read(), &place.read())}
                    {list()}
                    {foot}
                </section>
            </div>
        </Transition>
    }
    .into_any()
}

/// The entries, each with the id of its agent.
fn with_agents(timeline: &EventTimeline) -> Vec<(TimelineEntry, Option<AgentId>)> {
    let id_of = |entry: &TimelineEntry| {
        let place = timeline.agents.binary_search_by(|(name, _)| name.cmp(&entry.agent));
        place.ok().map(|place| timeline.agents[place].1)
    };
    timeline.entries.iter().map(|entry| (entry.clone(), id_of(entry))).collect()
}

/// That there is nothing, and links to the newest and to older entries.
fn foot(timeline: &EventTimeline, query: &EventTimelineQuery, place: &Place, zone: &Zone) -> AnyView {
    let link = |to: EventTimelineQuery, words: &'static str| {
        view! { <a class="quick-action" href=events_href(place, &to)>{words}</a> }
    };
    let newest = (!query.after.is_empty()).then(|| link(query.first_page(), "Newest"));
    let older =
        timeline.next.clone().map(|after| link(EventTimelineQuery { after, ..query.clone() }, "Older"));
    let reached = zone.exact(timeline.reached.timestamp());
    let words = match (timeline.entries.is_empty(), timeline.next.is_some(), query.is_filtered()) {
        (true, true, _) => format!("Nothing matches back to {reached}; look at older ones."),
        (true, false, true) => "Nothing matches. Remove a filter, or choose a longer range.".to_owned(),
        (true, false, false) => "Nothing happened in this range. Choose a longer one.".to_owned(),
        (false, true, true) => format!("Looked through back to {reached}."),
        (false, ..) => String::new(),
    };
    view! {
        <div class="explorer-foot">
            <p class="timeline-reached" role="status">{words}</p>
            <nav class="explorer-pager" aria-label="Pages of events">{newest} {older}</nav>
        </div>
    }
    .into_any()
}
