//! What a page shows when it cannot show what was asked for.

use crate::components::page_meta::PageMeta;
use crate::error::AppError;
use crate::location::{Place, encode};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::ErrorKind;

/// The error with what to do next. On the server it sets the HTTP status of the page.
#[component]
pub fn ErrorPage(
    /// What is wrong.
    error: AppError,
    /// Path before a near name, where near names are links: `/essentials/`.
    #[prop(optional)]
    nearest_path: Option<&'static str>,
) -> impl IntoView {
    set_status(error.status());
    let nearest = error.nearest.iter().map(|name| match nearest_path {
        Some(path) => {
            view! { <li><a href=format!("{path}{}", encode(name))>{name.clone()}</a></li> }.into_any()
        }
        None => view! { <li>{name.clone()}</li> }.into_any(),
    });
    let nearest = nearest.collect::<Vec<_>>();
    let title = error.title();
    // The sign-in changes who looks at the page: it is a page of its own.
    let (href, rel, label) = match error.kind {
        ErrorKind::Unauthenticated => (sign_in_href(), Some("external"), "Sign in"),
        _ => (Place::default().href("/"), None, "Dashboard"),
    };
    view! {
        <PageMeta title=format!("{title} — SENTRY") description=error.message.clone() path=use_location().pathname/>
        <section class="error-page" role="alert">
            <h1 class="page-title">{title}</h1>
            <p>{error.message.clone()}</p>
            {(!nearest.is_empty()).then(|| view! { <p>"Did you mean:"</p><ul>{nearest}</ul> })}
            <p>{error.advice()}</p>
            <p><a class="button" href=href rel=rel>{label}</a></p>
        </section>
    }
}

/// The page for addresses that lead nowhere.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! { <ErrorPage error=AppError::new(ErrorKind::NotFound, "There is no page at this address.")/> }
}

/// The sign-in, which leads back to the page at hand.
pub(crate) fn sign_in_href() -> String {
    let location = use_location();
    let query = location.search.get_untracked();
    let mark = if query.is_empty() { "" } else { "?" };
    let page = format!("{}{mark}{query}", location.pathname.get_untracked());
    format!("/sign-in?return_to={}", encode(&page))
}

/// Sets the HTTP status of the page; in the browser it does nothing.
pub(crate) fn set_status(status: u16) {
    #[cfg(feature = "ssr")]
    if let (Some(response), Ok(status)) =
        (use_context::<leptos_axum::ResponseOptions>(), axum::http::StatusCode::from_u16(status))
    {
        response.set_status(status);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}
