//! How one batch is, several, or all.

use super::{
    Draft, Scene, agree, code, counted, failures, joined, moment, name_list, slices, strong, text,
    whole_minutes,
};
use crate::tool::{ToolOutput, answers};
use model::ask::{Card, DatasetCounts, OverviewCard, OverviewLine, PhaseLine, RcaCard, Span, StatusCard};
use model::{DatasetBoard, DatasetStatus, EssentialBoard, EssentialStatus, Phase, Summary};

/// Essentials that are told one by one.
const MOST_TOLD: usize = 3;

pub(super) fn compose(scene: &Scene, draft: &mut Draft) {
    let boards = scene.boards();
    let wants_slices = scene.request.wants_slices || !scene.request.datasets.is_empty();
    if wants_slices && scene.outputs.iter().any(|output| matches!(output, ToolOutput::Slices(_))) {
        slices::compose(scene, draft);
        return;
    }
    match boards {
        [] => {
            draft.say(vec![text(format!("Nothing is known of any batch {}.", scene.on_date()))]);
            draft.is_error = true;
        }
        few if few.len() <= MOST_TOLD && !scene.request.essentials.is_empty() => {
            let mut few: Vec<&EssentialBoard> = few.iter().collect();
            few.sort_by_key(|essential| !essential.status_in(scene.request.pass()).is_failure());
            for essential in few {
                tell(scene, essential, draft);
            }
        }
        all => overview(scene, all, draft),
    }
}

fn tell(scene: &Scene, essential: &EssentialBoard, draft: &mut Draft) {
    let asked = scene.request.pass();
    let status = essential.status_in(asked);
    let lead = asked.map(|phase| format!(" {phase}")).unwrap_or_default();
    draft.say(vec![
        scene.essential_link(essential),
        text(format!("{lead}: ")),
        strong(status.label()),
        text(format!(" {}.", scene.on_date())),
    ]);
    let phases = [scene.phase_of(essential), other(scene.phase_of(essential))];
    let phases: Vec<Phase> =
        phases.into_iter().filter(|phase| asked.is_none_or(|asked| asked == *phase)).collect();
    let has_run = |phase: &Phase| essential.in_phase(*phase).status != EssentialStatus::NotStarted;
    if phases.iter().any(has_run) {
        let failed = failed_runs(scene, essential);
        for (i, phase) in phases.into_iter().enumerate() {
            draft.say(phase_sentence(scene, essential, phase));
            if let (0, Some(failed)) = (i, &failed) {
                draft.list(failures::points(failed));
                failures::say_waiting(failed, draft);
            }
        }
    } else if scene.date() < scene.input.today {
        draft.say(vec![text("No run of it is known for that date.")]);
    } else {
        draft.say(vec![text("It has no run yet.")]);
    }
    if status == EssentialStatus::Waiting {
        let names: Vec<String> = essential.waiting_for.iter().map(|name| scene.display_name(name)).collect();
        draft.say(vec![text("It waits for "), strong(name_list(&names, 5)), text(".")]);
    }
    draft.cards.push(Card::BatchStatus(card(scene, essential)));
    let name = &essential.display_name;
    if essential.prelim.failed + essential.final_.failed > 0 {
        draft.chip(format!("What failed in {name}?"));
        draft.chip(format!("Which batches depend on {name}?"));
    } else if status == EssentialStatus::Running {
        draft.chip(format!("When will {name} finish?"));
        draft.chip(format!("Which slices of {name} are running?"));
    }
    draft.chip(format!("How long does {name} usually take?"));
}

/// Which slices failed, and when.
fn failed_runs(scene: &Scene, essential: &EssentialBoard) -> Option<RcaCard> {
    let found = scene.outputs.iter().find_map(|output| match output {
        ToolOutput::Failures(essentials) => essentials.iter().find(|other| other.name == essential.name),
        _ => None,
    });
    found.map(|found| failures::card(scene, found)).filter(|card| card.failure_count > 0)
}

fn other(phase: Phase) -> Phase {
    match phase {
        Phase::Prelim => Phase::Final,
        Phase::Final => Phase::Prelim,
    }
}

fn phase_sentence(scene: &Scene, essential: &EssentialBoard, phase: Phase) -> Vec<Span> {
    let board = essential.in_phase(phase);
    if board.status == EssentialStatus::NotStarted {
        return vec![strong(phase.as_str()), text(" has not started.")];
    }
    let mut spans = vec![strong(phase.as_str()), text(": ")];
    if board.failed > 0 {
        spans.extend(failed_step(essential, phase));
    }
    let mut counts = vec![format!("{} of {} datasets done", board.success, board.total_datasets)];
    let states = [(board.failed, "failed"), (board.running, "running"), (board.not_started, "not started")];
    counts.extend(
        states.iter().filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}")),
    );
    spans.push(text(counts.join(", ")));
    let running: Vec<&DatasetBoard> = essential
        .datasets
        .iter()
        .filter(|dataset| dataset.in_phase(phase).status == DatasetStatus::Running)
        .collect();
    if let Some(first) = running.first() {
        let part = first.in_phase(phase);
        spans.push(text(format!("; step {} is running", first.sequence_order)));
        if let Some(seconds) = part.duration_s(scene.input.now) {
            spans.push(text(format!(" for {}", whole_minutes(seconds / 60))));
        }
        spans.extend([text(": "), code(first.dataset_id.workflow_id())]);
        spans.push(text(format!(", {} of {} slices done", part.slices_success, part.slice_count)));
    }
    if let (Some(start), Some(last)) = (board.started_at, board.last_updated) {
        let (start, last) = (moment(start, scene.date()), moment(last, scene.date()));
        let ended = if board.status == EssentialStatus::Success { "finished" } else { "last change" };
        spans.push(text(format!(". Started {start}, {ended} {last}.")));
    } else {
        spans.push(text("."));
    }
    spans
}

