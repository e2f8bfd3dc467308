//! A page whose address asks for something: the query in it, or what is wrong with it.

use crate::components::error_page::ErrorPage;
use crate::context::WithPlace;
use crate::error::AppError;
use crate::location::{InvalidPlace, Place};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::telemetry::view::InvalidQuery;

/// Reads the decoded names and values of an address.
type Parse<Q> = fn(&[(&str, &str)]) -> Result<Q, InvalidQuery>;

/// Shows `children` for the place and the query that the address names, or the 400 page that names
/// the bad parameter.
pub(crate) fn with_query<Q>(parse: Parse<Q>, children: fn(Memo<Place>, Memo<Q>) -> AnyView) -> AnyView
where
    Q: Clone + Default + PartialEq + Send + Sync + 'static,
{
    let with_place = move |place: Memo<Place>| {
        let map = use_query_map();
        let parsed = Memo::new(move |_| {
            map.with(|map| {
                let pairs: Vec<_> = map.into_iter().map(|(name, value)| (name.as_ref(), value)).collect();
                parse(&pairs)
            })
        });
        let invalid = Memo::new(move |_| parsed.with(|parsed| parsed.as_ref().err().cloned()));
        let query = Memo::new(move |_| parsed.with(|parsed| parsed.as_ref().cloned().unwrap_or_default()));
        move || match invalid.get() {
            Some(InvalidQuery { field, message }) => {
                view! { <ErrorPage error=AppError::from(InvalidPlace { field, message })/> }.into_any()
            }
            None => children(place, query),
        }
    };
    view! { <WithPlace children=with_place/> }.into_any()
}
