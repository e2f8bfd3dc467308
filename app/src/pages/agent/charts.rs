//! What is measured of an agent, over time.

use crate::components::figures::{label, writer};
use crate::components::time_chart::{Line, Stroke, TimeChart, time_chart};
use crate::time::Zone;
use leptos::prelude::*;
use model::telemetry::view::{AgentDetail, FigureSeries, Point, TimeRange};

/// A chart for each figure; a range can be chosen in each.
pub(super) fn charts(detail: &AgentDetail, zone: &Zone, on_choose: Callback<TimeRange>) -> AnyView {
    let charts: Vec<_> = detail
        .series
        .iter()
        .map(|series| {
            let chart = time_chart(&chart_of(series, detail), zone, Some(on_choose));
            view! { <section class="section-card">{chart}</section> }
        })
        .collect();
    if charts.is_empty() {
        return view! {
            <p class="section-card agents-none">"Nothing was measured in this time. Choose a longer one."</p>
        }
        .into_any();
    }
    view! { <div class="agent-charts">{charts}</div> }.into_any()
}

/// Percentiles where there are any, else the values; then those of the time before.
fn chart_of(series: &FigureSeries, detail: &AgentDetail) -> TimeChart {
    let points = |pick: fn(&Point) -> Option<f64>| -> Vec<Option<f64>> {
        series.points.iter().map(|point| point.as_ref().and_then(pick)).collect()
    };
    let percentiles = [
        Line { name: "p50", stroke: Stroke::Solid, points: points(|point| point.p50) },
        Line { name: "p95", stroke: Stroke::Dashed, points: points(|point| point.p95) },
        Line { name: "p99", stroke: Stroke::Dotted, points: points(|point| point.p99) },
    ];
    let is_known = |line: &Line| line.points.iter().any(Option::is_some);
    let mut lines: Vec<_> = percentiles.into_iter().filter(is_known).collect();
    let values = Line {
        name: if lines.is_empty() { "value" } else { "mean" },
        stroke: if lines.is_empty() { Stroke::Solid } else { Stroke::Thin },
        points: points(|point| Some(point.value)),
    };
    let before = Line { name: "period before", stroke: Stroke::Before, points: series.previous.clone() };
    lines.extend([values, before].into_iter().filter(is_known));
    TimeChart {
        title: label(series.figure).to_owned(),
        from: detail.from,
        step_s: detail.step_s,
        lines,
        write: writer(series.figure),
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::tests::detail;
    use super::*;
    use model::telemetry::analysis::MetricTrend;
    use model::telemetry::view::Figure;

    fn series(figure: Figure, p95: Option<f64>, previous: Vec<Option<f64>>) -> FigureSeries {
        let point = Point { count: 3, value: 20.0, p50: p95.map(|p95| p95 / 2.0), p95, p99: p95 };
        FigureSeries { figure, points: vec![Some(point), None], previous, trend: MetricTrend::NoData }
    }

    #[test]
    fn percentiles_come_first_and_the_period_before_last() {
        let check = |series: FigureSeries, expect: &[&str]| {
            let chart = chart_of(&series, &detail());
            let names: Vec<_> = chart.lines.iter().map(|line| line.name).collect();
            assert_eq!(names, expect);
            assert!(chart.lines.iter().all(|line| line.points.len() == 2));
            let mut strokes: Vec<_> = chart.lines.iter().map(|line| format!("{:?}", line.stroke)).collect();
            strokes.sort();
            strokes.dedup();
            assert_eq!(strokes.len(), names.len(), "two lines look alike");
        };
        let before = vec![Some(1.0), None];
        check(
            series(Figure::Latency, Some(40.0), before.clone()),
            &["p50", "p95", "p99", "mean", "period before"],
        );
        check(series(Figure::Cost, None, before), &["value", "period before"]);
        check(series(Figure::Cpu, None, vec![None, None]), &["value"]);
    }
}
