//! Which business date is shown, with the dates before and after: one control.

use crate::components::date_picker::DatePicker;
use crate::location::Place;
use leptos::prelude::*;
use model::BusinessDate;

/// The date between links to its neighbours.
#[component]
pub fn DayPicker(
    /// What is kept on another date.
    place: Memo<Place>,
    /// Path of the page.
    #[prop(into)]
    path: String,
    /// The date shown.
    date: BusinessDate,
) -> impl IntoView {
    let neighbour = |day: BusinessDate, words: &str, sign: &'static str| {
        let place = Place { date: Some(day), ..place.get_untracked() };
        let label = format!("{words}, {}", day.label());
        view! { <a href=place.href(&path) aria-label=label title=day.label()>{sign}</a> }
    };
    view! {
        <nav class="day-picker" aria-label="Business dates">
            {neighbour(date.yesterday(), "Day before", "‹")}
            <DatePicker place path=path.clone() date/>
            {neighbour(date.tomorrow(), "Day after", "›")}
        </nav>
    }
}
