//! The same numbers as a table, for who cannot see the lines or wants to read them exactly.

use super::TimeChart;
use crate::components::figures::UNKNOWN;
use crate::time::Zone;
use leptos::prelude::*;

/// The steps in which something was measured, the newest first.
pub(super) fn table(chart: &TimeChart, zone: &Zone) -> AnyView {
    let measured = |step: &usize| chart.lines.iter().any(|line| line.value(*step).is_some());
    let rows: Vec<_> = (0..chart.steps())
        .rev()
        .filter(measured)
        .map(|step| {
            let at = chart.start_of(step);
            let cells: Vec<_> = chart
                .lines
                .iter()
                .map(|line| line.value(step).map_or_else(|| UNKNOWN.to_owned(), chart.write))
                .map(|text| view! { <td class="mono">{text}</td> })
                .collect();
            view! { <tr><th scope="row" class="mono">{zone.exact(at)}</th>{cells}</tr> }
        })
        .collect();
    let headings: Vec<_> =
        chart.lines.iter().map(|line| view! { <th scope="col">{line.name}</th> }).collect();
    let label = format!("{}, as a table", chart.title);
    view! {
        <details class="chart-table">
            <summary>"As a table"</summary>
            <div class="chart-table-frame" tabindex="0" role="region" aria-label=label.clone()>
                <table>
                    <caption class="visually-hidden">{label.clone()}</caption>
                    <thead><tr><th scope="col">"From"</th>{headings}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}
