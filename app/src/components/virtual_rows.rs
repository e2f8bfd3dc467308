//! The rows of a long list of which all are at hand: only those on screen are drawn.

use crate::pages::explorer::scroll::{ROW_PX, rows_to_draw};
use leptos::html;
use leptos::prelude::*;
use std::ops::Range;

/// Rows drawn before the script runs: more than a screen has.
pub(crate) const FIRST_ROWS: usize = 200;

/// What of the list is on screen; nothing is known of it before the script runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Screen {
    scrolled_px: f64,
    frame_px: f64,
}

/// Which rows are drawn; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct VirtualRows {
    frame: NodeRef<html::Div>,
    screen: RwSignal<Screen>,
    count: Memo<usize>,
    drawn: Memo<Range<usize>>,
}

impl VirtualRows {
    /// Of `count` rows that scroll inside `frame`.
    pub(crate) fn new(frame: NodeRef<html::Div>, count: Memo<usize>) -> Self {
        let screen = RwSignal::new(Screen::default());
        let drawn = Memo::new(move |_| match screen.get() {
            Screen { frame_px, .. } if frame_px <= 0.0 => 0..count.get().min(FIRST_ROWS),
            Screen { scrolled_px, frame_px } => rows_to_draw(scrolled_px, frame_px, count.get()),
        });
        let rows = Self { frame, screen, count, drawn };
        Effect::new(move |_| {
            count.track();
            if frame.get().is_some() {
                request_animation_frame(move || rows.look());
            }
        });
        #[cfg(not(feature = "ssr"))]
        {
            let resized = window_event_listener(leptos::ev::resize, move |_| rows.look());
            on_cleanup(move || resized.remove());
        }
        rows
    }

    /// Looks again at what is on screen: to be called when the frame scrolls.
    pub(crate) fn look(self) {
        if let Some(element) = self.frame.try_get_untracked().flatten() {
            let screen = Screen {
                scrolled_px: f64::from(element.scroll_top()),
                frame_px: f64::from(element.client_height()),
            };
            if self.screen.try_get_untracked().is_some_and(|before| before != screen) {
                self.screen.set(screen);
            }
        }
    }

    /// The rows to draw.
    pub(crate) fn drawn(self) -> Range<usize> {
        self.drawn.get()
    }

    /// A row in place of those above, where there are any.
    pub(crate) fn above(self, columns: usize) -> Option<AnyView> {
        gap_row(self.drawn.get().start, columns)
    }

    /// A row in place of those below, where there are any.
    pub(crate) fn below(self, columns: usize) -> Option<AnyView> {
        gap_row(self.count.get().saturating_sub(self.drawn.get().end), columns)
    }
}

/// An empty row as high as `rows`. SVG, because the height of an SVG is no inline style, which the
/// content security policy refuses.
fn gap_row(rows: usize, columns: usize) -> Option<AnyView> {
    (rows > 0).then(|| {
        view! {
            <tr class="explorer-gap" aria-hidden="true">
                <td colspan=columns><svg width="1" height=rows * ROW_PX></svg></td>
            </tr>
        }
        .into_any()
    })
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_drawn_takes_as_much_room() {
        Owner::new().with(|| {
            let rows = VirtualRows::new(NodeRef::new(), Memo::new(|_| 30_000));
            assert_eq!(rows.drawn(), 0..FIRST_ROWS);
            assert!(rows.above(3).is_none());
            let below = rows.below(3).map(|row| row.to_html()).unwrap_or_default();
            assert!(below.contains("height=\"1013200\"") && below.contains("colspan=\"3\""), "{below}");
        });
    }
}
