//! Batch Explorer.

use leptos::prelude::*;

/// Batch Explorer.
#[component]
pub fn ExplorerPage() -> impl IntoView {
    view! { <h1 class="page-title">"Batch Explorer"</h1> }
}
