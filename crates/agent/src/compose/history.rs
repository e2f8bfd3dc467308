//! How long runs took.

use super::{Draft, Scene, agree, code, counted, minutes, name_list, strong, text};
use crate::tool::ToolOutput;
use model::BusinessDate;
use model::ask::{Card, HistoryCard, HistoryLine, Span};
use std::collections::BTreeMap;

/// Lines that an answer carries: those of a few batches over two months.
const MOST_LINES: usize = 400;

pub(super) fn compose(scene: &Scene, draft: &mut Draft) {
    let found = scene.outputs.iter().find_map(|output| match output {
        ToolOutput::History(history) => Some(history),
        _ => None,
    });
    let Some(history) = found else { return };
    let from = scene.request.from.unwrap_or(scene.date());
    let names: Vec<String> = scene.request.essentials.iter().map(|name| scene.display_name(name)).collect();
    let batch_name = if names.is_empty() { "All batches".to_owned() } else { name_list(&names, 4) };
    let phase = scene.request.pass().map(|phase| format!(" {phase}")).unwrap_or_default();
    let when = if from == scene.date() {
        scene.on_date()
    } else {
        format!("from {} to {}", from.label(), scene.date().label())
    };
    let stats = &history.stats;
    let failed: usize = history.lines.iter().map(|line| line.failed_count).sum();
    let mut lead = vec![strong(format!("{batch_name}{phase}"))];
    if let [dataset] = scene.request.datasets.as_slice() {
        lead.extend([text(", "), code(dataset.workflow_id())]);
    }
    if let [slice] = scene.request.slices.as_slice() {
        lead.extend([text(", slice "), code(slice)]);
    }
    lead.push(text(format!(" {when}: ")));
    if stats.sample_count == 0 {
        lead.push(text("no successful run is known."));
    } else if stats.sample_count == 1 {
        lead.push(text(format!("the only successful run took {}.", minutes(stats.max))));
    } else {
        lead.push(text(format!(
            "{} took {} in the median (mean {}, P90 {}, P95 {}, shortest {}, longest {}).",
            counted(stats.sample_count, "successful run"),
            minutes(stats.p50),
            minutes(stats.mean),
            minutes(stats.p90),
            minutes(stats.p95),
            minutes(stats.min),
            minutes(stats.max)
        )));
    }
    draft.say(lead);
    if failed > 0 {
        let dates: std::collections::BTreeSet<BusinessDate> = history
            .lines
            .iter()
            .filter(|line| line.failed_count > 0)
            .map(|line| line.business_date)
            .collect();
        let dates: Vec<String> = dates.into_iter().rev().map(BusinessDate::label).collect();
        draft.say(vec![
            strong(counted(failed, "run")),
            text(format!(" failed or {} cancelled: {}.", agree(failed, "was", "were"), name_list(&dates, 5))),
        ]);
    } else if stats.sample_count > 0 {
        draft.say(vec![text("No run failed or was cancelled.")]);
    }
    if stats.sample_count > 1 {
        draft.list(slowest(&history.lines));
    }
    for name in &names {
        draft.chip(format!("Compare {name} with yesterday"));
        draft.chip(format!("How is {name} doing?"));
    }
    draft.cards.push(Card::HistoricalRuns(HistoryCard {
        batch_name,
        from_date: from,
        to_date: scene.date(),
        processing_type: scene.request.pass(),
        history: history.lines.iter().take(MOST_LINES).cloned().collect(),
        line_count: history.lines.len(),
        stats: history.stats,
        failed_count: failed,
        longest_by_date: longest_by_date(&history.lines),
    }));
}

/// Of each date the median of the slice that took longest, in minutes.
fn longest_by_date(lines: &[HistoryLine]) -> Vec<(BusinessDate, f64)> {
    let mut longest = BTreeMap::new();
    for line in lines.iter().filter(|line| line.stats.sample_count > 0) {
        let of_date = longest.entry(line.business_date).or_insert(0.0_f64);
        *of_date = of_date.max(line.stats.p50);
    }
    longest.into_iter().collect()
}

/// The datasets by their longest run.
fn slowest(lines: &[HistoryLine]) -> Vec<Vec<Span>> {
    let mut longest: BTreeMap<&model::DatasetId, &HistoryLine> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.stats.sample_count > 0) {
        let entry = longest.entry(&line.dataset_id).or_insert(line);
        if line.stats.max > entry.stats.max {
            *entry = line;
        }
    }
    let mut longest: Vec<&HistoryLine> = longest.into_values().collect();
    longest.sort_by(|a, b| b.stats.max.total_cmp(&a.stats.max));
    longest
        .into_iter()
        .take(3)
        .map(|line| {
            vec![
                code(line.dataset_id.workflow_id()),
                text(format!(": longest run {}, slice ", minutes(line.stats.max))),
                code(&line.slice),
                text(format!(" on {}", line.business_date.label())),
            ]
        })
        .collect()
}
