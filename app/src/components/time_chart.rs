//! Lines over time. Each line has a stroke of its own, so that colours need not be told apart, and
//! the same numbers stand in a table below.
//!
//! Drawn here, as the other pictures of the program are: a picture must be in the server's page,
//! without inline styles, in the theme's colours.

mod brush;
pub(crate) mod scale;
mod table;

use crate::components::sparkline::{line_path, spoken};
use crate::time::Zone;
use brush::brushed;
use leptos::prelude::*;
use model::Timestamp;
use model::telemetry::UnixNanos;
use model::telemetry::view::TimeRange;
use scale::ValueAxis;
use table::table;

/// Heights in CSS pixels: room for the topmost number, the lines, the times below.
const TOP_PX: f64 = 16.0;
const PLOT_PX: f64 = 112.0;
const TIMES_PX: f64 = 18.0;
/// Size of the lines' own units; they fill what room there is.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;
/// How many times stand below the lines.
const TIMES: usize = 5;

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stroke {
    /// The one that matters most.
    Solid,
    /// Long dashes.
    Dashed,
    /// Dots.
    Dotted,
    /// Thin: beside others that matter more.
    Thin,
    /// Dashes and dots: what the others are compared with.
    Before,
}

impl Stroke {
    fn class(self) -> &'static str {
        match self {
            Self::Solid => "chart-line is-solid",
            Self::Dashed => "chart-line is-dashed",
            Self::Dotted => "chart-line is-dotted",
            Self::Thin => "chart-line is-thin",
            Self::Before => "chart-line is-before",
        }
    }
}

/// Values over time, one a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// What it is.
    pub(crate) name: &'static str,
    /// How it is drawn.
    pub(crate) stroke: Stroke,
    /// The values; `None` where nothing was measured.
    pub(crate) points: Vec<Option<f64>>,
}

impl Line {
    fn value(&self, step: usize) -> Option<f64> {
        self.points.get(step).copied().flatten()
    }
}

/// Lines over the same steps of time.
#[derive(Clone, Debug)]
pub(crate) struct TimeChart {
    /// What they are of.
    pub(crate) title: String,
    /// When the first step begins.
    pub(crate) from: UnixNanos,
    /// How long a step is, in seconds.
    pub(crate) step_s: u32,
    /// The lines, the one that matters most first.
    pub(crate) lines: Vec<Line>,
    /// How a value is written.
    pub(crate) write: fn(f64) -> String,
}

impl TimeChart {
    fn steps(&self) -> usize {
        self.lines.iter().map(|line| line.points.len()).max().unwrap_or(0)
    }

    fn nanos_after(&self, steps: usize) -> UnixNanos {
        let step_ns = i64::from(self.step_s) * 1_000_000_000;
        UnixNanos(self.from.0.saturating_add(step_ns.saturating_mul(steps as i64)))
    }

    fn start_of(&self, step: usize) -> Timestamp {
        self.nanos_after(step).timestamp()
    }

    /// What a step says: its time, and each line's value.
    fn words(&self, step: usize, zone: &Zone) -> String {
        let values = self.lines.iter().filter_map(|line| {
            line.value(step).map(|value| format!("{}: {}", line.name, (self.write)(value)))
        });
        let mut words = vec![zone.exact(self.start_of(step))];
        words.extend(values);
        words.join("\n")
    }
}

/// The chart, on which a range of time can be chosen where `on_choose` is given.
pub(crate) fn time_chart(chart: &TimeChart, zone: &Zone, on_choose: Option<Callback<TimeRange>>) -> AnyView {
    let most = chart.lines.iter().flat_map(|line| line.points.iter().flatten()).copied().fold(0.0, f64::max);
    let plot = plot(chart, zone, ValueAxis::to(most));
    let plot = match on_choose {
        Some(on_choose) => brushed(plot, chart.from, chart.nanos_after(chart.steps()), on_choose),
        None => plot,
    };
    let keys: Vec<_> = chart.lines.iter().map(key).collect();
    view! {
        <figure class="time-chart">
            <figcaption><h3 class="time-chart-title">{chart.title.clone()}</h3><ul class="chart-keys">{keys}</ul></figcaption>
            {plot}
            {table(chart, zone)}
        </figure>
    }
    .into_any()
}

/// How a line looks, and what it is.
fn key(line: &Line) -> AnyView {
    view! {
        <li>
            <svg width="26" height="8" aria-hidden="true"><path class=line.stroke.class() d="M1 4H25"></path></svg>
            {line.name}
        </li>
    }
    .into_any()
}

