//! Runs that fit.

use super::{Draft, Scene, counted, moment, strong, text, whole_minutes};
use crate::link;
use crate::tool::ToolOutput;
use model::RunStatus;
use model::ask::{Card, RunsCard, Span};
use model::view::RunListItem;

pub(super) fn compose(scene: &Scene, draft: &mut Draft) {
    let found = scene.outputs.iter().find_map(|output| match output {
        ToolOutput::Runs { rows, matching } => Some((rows, *matching)),
        _ => None,
    });
    let Some((rows, matching)) = found else { return };
    let status = scene.request.run_status.map(|status| format!("{} ", status.as_str())).unwrap_or_default();
    let phase = scene.request.phase.map(|phase| format!("{} ", phase.as_str())).unwrap_or_default();
    let names: Vec<String> = scene.request.essentials.iter().map(|name| scene.display_name(name)).collect();
    let whose = if names.is_empty() { String::new() } else { format!(" of {}", super::name_list(&names, 4)) };
    let what = counted(matching, &format!("{status}{phase}run"));
    draft.say(vec![
        strong(if matching == 0 { format!("No {status}{phase}run") } else { what }),
        text(format!("{whose} {}.", scene.on_date())),
    ]);
    draft.list(rows.iter().map(|row| point(scene, row)).collect());
    draft.cards.push(Card::Runs(RunsCard { business_date: scene.date(), runs: rows.clone(), matching }));
    draft.chip("What failed today?");
    draft.chip("How are all batches doing?");
}

fn point(scene: &Scene, row: &RunListItem) -> Vec<Span> {
    let label = row.run_id.to_string();
    let running = RunStatus::parse(&row.status).is_some_and(RunStatus::is_active);
    let took = if running { "running for" } else { "took" };
    vec![
        Span::Link { label, href: link::run(scene.date(), &row.run_id) },
        text(": "),
        strong(super::quoted(&row.status)),
        text(format!(
            ", started {}, {took} {}",
            moment(row.started_at, scene.date()),
            whole_minutes(row.duration_s / 60)
        )),
    ]
}
