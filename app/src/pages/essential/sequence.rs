//! The sequence of an essential, step by step, with what blocks what.

use super::steps::{Step, waiting_words};
use crate::components::run_link::add_parameters;
use crate::components::status_badge::{Tone, status_badge};
use crate::location::{Place, essential_path};
use leptos::prelude::*;
use model::{DatasetBoard, DatasetPhase, DatasetStatus, EssentialBoard, Phase};

/// The steps of `essential`, first to last.
pub(crate) fn sequence(essential: &EssentialBoard, place: &Place) -> AnyView {
    let steps = Step::all(essential);
    let path = place.elsewhere().href(&essential_path(&essential.name));
    let items: Vec<_> = steps
        .iter()
        .enumerate()
        .map(|(at, step)| {
            let phases: Vec<_> = Phase::ALL.map(|phase| step_phase(&steps, at, phase)).into_iter().collect();
            let datasets: Vec<_> = step.datasets.iter().map(|dataset| dataset_line(dataset, &path)).collect();
            let blocked = Phase::ALL.iter().any(|phase| step.blocked_by(*phase).is_some());
            view! {
                <li class="sequence-step" class:is-blocked=blocked>
                    <h3 class="sequence-title">
                        <span class="sequence-badge" aria-hidden="true">{step.order}</span>
                        {format!("Step {}", step.order)}
                    </h3>
                    <dl class="sequence-phases">{phases}</dl>
                    <ul class="sequence-datasets">{datasets}</ul>
                </li>
            }
        })
        .collect();
    view! { <ol class="sequence">{items}</ol> }.into_any()
}

fn step_phase(steps: &[Step<'_>], at: usize, phase: Phase) -> impl IntoView + use<> {
    let status = steps[at].status(phase);
    let waits = steps[at].blocked_by(phase).is_none();
    let reason = waiting_words(steps, at, phase)
        .map(|words| view! { <span class="sequence-reason" class:is-waiting=waits>{words}</span> });
    view! {
        <div>
            <dt>{phase.as_str()}</dt>
            <dd>{status_badge(Tone::from(status), status.label())}{reason}</dd>
        </div>
    }
}

fn dataset_line(dataset: &DatasetBoard, path: &str) -> impl IntoView + use<> {
    let href = add_parameters(path.to_owned(), [("dataset", dataset.dataset_id.as_str())]);
    let counts = |phase: &'static str, part: &DatasetPhase| {
        let words = match part.status {
            DatasetStatus::NotStarted => format!("{phase} not started"),
            DatasetStatus::Success => format!("{phase} {}/{} slices", part.slices_success, part.slice_count),
            status => {
                let word = status.label().to_lowercase();
                format!("{phase} {word} {}/{} slices", part.slices_success, part.slice_count)
            }
        };
        view! {
            <span class=format!("sequence-count {}", Tone::from(part.status).class())>{words}</span>
        }
    };
    let odd = (dataset.unrecognised_count > 0)
        .then(|| view! { <span class="sequence-reason">{format!("{} unrecognised", dataset.unrecognised_count)}</span> });
    view! {
        <li>
            <a class="mono" href=href title=dataset.dataset_id.to_string()>{breakable(dataset.dataset_id.workflow_id())}</a>
            {counts("PRELIM", &dataset.prelim)}
            {counts("FINAL", &dataset.final_)}
            {odd}
        </li>
    }
}

/// `id`, which may be broken after an underscore and not in the middle of a word.
fn breakable(id: &str) -> impl IntoView + use<> {
    let parts = id.split_inclusive('_').map(|part| view! { {part.to_owned()}<wbr/> });
    parts.collect::<Vec<_>>()
}
