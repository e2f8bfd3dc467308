//! Which phase is shown: three links, so that it works without a script.

use crate::location::{PhaseChoice, Place};
use leptos::prelude::*;

/// PRELIM, FINAL, ALL.
#[component]
pub fn PhaseToggle(
    /// Where the page is.
    place: Memo<Place>,
    /// Path of the page.
    #[prop(into)]
    path: Signal<String>,
) -> impl IntoView {
    let links = PhaseChoice::ALL.map(|choice| {
        let href = move || {
            let phase = (choice != PhaseChoice::default()).then_some(choice);
            Place { phase, ..place.get() }.href(&path.read())
        };
        let current = move || place.with(|place| place.board_phase() == choice).then_some("true");
        view! { <a href=href aria-current=current>{choice.as_str()}</a> }
    });
    view! { <nav class="phase-toggle" aria-label="Phase">{links}</nav> }
}
