//! Runs, their slices and their tasks.

use super::{Severity, date_and_phase, essential_href, frame, minutes, row, rows};
use crate::components::run_link::{clock_time, run_href};
use crate::components::status_badge::{Tone, status_badge};
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use model::RunStatus;
use model::ask::{RunsCard, SliceCard, SliceLine, TaskCard};

/// What a slice without a run says in place of a source's word.
const NOT_STARTED: &str = "NOT_STARTED";

pub(super) fn slices(card: &SliceCard, place: &Place, zone: &Zone) -> AnyView {
    let at = Place { date: Some(card.business_date), ..place.clone() };
    let href = essential_href(place, &card.essential_name, card.business_date, card.processing_type);
    let counts = card.summary;
    let said = format!(
        "{} of {} done, {} failed, {} running, {} not started",
        counts.success, counts.total, counts.failed, counts.running, counts.not_started
    );
    let heading = view! {
        <span>
            "Slices of " <a href=href>{card.batch_name.clone()}</a>
            {format!(", {}", date_and_phase(card.business_date, card.processing_type))}
        </span>
    };
    let lines = card.slices.iter().map(|line| slice(line, &at, zone)).collect();
    let content = view! { <p class="data-note">{said}</p> {rows(lines, "slices")} };
    frame(Severity::of_counts(counts.failed, counts.running), heading.into_any(), content.into_any())
}

fn slice(line: &SliceLine, place: &Place, zone: &Zone) -> AnyView {
    let name = line.name.to_string();
    let title = format!("Step {}, {}, {}", line.sequence_order, line.dataset_id, line.phase);
    let name = match &line.dag_run_id {
        Some(run) => view! { <a class="mono" href=run_href(place, run) title=title>{name}</a> }.into_any(),
        None => view! { <span class="mono" title=title>{name}</span> }.into_any(),
    };
    let started = line.created_date.map(|at| view! { {clock_time(zone, at)} " " });
    let lasted = line.duration_minutes.map(|lasted| format!("{} ", minutes(lasted)));
    row(name, view! { {started} {lasted} {run_badge(&line.status)} })
}

pub(super) fn runs(card: &RunsCard, place: &Place, zone: &Zone) -> AnyView {
    let at = Place { date: Some(card.business_date), ..place.clone() };
    let lines = card
        .runs
        .iter()
        .map(|run| {
            let slice = run.slice.as_ref().map(ToString::to_string).unwrap_or_default();
            let title = run.run_id.to_string();
            row(
                view! { <a class="mono" href=run_href(&at, &run.run_id) title=title>{run.dag_id.to_string()}</a> },
                view! { {slice} " " {clock_time(zone, run.started_at)} " " {run_badge(&run.status)} },
            )
        })
        .collect();
    let explorer = Place { date: Some(card.business_date), ..place.elsewhere() }.href("/explorer");
    let heading = view! {
        <span>
            <a href=explorer>{format!("{} runs", card.matching)}</a>
            {format!(", {}", card.business_date.label())}
        </span>
    };
    frame(Severity::None, heading.into_any(), rows(lines, "runs"))
}

pub(super) fn tasks(card: &TaskCard, place: &Place, zone: &Zone) -> AnyView {
    let href = run_href(place, &card.dag_run_id);
    let heading = view! {
        <span>"Tasks of " <a href=href title=card.dag_run_id.to_string()>{card.dataset_id.workflow_id().to_owned()}</a></span>
        {run_badge(&card.status)}
    };
    let slice = card.slice.as_ref().map(|slice| format!("{slice}: ")).unwrap_or_default();
    let counts: Vec<_> = card.summary.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let said = format!("{slice}{}", counts.join(", "));
    let lines = card
        .tasks
        .iter()
        .map(|task| {
            let state = task.state.as_deref().unwrap_or("not scheduled");
            let ended = task.ended_at.map(|at| view! { {clock_time(zone, at)} " " });
            let tries =
                format!("{} of {} attempts ", task.try_number, (task.max_tries + 1).max(task.try_number));
            row(
                view! { <span class="mono" title=task.task_id.clone()>{task.display_name.clone()}</span> },
                view! { {ended} {tries} {status_badge(task_tone(state), state)} },
            )
        })
        .collect();
    let airflow =
        card.airflow_url.clone().filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let airflow = airflow.map(|href| {
        view! { <p class="data-note"><a href=href target="_blank" rel="external noopener">"Open in Airflow"</a></p> }
    });
    let failed = card.summary.get("failed").copied().unwrap_or_default();
    let running = card.summary.get("running").copied().unwrap_or_default();
    let content = view! { <p class="data-note">{said}</p> {rows(lines, "tasks")} {airflow} };
    frame(Severity::of_counts(failed, running), heading.into_any(), content.into_any())
}

fn run_badge(status: &str) -> impl IntoView + use<> {
    let (tone, label) = match status {
        NOT_STARTED => (Tone::Idle, "PENDING"),
        status => (Tone::of_run(RunStatus::parse(status)), status),
    };
    status_badge(tone, label)
}

fn task_tone(state: &str) -> Tone {
    match state {
        "success" => Tone::Success,
        "failed" => Tone::Failed,
        "running" => Tone::Running,
        "upstream_failed" | "up_for_retry" => Tone::Warning,
        _ => Tone::Idle,
    }
}
