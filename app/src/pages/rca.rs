//! RCA Analysis: the failures of a date, each with its tasks and what it holds up; and the
//! tasks of any other run that a link names.

mod choice;
mod failures;

use crate::api::dated::Dated;
use crate::api::failures::list_failures;
use crate::api::runs::get_run_tasks;
use crate::components::day_picker::DayPicker;
use crate::components::error_page::ErrorPage;
use crate::components::page_meta::PageMeta;
use crate::components::refetch::refetch_on_change;
use crate::components::run_detail::run_detail;
use crate::components::skeleton::Skeleton;
use crate::components::sources_banner::SourcesBanner;
use crate::context::{WithPlace, use_zone};
use crate::error::AppError;
use crate::location::Place;
use crate::time::{Zone, duration};
use choice::{OpenRun, count_words, is_failure, keep_essential};
use failures::failure_list;
use leptos::either::Either;
use leptos::prelude::*;
use model::view::{FailuresView, RunColumn, RunTasksView};
use model::{BusinessDate, RunId, SnapshotId};

/// The page's path.
const PATH: &str = "/rca";

/// RCA Analysis.
#[component]
pub fn RcaPage() -> impl IntoView {
    view! { <WithPlace let:place><Rca place/></WithPlace> }
}

/// The tasks of the open run.
type Tasks = Option<(RunId, Result<RunTasksView, AppError>)>;

#[component]
fn Rca(place: Memo<Place>) -> impl IntoView {
    let date = Memo::new(move |_| place.with(|place| place.date));
    let chosen = Memo::new(move |_| place.with(|place| OpenRun::parse(place.filter(RunColumn::Run))));
    let essential =
        Memo::new(move |_| place.with(|place| place.filter(RunColumn::Essential).map(str::to_owned)));
    let board = RwSignal::new(None::<SnapshotId>);
    let answer = Resource::new(
        move || (date.get(), essential.get(), chosen.get(), board.get()),
        |(date, essential, chosen, _)| fetch(date, essential, chosen),
    );
    refetch_on_change(board, answer);
    let zone = use_zone();
    view! {
        <Transition fallback=Skeleton>
            {move || {
                answer.get().map(|answer| match answer {
                    Ok(dated) => Either::Left(rca(&dated, &chosen.read(), place, &zone.read())),
                    Err(error) => Either::Right(view! { <ErrorPage error/> }),
                })
            }}
        </Transition>
    }
}

/// The failures, those of one essential where the URL names it, then the tasks of the run that
/// is open among them.
async fn fetch(
    date: Option<BusinessDate>,
    essential: Option<String>,
    chosen: OpenRun,
) -> Result<Dated<(FailuresView, Tasks)>, AppError> {
    let mut dated = list_failures(date).await?;
    if let Some(essential) = &essential {
        keep_essential(&mut dated.view, essential);
    }
    let tasks = match chosen.among(&dated.view) {
        Some(run_id) => Some((run_id.clone(), get_run_tasks(Some(dated.date), run_id).await)),
        None => None,
    };
    Ok(dated.map(|failures| (failures, tasks)))
}

fn rca(dated: &Dated<(FailuresView, Tasks)>, chosen: &OpenRun, place: Memo<Place>, zone: &Zone) -> AnyView {
    let (view, tasks) = &dated.view;
    let now_at = place.get();
    let open = chosen.among(view);
    // A run belongs to its date: on another one the first failure is open.
    let another_day = Memo::new(move |_| {
        place.with(|place| {
            let mut day = place.elsewhere();
            day.set_filter(RunColumn::Essential, place.filter(RunColumn::Essential).unwrap_or_default());
            day
        })
    });
    let found = match view.essentials.is_empty() {
        true => "No failures".to_owned(),
        false => count_words(view),
    };
    let title = format!("RCA: {found}, {}", dated.date.label());
    let names: Vec<_> = view.essentials.iter().map(|essential| essential.display_name.as_str()).collect();
    let only = now_at.filter(RunColumn::Essential).map(str::to_owned);
    let all = only.clone().map(|name| {
        view! { <p class="rca-only">{format!("Only {name}. ")}<a href=now_at.elsewhere().href(PATH)>"Show all failures"</a></p> }
    });
    let detail = |wanted: RunId| run_panel(tasks, &wanted, &now_at, zone);
    let elsewhere = open.clone().filter(|open| !is_failure(view, open)).map(|open| {
        view! {
            <section class="section-card">
                <div class="section-header"><h2 class="section-title">"Tasks of a run"</h2></div>
                {detail(open)}
            </section>
        }
    });
    view! {
        <PageMeta title description=names.join(", ") path=PATH/>
        <div class="page-header">
            <div>
                <h1 class="page-title">"RCA Analysis"</h1>
                <p class="page-subtitle" aria-live="polite">{found}{age(view)}</p>
            </div>
            <div class="page-controls"><DayPicker place=another_day path=PATH date=dated.date/></div>
        </div>
        <SourcesBanner sources=view.sources.clone() polled_at=view.polled_at now=view.now/>
        {all}
        {elsewhere}
        {nothing_failed(view, dated.date, only)}
        {failure_list(view, open, &now_at, zone, &detail)}
    }
    .into_any()
}

fn age(view: &FailuresView) -> Option<String> {
    let polled_at = view.polled_at?;
    Some(format!(", data {} old", duration(view.now.as_second() - polled_at.as_second())))
}

fn nothing_failed(view: &FailuresView, date: BusinessDate, only: Option<String>) -> impl IntoView + use<> {
    view.essentials.is_empty().then(|| {
        let of = only.map(|name| format!(" of {name}")).unwrap_or_default();
        let words = match view.polled_at {
            Some(_) => format!(
                "No run{of} of {} has failed{}. New failures show here by themselves.",
                date.label(),
                age(view).unwrap_or_default()
            ),
            None => "Nothing is known of this date yet: the sources have not answered. SENTRY keeps asking."
                .to_owned(),
        };
        view! { <p class="section-card rca-nothing">{words}</p> }
    })
}

/// The tasks of `wanted`, or what stands there while they are on their way.
fn run_panel(tasks: &Tasks, wanted: &RunId, place: &Place, zone: &Zone) -> AnyView {
    match tasks.as_ref().filter(|(run_id, _)| run_id == wanted) {
        Some((_, Ok(view))) => run_detail(view, place, zone),
        Some((_, Err(error))) => view! {
            <div class="rca-trouble" role="alert">
                <p>{format!("The tasks of {wanted} cannot be shown: {error}")}</p>
                <p>{error.advice()}</p>
            </div>
        }
        .into_any(),
        None => view! { <div class="skeleton-bar is-tall" aria-busy="true"></div> }.into_any(),
    }
}
