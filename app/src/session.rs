//! What stays the same while a page is open: the estate, who looks at it, and what the viewer's
//! cookies ask for.

use crate::time::Zone;
use leptos::prelude::*;
use model::view::Estate;
use model::{BusinessDate, Capability};
use serde::{Deserialize, Serialize};

/// Cookie that keeps the theme.
pub const THEME_COOKIE: &str = "theme";
/// Cookie that keeps the zone that times are shown in.
pub const ZONE_COOKIE: &str = "tz";
/// Cookie that keeps the width of the chat panel, in CSS pixels.
pub const CHAT_WIDTH_COOKIE: &str = "chat_width";

/// Which colours are shown; the system's choice where none is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// Dark text on light ground.
    Light,
    /// Light text on dark ground.
    Dark,
}

impl Theme {
    /// The word in the cookie and in `data-theme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of that word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Light, Self::Dark].into_iter().find(|theme| theme.as_str() == text)
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Light => Self::Dark,
            Self::Dark => Self::Light,
        }
    }
}

/// Who looks at the page, as far as header and menus need it. Plain texts: every page carries it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionViewer {
    /// Who: an address, `local owner` or `anonymous`.
    pub label: String,
    /// Whether there is a session to end.
    pub is_signed_in: bool,
    /// The role in the project that is shown; empty where there is none.
    pub role: String,
    /// Name of the project that is shown; empty where there is none.
    pub project: String,
    /// Every project of the viewer: its name, and the URL of the page that it begins with.
    pub projects: Vec<(String, String)>,
    /// Bit `i` is the `i`th of [`Capability::ALL`].
    capabilities: u16,
}

impl SessionViewer {
    /// Whether to offer what needs `capability`; the server decides again.
    pub fn may(&self, capability: Capability) -> bool {
        self.capabilities & bit(capability) != 0
    }

    /// Open mode: nobody has an account yet, and whoever is at this machine owns everything.
    pub fn is_open_mode(&self) -> bool {
        !self.is_signed_in && self.capabilities != 0
    }
}

#[cfg(feature = "ssr")]
impl From<model::identity::Viewer> for SessionViewer {
    fn from(viewer: model::identity::Viewer) -> Self {
        let projects = viewer.memberships.into_iter().map(|membership| {
            let project = membership.project;
            let path = if project.has_estate { "/" } else { "/settings/members" };
            (project.name, format!("{path}?project={}", project.slug))
        });
        Self {
            label: viewer.label,
            is_signed_in: viewer.is_signed_in,
            role: viewer.role.map(|role| role.to_string()).unwrap_or_default(),
            project: viewer.project.map(|project| project.name).unwrap_or_default(),
            projects: projects.collect(),
            capabilities: viewer.capabilities.into_iter().map(bit).fold(0, |all, one| all | one),
        }
    }
}

fn bit(capability: Capability) -> u16 {
    let place = Capability::ALL.iter().position(|known| *known == capability);
    place.map_or(0, |place| 1 << place)
}

/// The session: made on the server, carried to the browser with the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// `None` where the viewer may not see it.
    pub estate: Option<Estate>,
    /// Who looks at the page.
    pub viewer: SessionViewer,
    /// The model that helps the assistant, where one is set up and the viewer may ask.
    pub model: Option<String>,
    /// The date shown where the URL names none, as it was when the page was made.
    pub today: Option<BusinessDate>,
    /// The zone where the URL names none.
    pub zone: Zone,
    /// The theme where one was chosen.
    pub theme: Option<Theme>,
    /// Width of the chat panel in CSS pixels, where it was dragged.
    pub chat_width: Option<u16>,
}

impl Session {
    /// Reads the viewer's choices from a `Cookie` header; malformed ones count as not made.
    pub fn with_cookies(mut self, header: &str) -> Self {
        for (name, value) in header.split(';').filter_map(|pair| pair.trim().split_once('=')) {
            match name {
                THEME_COOKIE => self.theme = Theme::parse(value),
                ZONE_COOKIE => self.zone = Zone::parse(&value.replace("%2F", "/")).unwrap_or_default(),
                CHAT_WIDTH_COOKIE => {
                    self.chat_width = value.parse().ok().filter(|width| CHAT_WIDTHS.contains(width));
                }
                _ => {}
            }
        }
        self
    }

