//! Title and Open Graph tags, so that a pasted link unfurls with the state.

use leptos::prelude::*;
use leptos_meta::{Link, Meta, Title};

/// What a link to this page says before it is opened.
#[component]
pub fn PageMeta(
    /// Title of tab and preview.
    #[prop(into)]
    title: Signal<String>,
    /// The sentence below it.
    #[prop(into)]
    description: Signal<String>,
    /// The page's own path, without the query.
    #[prop(into)]
    path: Signal<String>,
) -> impl IntoView {
    // The document may ask for its title when the page that named it is gone: it stays what it was.
    let named = title.get_untracked();
    let text = move || title.try_get().unwrap_or_else(|| named.clone());
    view! {
        <Title text/>
        <Meta name="description" content=move || description.get()/>
        <Meta property="og:type" content="website"/>
        <Meta property="og:site_name" content="SENTRY"/>
        <Meta property="og:title" content=move || title.get()/>
        <Meta property="og:description" content=move || description.get()/>
        <Link rel="canonical" href=path.get_untracked()/>
    }
}
