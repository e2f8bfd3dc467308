//! Moments as the settings show them: the day and the minute, the exact time on hover.

use crate::context::use_zone;
use leptos::prelude::*;
use model::Timestamp;

/// `2026-02-18 05:20`, in the zone that times are shown in.
pub(crate) fn moment(at: Timestamp) -> AnyView {
    let zone = use_zone();
    let exact = move || zone.read().exact(at);
    let short = move || exact().get(..16).unwrap_or_default().to_owned();
    view! { <time class="mono" datetime=at.to_string() title=exact>{short}</time> }.into_any()
}

/// The moment, or `otherwise` where there is none.
pub(crate) fn moment_or(at: Option<Timestamp>, otherwise: &'static str) -> AnyView {
    at.map_or_else(|| otherwise.into_any(), moment)
}