    /// The session of the request at hand.
    #[cfg(feature = "ssr")]
    pub fn of_request() -> Self {
        let service = use_context::<service::Service>();
        let actor = use_context::<model::Actor>();
        let (estate, model) = match service.as_ref().zip(actor) {
            Some((service, actor)) => {
                (service.get_estate(&actor).ok(), service.get_model_name(&actor).ok().flatten())
            }
            None => (None, None),
        };
        let session =
            Self { estate, model, today: service.map(|service| service.today()), ..Self::default() };
        match use_context::<axum::http::request::Parts>() {
            None => session,
            Some(parts) => {
                let viewer = parts.extensions.get::<model::identity::Viewer>().cloned();
                let session = Self { viewer: viewer.map(Into::into).unwrap_or_default(), ..session };
                let cookies = parts.headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
                cookies.fold(session, Self::with_cookies)
            }
        }
    }
}

/// Widths that the chat panel can be dragged to, in CSS pixels.
pub const CHAT_WIDTHS: std::ops::RangeInclusive<u16> = 320..=760;

/// Puts the session into the context; the server makes it, the browser is given it.
pub fn provide_session() {
    let session = SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        let session = Session::of_request();
        #[cfg(not(feature = "ssr"))]
        let session = Session::default();
        session
    });
    provide_context(StoredValue::new(session.into_inner()));
}

/// The session.
pub fn use_session() -> StoredValue<Session> {
    expect_context()
}

/// Keeps a choice in a cookie of this browser for a year.
#[cfg(not(feature = "ssr"))]
pub fn keep_cookie(name: &str, value: &str) {
    use wasm_bindgen::{JsCast, JsValue};
    let cookie = format!("{name}={value}; path=/; max-age=31536000; samesite=lax");
    let document = document().unchecked_into::<js_sys::Object>();
    let _ = js_sys::Reflect::set(&document, &JsValue::from_str("cookie"), &JsValue::from_str(&cookie));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_set_what_they_name() {
        let session = Session::default().with_cookies("a=b; theme=dark; tz=UTC;chat_width=500");
        assert_eq!(session.theme, Some(Theme::Dark));
        assert_eq!(session.chat_width, Some(500));
        assert_eq!(session.zone, Zone::UTC);
    }

    #[test]
    fn every_capability_has_a_bit_of_its_own() {
        let all = Capability::ALL.map(bit);
        assert!(all.iter().all(|bit| bit.count_ones() == 1), "{all:?}");
        assert_eq!(all.iter().fold(0, |all, one| all | one).count_ones() as usize, all.len());
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn the_viewer_is_offered_what_the_role_may() {
        use model::identity::{Membership, Project, ProjectId, Slug, Viewer};
        let project = |slug: &str, has_estate| Project {
            id: ProjectId::new(slug),
            slug: Slug::parse(slug).unwrap(),
            name: slug.to_uppercase(),
            has_estate,
            archived_at: None,
            telemetry: model::telemetry::TelemetryPolicy::default(),
            redacted: 0,
            version: 1,
        };
        let member = |project| Membership { project, role: model::Role::Admin };
        let viewer = SessionViewer::from(Viewer {
            label: "ada@example.org".to_owned(),
            is_signed_in: true,
            project: Some(project("main", true)),
            role: Some(model::Role::Admin),
            capabilities: vec![Capability::ViewEstate, Capability::ViewAudit],
            memberships: vec![member(project("main", true)), member(project("rates", false))],
        });
        assert!(viewer.may(Capability::ViewAudit) && !viewer.may(Capability::ManageProject));
        assert!(!viewer.is_open_mode());
        let hrefs: Vec<_> = viewer.projects.iter().map(|(_, href)| href.as_str()).collect();
        assert_eq!(hrefs, ["/?project=main", "/settings/members?project=rates"]);
        assert!(!SessionViewer::default().is_open_mode());
    }

    #[test]
    fn malformed_cookies_change_nothing() {
        for header in
            ["", ";;", "theme", "theme=blue; tz=No Zone; chat_width=9999", "chat_width=-1;theme=<b>"]
        {
            assert_eq!(Session::default().with_cookies(header), Session::default(), "{header}");
        }
    }
}
