//! Essentials Dashboard.

use leptos::prelude::*;

/// Essentials Dashboard.
#[component]
pub fn DashboardPage() -> impl IntoView {
    view! { <h1 class="page-title">"Essentials Dashboard"</h1> }
}
