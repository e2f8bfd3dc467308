//! What components share: the place that the URL names, and the zone of times.

use crate::components::error_page::ErrorPage;
use crate::error::AppError;
use crate::location::{InvalidPlace, Place};
use crate::session::use_session;
use crate::time::Zone;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The place that the URL names, or what is wrong with it.
pub fn use_place() -> Memo<Result<Place, InvalidPlace>> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| Place::parse(query.into_iter().map(|(name, value)| (name.as_ref(), value))))
    })
}

/// Shows `children` for the place that the URL names, or the 400 page that names the bad parameter.
#[component]
pub fn WithPlace<F, V>(
    /// The page; given the place, which changes with the URL.
    children: F,
) -> impl IntoView
where
    F: Fn(Memo<Place>) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let parsed = use_place();
    let invalid = Memo::new(move |_| parsed.with(|parsed| parsed.as_ref().err().cloned()));
    let place = Memo::new(move |_| parsed.with(|parsed| parsed.as_ref().cloned().unwrap_or_default()));
    move || match invalid.get() {
        Some(error) => view! { <ErrorPage error=AppError::from(error)/> }.into_any(),
        None => children(place).into_any(),
    }
}

/// Puts the zone that times are shown in into the context: the URL's, else the viewer's cookie's.
pub fn provide_zone() {
    let place = use_place();
    let kept = use_session().with_value(|session| session.zone.clone());
    let zone = Memo::new(move |_| {
        place
            .with(|place| place.as_ref().ok().and_then(|place| place.zone.clone()))
            .unwrap_or_else(|| kept.clone())
    });
    provide_context(zone);
}

/// The zone that times are shown in.
pub fn use_zone() -> Memo<Zone> {
    expect_context()
}
