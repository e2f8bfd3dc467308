//! Two dates, or several batches, side by side.

use super::{Draft, Scene, code, status, strong, text, whole_minutes};
use crate::tool::{BoardPair, ToolOutput, answers};
use model::ask::{Card, ComparisonCard, ComparisonLine, Span};
use model::{BusinessDate, DatasetStatus, EssentialStatus};

pub(super) fn compose(scene: &Scene, draft: &mut Draft) {
    let found = scene.outputs.iter().find_map(|output| match output {
        ToolOutput::Comparison(pairs) => Some(pairs.as_slice()),
        _ => None,
    });
    match (found, scene.request.from) {
        (Some(pairs), Some(from)) => {
            for pair in pairs.iter().take(4) {
                tell(scene, pair, from, draft);
            }
            if pairs.is_empty() {
                draft.say(vec![text(format!("Nothing is known of these batches {}.", scene.on_date()))]);
            }
        }
        _ => status::compose(scene, draft),
    }
}

fn tell(scene: &Scene, pair: &BoardPair, from: BusinessDate, draft: &mut Draft) {
    let phase = scene.phase_of(&pair.after);
    let to = scene.date();
    let card = answers::comparison(pair.before.as_ref(), &pair.after, phase, (from, to), scene.input.now);
    let done = |board: Option<&model::EssentialBoard>| match board.map(|board| board.in_phase(phase)) {
        Some(part) => {
            format!("{} of {} datasets done ({})", part.success, part.total_datasets, part.status.label())
        }
        None => "nothing known".to_owned(),
    };
    let has_run = |board: &model::EssentialBoard| board.in_phase(phase).status != EssentialStatus::NotStarted;
    if !pair.before.as_ref().is_some_and(has_run) {
        draft.say(vec![
            scene.essential_link(&pair.after),
            text(format!(
                " {phase}: {} on {}; no run is known on {}, so there is nothing to compare with.",
                done(Some(&pair.after)),
                to.label(),
                from.label()
            )),
        ]);
        draft.chip(format!("How is {} doing?", card.batch_name));
        return;
    }
    draft.say(vec![
        scene.essential_link(&pair.after),
        text(format!(
            " {phase}: {} on {}, {} on {}.",
            done(Some(&pair.after)),
            to.label(),
            done(pair.before.as_ref()),
            from.label()
        )),
    ]);
    let points = points(&card);
    if points.is_empty() {
        draft.say(vec![text("No dataset differs in status or took longer.")]);
    }
    draft.list(points);
    draft.chip(format!("How long does {} usually take?", card.batch_name));
    draft.chip(format!("How is {} doing?", card.batch_name));
    draft.cards.push(Card::HistoricalComparison(card));
}

/// What differs: status first, then the greatest change of duration.
fn points(card: &ComparisonCard) -> Vec<Vec<Span>> {
    let change = |line: &ComparisonLine| Some(line.after.duration_minutes? - line.before.duration_minutes?);
    let mut differ: Vec<&ComparisonLine> = card
        .datasets
        .iter()
        .filter(|line| {
            line.before.status != line.after.status || change(line).is_some_and(|change| change != 0)
        })
        .collect();
    let failed = |line: &ComparisonLine| line.after.status == DatasetStatus::Failed;
    differ.sort_by_key(|line| {
        (!failed(line), line.before.status == line.after.status, -change(line).map_or(0, i64::abs))
    });
    differ
        .into_iter()
        .map(|line| {
            let side = |side: &model::ask::ComparisonSide| match side.duration_minutes {
                Some(took) => format!("{} after {}", side.status.label(), whole_minutes(took)),
                None => side.status.label().to_owned(),
            };
            vec![
                code(line.dataset_id.workflow_id()),
                text(": "),
                strong(side(&line.after)),
                text(format!(", before {}", side(&line.before))),
            ]
        })
        .collect()
}
