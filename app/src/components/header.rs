//! The bar on top of every page.

use crate::components::account::{Account, PROFILE, ProjectSwitch, SERVER};
use crate::components::icons::{BellIcon, HelpIcon, SettingsIcon, ThemeIcon};
use crate::components::keyboard::open_help;
use crate::context::{use_place, use_zone};
use crate::live::{Connection, use_live};
use crate::location::Place;
use crate::session::{Theme, use_session};
use crate::time::Zone;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::Capability;

/// An area of the program. One without a path comes later.
struct Tab {
    label: &'static str,
    path: Option<&'static str>,
}

const TABS: [Tab; 9] = [
    Tab { label: "Dashboard", path: Some("/") },
    Tab { label: "Batch Explorer", path: Some("/explorer") },
    Tab { label: "RCA Analysis", path: Some("/rca") },
    Tab { label: "AWS Metrics", path: None },
    Tab { label: "Predictions", path: None },
    Tab { label: "Audit Log", path: Some(AUDIT) },
    Tab { label: "AI Agents", path: Some(AGENTS) },
    Tab { label: "Traces", path: Some("/traces") },
    Tab { label: "AI Costs", path: Some("/costs") },
];

const AUDIT: &str = "/audit";
const AGENTS: &str = "/agents";
/// What agents did, by time: reached from their pages.
const EVENTS: &str = "/events";

/// How many tabs stay where there is little room; the others collapse into "More".
const FIRST_TABS: usize = 3;

