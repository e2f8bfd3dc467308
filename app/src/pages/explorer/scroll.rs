//! Which rows of a long table are on screen, and which windows of rows to ask for.

use std::ops::Range;

/// Rows that one request brings.
pub(crate) const WINDOW_ROWS: usize = 200;

/// Height of a row in CSS pixels, as the style sheet sets it (`--explorer-row`).
pub(crate) const ROW_PX: usize = 34;

/// Rows drawn above and below those on screen, so that a quick scroll shows no gap.
const MARGIN_ROWS: usize = 12;

/// The rows to draw when the list is scrolled by `scrolled_px` in a frame of `frame_px`.
pub(crate) fn rows_to_draw(scrolled_px: f64, frame_px: f64, row_count: usize) -> Range<usize> {
    let whole = |px: f64| if px.is_finite() && px > 0.0 { px as usize } else { 0 };
    let first = whole(scrolled_px) / ROW_PX;
    let shown = whole(frame_px).div_ceil(ROW_PX) + 1;
    let end = (first + shown + MARGIN_ROWS).min(row_count);
    let start = first.saturating_sub(MARGIN_ROWS).min(end);
    start..end
}

/// First rows of the windows that hold `rows`.
pub(crate) fn windows_of(rows: &Range<usize>) -> impl Iterator<Item = usize> + use<> {
    let first = rows.start / WINDOW_ROWS;
    let end = if rows.is_empty() { first } else { rows.end.div_ceil(WINDOW_ROWS) };
    (first..end).map(|window| window * WINDOW_ROWS)
}

/// The first row of the window before and after the one at `offset`, where there are any.
pub(crate) fn neighbours(offset: usize, row_count: usize) -> (Option<usize>, Option<usize>) {
    let before = (offset > 0).then(|| offset.saturating_sub(WINDOW_ROWS));
    let after = offset + WINDOW_ROWS;
    (before, (after < row_count).then_some(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_what_is_on_screen_and_a_margin() {
        let row = ROW_PX as f64;
        let check = |scrolled: f64, frame: f64, rows: usize, expect: Range<usize>| {
            assert_eq!(rows_to_draw(scrolled, frame, rows), expect, "{scrolled} {frame} {rows}");
        };
        check(0.0, 10.0 * row, 20_000, 0..23);
        check(100.0 * row, 10.0 * row, 20_000, 88..123);
        check(19_990.0 * row, 10.0 * row, 20_000, 19_978..20_000);
        check(0.0, 10.0 * row, 3, 0..3);
        check(0.0, 10.0 * row, 0, 0..0);
        check(1e12, 10.0 * row, 50, 50..50);
        check(-20.0, f64::NAN, 5, 0..5);
    }

    #[test]
    fn asks_for_the_windows_that_hold_the_rows() {
        let check = |rows: Range<usize>, expect: &[usize]| {
            assert_eq!(windows_of(&rows).collect::<Vec<_>>(), expect, "{rows:?}");
        };
        check(0..23, &[0]);
        check(0..200, &[0]);
        check(0..201, &[0, 200]);
        check(190..610, &[0, 200, 400, 600]);
        check(0..0, &[]);
        check(400..400, &[]);
    }

    #[test]
    fn pages_forth_and_back() {
        assert_eq!(neighbours(0, 100), (None, None));
        assert_eq!(neighbours(0, 201), (None, Some(200)));
        assert_eq!(neighbours(200, 400), (Some(0), None));
        assert_eq!(neighbours(150, 1000), (Some(0), Some(350)));
    }
}
