//! RCA Analysis.

use leptos::prelude::*;

/// RCA Analysis.
#[component]
pub fn RcaPage() -> impl IntoView {
    view! { <h1 class="page-title">"RCA Analysis"</h1> }
}
