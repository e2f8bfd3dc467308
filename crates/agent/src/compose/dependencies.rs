//! Who waits for whom.

use super::{Draft, Scene, strong, text};
use crate::link;
use crate::tool::{ToolOutput, answers};
use model::ask::{Card, DependencyCard, DependencyLine, Span};
use model::view::Neighbour;
use model::{DatasetStatus, EssentialStatus};

pub(super) fn compose(scene: &Scene, draft: &mut Draft) {
    let found = scene.outputs.iter().find_map(|output| match output {
        ToolOutput::Dependencies(lines) => Some(lines.as_slice()),
        _ => None,
    });
    let Some(lines) = found else { return };
    let named = !scene.request.essentials.is_empty();
    let related: Vec<&DependencyLine> = lines
        .iter()
        .filter(|line| named || !line.depends_on.is_empty() || !line.needed_by.is_empty())
        .collect();
    if related.is_empty() {
        draft.say(vec![text("No batch waits for another.")]);
    }
    let points = related.iter().map(|line| point(scene, line, named)).collect();
    draft.list(points);
    for line in &related {
        say_failed(scene, line, draft);
        draft.chip(format!("How is {} doing?", line.batch.display_name));
        for other in
            line.depends_on.iter().filter(|other| other.status.is_some_and(EssentialStatus::is_failure))
        {
            draft.chip(format!("What failed in {}?", other.display_name));
        }
    }
    let batches = related.into_iter().cloned().collect();
    draft.cards.push(Card::Dependencies(DependencyCard { business_date: scene.date(), batches }));
}

fn point(scene: &Scene, line: &DependencyLine, named: bool) -> Vec<Span> {
    let mut spans = vec![link_to(scene, &line.batch)];
    spans.extend(state(&line.batch));
    if named || !line.depends_on.is_empty() {
        spans.push(text(" waits for "));
        spans.extend(list(scene, &line.depends_on));
    }
    if named || !line.needed_by.is_empty() {
        spans.push(text(if named || !line.depends_on.is_empty() {
            "; waiting for it: "
        } else {
            ", waiting for it: "
        }));
        spans.extend(list(scene, &line.needed_by));
    }
    spans
}

fn list(scene: &Scene, neighbours: &[Neighbour]) -> Vec<Span> {
    if neighbours.is_empty() {
        return vec![text("nothing")];
    }
    let mut spans = Vec::new();
    for (i, other) in neighbours.iter().enumerate() {
        spans.push(text(if i == 0 { "" } else { ", " }));
        spans.push(link_to(scene, other));
        spans.extend(state(other));
    }
    spans
}

fn state(other: &Neighbour) -> Vec<Span> {
    match other.status {
        Some(status) => vec![text(" ("), strong(status.label()), text(")")],
        None => vec![text(" (not in the catalog)")],
    }
}

fn link_to(scene: &Scene, other: &Neighbour) -> Span {
    Span::Link {
        label: other.display_name.clone(),
        href: link::essential(&other.name, Some(scene.date()), None),
    }
}

/// A batch that is held up by its own failed step says so too.
fn say_failed(scene: &Scene, line: &DependencyLine, draft: &mut Draft) {
    let board = scene.boards().iter().find(|board| board.name == line.batch.name);
    let Some(board) = board.filter(|board| board.status.is_failure()) else { return };
    let failed =
        answers::steps(board, board.phase).into_iter().find(|step| step.status == DatasetStatus::Failed);
    if let Some(step) = failed {
        draft.say(vec![
            strong(&board.display_name),
            text(format!(" {} itself failed at step {}.", board.phase, step.sequence_order)),
        ]);
    }
}
