//! What is shown once, for forms that are sent without a script: their answer is a redirect, so
//! it travels to the next page in a cookie that no script reads, and is taken there.

use crate::cookie::SessionCookie;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

const NAME: &str = "sentry_shown_once";
/// As long as a redirect may take.
const MAX_AGE_S: u8 = 60;

/// Keeps `text` for the page at `path`, if the browser goes there next.
pub(crate) fn keep(path: &str, text: &str) {
    if super::is_form() {
        set(path, text, MAX_AGE_S);
    }
}

/// Takes what was kept for the page at `path`, which nobody else may keep a copy of.
pub(crate) fn take(path: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let cookies = parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let text = cookies.into_iter().find_map(find)?.to_owned();
    set(path, "", 0);
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Some(text)
}

fn find(cookies: &str) -> Option<&str> {
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == NAME && !value.is_empty()).map(|(_, value)| value)
}

fn set(path: &str, text: &str, max_age_s: u8) {
    let is_secure = use_context::<SessionCookie>().is_some_and(|cookie| cookie.is_secure());
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie =
        format!("{NAME}={text}; Path={path}; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}");
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        response.append_header(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_by_its_whole_name() {
        assert_eq!(find("a=b; sentry_shown_once=sk_live_x; c=d"), Some("sk_live_x"));
        assert_eq!(find("x_sentry_shown_once=a; sentry_shown_once="), None);
    }
}
