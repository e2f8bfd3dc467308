//! When something will be done: what is left, and how long that usually takes. No time of day is
//! named that nobody has computed.

use super::{Draft, Scene, code, minutes, name_list, status, strong, text, whole_minutes};
use crate::tool::{History, ToolOutput, answers};
use model::ask::{Card, Span};
use model::{DatasetId, DatasetStatus, EssentialBoard, EssentialStatus, Phase, Summary};
use std::collections::BTreeMap;

/// Essentials that are told.
const MOST_TOLD: usize = 4;

pub(super) fn compose(scene: &Scene, draft: &mut Draft) {
    let history = scene.outputs.iter().find_map(|output| match output {
        ToolOutput::History(history) => Some(history),
        _ => None,
    });
    let named = !scene.request.essentials.is_empty();
    let state = |essential: &EssentialBoard| essential.status_in(scene.request.pass());
    let open = |essential: &&EssentialBoard| {
        named || !matches!(state(essential), EssentialStatus::Success | EssentialStatus::NotStarted)
    };
    let mut told: Vec<&EssentialBoard> = scene.boards().iter().filter(open).collect();
    told.sort_by_key(|essential| match state(essential) {
        failed if failed.is_failure() => 0,
        EssentialStatus::Running => 1,
        _ => 2,
    });
    if !named {
        let summary = Summary::of(scene.boards().iter().map(state));
        let done = format!("{} of {} batches are complete", summary.completed, summary.total);
        draft.say(vec![strong(done), text(format!(" {}.", scene.on_date()))]);
    }
    for essential in told.into_iter().take(MOST_TOLD) {
        tell(scene, essential, history, draft);
        draft.cards.push(Card::BatchStatus(status::card(scene, essential)));
        draft.chip(format!("How long does {} usually take?", essential.display_name));
        draft.chip(format!("How is {} doing?", essential.display_name));
    }
}

fn tell(scene: &Scene, essential: &EssentialBoard, history: Option<&History>, draft: &mut Draft) {
    let phase = scene.phase_of(essential);
    let board = essential.in_phase(phase);
    let progress = format!("{} of {} datasets done", board.success, board.total_datasets);
    let mut spans = vec![scene.essential_link(essential), text(format!(" {phase} "))];
    match essential.status_in(Some(phase)) {
        EssentialStatus::Success => {
            let at = board
                .last_updated
                .map(|at| format!(" at {}", super::moment(at, scene.date())))
                .unwrap_or_default();
            spans.push(text(format!("finished{at}: {progress}.")));
        }
        EssentialStatus::Failed | EssentialStatus::PartialFailure => {
            spans.push(strong("is blocked"));
            let step = answers::steps(essential, phase)
                .into_iter()
                .find(|step| step.status == DatasetStatus::Failed);
            let step = step.map(|step| format!(" by step {}", step.sequence_order)).unwrap_or_default();
            spans.push(text(format!(
                "{step}, which failed ({progress}): it will not finish until that is repaired."
            )));
            draft.chip(format!("What failed in {}?", essential.display_name));
        }
        EssentialStatus::Waiting => {
            let names: Vec<String> =
                essential.waiting_for.iter().map(|name| scene.display_name(name)).collect();
            spans.push(text(format!("has not started; it waits for {}.", name_list(&names, 5))));
            draft.chip(format!("What is {} waiting for?", essential.display_name));
        }
        EssentialStatus::NotStarted => spans.push(text("has not started.")),
        EssentialStatus::Running => spans
            .push(text(format!("is running: {progress}. SENTRY predicts no finish time yet. Left to do:"))),
    }
    draft.say(spans);
    if board.status == EssentialStatus::Running {
        draft.list(left(scene, essential, phase, history));
    }
}

/// The datasets that are not done, with the slowest usual slice of each.
fn left(
    scene: &Scene,
    essential: &EssentialBoard,
    phase: Phase,
    history: Option<&History>,
) -> Vec<Vec<Span>> {
    let usual = usual_minutes(history);
    let open =
        essential.datasets.iter().filter(|dataset| dataset.in_phase(phase).status != DatasetStatus::Success);
    open.map(|dataset| {
        let part = dataset.in_phase(phase);
        let mut spans =
            vec![text(format!("step {}: ", dataset.sequence_order)), code(dataset.dataset_id.workflow_id())];
        spans.push(text(format!(", {} of {} slices done", part.slices_success, part.slice_count)));
        let running_s = part.duration_s(scene.input.now).filter(|_| part.status == DatasetStatus::Running);
        if let Some(seconds) = running_s {
            spans.push(text(format!(", running for {}", whole_minutes(seconds / 60))));
        }
        if let Some(usual) = usual.get(&dataset.dataset_id) {
            spans.push(text(format!("; its longest recent slice took {}", minutes(*usual))));
        }
        spans
    })
    .collect()
}

fn usual_minutes(history: Option<&History>) -> BTreeMap<&DatasetId, f64> {
    let mut usual: BTreeMap<&DatasetId, f64> = BTreeMap::new();
    let lines =
        history.into_iter().flat_map(|history| &history.lines).filter(|line| line.stats.sample_count > 0);
    for line in lines {
        let longest = usual.entry(&line.dataset_id).or_default();
        *longest = longest.max(line.stats.max);
    }
    usual
}
