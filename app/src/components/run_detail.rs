//! One run: what it is, how it stands, and its tasks on a time axis.

use crate::components::copy_button::CopyButton;
use crate::components::gantt::{gantt, place_words, tries};
use crate::components::run_link::{Over, clock_time, run_time};
use crate::components::status_badge::{Tone, status_badge};
use crate::location::{Place, essential_path};
use crate::time::Zone;
use leptos::prelude::*;
use model::view::RunTasksView;

/// The run of `view` with its tasks.
pub(crate) fn run_detail(view: &RunTasksView, place: &Place, zone: &Zone) -> AnyView {
    let run = &view.run;
    let tone = if run.is_recognised() { Tone::of_run(run.status()) } else { Tone::Warning };
    let trigger =
        run.trigger().map_or_else(|| run.row.trigger_type.clone(), |trigger| trigger.label().to_owned());
    let counts_in = match run.phase {
        Some(phase) if phase.as_str() != trigger => format!("{trigger}, counts in {phase}"),
        _ => trigger,
    };
    let slice = run.slice.as_ref().map_or_else(|| "—".to_owned(), ToString::to_string);
    let essentials: Vec<_> = view
        .essentials
        .iter()
        .map(|essential| {
            let href = place.elsewhere().href(&essential_path(&essential.name));
            view! { <a class="essential-link" href=href>{essential.display_name.clone()}</a> " " }
        })
        .collect();
    let oddities: Vec<_> = run
        .oddities
        .iter()
        .map(|oddity| {
            let words = format!("Unrecognised: {}. It changes no status.", oddity.explain());
            view! { <p class="run-detail-odd">{words}</p> }
        })
        .collect();
    let airflow = view.airflow_url.clone().map(|href| {
        view! { <a class="quick-action" href=href target="_blank" rel="external noopener">"Open in Airflow"</a> }
    });
    let over = Over::of_status(&run.row.status);
    let no_tasks = view.tasks.is_empty().then(|| {
        view! { <p class="run-detail-empty">"Airflow has no tasks of this run (yet)."</p> }
    });
    view! {
        <div class="run-detail">
            {cause(view, zone)}
            <dl class="run-facts">
                <div><dt>"Status"</dt><dd>{status_badge(tone, &run.row.status)}</dd></div>
                <div><dt>"Trigger"</dt><dd>{counts_in}</dd></div>
                <div><dt>"Slice"</dt><dd class="mono">{slice}</dd></div>
                <div><dt>"Started"</dt><dd class="mono">{clock_time(zone, run.row.created_at)}</dd></div>
                <div>
                    <dt>"Updated"</dt><dd class="mono">{clock_time(zone, run.row.updated_at)}</dd>
                </div>
                <div>
                    <dt>"Duration"</dt>
                    <dd class="mono">{run_time(run.duration_s(view.now), over)}</dd>
                </div>
                <div><dt>"Essential"</dt><dd>{essentials}</dd></div>
                {id_fact("Dataset ID", run.row.dataset_id.as_str())}
                {id_fact("DAG ID", run.row.dag_id.as_str())}
                {id_fact("Run ID", run.row.run_id.as_str())}
                <div class="is-wide"><dt>"Detail"</dt><dd>{run.row.status_detail.clone()}</dd></div>
            </dl>
            {oddities}
            <div class="run-detail-actions">{airflow}</div>
            {no_tasks}
            {gantt(view, zone)}
        </div>
    }
    .into_any()
}

/// The task to look at first.
fn cause(view: &RunTasksView, zone: &Zone) -> Option<impl IntoView + use<>> {
    let task = view.tasks.get(view.first_failed?)?;
    let ended = task.ended_at.map(|at| view! { " at " {clock_time(zone, at)} });
    let hint = format!(", try {}, {}", tries(task), place_words(task));
    Some(view! {
        <p class="run-detail-cause">
            "First failed task: " <strong class="mono">{task.display_name.clone()}</strong> {ended} {hint}
        </p>
    })
}

/// An id with a button that copies it.
fn id_fact(name: &'static str, id: &str) -> impl IntoView + use<> {
    let id = id.to_owned();
    view! {
        <div class="is-wide">
            <dt>{name}</dt>
            <dd class="mono">{id.clone()} " " <CopyButton text=id what=name/></dd>
        </div>
    }
}
