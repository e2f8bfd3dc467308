//! The page of costs.

use super::notes::{advice, alerts, forecast_words, spikes, trend_words, unpriced};
use super::rows::{cost_chart, cost_table, grouping_words, prices};
use super::{PATH, costs_href};
use crate::api::telemetry::get_costs;
use crate::components::error_page::ErrorPage;
use crate::components::export_dialog::export_dialog;
use crate::components::figures::{amount, count};
use crate::components::page_meta::PageMeta;
use crate::components::query_form::chip;
use crate::components::range_picker::range_picker;
use crate::components::skeleton::Skeleton;
use crate::components::time_chart::time_chart;
use crate::components::with_query::with_query;
use crate::context::use_zone;
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use model::telemetry::view::{CostGrouping, CostQuery, CostView, TimeRange};

/// Costs.
#[component]
pub fn CostsPage() -> impl IntoView {
    with_query(|pairs| CostQuery::parse(pairs.iter().copied()), page)
}

fn page(place: Memo<Place>, query: Memo<CostQuery>) -> AnyView {
    let answer = Resource::new(move || query.get(), get_costs);
    let zone = use_zone();
    let navigate = use_navigate();
    let at_range = move |place: &Place, range: TimeRange| {
        costs_href(place, &CostQuery { range, ..query.get_untracked() })
    };
    let on_choose = Callback::new(move |range| {
        navigate(&at_range(&place.get_untracked(), range), NavigateOptions::default());
    });
    let resolved = Memo::new(move |_| {
        answer.with(|answer| match answer {
            Some(Ok(view)) => Some((view.from, view.to)),
            _ => None,
        })
    });
    let range = Memo::new(move |_| query.with(|query| query.range));
    let kept =
        move || query.with(|query| CostQuery { range: CostQuery::RANGE, ..query.clone() }.parameters());
    let shown = move || {
        answer.with(|answer| match answer {
            Some(Ok(view)) => Some(costs(view, &query.read(), &place.read(), &zone.read(), on_choose)),
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
        <PageMeta title="Costs — SENTRY" description="What AI agents cost, and where that goes." path=PATH/>
        <Transition fallback=Skeleton>
            {failure}
            <div hidden=failed>
                <div class="page-header">
                    <div>
                        <h1 class="page-title">"AI Costs"</h1>
                        <p class="page-subtitle">"What AI agents cost, by whom, and what of it is not known"</p>
                    </div>
                    <div class="page-controls">
                        {export_dialog("costs", move || query.with(|query| query.agent.clone()), range, place)}
                        {range_picker(PATH.to_owned(), place, range, resolved, kept, at_range)}
                    </div>
                </div>
                {shown}
            </div>
        </Transition>
    }
    .into_any()
}

fn costs(
    view: &CostView,
    query: &CostQuery,
    place: &Place,
    zone: &Zone,
    on_choose: Callback<TimeRange>,
) -> AnyView {
    let card = |title: &'static str, content: AnyView| {
        view! {
            <section class="section-card">
                <div class="section-header"><h2 class="section-title">{title}</h2></div>
                <div class="settings-body">{content}</div>
            </section>
        }
    };
    let groupings = CostGrouping::ALL.map(|by| {
        let current = (by == query.by).then_some("true");
        let href = costs_href(place, &CostQuery { by, ..query.clone() });
        view! { <a href=href aria-current=current>{grouping_words(by)}</a> }
    });
    let only = (!query.agent.is_empty()).then(|| {
        let without = costs_href(place, &CostQuery { agent: String::new(), ..query.clone() });
        view! { <ul class="filter-chips">{chip(format!("Agent: {}", query.agent), without)}</ul> }
    });
    let known = match view.spend.unpriced {
        0 => "All calls have a known cost.".to_owned(),
        calls => format!("{} calls of unknown cost are not in it.", count(calls)),
    };
    let chart = time_chart(&cost_chart(view), zone, Some(on_choose));
    let not_counted = unpriced(&view.unpriced).map(|list| card("Calls of unknown cost", list));
    let alerts = alerts(&view.alerts, zone);
    let spikes = spikes(&view.spikes, zone);
    view! {
        {only}
        <section class="section-card">
            <dl class="totals">
                <div class="total"><dt>"Cost"</dt>
                    <dd title=view.spend.cost.to_string()>{amount(view.spend.cost)} <span class="total-note">{known}</span></dd></div>
                <div class="total"><dt>"Period before"</dt>
                    <dd>{amount(view.previous)} <span class="total-note">{trend_words(&view.trend)}</span></dd></div>
                <div class="total"><dt>"Calls"</dt><dd>{count(view.spend.calls)}</dd></div>
                <div class="total"><dt>"Tokens in / out"</dt>
                    <dd>{format!("{} / {}", count(view.spend.input), count(view.spend.output))}</dd></div>
            </dl>
            <p class="forecast">{forecast_words(view.forecast.as_ref())}</p>
        </section>
        <section class="section-card">{chart}</section>
        {card("To look at", view! { {alerts} {spikes} {advice(&view.advice, zone)} }.into_any())}
        <section class="section-card">
            <div class="section-header">
                <h2 class="section-title">"By whom"</h2>
                <nav class="range-picker" aria-label="Add up by">{groupings.into_iter().collect::<Vec<_>>()}</nav>
            </div>
            <div class="settings-body">{cost_table(view, query, place)}</div>
        </section>
        {not_counted}
        {card("Prices of a million tokens, in US dollars", prices(&view.prices))}
    }
    .into_any()
}
