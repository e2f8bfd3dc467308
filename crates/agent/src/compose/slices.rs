//! Slices: those that failed first, then those at work.

use super::{Draft, Scene, code, moment, strong, text, whole_minutes};
use crate::link;
use crate::tool::{EssentialSlices, ToolOutput};
use model::RunStatus;
use model::ask::{Card, SliceCard, SliceCounts, SliceLine, Span};

/// Essentials whose slices are told one by one.
const MOST_TOLD: usize = 2;

pub(super) fn compose(scene: &Scene, draft: &mut Draft) {
    let found = scene.outputs.iter().find_map(|output| match output {
        ToolOutput::Slices(essentials) => Some(essentials.as_slice()),
        _ => None,
    });
    let essentials: Vec<&EssentialSlices> =
        found.unwrap_or_default().iter().filter(|essential| !essential.slices.is_empty()).collect();
    if essentials.is_empty() {
        draft.say(vec![text(format!("No such slices are expected {}.", scene.on_date()))]);
        return;
    }
    if essentials.len() > MOST_TOLD {
        return summarise(scene, &essentials, draft);
    }
    for essential in essentials {
        tell(scene, essential, draft);
    }
}

/// One point an essential, what is not done first.
fn summarise(scene: &Scene, essentials: &[&EssentialSlices], draft: &mut Draft) {
    let mut counted: Vec<(&EssentialSlices, SliceCounts)> =
        essentials.iter().map(|essential| (*essential, counts(&essential.slices))).collect();
    counted.sort_by_key(|(_, counts)| std::cmp::Reverse((counts.failed, counts.running, counts.not_started)));
    let total: usize = counted.iter().map(|(_, counts)| counts.total).sum();
    let success: usize = counted.iter().map(|(_, counts)| counts.success).sum();
    draft.say(vec![
        strong(format!("{success} of {total} slices")),
        text(format!(" are done {}.", scene.on_date())),
    ]);
    let point = |(essential, counts): &(&EssentialSlices, SliceCounts)| {
        let done = format!(": {} of {} done{}", counts.success, counts.total, others(counts));
        vec![strong(&essential.display_name), text(done)]
    };
    draft.list(counted.iter().map(point).collect());
    for (essential, counts) in counted {
        draft.chip(format!("How are the slices of {}?", essential.display_name));
        draft.cards.push(Card::SliceStatus(card(scene, essential, counts)));
    }
}

/// `, 1 failed, 2 running`.
fn others(counts: &SliceCounts) -> String {
    let states =
        [(counts.failed, "failed"), (counts.running, "running"), (counts.not_started, "not started")];
    states.iter().filter(|(count, _)| *count > 0).map(|(count, state)| format!(", {count} {state}")).collect()
}

fn card(scene: &Scene, essential: &EssentialSlices, summary: SliceCounts) -> SliceCard {
    SliceCard {
        essential_name: essential.name.clone(),
        batch_name: essential.display_name.clone(),
        business_date: scene.date(),
        processing_type: scene.request.pass(),
        summary,
        slices: essential.slices.clone(),
    }
}

fn tell(scene: &Scene, essential: &EssentialSlices, draft: &mut Draft) {
    let counts = counts(&essential.slices);
    let board = scene.boards().iter().find(|board| board.name == essential.name);
    let mut lead = match board {
        Some(board) => {
            let phase = scene.phase_of(board);
            let status = board.status_in(scene.request.pass()).label();
            let part = board.in_phase(phase);
            let rest = format!(
                " {phase} is {status} {} ({} of {} datasets done). ",
                scene.on_date(),
                part.success,
                part.total_datasets
            );
            vec![scene.essential_link(board), text(rest)]
        }
        None => vec![strong(&essential.display_name), text(format!(" {}: ", scene.on_date()))],
    };
    let phases: Vec<String> = {
        let mut phases: Vec<_> = essential.slices.iter().map(|line| line.phase).collect();
        phases.sort();
        phases.dedup();
        phases.into_iter().map(|phase| phase.to_string()).collect()
    };
    lead.push(text(format!(
        "{} slices: {} of {} done{}.",
        phases.join(" and "),
        counts.success,
        counts.total,
        others(&counts)
    )));
    draft.say(lead);
    let mut open: Vec<&SliceLine> =
        essential.slices.iter().filter(|line| !is(line, RunStatus::Success)).collect();
    open.sort_by_key(|line| match RunStatus::parse(&line.status) {
        Some(status) if status.is_failure() => 0,
        Some(_) => 1,
        None => 2,
    });
    let few_done = essential.slices.len() <= super::MOST_POINTS;
    let shown: Vec<&SliceLine> =
        if open.is_empty() && few_done { essential.slices.iter().collect() } else { open };
    draft.list(shown.into_iter().map(|line| point(scene, line)).collect());
    if counts.failed > 0 {
        draft.chip(format!("What failed in {}?", essential.display_name));
    }
    draft.chip(format!("How is {} doing?", essential.display_name));
    draft.cards.push(Card::SliceStatus(card(scene, essential, counts)));
}

fn is(line: &SliceLine, status: RunStatus) -> bool {
    RunStatus::parse(&line.status) == Some(status)
}

fn point(scene: &Scene, line: &SliceLine) -> Vec<Span> {
    let name = match &line.dag_run_id {
        Some(run_id) => Span::Link { label: line.name.to_string(), href: link::run(scene.date(), run_id) },
        None => code(&line.name),
    };
    let mut spans = vec![
        name,
        text(" of "),
        code(line.dataset_id.workflow_id()),
        text(": "),
        strong(line.status.replace('_', " ")),
    ];
    if let (Some(start), Some(took)) = (line.created_date, line.duration_minutes) {
        let ended = line
            .updated_date
            .filter(|_| RunStatus::parse(&line.status).is_some_and(|status| !status.is_active()));
        spans.push(text(match ended {
            Some(end) => format!(" at {} after {}", moment(end, scene.date()), whole_minutes(took)),
            None => format!(" since {} ({})", moment(start, scene.date()), whole_minutes(took)),
        }));
    }
    spans
}

fn counts(lines: &[SliceLine]) -> SliceCounts {
    let mut counts = SliceCounts { total: lines.len(), ..SliceCounts::default() };
    for line in lines {
        *match RunStatus::parse(&line.status) {
            Some(RunStatus::Success) => &mut counts.success,
            Some(status) if status.is_failure() => &mut counts.failed,
            Some(_) => &mut counts.running,
            None => &mut counts.not_started,
        } += 1;
    }
    counts
}
