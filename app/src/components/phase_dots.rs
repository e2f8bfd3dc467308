//! How the two phases of an essential are, side by side.

use crate::components::status_badge::Tone;
use leptos::prelude::*;
use model::EssentialStatus;

/// One labelled dot a phase; the status is said to screen readers and on hover.
#[component]
pub fn PhaseDots(
    /// The first pass.
    #[prop(into)]
    prelim: Signal<EssentialStatus>,
    /// The second pass.
    #[prop(into)]
    final_: Signal<EssentialStatus>,
) -> impl IntoView {
    let row = |label: &'static str, status: Signal<EssentialStatus>| {
        view! {
            <div class="phase-dots-row" title=move || status.get().as_str()>
                <span class="phase-dots-label">{label}</span>
                <span class=move || format!("phase-dot {}", Tone::from(status.get()).class())></span>
                <span class="visually-hidden">{move || status.get().as_str()}</span>
            </div>
        }
    };
    view! { <div class="phase-dots">{row("Prelim:", prelim)} {row("Final:", final_)}</div> }
}
