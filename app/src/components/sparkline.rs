//! A line without axes, beside the number that it led to.

use leptos::prelude::*;

/// Size in the line's own units; it fills what room there is.
const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 24.0;
/// Room above and below for half of the stroke.
const MARGIN: f64 = 1.5;

/// The course of `points`, from its smallest to its largest; `said` is read aloud in its place.
/// Where nothing was measured the line has a gap.
pub(crate) fn sparkline(points: &[Option<f64>], said: String) -> AnyView {
    let path = path(points);
    view! {
        <svg class="sparkline" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img"
            aria-label=said>
            <path d=path></path>
        </svg>
    }
    .into_any()
}

/// What is read aloud: the smallest and the largest of `points`, as `write` writes them.
pub(crate) fn spoken(label: &str, points: &[Option<f64>], write: fn(f64) -> String) -> String {
    let known = || points.iter().flatten().copied();
    let (least, most) = (known().reduce(f64::min), known().reduce(f64::max));
    match least.zip(most) {
        None => format!("{label}: nothing measured"),
        Some((least, most)) if least == most => format!("{label}: always {}", write(least)),
        Some((least, most)) => format!("{label}: between {} and {}", write(least), write(most)),
    }
}

fn path(points: &[Option<f64>]) -> String {
    let known = || points.iter().flatten().copied();
    let (least, most) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let step = WIDTH / points.len().saturating_sub(1).max(1) as f64;
    let place = |index: usize, value: f64| {
        let part = if most > least { (value - least) / (most - least) } else { 0.5 };
        (index as f64 * step, HEIGHT - MARGIN - part * (HEIGHT - 2.0 * MARGIN))
    };
    line_path(points, place)
}

/// The path of a line through `points`, with a gap where there is none. A point between two gaps is
/// a dot: a stroke of no length with round ends.
pub(crate) fn line_path(points: &[Option<f64>], place: impl Fn(usize, f64) -> (f64, f64)) -> String {
    let mut path = String::new();
    let mut is_drawing = false;
    for (index, point) in points.iter().enumerate() {
        let Some(value) = point else {
            is_drawing = false;
            continue;
        };
        let (x, y) = place(index, *value);
        let is_alone = !is_drawing && !matches!(points.get(index + 1), Some(Some(_)));
        let command = if is_drawing { 'L' } else { 'M' };
        path.push_str(&format!("{command}{x:.1} {y:.1}"));
        if is_alone {
            path.push_str("h0");
        }
        is_drawing = true;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::figures::percent;

    #[test]
    fn gaps_break_the_line() {
        let check = |points: &[Option<f64>], expect: &str| assert_eq!(path(points), expect, "{points:?}");
        check(&[], "");
        check(&[None, None], "");
        check(&[Some(5.0)], "M0.0 12.0h0");
        check(&[Some(0.0), Some(10.0)], "M0.0 22.5L100.0 1.5");
        check(&[Some(0.0), None, Some(10.0)], "M0.0 22.5h0M100.0 1.5h0");
        check(&[Some(3.0), Some(3.0), None], "M0.0 12.0L50.0 12.0");
    }

    #[test]
    fn it_is_read_aloud_as_numbers() {
        assert_eq!(spoken("CPU", &[Some(10.0), None, Some(45.0)], percent), "CPU: between 10% and 45%");
        assert_eq!(spoken("CPU", &[Some(10.0)], percent), "CPU: always 10%");
        assert_eq!(spoken("CPU", &[None], percent), "CPU: nothing measured");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn the_line_is_an_image_with_words() {
        let html = Owner::new().with(|| sparkline(&[Some(0.0), Some(1.0)], "CPU: low".into()).to_html());
        assert_eq!(
            html,
            "<svg viewBox=\"0 0 100 24\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"CPU: low\" \
             class=\"sparkline\"><path d=\"M0.0 22.5L100.0 1.5\"></path></svg>"
        );
    }
}
