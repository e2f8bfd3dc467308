//! The tasks of a run.

use super::failures::failed_tasks;
use super::{Draft, Scene, code, counted, moment, strong, text, whole_minutes};
use crate::link;
use crate::request::FailedRun;
use crate::tool::ToolOutput;
use model::ask::{Card, Span, TaskCard};
use model::view::RunTasksView;
use model::{TaskRow, Timestamp};
use std::collections::BTreeMap;

/// Runs whose tasks are told in words.
const MOST_TOLD: usize = 2;

pub(super) fn compose(scene: &Scene, draft: &mut Draft) {
    let views: Vec<&RunTasksView> = scene
        .outputs
        .iter()
        .filter_map(|output| match output {
            ToolOutput::Tasks(view) => Some(view.as_ref()),
            _ => None,
        })
        .collect();
    if views.is_empty() {
        let what = match &scene.request.run_id {
            Some(run_id) => {
                vec![text("No run "), code(run_id), text(format!(" is known {}.", scene.on_date()))]
            }
            None => vec![text(format!("No run fits {}, so there are no tasks to show.", scene.on_date()))],
        };
        draft.say(what);
        draft.is_error = scene.request.run_id.is_some();
        draft.chip("What failed today?");
        return;
    }
    for view in views.iter().take(MOST_TOLD) {
        tell(scene, view, draft);
    }
    for view in views {
        draft.cards.push(Card::TaskDetails(card(view)));
        let failed = view.run.status().is_some_and(model::RunStatus::is_failure);
        draft.failed_runs.extend(view.essentials.first().filter(|_| failed).map(|essential| FailedRun {
            run_id: view.run.row.run_id.clone(),
            business_date: view.run.row.business_date,
            essential: essential.name.clone(),
        }));
        for essential in &view.essentials {
            draft.chip(format!("What failed in {}?", essential.display_name));
        }
    }
}

fn tell(scene: &Scene, view: &RunTasksView, draft: &mut Draft) {
    let run = &view.run;
    let label = run.row.run_id.to_string();
    let mut lead = vec![Span::Link { label, href: link::run(run.row.business_date, &run.row.run_id) }];
    lead.extend([text(" is "), strong(super::quoted(&run.row.status))]);
    let took = whole_minutes(run.duration_s(scene.input.now) / 60);
    lead.push(text(format!(" after {took}; {}.", counted(view.tasks.len(), "task"))));
    draft.say(lead);
    if let Some(failed) = failed_tasks(view).first() {
        let at = failed
            .failed_at
            .map(|at| format!(" at {}", moment(at, run.row.business_date)))
            .unwrap_or_default();
        draft.say(vec![
            code(&failed.task_id),
            text(format!(" failed{at}, {} of {} attempts, on ", failed.try_number, failed.tries)),
            code(&failed.hostname),
            text("."),
        ]);
    }
    draft.list(view.tasks.iter().map(point).collect());
}

fn point(task: &TaskRow) -> Vec<Span> {
    let state = task.state.as_deref().unwrap_or("not scheduled");
    let mut spans = vec![code(&task.task_id), text(": "), strong(super::quoted(state))];
    if let Some(took) = duration(task.started_at, task.ended_at) {
        spans.push(text(format!(", {took}")));
    }
    spans
}

fn duration(start: Option<Timestamp>, end: Option<Timestamp>) -> Option<String> {
    let seconds = end?.as_second() - start?.as_second();
    Some(if seconds < 60 { format!("{seconds} s") } else { whole_minutes(seconds / 60) })
}

fn card(view: &RunTasksView) -> TaskCard {
    let mut summary = BTreeMap::new();
    for task in &view.tasks {
        *summary.entry(task.state.clone().unwrap_or_else(|| "none".to_owned())).or_default() += 1;
    }
    TaskCard {
        dag_run_id: view.run.row.run_id.clone(),
        dataset_id: view.run.row.dataset_id.clone(),
        slice: view.run.slice.clone(),
        status: view.run.row.status.clone(),
        tasks: view.tasks.clone(),
        summary,
        airflow_url: view.airflow_url.clone(),
    }
}
