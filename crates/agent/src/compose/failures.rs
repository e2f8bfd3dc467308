//! What failed, where it stopped, and what it holds up.

use super::{
    Draft, Scene, agree, code, counted, enumerated, joined, moment, name_list, quoted, strong, text,
    whole_minutes,
};
use crate::link;
use crate::plan::MOST_RUNS_EXPLAINED;
use crate::request::FailedRun;
use crate::tool::ToolOutput;
use model::ask::{Block, Card, FailedTask, Failure, RcaCard, Span};
use model::view::{EssentialFailures, RunListItem, RunTasksView, StepFailures};
use model::{DatasetId, EssentialBoard, EssentialStatus, Run};
use std::collections::BTreeSet;

pub(super) fn compose(scene: &Scene, draft: &mut Draft) {
    let found = scene.outputs.iter().find_map(|output| match output {
        ToolOutput::Failures(essentials) => Some(essentials.as_slice()),
        _ => None,
    });
    let Some(essentials) = found else { return };
    let cards: Vec<RcaCard> = essentials
        .iter()
        .map(|essential| card(scene, essential))
        .filter(|card| card.failure_count > 0)
        .collect();
    if cards.is_empty() {
        nothing_failed(scene, draft);
        return;
    }
    let several = cards.len() > 1;
    if several {
        let lead = strong(format!("{} batches failed", cards.len()));
        draft.say(vec![lead, text(format!(" {}.", scene.on_date()))]);
        for card in &cards {
            draft.chip(format!("What failed in {}?", card.batch_name));
        }
    }
    for card in cards {
        if several {
            tell_briefly(&card, draft);
        } else {
            tell(scene, &card, draft);
        }
        let name = &card.batch_name;
        draft.chip(format!("Show the tasks of the failed run in {name}"));
        draft.chip(format!("Has {name} failed before?"));
        draft.chip(format!("Which batches depend on {name}?"));
        draft.failed_runs.extend(card.failures.iter().map(|failure| FailedRun {
            run_id: failure.dag_run_id.clone(),
            business_date: card.business_date,
            essential: card.essential_name.clone(),
        }));
        draft.cards.push(Card::RcaAnalysis(card));
    }
}

fn nothing_failed(scene: &Scene, draft: &mut Draft) {
    let names: Vec<String> = scene.request.essentials.iter().map(|name| scene.display_name(name)).collect();
    let whose = if names.is_empty() { String::new() } else { format!(" in {}", name_list(&names, 4)) };
    let phase = scene.request.pass().map(|phase| format!("{phase} ")).unwrap_or_default();
    let in_phase = |essential: &EssentialBoard| essential.status_in(scene.request.pass());
    let has_run = |essential: &EssentialBoard| {
        !matches!(in_phase(essential), EssentialStatus::NotStarted | EssentialStatus::Waiting)
    };
    let nothing = if scene.boards().iter().any(has_run) {
        format!("No {phase}failure is open")
    } else {
        format!("No {phase}run is known")
    };
    draft.say(vec![strong(nothing), text(format!("{whose} {}.", scene.on_date()))]);
    tell_replaced(scene, draft);
    let named = scene.boards().iter().filter(|essential| !names.is_empty() && has_run(essential));
    for essential in named.take(super::MOST_POINTS) {
        let board = essential.in_phase(scene.phase_of(essential));
        draft.say(vec![
            scene.essential_link(essential),
            text(": "),
            strong(in_phase(essential).label()),
            text(format!(", {} of {} datasets done.", board.success, board.total_datasets)),
        ]);
    }
    for name in names {
        draft.chip(format!("How is {name} doing?"));
    }
    draft.chip(if scene.date() == scene.input.today {
        "What failed yesterday?"
    } else {
        "What failed today?"
    });
}

