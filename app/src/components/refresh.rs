//! Asks for the newest state: a link to the same page, which a script turns into a quiet update.

use crate::components::icons::RefreshIcon;
use crate::location::Place;
use leptos::prelude::*;

/// REFRESH.
#[component]
pub fn Refresh(
    /// Where the page is.
    place: Memo<Place>,
    /// Path of the page.
    #[prop(into)]
    path: Signal<String>,
    /// Fetches what is shown again.
    on_refresh: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <a
            class="refresh"
            rel="external"
            href=move || place.read().href(&path.read())
            on:click=move |event| {
                event.prevent_default();
                on_refresh();
            }
        >
            <RefreshIcon size=14/>
            "REFRESH"
        </a>
    }
}
