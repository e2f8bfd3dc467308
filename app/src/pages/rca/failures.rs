//! The failures of a date, by essential and step, with what they hold up.

use super::choice::OpenRun;
use crate::chat::prefilled_question;
use crate::components::run_link::{Over, add_parameters, clock_time, neighbour_link, run_time};
use crate::components::status_badge::{Tone, essential_tone, status_badge};
use crate::location::{Place, essential_path};
use crate::time::Zone;
use leptos::prelude::*;
use model::view::{EssentialFailures, FailuresView, Neighbour, RunColumn, StepFailures};
use model::{Run, RunId, Timestamp};

/// What every part of the list needs besides its own content.
#[derive(Clone)]
struct Frame {
    place: Place,
    zone: Zone,
    now: Timestamp,
    open: Option<RunId>,
}

/// Every failed run of `view`; below the open one stands `detail`.
pub(crate) fn failure_list(
    view: &FailuresView,
    open: Option<RunId>,
    place: &Place,
    zone: &Zone,
    detail: &dyn Fn(RunId) -> AnyView,
) -> AnyView {
    let frame = Frame { place: place.clone(), zone: zone.clone(), now: view.now, open };
    let essentials: Vec<_> =
        view.essentials.iter().map(|essential| essential_failures(essential, &frame, detail)).collect();
    view! { <div class="failures">{essentials}</div> }.into_any()
}

fn essential_failures(
    essential: &EssentialFailures,
    frame: &Frame,
    detail: &dyn Fn(RunId) -> AnyView,
) -> impl IntoView + use<> {
    let path = frame.place.elsewhere().href(&essential_path(&essential.name));
    let steps: Vec<_> =
        essential.steps.iter().map(|step| step_failures(step, &path, frame, detail)).collect();
    let question = format!("What failed in {}? Give me the RCA.", essential.display_name);
    let progress = format!("PRELIM {}, FINAL {}", essential.prelim.progress(), essential.final_.progress());
    view! {
        <section class="section-card failures-essential">
            <div class="section-header">
                <h2 class="section-title">
                    <a class="essential-link" href=path>{essential.display_name.clone()}</a>
                    {status_badge(essential_tone(essential.status), essential.status.label())}
                </h2>
                <span class="section-badge">{progress}</span>
                {prefilled_question(move || question.clone())}
            </div>
            {steps}
            {waiting(&essential.blocks, frame)}
        </section>
    }
}

fn step_failures(
    step: &StepFailures,
    path: &str,
    frame: &Frame,
    detail: &dyn Fn(RunId) -> AnyView,
) -> impl IntoView + use<> {
    let runs: Vec<_> = step.runs.iter().map(|run| failed_run(run, frame, detail)).collect();
    let blocked: Vec<_> = step
        .blocked_datasets
        .iter()
        .map(|dataset| {
            let href = add_parameters(path.to_owned(), [("dataset", dataset.as_str())]);
            view! { <li><a class="mono" href=href title=dataset.to_string()>{dataset.workflow_id().to_owned()}</a></li> }
        })
        .collect();
    let blocked = (!blocked.is_empty()).then(|| {
        view! {
            <div class="failures-blocked">
                <h4>{format!("Blocked by step {}", step.sequence_order)}</h4>
                <ul>{blocked}</ul>
            </div>
        }
    });
    view! {
        <section class="failures-step">
            <h3>
                <span class="sequence-badge" aria-hidden="true">{step.sequence_order}</span>
                {format!("Step {}, {}", step.sequence_order, step.phase)}
            </h3>
            <ul class="failures-runs">{runs}</ul>
            {blocked}
        </section>
    }
}

fn failed_run(run: &Run, frame: &Frame, detail: &dyn Fn(RunId) -> AnyView) -> impl IntoView + use<> {
    let is_open = frame.open.as_ref() == Some(&run.row.run_id);
    // The list stays as narrow as it is.
    let mut place = frame.place.elsewhere();
    place.set_filter(RunColumn::Essential, frame.place.filter(RunColumn::Essential).unwrap_or_default());
    place.set_filter(RunColumn::Run, if is_open { OpenRun::NONE } else { run.row.run_id.as_str() });
    let href = place.href("/rca");
    let slice = run.slice.as_ref().map(ToString::to_string).unwrap_or_default();
    let trigger = run.trigger().map_or("", |trigger| trigger.label());
    view! {
        <li class="failed-run" class:is-open=is_open>
            <a class="failed-run-head" href=href aria-expanded=is_open.to_string() data-row="">
                <span class="failed-run-arrow" aria-hidden="true">"›"</span>
                {status_badge(Tone::of_run(run.status()), &run.row.status)}
                <span class="mono failed-run-dataset" title=run.row.dataset_id.to_string()>
                    {run.row.dataset_id.workflow_id().to_owned()}
                </span>
                <span class="mono failed-run-slice">{slice}</span>
                <span class="failed-run-trigger">{trigger}</span>
                <span class="mono">{clock_time(&frame.zone, run.row.created_at)}</span>
                <span class="mono">{run_time(run.duration_s(frame.now), Over::of_status(&run.row.status))}</span>
            </a>
            {is_open.then(|| detail(run.row.run_id.clone()))}
        </li>
    }
}

fn waiting(blocks: &[Neighbour], frame: &Frame) -> impl IntoView + use<> {
    (!blocks.is_empty()).then(|| {
        view! {
            <div class="failures-waiting">
                <h3>"Essentials that wait for it"</h3>
                <ul>{blocks.iter().map(|other| neighbour_link(other, &frame.place)).collect_view()}</ul>
            </div>
        }
    })
}
