//! From when to when a page shows: ranges that end now, and fields for any other.

use crate::components::query_form::{query_form, text_field};
use crate::location::Place;
use leptos::prelude::*;
use leptos::web_sys::{Element, Event};
use model::telemetry::UnixNanos;
use model::telemetry::view::{Moment, TimeRange};

/// Links to the ranges that are offered, and fields for others. `href` is the address of the page at
/// `path` with another range; `kept` are its parameters besides the range; `resolved` is what the
/// range is in UTC, once the server has said so.
pub(crate) fn range_picker(
    path: String,
    place: Memo<Place>,
    range: Memo<TimeRange>,
    resolved: Memo<Option<(UnixNanos, UnixNanos)>>,
    kept: impl Fn() -> Vec<(&'static str, String)> + Copy + Send + Sync + 'static,
    href: impl Fn(&Place, TimeRange) -> String + Copy + Send + Sync + 'static,
) -> AnyView {
    let links = TimeRange::OFFERED.map(|(words, seconds)| {
        let offered = TimeRange::last(seconds);
        let current = move || (range.get() == offered).then_some("true");
        view! { <a href=move || href(&place.read(), offered) aria-current=current>{words}</a> }
    });
    let is_custom =
        move || !TimeRange::OFFERED.iter().any(|(_, seconds)| TimeRange::last(*seconds) == range.get());
    // What somebody types stays while the page goes on.
    let is_open = RwSignal::new(false);
    let field = move |pick: fn((UnixNanos, UnixNanos)) -> UnixNanos| {
        Memo::new(move |before: Option<&String>| match before.filter(|_| is_open.get()) {
            Some(before) => before.clone(),
            None => resolved.get().map(|range| local(pick(range))).unwrap_or_default(),
        })
    };
    let on_toggle = move |event: Event| is_open.set(event_target::<Element>(&event).has_attribute("open"));
    let to_range = move |place: &Place, values: &[(&'static str, String)]| {
        let moment = |name: &str| {
            let (_, text) = values.iter().find(|(field, _)| *field == name)?;
            Moment::parse(text)
        };
        let range = TimeRange { from: moment("from")?, to: moment("to")? };
        is_open.set(false);
        Some(href(place, range))
    };
    let content = view! {
        {text_field("from", "Start (UTC)", "", "datetime-local", field(|(from, _)| from))}
        {text_field("to", "End (UTC)", "", "datetime-local", field(|(_, to)| to))}
        <button class="button" type="submit">"Apply"</button>
    }
    .into_any();
    view! {
        <nav class="range-picker" aria-label="Time range">
            {links.into_iter().collect::<Vec<_>>()}
            <details on:toggle=on_toggle prop:open=move || is_open.get()>
                <summary aria-current=move || is_custom().then_some("true")>"Custom range"</summary>
                {query_form("Custom range", path, &["from", "to"], kept, place, to_range, content)}
            </details>
        </nav>
    }
    .into_any()
}

/// A moment as the field for it has it: `2026-02-18T12:00`.
fn local(at: UnixNanos) -> String {
    at.timestamp().to_string().get(..16).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_reads_what_it_shows() {
        let at = UnixNanos(1_771_400_040_000_000_000);
        assert_eq!(local(at), "2026-02-18T07:34");
        assert_eq!(Moment::parse(&local(at)), Some(Moment::At(at.timestamp())));
    }
}
