//! One essential: its phases, its sequence of steps, and every slice of every dataset.

mod cells;
mod matrix;
mod sequence;
mod steps;

use crate::api::dated::Dated;
use crate::api::essential::get_essential;
use crate::components::copy_button::CopyButton;
use crate::components::day_picker::DayPicker;
use crate::components::error_page::ErrorPage;
use crate::components::page_meta::PageMeta;
use crate::components::progress_bar::ProgressBar;
use crate::components::refetch::refetch_on_change;
use crate::components::run_link::{clock_time, neighbour_link};
use crate::components::skeleton::Skeleton;
use crate::components::sources_banner::SourcesBanner;
use crate::components::status_badge::{essential_tone, status_badge};
use crate::context::{WithPlace, use_zone};
use crate::location::{Place, essential_path};
use crate::time::{Zone, duration};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::web_sys::{FormData, HtmlFormElement, SubmitEvent};
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use matrix::slice_matrix;
use model::view::{EssentialView, Neighbour, RunColumn};
use model::{PhaseBoard, SnapshotId, Timestamp};
use sequence::sequence;

/// One essential on one date.
#[component]
pub fn EssentialPage() -> impl IntoView {
    view! { <WithPlace let:place><Essential place/></WithPlace> }
}

#[component]
fn Essential(place: Memo<Place>) -> impl IntoView {
    let parameters = use_params_map();
    let name = Memo::new(move |_| parameters.with(|map| map.get("name").unwrap_or_default()));
    let date = Memo::new(move |_| place.with(|place| place.date));
    let board = RwSignal::new(None::<SnapshotId>);
    let answer = Resource::new(
        move || (name.get(), date.get(), board.get()),
        |(name, date, _)| get_essential(name, date),
    );
    refetch_on_change(board, answer);
    let zone = use_zone();
    view! {
        <Transition fallback=Skeleton>
            {move || {
                answer.get().map(|answer| match answer {
                    Ok(dated) => Either::Left(essential(dated, place, &zone.read())),
                    Err(error) => Either::Right(view! { <ErrorPage error nearest_path="/essentials/"/> }),
                })
            }}
        </Transition>
    }
}

fn essential(dated: Dated<EssentialView>, place: Memo<Place>, zone: &Zone) -> AnyView {
    let Dated { date, view, .. } = dated;
    let now_at = place.get();
    let path = essential_path(&view.essential.name);
    let filters = filter_form(&now_at, &path);
    view! {
        <PageMeta title=title(&view) description=description(&view) path=path.clone()/>
        <div class="page-header">
            <div>
                <h1 class="page-title essential-title">
                    {view.essential.display_name.clone()}
                    {status_badge(essential_tone(view.essential.status), view.essential.status.label())}
                </h1>
                <p class="page-subtitle">
                    <span class="mono">{view.essential.name.to_string()}</span>
                    <CopyButton text=view.essential.name.to_string() what="name"/>
                    <span class="essential-age">{age(&view)}</span>
                </p>
            </div>
            <div class="page-controls"><DayPicker place path=path.clone() date/></div>
        </div>
        <SourcesBanner sources=view.sources.clone() polled_at=view.polled_at now=view.now/>
        {facts(&view, &now_at, zone)}
        <section class="section-card">
            <div class="section-header"><h2 class="section-title">"Sequence"</h2></div>
            {sequence(&view.essential, &now_at)}
        </section>
        <section class="section-card">
            <div class="section-header">
                <h2 class="section-title">"Datasets and slices"</h2>
                {filters}
            </div>
            {catalog_notes(&view)}
            {slice_matrix(&view, &now_at, zone)}
        </section>
    }
    .into_any()
}

/// What of the catalog's answer is unrecognised: fewer slices may be expected than there are.
fn catalog_notes(view: &EssentialView) -> Option<AnyView> {
    let notes: Vec<_> = view.catalog_notes.iter().map(|note| view! { <li>{note.clone()}</li> }).collect();
    (!notes.is_empty()).then(|| {
        view! {
            <div class="section-note" role="note">
                "Unrecognised in the catalog's answer: "
                <ul>{notes}</ul>
            </div>
        }
        .into_any()
    })
}

