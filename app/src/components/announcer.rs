//! Says to screen readers what changed.

use leptos::prelude::*;

/// A polite live region.
#[component]
pub fn Announcer(
    /// The newest change, as a sentence.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    view! { <p class="visually-hidden" aria-live="polite">{move || text.get()}</p> }
}
