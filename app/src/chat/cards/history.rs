//! How long runs took.

use super::{Severity, frame, row};
use crate::chat::chart::{Series, chart};
use crate::chat::data_table::{DataTable, data_table};
use crate::location::Place;
use leptos::prelude::*;
use model::BusinessDate;
use model::ask::{DurationStats, HistoryCard};
use std::collections::BTreeMap;

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
    let by_date = longest_by_date(card);
    let series = Series::new(
        "Longest slice, median minutes by date",
        by_date.iter().map(|(date, longest)| (date.to_string(), *longest)).collect(),
    );
    let failed: usize = card.history.iter().map(|line| line.failed_count).sum();
    let severity = if failed > 0 { Severity::High } else { Severity::None };
    let content = view! {
        <dl>{facts} {row("Runs that ended badly", failed.to_string())}</dl>
        {series.map(|series| chart(&series))}
        <details class="data-more">
            <summary>{format!("{} lines by date and slice", card.history.len())}</summary>
            {data_table(table(card), "Durations by date and slice")}
        </details>
    };
    frame(severity, heading.into_any(), content.into_any())
}

/// The median of the slice that took longest on each date, oldest first.
fn longest_by_date(card: &HistoryCard) -> BTreeMap<BusinessDate, f64> {
    let mut longest = BTreeMap::new();
    for line in card.history.iter().filter(|line| line.stats.sample_count > 0) {
        let of_date = longest.entry(line.business_date).or_insert(0.0_f64);
        *of_date = of_date.max(line.stats.p50);
    }
    longest
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
