//! Which business date is shown: a form, so that it works without a script.

use crate::components::icons::CalendarIcon;
use crate::location::Place;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use model::BusinessDate;

/// The browser's date field in the look of the page.
#[component]
pub fn DatePicker(
    /// Where the page is.
    place: Memo<Place>,
    /// Path of the page.
    #[prop(into)]
    path: Signal<String>,
    /// The date shown.
    #[prop(into)]
    date: Signal<BusinessDate>,
) -> impl IntoView {
    let navigate = use_navigate();
    let on_change = move |event| {
        if let Ok(date) = BusinessDate::parse(&event_target_value(&event)) {
            let place = Place { date: Some(date), open: Vec::new(), ..place.get_untracked() };
            navigate(&place.href(&path.read_untracked()), NavigateOptions::default());
        }
    };
    let phase = move || place.with(|place| place.phase.map(|phase| phase.as_str()));
    let kept = move || {
        let fields = place.with(Place::hidden_fields).into_iter();
        fields
            .map(|(name, value)| view! { <input r#type="hidden" name=name value=value/> })
            .collect::<Vec<_>>()
    };
    view! {
        <form class="date-picker" method="get" action=move || path.get()>
            <CalendarIcon size=14/>
            <span aria-hidden="true">{move || date.get().label()}</span>
            <input
                r#type="date"
                name="date"
                aria-label="Business date"
                required
                value=move || date.get().to_string()
                prop:value=move || date.get().to_string()
                on:change=on_change
            />
            {move || phase().map(|phase| view! { <input r#type="hidden" name="phase" value=phase/> })}
            {kept}
            <button class="button">"Show"</button>
        </form>
    }
}
