//! A series of numbers as bars. It says nothing that the table beside it does not.

use super::data_table::{DataTable, Row};
use leptos::prelude::*;

/// Size in the chart's own units.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 72.0;
/// Fewer points are no series, more are no bars.
const POINTS: std::ops::RangeInclusive<usize> = 3..=120;

/// Numbers in order, each with its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    label: String,
    points: Vec<(String, f64)>,
}

impl Series {
    /// `None` where there are too few points, or too many, or one that is no bar.
    pub(super) fn new(label: &str, points: Vec<(String, f64)>) -> Option<Self> {
        let is_shown = points.iter().all(|(_, value)| value.is_finite() && *value >= 0.0);
        (is_shown && POINTS.contains(&points.len())).then(|| Self { label: label.to_owned(), points })
    }

    /// The series in a table: its first column, where all cells of it differ, by its first column of
    /// numbers after that.
    pub(super) fn of_table(table: &DataTable) -> Option<Self> {
        let cell = |row: &Row, column: usize| row.get(column).cloned().flatten();
        let mut names: Vec<_> = table.rows.iter().map(|row| cell(row, 0)).collect::<Option<_>>()?;
        let points = |column: usize| -> Option<Vec<(String, f64)>> {
            let point = |row: &Row| Some((cell(row, 0)?, cell(row, column)?.parse().ok()?));
            table.rows.iter().map(point).collect()
        };
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        let (column, points) = (1..table.columns.len()).find_map(|column| Some((column, points(column)?)))?;
        let label = format!("{} by {}", table.columns[column], table.columns[0]);
        (names.len() == count).then(|| Self::new(&label, points)).flatten()
    }
}

/// The series as bars, with its first and last name and its largest number.
pub(super) fn chart(series: &Series) -> AnyView {
    let most = series.points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let step = WIDTH / series.points.len() as f64;
    let bars: Vec<_> = series
        .points
        .iter()
        .enumerate()
        .map(|(i, (name, value))| {
            let height = if most > 0.0 { (HEIGHT * value / most).max(1.0) } else { 1.0 };
            let said = format!("{name}: {value}");
            let (x, y) = (format!("{:.1}", i as f64 * step), format!("{:.1}", HEIGHT - height));
            view! {
                <rect x=x y=y width=format!("{:.1}", (step - 1.0).max(0.5)) height=format!("{height:.1}")><title>{said}</title></rect>
            }
        })
        .collect();
    let name = |point: Option<&(String, f64)>| point.map(|(name, _)| name.clone());
    view! {
        <figure class="data-chart">
            <figcaption>{format!("{}, at most {most}", series.label)}</figcaption>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true">{bars}</svg>
            <div class="data-chart-ends" aria-hidden="true">
                <span>{name(series.points.first())}</span>
                <span>{name(series.points.last())}</span>
            </div>
        </figure>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&str], rows: &[&[&str]]) -> DataTable {
        let row = |row: &&[&str]| row.iter().map(|cell| Some((*cell).to_owned())).collect();
        DataTable {
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            rows: rows.iter().map(row).collect(),
        }
    }

    #[test]
    fn only_a_series_becomes_a_chart() {
        let check = |columns: &[&str], rows: &[&[&str]], expect: Option<&str>| {
            let series = Series::of_table(&table(columns, rows));
            assert_eq!(series.map(|series| series.label).as_deref(), expect, "{rows:?}");
        };
        let three: [&[&str]; 3] = [&["a", "1"], &["b", "2"], &["c", "3.5"]];
        check(&["day", "n"], &three, Some("n by day"));
        check(&["day", "n"], &three[..2], None);
        check(&["day"], &[&["a"], &["b"], &["c"]], None);
        check(&["day", "n"], &[&["a", "1"], &["a", "2"], &["c", "3"]], None);
        check(&["day", "n"], &[&["a", "1"], &["b", "x"], &["c", "3"]], None);
        check(&["day", "n"], &[&["a", "1"], &["b", "-2"], &["c", "3"]], None);
        let wordy: [&[&str]; 3] = [&["a", "x", "1"], &["b", "y", "2"], &["c", "z", "3"]];
        check(&["day", "who", "n"], &wordy, Some("n by day"));
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn the_tallest_bar_fills_the_chart() {
        let points = [("a", 0.0), ("b", 5.0), ("c", 10.0)].map(|(name, value)| (name.to_owned(), value));
        let series = Series::new("n", points.to_vec()).unwrap();
        let html = Owner::new().with(|| chart(&series).to_html());
        assert!(html.contains("y=\"0.0\"") && html.contains("height=\"72.0\""), "{html}");
        assert!(html.contains("c: 10") && html.contains("n, at most 10"), "{html}");
    }
}
