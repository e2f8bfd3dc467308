//! The link from a run to its tasks.

use crate::components::status_badge::{Tone, essential_tone, status_badge};
use crate::location::{Place, encode, essential_path};
use crate::time::{Zone, duration};
use leptos::prelude::*;
use model::view::Neighbour;
use model::{RunId, Timestamp};

/// The page that shows the tasks of `run_id`, keeping date and zone of `place`.
pub(crate) fn run_href(place: &Place, run_id: &RunId) -> String {
    add_parameters(place.elsewhere().href("/rca"), [("run", run_id.as_str())])
}

/// `url` with further parameters in its query.
pub(crate) fn add_parameters<'a>(
    mut url: String,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    for (name, value) in parameters {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&encode(name));
        url.push('=');
        url.push_str(&encode(value));
    }
    url
}

/// Another essential with its status, as a list item.
pub(crate) fn neighbour_link(other: &Neighbour, place: &Place) -> impl IntoView + use<> {
    let href = place.elsewhere().href(&essential_path(&other.name));
    let mark = match other.status {
        Some(status) => status_badge(essential_tone(status), status.label()),
        None => status_badge(Tone::Warning, "not in the catalog"),
    };
    view! { <li><a class="essential-link" href=href>{other.display_name.clone()}</a>{mark}</li> }
}

/// A moment as clock time, with the exact one on hover.
pub(crate) fn clock_time(zone: &Zone, at: Timestamp) -> impl IntoView + use<> {
    view! { <time datetime=at.to_string() title=zone.exact(at)>{zone.time(at)}</time> }
}

/// How long something took; what is not over yet ends in dots.
pub(crate) fn run_time(seconds: i64, over: Over) -> String {
    match over {
        Over::Yes => duration(seconds),
        Over::NotYet => format!("{}…", duration(seconds)),
    }
}

/// Whether something has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// It has.
    Yes,
    /// It is still at work.
    NotYet,
}

impl Over {
    /// Whether a run of `status` has ended: any but RUNNING and QUEUED.
    pub(crate) fn of_status(status: &str) -> Self {
        match model::RunStatus::parse(status) {
            Some(status) if status.is_active() => Self::NotYet,
            _ => Self::Yes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::BusinessDate;

    #[test]
    fn links_keep_the_date_and_encode_the_run() {
        let place =
            Place { date: BusinessDate::parse("2026-02-18").ok(), search: "x".into(), ..Place::default() };
        assert_eq!(run_href(&place, &"FGW a&b".into()), "/rca?date=2026-02-18&run=FGW%20a%26b");
        assert_eq!(run_href(&Place::default(), &"r".into()), "/rca?run=r");
    }

    #[test]
    fn what_is_not_over_ends_in_dots() {
        assert_eq!(run_time(60, Over::of_status("SUCCESS")), "1m");
        assert_eq!(run_time(60, Over::of_status("QUEUED")), "1m…");
        assert_eq!(run_time(60, Over::of_status("odd")), "1m");
    }
}