/// "failed at step 3 (`6g_calc_results`), which blocks 4 datasets of later steps. "
fn failed_step(essential: &EssentialBoard, phase: Phase) -> Vec<Span> {
    let failed: Vec<&DatasetBoard> = essential
        .datasets
        .iter()
        .filter(|dataset| dataset.in_phase(phase).status == DatasetStatus::Failed)
        .collect();
    let Some(first) = failed.first() else { return Vec::new() };
    let mut spans = vec![text("failed at "), strong(format!("step {}", first.sequence_order)), text(" (")];
    spans.push(code(first.dataset_id.workflow_id()));
    spans.push(text(")"));
    let blocked =
        essential.datasets.iter().filter(|dataset| dataset.in_phase(phase).blocked_by.is_some()).count();
    let blocks = if blocked > 0 {
        format!(", which blocks {}. ", counted(blocked, "later dataset"))
    } else {
        ". ".to_owned()
    };
    spans.push(text(blocks));
    spans
}

pub(super) fn card(scene: &Scene, essential: &EssentialBoard) -> StatusCard {
    let phase = scene.phase_of(essential);
    let asked = scene.request.pass();
    let phases = Phase::ALL.into_iter().filter(|phase| asked.is_none_or(|asked| asked == *phase));
    StatusCard {
        essential_name: essential.name.clone(),
        batch_name: essential.display_name.clone(),
        business_date: scene.date(),
        processing_type: asked,
        status: essential.status_in(asked),
        summary: DatasetCounts::from(essential.in_phase(phase)),
        phases: phases.map(|phase| PhaseLine { phase, board: essential.in_phase(phase).clone() }).collect(),
        sequence_progress: answers::steps(essential, phase),
    }
}

/// `FR2052A (6G) (3/8)`, `UPC (waits for FR2052A (6G))`.
fn member(scene: &Scene, essential: &EssentialBoard) -> Vec<Span> {
    let mut spans = vec![scene.essential_link(essential)];
    match essential.status_in(scene.request.pass()) {
        EssentialStatus::NotStarted => {}
        EssentialStatus::Waiting => {
            let names: Vec<String> =
                essential.waiting_for.iter().map(|name| scene.display_name(name)).collect();
            spans.push(text(format!(" (waits for {})", name_list(&names, 3))));
        }
        _ => {
            let progress = essential.in_phase(scene.phase_of(essential)).progress();
            spans.push(text(format!(" ({progress})")));
        }
    }
    spans
}

fn overview(scene: &Scene, boards: &[EssentialBoard], draft: &mut Draft) {
    let asked = scene.request.pass();
    let status = |essential: &EssentialBoard| essential.status_in(asked);
    let summary = Summary::of(boards.iter().map(status));
    let lead = asked.map(|phase| format!("{phase} ")).unwrap_or_default();
    let in_phase = asked.map(|phase| format!(" in {phase}")).unwrap_or_default();
    let complete = match asked {
        Some(phase) => format!("{phase} is complete in {} of {} batches", summary.completed, summary.total),
        None => format!("{} of {} batches are complete", summary.completed, summary.total),
    };
    draft.say(if summary.not_started == summary.total {
        vec![strong(format!("No batch has a {lead}run")), text(format!(" {}.", scene.on_date()))]
    } else if summary.failed > 0 {
        let batches = agree(summary.failed, "batch", "batches");
        vec![
            strong(format!("{} {batches} failed{in_phase}", summary.failed)),
            text(format!(" {}; {complete}.", scene.on_date())),
        ]
    } else {
        vec![strong(complete), text(format!(" {}; none failed.", scene.on_date()))]
    });
    type Belongs = fn(EssentialStatus) -> bool;
    let groups: [(&str, Belongs); 3] = [
        ("failed", EssentialStatus::is_failure),
        ("running", |status| status == EssentialStatus::Running),
        ("not started", |status| matches!(status, EssentialStatus::NotStarted | EssentialStatus::Waiting)),
    ];
    let mut points = Vec::new();
    for (state, belongs) in groups {
        let of_group: Vec<&EssentialBoard> =
            boards.iter().filter(|essential| belongs(status(essential))).collect();
        // A day without any run is told in one sentence.
        if of_group.is_empty() || summary.not_started == summary.total {
            continue;
        }
        let mut point = vec![strong(format!("{} {state}", of_group.len())), text(": ")];
        point.extend(joined(of_group.iter().map(|essential| member(scene, essential)), ", "));
        points.push(point);
    }
    draft.list(points);
    for essential in boards {
        let name = &essential.display_name;
        match status(essential) {
            state if state.is_failure() => draft.chip(format!("What failed in {name}?")),
            EssentialStatus::Running => draft.chip(format!("When will {name} finish?")),
            EssentialStatus::Waiting => draft.chip(format!("What is {name} waiting for?")),
            _ => {}
        }
    }
    let line = |essential: &EssentialBoard| OverviewLine {
        name: essential.name.clone(),
        display_name: essential.display_name.clone(),
        status: status(essential),
        progress: essential.in_phase(scene.phase_of(essential)).progress(),
    };
    draft.cards.push(Card::Overview(OverviewCard {
        business_date: scene.date(),
        processing_type: asked,
        summary,
        essentials: boards.iter().map(line).collect(),
    }));
}
