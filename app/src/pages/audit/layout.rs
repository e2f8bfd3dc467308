//! Where the rows of the list lie: all are as high as each other, but below one the details may
//! be open.

use crate::pages::explorer::scroll::{ROW_PX, rows_to_draw};
use std::ops::Range;

/// Height of the details in CSS pixels, as the style sheet sets it (`.audit-detail-frame`).
pub(crate) const DETAIL_PX: usize = 340;

/// The rows of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// How many rows there are.
    pub(crate) count: usize,
    /// The row whose details are open.
    pub(crate) open: Option<usize>,
}

impl Layout {
    /// The rows to draw when the list is scrolled by `scrolled_px` in a frame of `frame_px`.
    pub(crate) fn drawn(self, scrolled_px: f64, frame_px: f64) -> Range<usize> {
        let details_end = self.open.map(|row| ((row + 1) * ROW_PX) as f64);
        let without_details = match details_end {
            Some(top) if scrolled_px > top => (scrolled_px - DETAIL_PX as f64).max(top),
            _ => scrolled_px,
        };
        rows_to_draw(without_details, frame_px, self.count)
    }

    /// Height of the rows that are not drawn above `drawn`, in CSS pixels.
    pub(crate) fn above_px(self, drawn: &Range<usize>) -> usize {
        self.height_px(0..drawn.start)
    }

    /// Height of the rows that are not drawn below `drawn`, in CSS pixels.
    pub(crate) fn below_px(self, drawn: &Range<usize>) -> usize {
        self.height_px(drawn.end.min(self.count)..self.count)
    }

    fn height_px(self, rows: Range<usize>) -> usize {
        let details = self.open.is_some_and(|row| rows.contains(&row));
        rows.len() * ROW_PX + usize::from(details) * DETAIL_PX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_height_of_the_list_never_depends_on_where_one_looks() {
        for open in [None, Some(0), Some(150), Some(299)] {
            let layout = Layout { count: 300, open };
            let whole = 300 * ROW_PX + if open.is_some() { DETAIL_PX } else { 0 };
            for scrolled_px in (0..whole).step_by(97) {
                let drawn = layout.drawn(scrolled_px as f64, 600.0);
                let seen = layout.height_px(drawn.clone());
                assert_eq!(layout.above_px(&drawn) + seen + layout.below_px(&drawn), whole);
            }
        }
    }

    #[test]
    fn what_is_on_screen_is_drawn() {
        for open in [None, Some(3), Some(150)] {
            let layout = Layout { count: 300, open };
            for scrolled_px in (0..300 * ROW_PX).step_by(53) {
                let drawn = layout.drawn(scrolled_px as f64, 600.0);
                assert!(layout.above_px(&drawn) <= scrolled_px, "{open:?} {scrolled_px} {drawn:?}");
                let end_px = layout.above_px(&drawn) + layout.height_px(drawn.clone());
                let screen_end_px = (scrolled_px + 600).min(layout.height_px(0..300));
                assert!(end_px >= screen_end_px, "{open:?} {scrolled_px} {drawn:?}");
            }
        }
    }
}
