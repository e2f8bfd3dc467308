//! What failed, where it stopped, and what it holds up.

use super::{Draft, Scene, code, counted, moment, name_list, quoted, strong, text, whole_minutes};
use crate::link;
use crate::plan::MOST_RUNS_EXPLAINED;
use crate::request::FailedRun;
use crate::tool::ToolOutput;
use model::ask::{Block, Card, FailedTask, Failure, RcaCard, Span};
use model::view::{EssentialFailures, RunTasksView, StepFailures};
use model::{DatasetId, Run};

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
    for card in cards {
        if several {
            tell_briefly(&card, draft);
        } else {
            tell(&card, draft);
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
    draft.say(vec![strong(format!("No {phase}failure")), text(format!("{whose} {}.", scene.on_date()))]);
    for essential in scene.boards().iter().take(super::MOST_POINTS).filter(|_| !names.is_empty()) {
        let board = essential.in_phase(scene.phase_of(essential));
        draft.say(vec![
            scene.essential_link(essential),
            text(" is "),
            strong(essential.status_in(scene.request.pass()).label()),
            text(format!(": {} of {} datasets done.", board.success, board.total_datasets)),
        ]);
    }
    for name in names {
        draft.chip(format!("How is {name} doing?"));
    }
    draft.chip("What failed yesterday?");
}

fn card(scene: &Scene, essential: &EssentialFailures) -> RcaCard {
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

fn tell(card: &RcaCard, draft: &mut Draft) {
    let Some(first) = card.failures.first() else { return };
    let href = link::essential(&card.essential_name, Some(card.business_date), card.processing_type);
    let mut lead = vec![
        Span::Link { label: card.batch_name.clone(), href },
        text(format!(" {} failed at ", first.phase)),
    ];
    lead.push(strong(format!("step {}", first.sequence_order)));
    lead.push(text(format!(
        " on {}: {}.",
        card.business_date.label(),
        counted(card.failure_count, "failed run")
    )));
    draft.say(lead);
    draft.list(card.failures.iter().map(|failure| point(card, failure)).collect());
    if let Some(detail) = telling_detail(first) {
        draft.say(vec![text("The source says of it:")]);
        draft.blocks.push(Block::Code(detail));
    }
    say_blocked(card, draft);
}

/// `6g_calc_workflow_V2`, slice …: task … failed at 08:15:44 UTC, 2 of 2 attempts.
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
            spans.push(text(format!(", after {}", whole_minutes(failure.duration_minutes))));
        }
    }
    spans
}

/// What the source wrote, where it says more than that the run failed.
fn telling_detail(failure: &Failure) -> Option<String> {
    let standard = failure.status_detail.ends_with(&format!("completed with {}", failure.status));
    (!standard && !failure.status_detail.trim().is_empty()).then(|| quoted(&failure.status_detail))
}

fn say_blocked(card: &RcaCard, draft: &mut Draft) {
    if !card.blocked_datasets.is_empty() {
        let mut spans = vec![strong("Blocked"), text(": ")];
        for (i, dataset) in card.blocked_datasets.iter().take(super::MOST_POINTS).enumerate() {
            spans.push(text(if i == 0 { "" } else { ", " }));
            spans.push(code(dataset.workflow_id()));
        }
        let more = card.blocked_datasets.len().saturating_sub(super::MOST_POINTS);
        spans.push(text(if more > 0 { format!(" and {more} more.") } else { ".".to_owned() }));
        draft.say(spans);
    }
    if !card.blocked_essentials.is_empty() {
        let names: Vec<String> =
            card.blocked_essentials.iter().map(|other| other.display_name.clone()).collect();
        draft.say(vec![strong(name_list(&names, 5)), text(format!(" waits for {}.", card.batch_name))]);
    }
}

fn tell_briefly(card: &RcaCard, draft: &mut Draft) {
    let Some(first) = card.failures.first() else { return };
    let mut spans = vec![
        strong(&card.batch_name),
        text(format!(" {} failed at step {}: ", first.phase, first.sequence_order)),
    ];
    for (i, failure) in card.failures.iter().take(2).enumerate() {
        spans.push(text(if i == 0 { "" } else { "; " }));
        spans.extend(point(card, failure));
    }
    let more = card.failure_count.saturating_sub(2);
    spans.push(text(if more > 0 { format!("; and {more} more.") } else { ".".to_owned() }));
    draft.say(spans);
}
