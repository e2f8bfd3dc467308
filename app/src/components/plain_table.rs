//! A small table that scrolls in its card where there is no room.

use leptos::prelude::*;

/// A table with column headings; each row has a heading of its own.
pub(crate) fn plain_table(label: &'static str, headings: &[&'static str], rows: Vec<AnyView>) -> AnyView {
    let headings: Vec<_> = headings.iter().map(|heading| view! { <th scope="col">{*heading}</th> }).collect();
    view! {
        <div class="settings-scroll" tabindex="0" role="region" aria-label=label>
            <table class="settings-table">
                <caption class="visually-hidden">{label}</caption>
                <thead><tr>{headings}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
