//! Links to the business dates before and after.

use leptos::prelude::*;
use model::BusinessDate;

/// Links to the dates around `date`; `href` gives the URL of a date.
pub(crate) fn day_links(date: BusinessDate, href: &dyn Fn(BusinessDate) -> String) -> impl IntoView + use<> {
    let (before, after) = (date.yesterday(), date.tomorrow());
    view! {
        <nav class="day-links" aria-label="Business dates">
            <a href=href(before) aria-label=format!("Day before, {}", before.label()) title=before.label()>"‹"</a>
            <a href=href(after) aria-label=format!("Day after, {}", after.label()) title=after.label()>"›"</a>
        </nav>
    }
}
