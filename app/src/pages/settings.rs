//! Settings: the viewer's account, the project with its people and keys, and this server.

mod access;
mod invitations;
mod keys;
mod member_rows;
mod members;
pub(crate) mod once;
mod profile;
mod project;
mod server;
mod sign_in;
mod times;

use crate::components::error_page::NotFoundPage;
use crate::components::page_meta::PageMeta;
use crate::context::WithPlace;
use crate::location::Place;
use crate::session::{SessionViewer, use_session};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::Capability;

/// A page of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Profile,
    Project,
    Members,
    Keys,
    SignIn,
    Server,
}

impl Section {
    const ALL: [Self; 6] =
        [Self::Profile, Self::Project, Self::Members, Self::Keys, Self::SignIn, Self::Server];

    /// The last part of its path.
    fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Project => "project",
            Self::Members => "members",
            Self::Keys => "keys",
            Self::SignIn => "sign-in",
            Self::Server => "server",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.as_str() == text)
    }

    fn label(self) -> &'static str {
        match self {
            Self::Profile => "Profile",
            Self::Project => "Project",
            Self::Members => "Members",
            Self::Keys => "Machine keys",
            Self::SignIn => "Sign-in",
            Self::Server => "This server",
        }
    }

    fn path(self) -> String {
        format!("/settings/{}", self.as_str())
    }

    /// Whether there is something in it for the viewer. What may be done there, the server decides.
    fn is_offered(self, viewer: &SessionViewer) -> bool {
        match self {
            Self::Profile => viewer.is_signed_in,
            Self::Project => {
                [Capability::ManageProject, Capability::ArchiveProject, Capability::CreateProject]
                    .into_iter()
                    .any(|capability| viewer.may(capability))
            }
            Self::Members => viewer.may(Capability::ViewMembers),
            Self::Keys => viewer.may(Capability::ManageKeys),
            Self::SignIn | Self::Server => viewer.may(Capability::ViewServer),
        }
    }
}

/// The settings, with the section that the path names.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let params = use_params_map();
    let section = Memo::new(move |_| params.with(|params| Section::parse(params.get_str("section")?)));
    view! {
        <WithPlace let:place>
            {move || match section.get() {
                Some(section) => view! { <Settings section place/> }.into_any(),
                None => view! { <NotFoundPage/> }.into_any(),
            }}
        </WithPlace>
    }
}

#[component]
fn Settings(section: Section, place: Memo<Place>) -> impl IntoView {
    let viewer = use_session().with_value(|session| session.viewer.clone());
    let project = (!viewer.project.is_empty()).then(|| format!("Project {}", viewer.project));
    let links = Section::ALL.into_iter().filter(|section| section.is_offered(&viewer)).map(|offered| {
        let href = move || place.read().elsewhere().href(&offered.path());
        let current = (offered == section).then_some("page");
        view! { <li><a href=href aria-current=current>{offered.label()}</a></li> }
    });
    let links = links.collect::<Vec<_>>();
    let content = match section {
        Section::Profile => profile::profile_section(),
        Section::Project => project::project_section(),
        Section::Members => members::members_section(),
        Section::Keys => keys::keys_section(),
        Section::SignIn => sign_in::sign_in_section(),
        Section::Server => server::server_section(),
    };
    let title = format!("{}: settings — SENTRY", section.label());
    view! {
        <PageMeta title description="Account, project and server." path=section.path()/>
        <div class="page-header">
            <div>
                <h1 class="page-title">{section.label()}</h1>
                <p class="page-subtitle">{project}</p>
            </div>
        </div>
        <div class="settings">
            <nav class="settings-nav" aria-label="Settings"><ul>{links}</ul></nav>
            <div class="settings-content">{content}</div>
        </div>
    }
}

/// A card of a section.
fn card(title: &'static str, note: &'static str, content: AnyView) -> AnyView {
    let note = (!note.is_empty()).then(|| view! { <p class="settings-note">{note}</p> });
    view! {
        <section class="section-card settings-card">
            <div class="section-header"><h2 class="section-title">{title}</h2></div>
            <div class="settings-body">{note} {content}</div>
        </section>
    }
    .into_any()
}

/// A small table that scrolls in its card where there is no room.
fn table(label: &'static str, headings: &[&'static str], rows: Vec<AnyView>) -> AnyView {
    let headings = headings.iter().map(|heading| match *heading {
        "" => view! { <td></td> }.into_any(),
        heading => view! { <th scope="col">{heading}</th> }.into_any(),
    });
    view! {
        <div class="settings-scroll" tabindex="0" role="region" aria-label=label>
            <table class="settings-table">
                <caption class="visually-hidden">{label}</caption>
                <thead><tr>{headings.collect::<Vec<_>>()}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_found_by_its_path() {
        for section in Section::ALL {
            assert_eq!(Section::parse(section.path().rsplit('/').next().unwrap()), Some(section));
        }
        assert_eq!(Section::parse("nothing"), None);
    }

    #[test]
    fn nobody_is_offered_what_they_may_not() {
        let offered = |viewer: &SessionViewer| {
            Section::ALL.into_iter().filter(|section| section.is_offered(viewer)).count()
        };
        assert_eq!(offered(&SessionViewer::default()), 0);
        let mut signed_in = SessionViewer::default();
        signed_in.is_signed_in = true;
        assert_eq!(offered(&signed_in), 1);
    }
}