/// Whether the page at `at` belongs to the tab of `path`.
fn is_within(at: &str, path: &str) -> bool {
    match path {
        "/" => at == "/" || at.starts_with("/essentials/"),
        AGENTS if at == EVENTS => true,
        _ => at.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

/// Brand, tabs, environment, connection and what concerns the viewer.
#[component]
pub fn Header() -> impl IntoView {
    let place = use_place();
    let elsewhere =
        Memo::new(move |_| place.with(|place| place.as_ref().map(Place::elsewhere).unwrap_or_default()));
    let pathname = use_location().pathname;
    let reads_audit = use_session().with_value(|session| session.viewer.may(Capability::ViewAudit));
    let tab = move |tab: &Tab| {
        let label = tab.label;
        let title = match tab.path {
            Some(_) => format!("{label} is for admins and owners"),
            None => format!("{label} comes in a later version"),
        };
        match tab.path.filter(|path| reads_audit || *path != AUDIT) {
            None => view! {
                <span class="header-tab is-later" aria-disabled="true" title=title>
                    {label}
                </span>
            }
            .into_any(),
            Some(path) => view! {
                <a
                    class="header-tab"
                    href=move || elsewhere.read().href(path)
                    aria-current=move || pathname.with(|at| is_within(at, path)).then_some("page")
                >
                    {label}
                </a>
            }
            .into_any(),
        }
    };
    let estate = use_session().with_value(|session| session.estate.clone());
    let first =
        if use_session().with_value(|session| session.viewer.is_open_mode()) { SERVER } else { PROFILE };
    let settings = move || elsewhere.read().href(first);
    let version = estate.as_ref().map(|estate| estate.version.clone());
    let environment = estate.map(|estate| estate.environment);
    view! {
        <header class="header">
            <div class="header-brand">
                <a href=move || elsewhere.read().href("/")>"SENTRY"</a>
                {version.map(|version| view! { <span class="header-version">{format!("Version: {version}")}</span> })}
            </div>
            <nav class="header-nav" aria-label="Areas">{TABS.iter().map(tab).collect::<Vec<_>>()}</nav>
            <details class="header-more">
                <summary>"More"</summary>
                <div class="header-more-list">
                    {TABS.iter().skip(FIRST_TABS).map(tab).collect::<Vec<_>>()}
                </div>
            </details>
            <div class="header-right">
                <ProjectSwitch/>
                <ZoneSwitch/>
                {environment.map(|name| view! { <span class="environment" title="Environment">{name}</span> })}
                <ConnectionDot/>
                <ThemeSwitch/>
                <a class="header-icon" href=settings title="Settings">
                    <SettingsIcon size=16/>
                    <span class="visually-hidden">"Settings"</span>
                </a>
                <button class="header-icon is-later" aria-disabled="true" title="Notifications come in a later version">
                    <BellIcon size=16/>
                    <span class="visually-hidden">"Notifications"</span>
                </button>
                <button class="header-icon" title="Keyboard shortcuts (?)" on:click=move |_| open_help()>
                    <HelpIcon size=16/>
                    <span class="visually-hidden">"Help"</span>
                </button>
                <Account/>
            </div>
        </header>
    }
}

#[component]
fn ConnectionDot() -> impl IntoView {
    let connection = use_live().connection;
    let word = move || match connection.get() {
        Connection::Connecting | Connection::Live => None,
        lost => Some(view! { <span>{lost.as_str()}</span> }),
    };
    view! {
        <span class="connection" data-state=move || connection.get().as_str() title=move || connection.get().label()>
            <span class="connection-dot"></span>
            {word}
            <span class="visually-hidden" role="status">{move || connection.get().label()}</span>
        </span>
    }
}

/// Between UTC and the zone of the viewer's machine, which only the browser knows.
#[component]
fn ZoneSwitch() -> impl IntoView {
    let zone = use_zone();
    let place = use_place();
    let pathname = use_location().pathname;
    let viewers = RwSignal::new(None::<Zone>);
    #[cfg(not(feature = "ssr"))]
    Effect::new(move |_| viewers.set(Zone::of_viewer()));
    let other = Memo::new(move |_| match zone.get() {
        Zone::UTC => viewers.get().filter(|viewers| *viewers != Zone::UTC),
        _ => Some(Zone::UTC),
    });
    let href = move |other: Zone| {
        let place = place.with(|place| place.as_ref().cloned().unwrap_or_default());
        Place { zone: Some(other), ..place }.href(&pathname.read())
    };
    move || {
        let name = zone.get().as_str().to_owned();
        match other.get() {
            None => view! { <span class="header-zone" title="Times are in UTC">{name}</span> }.into_any(),
            Some(other) => {
                let title = format!("Times are in {name}; show them in {}", other.as_str());
                let kept = other.clone();
                view! {
                    <a class="header-zone" href=href(other) title=title on:click=move |_| keep_zone(&kept)>
                        {name}
                    </a>
                }
                .into_any()
            }
        }
    }
}

fn keep_zone(zone: &Zone) {
    #[cfg(not(feature = "ssr"))]
    crate::session::keep_cookie(crate::session::ZONE_COOKIE, zone.as_str());
    #[cfg(feature = "ssr")]
    let _ = zone;
}

/// Between light and dark; without a script the system's choice holds.
#[component]
fn ThemeSwitch() -> impl IntoView {
    let chosen = RwSignal::new(use_session().with_value(|session| session.theme));
    view! {
        <button class="header-icon" title="Light or dark" on:click=move |_| switch_theme(chosen)>
            <ThemeIcon size=16/>
            <span class="visually-hidden">"Switch between light and dark"</span>
        </button>
    }
}

fn switch_theme(chosen: RwSignal<Option<Theme>>) {
    #[cfg(not(feature = "ssr"))]
    {
        let system = || {
            let dark = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
            if dark.is_some_and(|query| query.matches()) { Theme::Dark } else { Theme::Light }
        };
        let next = chosen.get_untracked().unwrap_or_else(system).other();
        chosen.set(Some(next));
        crate::session::keep_cookie(crate::session::THEME_COOKIE, next.as_str());
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-theme", next.as_str());
        }
    }
    #[cfg(feature = "ssr")]
    let _ = chosen;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tab_at_most_is_current() {
        let check = |at: &str, expect: &[&str]| {
            let current: Vec<_> = TABS
                .iter()
                .filter(|tab| tab.path.is_some_and(|path| is_within(at, path)))
                .map(|tab| tab.label)
                .collect();
            assert_eq!(current, expect, "{at}");
        };
        check("/", &["Dashboard"]);
        check("/essentials/TB-Derivatives", &["Dashboard"]);
        check("/explorer", &["Batch Explorer"]);
        check("/rca", &["RCA Analysis"]);
        check("/audit", &["Audit Log"]);
        check("/agents", &["AI Agents"]);
        check("/agents/11111111-1111-1111-1111-111111111111", &["AI Agents"]);
        check("/events", &["AI Agents"]);
        check("/traces/4bf92f3577b34da6a3ce929d0e0e4736", &["Traces"]);
        check("/costs", &["AI Costs"]);
        check("/costsheet", &[]);
        check("/nowhere", &[]);
    }
}