/// Runs that failed before a newer one of their slice took their place.
fn tell_replaced(scene: &Scene, draft: &mut Draft) {
    let runs = scene.outputs.iter().filter_map(|output| match output {
        ToolOutput::Runs { rows, .. } => Some(rows),
        _ => None,
    });
    let replaced: Vec<&RunListItem> = runs.flatten().filter(|run| run.oddities.is_empty()).collect();
    if replaced.is_empty() {
        return;
    }
    let runs = counted(replaced.len(), "earlier run");
    let rest = agree(
        replaced.len(),
        "failed or was cancelled; a newer run has replaced it:",
        "failed or were cancelled; newer runs have replaced them:",
    );
    draft.say(vec![text(format!("{runs} {rest}"))]);
    let point = |run: &&RunListItem| {
        let href = link::run(scene.date(), &run.run_id);
        let mut spans = vec![Span::Link { label: run.dag_id.to_string(), href }];
        if let Some(slice) = &run.slice {
            spans.extend([text(", slice "), code(slice)]);
        }
        let phase = run.phase.map(|phase| format!(" ({phase})")).unwrap_or_default();
        let at = moment(run.updated_at, scene.date());
        let took = whole_minutes(run.duration_s / 60);
        spans.push(text(format!("{phase}: {} at {at} after {took}", quoted(&run.status))));
        spans
    };
    draft.list(replaced.iter().map(point).collect());
    let named = |run: &RunListItem| {
        let essentials = &scene.input.catalog.essentials;
        essentials.iter().find(|essential| run.essentials.contains(&essential.display_name))
    };
    draft.failed_runs.extend(replaced.into_iter().filter_map(|run| {
        let essential = named(run)?.name.clone();
        Some(FailedRun { run_id: run.run_id.clone(), business_date: scene.date(), essential })
    }));
}

pub(super) fn card(scene: &Scene, essential: &EssentialFailures) -> RcaCard {
    let asked = scene.request.pass();
    let steps: Vec<&StepFailures> =
        essential.steps.iter().filter(|step| asked.is_none_or(|phase| phase == step.phase)).collect();
    let runs = || {
        let with_step = steps.iter().flat_map(|step| step.runs.iter().map(move |run| (*step, run)));
        with_step.filter(|(_, run)| scene.request.covers(run))
    };
    let mut blocked_datasets: Vec<DatasetId> = Vec::new();
    for (step, _) in runs() {
        let new = step.blocked_datasets.iter().filter(|dataset| !blocked_datasets.contains(dataset));
        let new: Vec<DatasetId> = new.cloned().collect();
        blocked_datasets.extend(new);
    }
    RcaCard {
        essential_name: essential.name.clone(),
        batch_name: essential.display_name.clone(),
        business_date: scene.date(),
        processing_type: asked,
        failures: runs().take(MOST_RUNS_EXPLAINED).map(|(step, run)| failure(scene, step, run)).collect(),
        failure_count: runs().count(),
        blocked_datasets,
        blocked_essentials: essential.blocks.clone(),
    }
}

fn failure(scene: &Scene, step: &StepFailures, run: &Run) -> Failure {
    let tasks = scene.outputs.iter().find_map(|output| match output {
        ToolOutput::Tasks(view) if view.run.row.run_id == run.row.run_id => Some(view.as_ref()),
        _ => None,
    });
    Failure {
        sequence_order: step.sequence_order,
        phase: step.phase,
        dataset_id: run.row.dataset_id.clone(),
        dag_id: run.row.dag_id.clone(),
        dag_run_id: run.row.run_id.clone(),
        slice: run.slice.clone(),
        status: run.row.status.clone(),
        status_detail: run.row.status_detail.clone(),
        created_date: run.row.created_at,
        updated_date: run.row.updated_at,
        duration_minutes: run.duration_s(run.row.updated_at) / 60,
        failed_tasks: tasks.map(failed_tasks).unwrap_or_default(),
    }
}

pub(super) fn failed_tasks(view: &RunTasksView) -> Vec<FailedTask> {
    let failed = view.tasks.iter().filter(|task| task.state.as_deref() == Some("failed"));
    failed
        .map(|task| FailedTask {
            task_id: task.task_id.clone(),
            try_number: task.try_number,
            tries: (task.max_tries + 1).max(task.try_number),
            failed_at: task.ended_at,
            hostname: task.hostname.clone(),
        })
        .collect()
}

fn tell(scene: &Scene, card: &RcaCard, draft: &mut Draft) {
    let Some(first) = card.failures.first() else { return };
    let mut lead = vec![lead_link(card), text(format!(" {} failed at ", first.phase))];
    lead.push(strong(format!("step {}", first.sequence_order)));
    let board = scene.boards().iter().find(|board| board.name == card.essential_name);
    let done = board
        .map(|board| board.in_phase(first.phase))
        .map(|part| format!("; {} of {} datasets done", part.success, part.total_datasets));
    lead.push(text(format!(
        " on {}: {}{}.",
        card.business_date.label(),
        counted(card.failure_count, "failed run"),
        done.unwrap_or_default()
    )));
    draft.say(lead);
    draft.list(points(card));
    if let Some(detail) = telling_detail(first) {
        draft.say(vec![text("The source says of it:")]);
        draft.blocks.push(Block::Code(detail));
    }
    say_blocked(scene, card, draft);
}

pub(super) fn points(card: &RcaCard) -> Vec<Vec<Span>> {
    card.failures.iter().map(|failure| point(card, failure)).collect()
}

