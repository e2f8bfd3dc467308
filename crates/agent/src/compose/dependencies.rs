//! Who waits for whom.

use super::{Draft, Scene, agree, joined, strong, text};
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
    for line in &related {
        say_failed(scene, line, draft);
    }
    let mut points: Vec<Vec<Span>> = related.iter().map(|line| point(scene, line)).collect();
    match points.as_mut_slice() {
        [only] => {
            only.push(text("."));
            draft.say(std::mem::take(only));
        }
        _ => draft.list(points),
    }
    for line in &related {
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

/// "UPC (WAITING) waits for FR2052A (6G) (FAILED); no batch waits for it".
fn point(scene: &Scene, line: &DependencyLine) -> Vec<Span> {
    let mut spans = member(scene, &line.batch);
    if line.depends_on.is_empty() {
        spans.push(text(" waits for no other batch; "));
    } else {
        spans.push(text(" waits for "));
        spans.extend(joined(line.depends_on.iter().map(|other| member(scene, other)), ", "));
        spans.push(text("; "));
    }
    if line.needed_by.is_empty() {
        spans.push(text("no batch waits for it"));
    } else {
        spans.extend(joined(line.needed_by.iter().map(|other| member(scene, other)), ", "));
        spans.push(text(agree(line.needed_by.len(), " waits for it", " wait for it")));
    }
    spans
}

fn member(scene: &Scene, batch: &Neighbour) -> Vec<Span> {
    let mut spans = vec![link_to(scene, batch)];
    spans.extend(state(batch));
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

/// A batch that is held up by its own failed step says so first.
fn say_failed(scene: &Scene, line: &DependencyLine, draft: &mut Draft) {
    let board = scene.boards().iter().find(|board| board.name == line.batch.name);
    let Some(board) = board.filter(|board| board.status.is_failure()) else { return };
    let failed =
        answers::steps(board, board.phase).into_iter().find(|step| step.status == DatasetStatus::Failed);
    if let Some(step) = failed {
        draft.say(vec![
            strong(&board.display_name),
            text(format!(" {} failed at step {}.", board.phase, step.sequence_order)),
        ]);
    }
}
