//! How much of a whole is done.

use crate::components::status_badge::Tone;
use leptos::prelude::*;

/// A bar with `done/total` beside it.
#[component]
pub fn ProgressBar(
    /// Colour.
    #[prop(into)]
    tone: Signal<Tone>,
    /// Parts done.
    #[prop(into)]
    done: Signal<usize>,
    /// Parts in all.
    #[prop(into)]
    total: Signal<usize>,
) -> impl IntoView {
    view! {
        <div class=move || format!("progress {}", tone.get().class())>
            <progress max=move || total.get().max(1) value=move || done.get() aria-label="Datasets done"></progress>
            <span class="progress-text">{move || format!("{}/{}", done.get(), total.get())}</span>
        </div>
    }
}