/// `DERIVATIVES RUNNING 4/6, 18-Feb-2026`: what a pasted link says.
fn title(view: &EssentialView) -> String {
    let essential = &view.essential;
    let (name, status) = (&essential.display_name, essential.status.label());
    format!("{name} {status} {}, {}", essential.current().progress(), view.business_date.label())
}

fn description(view: &EssentialView) -> String {
    let essential = &view.essential;
    let phase = |part: &PhaseBoard| format!("{} {}", part.status.label(), part.progress());
    let failed = match essential.current().failed {
        0 => String::new(),
        1 => "; 1 dataset failed".to_owned(),
        failed => format!("; {failed} datasets failed"),
    };
    format!("PRELIM {}, FINAL {}{failed}", phase(&essential.prelim), phase(&essential.final_))
}

fn age(view: &EssentialView) -> Option<String> {
    let polled_at = view.polled_at?;
    Some(format!("data {} old", duration(view.now.as_second() - polled_at.as_second())))
}

fn facts(view: &EssentialView, place: &Place, zone: &Zone) -> AnyView {
    let essential = &view.essential;
    let current = essential.current();
    let phase = |name: &'static str, part: &PhaseBoard| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>
                    {status_badge(essential_tone(part.status), part.status.label())}
                    <ProgressBar tone=essential_tone(part.status) done=part.success total=part.total_datasets/>
                </dd>
            </div>
        }
    };
    let time = |at: Option<Timestamp>| match at {
        Some(at) => Either::Left(clock_time(zone, at)),
        None => Either::Right("—"),
    };
    view! {
        <dl class="section-card essential-facts">
            <div><dt>"Current phase"</dt><dd>{essential.phase.as_str()}</dd></div>
            {phase("PRELIM", &essential.prelim)}
            {phase("FINAL", &essential.final_)}
            <div><dt>"Started"</dt><dd class="mono">{time(current.started_at)}</dd></div>
            <div><dt>"Last updated"</dt><dd class="mono">{time(current.last_updated)}</dd></div>
            <div><dt>"Waits for"</dt><dd>{neighbours(&view.depends_on, place)}</dd></div>
            <div><dt>"Waiting for it"</dt><dd>{neighbours(&view.needed_by, place)}</dd></div>
        </dl>
    }
    .into_any()
}

fn neighbours(others: &[Neighbour], place: &Place) -> impl IntoView + use<> {
    match others.is_empty() {
        true => Either::Left("nothing"),
        false => {
            let links: Vec<_> = others.iter().map(|other| neighbour_link(other, place)).collect();
            Either::Right(view! { <ul class="neighbours">{links}</ul> })
        }
    }
}

/// Cuts the matrix down by name: a form, so that it works without a script.
fn filter_form(place: &Place, path: &str) -> AnyView {
    let filter = |column| place.filter(column).unwrap_or_default().to_owned();
    let (dataset, slice) = (filter(RunColumn::Dataset), filter(RunColumn::Slice));
    let filtered = !(dataset.is_empty() && slice.is_empty());
    let date = place.date.map(|date| ("date", date.to_string()));
    let hidden: Vec<_> = date
        .into_iter()
        .chain(place.hidden_fields())
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let clear = place.elsewhere().href(path);
    let navigate = use_navigate();
    let (unfiltered, own_path) = (place.elsewhere(), path.to_owned());
    let on_submit = move |event: SubmitEvent| {
        let Ok(fields) = FormData::new_with_form(&event_target::<HtmlFormElement>(&event)) else { return };
        event.prevent_default();
        let mut filtered = unfiltered.clone();
        for column in [RunColumn::Dataset, RunColumn::Slice] {
            filtered.set_filter(column, fields.get(column.key()).as_string().unwrap_or_default().trim());
        }
        navigate(&filtered.href(&own_path), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    };
    view! {
        <form class="matrix-filter" method="get" action=path.to_owned() role="search" aria-label="Datasets and slices"
            on:submit=on_submit>
            {hidden}
            <input class="filter-input" type="search" name="dataset" value=dataset.clone() prop:value=dataset
                placeholder="Dataset" aria-label="Dataset holds" data-search=""/>
            <input class="filter-input" type="search" name="slice" value=slice.clone() prop:value=slice
                placeholder="Slice" aria-label="Slice holds"/>
            <button class="button" type="submit">"Filter"</button>
            {filtered.then(|| view! { <a class="quick-action" href=clear>"Clear"</a> })}
        </form>
    }
    .into_any()
}
