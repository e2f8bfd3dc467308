//! The ways in: sign-in, the first owner's set-up, and invitations. Pages of one card, without
//! what needs an estate around it.

mod invitation;
mod setup;
mod sign_in;

use crate::components::page_meta::PageMeta;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_params_map};

/// The sign-in's path.
const SIGN_IN: &str = "/sign-in";
/// What the one-time link of the set-up begins with.
const SETUP: &str = "/setup/";
/// What an invitation's link begins with.
const INVITATION: &str = "/invitation/";

/// Whether the page at `path` is a way in.
pub fn is_way_in(path: &str) -> bool {
    path == SIGN_IN || path.starts_with(SETUP) || path.starts_with(INVITATION)
}

/// The way in that the path names.
#[component]
pub fn EntryPage() -> impl IntoView {
    let path = use_location().pathname;
    let link = use_params_map().with_untracked(|params| params.get("link")).unwrap_or_default();
    let path = path.get_untracked();
    if path.starts_with(SETUP) {
        setup::setup(link)
    } else if path.starts_with(INVITATION) {
        invitation::join(link)
    } else {
        sign_in::sign_in()
    }
}

/// A card in the middle of the page. Its address holds a secret, or leads nowhere: it is not told on.
fn card(title: &'static str, content: AnyView) -> AnyView {
    view! {
        <PageMeta title=format!("{title} — SENTRY") description="" path=SIGN_IN/>
        <section class="entry-card">
            <p class="entry-brand" aria-hidden="true">"SENTRY"</p>
            <h1 class="page-title">{title}</h1>
            {content}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ways_in_stand_alone() {
        for path in ["/sign-in", "/setup/abc", "/invitation/abc"] {
            assert!(is_way_in(path), "{path}");
        }
        for path in ["/", "/sign-in-x", "/setup", "/settings/sign-in"] {
            assert!(!is_way_in(path), "{path}");
        }
    }
}