/// `6g_calc_workflow_V2`, slice …: task … failed at 08:15:44 UTC, 2 of 2 attempts; the run took …
fn point(card: &RcaCard, failure: &Failure) -> Vec<Span> {
    let label = failure.dag_id.to_string();
    let mut spans = vec![Span::Link { label, href: link::run(card.business_date, &failure.dag_run_id) }];
    if let Some(slice) = &failure.slice {
        spans.extend([text(", slice "), code(slice)]);
    }
    if failure.phase != card.failures[0].phase || failure.sequence_order != card.failures[0].sequence_order {
        spans.push(text(format!(" ({}, step {})", failure.phase, failure.sequence_order)));
    }
    match failure.failed_tasks.as_slice() {
        [] => spans.push(text(format!(
            ": {} at {} after {}",
            failure.status,
            moment(failure.updated_date, card.business_date),
            whole_minutes(failure.duration_minutes)
        ))),
        tasks => {
            for (i, task) in tasks.iter().take(3).enumerate() {
                spans.push(text(if i == 0 { ": task " } else { "; task " }));
                spans.push(code(&task.task_id));
                let at = moment(task.failed_at.unwrap_or(failure.updated_date), card.business_date);
                spans.push(text(format!(" failed at {at}, {} of {} attempts", task.try_number, task.tries)));
            }
            spans.push(text(format!("; the run took {}", whole_minutes(failure.duration_minutes))));
        }
    }
    spans
}

/// What the source wrote, where it says more than that the run failed.
fn telling_detail(failure: &Failure) -> Option<String> {
    let standard = failure.status_detail.ends_with(&format!("completed with {}", failure.status));
    (!standard && !failure.status_detail.trim().is_empty()).then(|| quoted(&failure.status_detail))
}

fn say_blocked(scene: &Scene, card: &RcaCard, draft: &mut Draft) {
    if !card.blocked_datasets.is_empty() {
        let mut spans = vec![strong("Blocked"), text(format!("{}: ", blocked_steps(scene, card)))];
        let shown = card.blocked_datasets.iter().take(super::MOST_POINTS);
        spans.extend(joined(shown.map(|dataset| vec![code(dataset.workflow_id())]), ", "));
        let more = card.blocked_datasets.len().saturating_sub(super::MOST_POINTS);
        spans.push(text(if more > 0 { format!(" and {more} more.") } else { ".".to_owned() }));
        draft.say(spans);
    }
    say_waiting(card, draft);
}

/// Which essentials wait for this one.
pub(super) fn say_waiting(card: &RcaCard, draft: &mut Draft) {
    if !card.blocked_essentials.is_empty() {
        let names: Vec<String> =
            card.blocked_essentials.iter().map(|other| other.display_name.clone()).collect();
        let wait = agree(names.len(), "waits", "wait");
        draft.say(vec![strong(name_list(&names, 5)), text(format!(" {wait} for {}.", card.batch_name))]);
    }
}

/// " (steps 4 and 5)".
fn blocked_steps(scene: &Scene, card: &RcaCard) -> String {
    let board = scene.boards().iter().find(|board| board.name == card.essential_name);
    let datasets = board.into_iter().flat_map(|board| &board.datasets);
    let steps: BTreeSet<i32> = datasets
        .filter(|dataset| card.blocked_datasets.contains(&dataset.dataset_id))
        .map(|dataset| dataset.sequence_order)
        .collect();
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    match steps.len() {
        0 => String::new(),
        count => format!(" ({} {})", agree(count, "step", "steps"), enumerated(&steps)),
    }
}

fn tell_briefly(card: &RcaCard, draft: &mut Draft) {
    let Some(first) = card.failures.first() else { return };
    let mut spans = vec![
        lead_link(card),
        text(format!(" {} failed at ", first.phase)),
        strong(format!("step {}", first.sequence_order)),
        text(": "),
    ];
    spans.extend(joined(card.failures.iter().take(2).map(|failure| point(card, failure)), "; "));
    let more = card.failure_count.saturating_sub(2);
    let blocked = match card.blocked_datasets.len() {
        0 => String::new(),
        count => format!(" It blocks {}.", counted(count, "later dataset")),
    };
    spans.push(text(if more > 0 { format!("; and {more} more.{blocked}") } else { format!(".{blocked}") }));
    draft.say(spans);
    say_waiting(card, draft);
}

fn lead_link(card: &RcaCard) -> Span {
    let href = link::essential(&card.essential_name, Some(card.business_date), card.processing_type);
    Span::Link { label: card.batch_name.clone(), href }
}
