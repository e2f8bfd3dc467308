//! Who is signed in, as the header shows it, and the switch between projects.

use crate::context::use_place;
use crate::letters::uppercase;
use crate::location::Place;
use crate::session::use_session;
use leptos::prelude::*;

/// The viewer's own account.
pub(crate) const PROFILE: &str = "/settings/profile";
/// This server.
pub(crate) const SERVER: &str = "/settings/server";

/// Initials with a menu for who is signed in; in open mode a word that says so.
#[component]
pub fn Account() -> impl IntoView {
    let viewer = use_session().with_value(|session| session.viewer.clone());
    let place = use_place();
    let to =
        move |path| place.with(|place| place.as_ref().map(Place::elsewhere).unwrap_or_default()).href(path);
    if viewer.is_open_mode() {
        let title = "Nobody has an account yet: whoever is at this machine owns everything";
        return view! { <a class="open-mode" href=move || to(SERVER) title=title>"Open mode"</a> }.into_any();
    }
    if !viewer.is_signed_in {
        return ().into_any();
    }
    let role = match viewer.role.is_empty() {
        true => "in no project".to_owned(),
        false => format!("{} in {}", viewer.role, viewer.project),
    };
    view! {
        <details class="account" name="header-menu">
            <summary class="account-button" title=viewer.label.clone()>
                <span aria-hidden="true">{initials(&viewer.label)}</span>
                <span class="visually-hidden">"Account"</span>
            </summary>
            <div class="account-menu">
                <p class="account-who">{viewer.label}</p>
                <p class="account-role">{role}</p>
                <a href=move || to(PROFILE)>"Settings"</a>
                <form method="post" action="/api/ui/remove_session"><button>"Sign out"</button></form>
            </div>
        </details>
    }
    .into_any()
}

/// Links to the viewer's other projects, where there are any.
#[component]
pub fn ProjectSwitch() -> impl IntoView {
    let viewer = use_session().with_value(|session| session.viewer.clone());
    (viewer.projects.len() > 1).then(|| {
        let link = |(name, href): (String, String)| {
            view! { <a href=href rel="external">{name}</a> }
        };
        let links = viewer.projects.into_iter().map(link).collect::<Vec<_>>();
        view! {
            <details class="account" name="header-menu">
                <summary class="project-button" title="Project">{viewer.project}</summary>
                <div class="account-menu">{links}</div>
            </details>
        }
    })
}

/// Two letters at most for an address or name: `AL` for `ada.lovelace@example.org`.
fn initials(label: &str) -> String {
    let name = label.split('@').next().unwrap_or_default();
    let words = name.split(|char: char| !char.is_alphanumeric()).filter_map(|word| word.chars().next());
    uppercase(&words.take(2).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_name_before_the_host() {
        let check = |label: &str, expect: &str| assert_eq!(initials(label), expect, "{label}");
        check("ada.lovelace@example.org", "AL");
        check("ada@example.org", "A");
        check("ada-b.c@example.org", "AB");
        check("élise@example.org", "É");
        check("@", "");
        check("", "");
    }
}
