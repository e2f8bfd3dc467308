//! How long runs took.

use super::{Severity, frame, row};
use crate::chat::chart::{Series, chart};
use crate::chat::data_table::{DataTable, data_table};
use crate::location::Place;
use leptos::prelude::*;
use model::ask::{DurationStats, HistoryCard};

pub(super) fn history(card: &HistoryCard, place: &Place) -> AnyView {
    let explorer = Place { date: Some(card.to_date), ..place.elsewhere() }.href("/explorer");
    let phase = card.processing_type.map(|phase| format!(", {phase}")).unwrap_or_default();
    let heading = view! {
        <span>
            {format!("{}{phase}, ", card.batch_name)}
            <a href=explorer>{format!("{} to {}", card.from_date.label(), card.to_date.label())}</a>
        </span>
    };
    let stats = card.stats;
    let facts = match stats.sample_count {
        0 => vec![row("Successful runs", "0")],
        count => vec![
            row("Successful runs", count.to_string()),
            row("Shortest, longest", format!("{}, {} min", stats.min, stats.max)),
            row("Mean, median", format!("{}, {} min", stats.mean, stats.p50)),
            row("P90, P95", format!("{}, {} min", stats.p90, stats.p95)),
        ],
    };
    let series = Series::new(
        "Longest slice, median minutes by date",
        card.longest_by_date.iter().map(|(date, longest)| (date.to_string(), *longest)).collect(),
    );
    let failed = card.failed_count;
    let lines = match card.line_count.saturating_sub(card.history.len()) {
        0 => format!("{} lines by date and slice", card.line_count),
        _ => format!("The newest {} of {} lines by date and slice", card.history.len(), card.line_count),
    };
    let severity = if failed > 0 { Severity::High } else { Severity::None };
    let content = view! {
        <dl>{facts} {row("Runs that ended badly", failed.to_string())}</dl>
        {series.map(|series| chart(&series))}
        <details class="data-more">
            <summary>{lines}</summary>
            {data_table(table(card), "Durations by date and slice")}
        </details>
    };
    frame(severity, heading.into_any(), content.into_any())
}

fn table(card: &HistoryCard) -> DataTable {
    let columns = ["Date", "Dataset", "Slice", "Runs", "Failed", "Median min", "P95 min", "Longest min"];
    let rows = card.history.iter().map(|line| {
        let DurationStats { sample_count, p50, p95, max, .. } = line.stats;
        let known = |value: f64| (sample_count > 0).then(|| value.to_string());
        vec![
            Some(line.business_date.to_string()),
            Some(line.dataset_id.workflow_id().to_owned()),
            Some(line.slice.to_string()),
            Some(sample_count.to_string()),
            Some(line.failed_count.to_string()),
            known(p50),
            known(p95),
            known(max),
        ]
    });
    DataTable { columns: columns.map(str::to_owned).to_vec(), rows: rows.collect() }
}
