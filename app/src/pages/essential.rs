//! Essential.

use leptos::prelude::*;

/// Essential.
#[component]
pub fn EssentialPage() -> impl IntoView {
    view! { <h1 class="page-title">"Essential"</h1> }
}
