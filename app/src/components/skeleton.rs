//! What stands where data will be.

use leptos::prelude::*;

/// Grey bars in the shape of the page, while nothing is known yet.
#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" aria-busy="true">
            <p class="visually-hidden">"Loading"</p>
            <div class="skeleton-bar is-tall"></div>
            {[(); 6].map(|()| view! { <div class="skeleton-bar"></div> })}
        </div>
    }
}
