//! The page of all traces.

use super::filter::{filter_form, filters_held};
use super::table::trace_table;
use super::{PATH, traces_href};
use crate::api::telemetry::list_traces;
use crate::components::error_page::ErrorPage;
use crate::components::export_dialog::export_dialog;
use crate::components::page_meta::PageMeta;
use crate::components::range_picker::range_picker;
use crate::components::skeleton::Skeleton;
use crate::components::with_query::with_query;
use crate::context::use_zone;
use crate::location::Place;
use leptos::prelude::*;
use model::telemetry::view::{TimeRange, TraceList, TraceQuery};

/// All traces.
#[component]
pub fn TracesPage() -> impl IntoView {
    with_query(|pairs| TraceQuery::parse(pairs.iter().copied()), page)
}

fn page(place: Memo<Place>, query: Memo<TraceQuery>) -> AnyView {
    let answer = Resource::new(move || query.get(), list_traces);
    let zone = use_zone();
    let of_list = move |answer: &Option<Result<TraceList, _>>| match answer {
        Some(Ok(list)) => Some((list.from, list.to)),
        _ => None,
    };
    let resolved = Memo::new(move |_| answer.with(of_list));
    let agents = Memo::new(move |_| {
        answer.with(|answer| match answer {
            Some(Ok(list)) => list.agents.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        })
    });
    let range = Memo::new(move |_| query.with(|query| query.range));
    let kept = move || {
        query.with(|query| TraceQuery { range: TimeRange::default(), ..query.first_page() }.parameters())
    };
    let at_range = move |place: &Place, range: TimeRange| {
        traces_href(place, &TraceQuery { range, ..query.get_untracked().first_page() })
    };
    let list = move || {
        answer.with(|answer| match answer {
            Some(Ok(list)) => {
                let (query, place) = (query.read(), place.read());
                Some(view! {
                    {trace_table(&list.traces, &place, &zone.read())}
                    {pages(list, &query, &place)}
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
        <PageMeta title="Traces — SENTRY" description="What agents did from a request to its answer." path=PATH/>
        <Transition fallback=Skeleton>
            {failure}
            <div hidden=failed>
                <div class="page-header">
                    <div>
                        <h1 class="page-title">"Traces"</h1>
                        <p class="page-subtitle">"What agents did from a request to its answer, newest first"</p>
                    </div>
                    <div class="page-controls">
                        {export_dialog("traces", move || query.with(|query| query.agent.clone()), range, place)}
                        {range_picker(PATH.to_owned(), place, range, resolved, kept, at_range)}
                    </div>
                </div>
                <section class="section-card">
                    {filter_form(place, query, agents)}
                    {move || filters_held(&query.read(), &place.read())}
                    {list}
                </section>
            </div>
        </Transition>
    }
    .into_any()
}

/// Links to the newest and to older traces.
fn pages(list: &TraceList, query: &TraceQuery, place: &Place) -> AnyView {
    let link = |to: TraceQuery, words: &'static str| {
        view! { <a class="quick-action" href=traces_href(place, &to)>{words}</a> }
    };
    let newest = (!query.after.is_empty()).then(|| link(query.first_page(), "Newest"));
    let older = list.next.clone().map(|after| link(TraceQuery { after, ..query.clone() }, "Older"));
    view! {
        <div class="explorer-foot">
            <nav class="explorer-pager" aria-label="Pages of traces">{newest} {older}</nav>
        </div>
    }
    .into_any()
}