fn plot(chart: &TimeChart, zone: &Zone, axis: ValueAxis) -> AnyView {
    let steps = chart.steps();
    let width = WIDTH / steps.max(1) as f64;
    let height = |value: f64| TOP_PX + (1.0 - axis.part(value)) * PLOT_PX;
    let grid: Vec<_> = axis
        .marks()
        .map(|value| {
            let y = height(value).to_string();
            view! { <line class="chart-grid" x1="0" x2="100%" y1=y.clone() y2=y></line> }
        })
        .collect();
    let marks: Vec<_> = axis
        .marks()
        .map(|value| {
            let y = (height(value) - 3.0).to_string();
            view! { <text class="chart-mark" x="0" y=y>{(chart.write)(value)}</text> }
        })
        .collect();
    let lines: Vec<_> = chart
        .lines
        .iter()
        .rev()
        .map(|line| {
            let place =
                |step: usize, value: f64| ((step as f64 + 0.5) * width, (1.0 - axis.part(value)) * HEIGHT);
            view! { <path class=line.stroke.class() d=line_path(&line.points, place)></path> }
        })
        .collect();
    let hovered: Vec<_> = (0..steps)
        .map(|step| {
            let x = format!("{:.1}", step as f64 * width);
            view! {
                <rect class="chart-step" x=x width=format!("{width:.1}") height=HEIGHT.to_string()>
                    <title>{chart.words(step, zone)}</title>
                </rect>
            }
        })
        .collect();
    let said = match chart.lines.first() {
        Some(line) => spoken(line.name, &line.points, chart.write),
        None => "Nothing was measured".to_owned(),
    };
    let said = format!("{}. {said}. The numbers stand in the table below.", chart.title);
    view! {
        <svg class="chart-plot" width="100%" height=(TOP_PX + PLOT_PX + TIMES_PX).to_string() role="img" aria-label=said>
            {grid}
            <svg y=TOP_PX.to_string() width="100%" height=PLOT_PX.to_string() viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                preserveAspectRatio="none">
                {lines}
                {hovered}
            </svg>
            {marks}
            {times(chart, zone)}
        </svg>
    }
    .into_any()
}

/// Some of the steps' times, in equal distances; dates where the chart is longer than two days.
fn times(chart: &TimeChart, zone: &Zone) -> Vec<AnyView> {
    let steps = chart.steps();
    let is_long = steps as u64 * u64::from(chart.step_s) > 2 * 86_400;
    let y = (TOP_PX + PLOT_PX + TIMES_PX - 4.0).to_string();
    let shown = TIMES.min(steps);
    (0..shown)
        .map(|index| {
            // The first and the last step stand at the ends.
            let step = index * (steps - 1) / (shown - 1).max(1);
            let at = chart.start_of(step);
            // Of `2026-02-18 05:20:39 UTC` month and day.
            let words = match is_long {
                true => zone.exact(at).get(5..10).unwrap_or_default().to_owned(),
                false => zone.short_time(at),
            };
            let (x, anchor) = match index {
                0 => (0.0, "start"),
                _ if index + 1 == shown => (100.0, "end"),
                _ => ((step as f64 + 0.5) / steps as f64 * 100.0, "middle"),
            };
            let x = format!("{x:.1}%");
            view! { <text class="chart-mark" x=x y=y.clone() text-anchor=anchor>{words}</text> }.into_any()
        })
        .collect()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::components::figures::milliseconds;

    fn chart(lines: Vec<Line>) -> TimeChart {
        TimeChart {
            title: "Latency".to_owned(),
            from: UnixNanos(1_771_400_000_000_000_000),
            step_s: 60,
            lines,
            write: milliseconds,
        }
    }

    fn html(chart: &TimeChart) -> String {
        Owner::new().with(|| time_chart(chart, &Zone::UTC, None).to_html())
    }

    #[test]
    fn every_line_has_a_stroke_and_a_name_and_stands_in_the_table() {
        let html = html(&chart(vec![
            Line { name: "p50", stroke: Stroke::Solid, points: vec![Some(50.0), None, Some(100.0)] },
            Line { name: "p95", stroke: Stroke::Dashed, points: vec![Some(150.0), None, Some(200.0)] },
        ]));
        for part in [
            "<h3 class=\"time-chart-title\">Latency</h3>",
            // Drawn and explained.
            "class=\"chart-line is-solid\"",
            "class=\"chart-line is-dashed\"",
            "M166.7 75.0h0M833.3 50.0h0",
            "M166.7 25.0h0M833.3 0.0h0",
            // The axis.
            ">200 ms</text>",
            ">07:33</text>",
            // Read aloud, shown at the pointer, read in the table.
            "aria-label=\"Latency. p50: between 50 ms and 100 ms. The numbers stand in the table below.\"",
            "<title>2026-02-18 07:33:20 UTC\np50: 50 ms\np95: 150 ms</title>",
            "<th scope=\"col\">p95</th>",
            "<th scope=\"row\" class=\"mono\">2026-02-18 07:35:20 UTC</th><td class=\"mono\">100 ms</td><td class=\"mono\">200 ms</td>",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        // A step without a measurement is no row, but can be pointed at.
        assert_eq!(html.matches("<th scope=\"row\"").count(), 2, "{html}");
        assert_eq!(html.matches("<rect").count(), 3, "{html}");
        // The content security policy refuses inline styles.
        assert!(!html.contains("style="), "{html}");
    }

    #[test]
    fn long_charts_show_dates_and_empty_ones_nothing() {
        let day = Line { name: "cost", stroke: Stroke::Solid, points: vec![Some(1.0); 30] };
        let month = html(&TimeChart { step_s: 86_400, ..chart(vec![day]) });
        assert!(month.contains(">02-18</text>") && month.contains(">03-19</text>"), "{month}");
        let nothing = html(&chart(vec![]));
        assert!(!nothing.contains("NaN") && !nothing.contains("<rect"), "{nothing}");
        let one = Line { name: "p50", stroke: Stroke::Solid, points: vec![Some(7.0)] };
        let one = html(&chart(vec![one]));
        assert!(one.contains("M500.0"), "{one}");
    }
}
