//! What stays the same while a page is open: the estate, and what the viewer's cookies ask for.

use crate::time::Zone;
use leptos::prelude::*;
use model::BusinessDate;
use model::view::Estate;
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

/// The session: made on the server, carried to the browser with the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// `None` where the viewer may not see it.
    pub estate: Option<Estate>,
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
        let estate = service.as_ref().zip(actor).and_then(|(service, actor)| service.get_estate(&actor).ok());
        let session = Self { estate, today: service.map(|service| service.today()), ..Self::default() };
        match use_context::<axum::http::request::Parts>() {
            None => session,
            Some(parts) => {
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
    fn malformed_cookies_change_nothing() {
        for header in
            ["", ";;", "theme", "theme=blue; tz=No Zone; chat_width=9999", "chat_width=-1;theme=<b>"]
        {
            assert_eq!(Session::default().with_cookies(header), Session::default(), "{header}");
        }
    }
}
