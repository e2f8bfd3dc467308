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

/// Keeps `text` for the page that the form stands on: the browser goes back there next.
pub(crate) fn keep(text: &str) {
    let parts = use_context::<Parts>().filter(|_| super::is_form());
    let page =
        parts.and_then(|parts| Some(path_of(parts.headers.get(header::REFERER)?.to_str().ok()?)?.to_owned()));
    if let Some(path) = page {
        set(&path, text, MAX_AGE_S);
    }
}

/// The path of an address, where a cookie can be bound to it.
fn path_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let path = rest.get(rest.find('/')?..)?.split(['?', '#']).next()?;
    (!path.contains(';')).then_some(path)
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
    fn it_is_kept_for_the_page_of_the_form() {
        let check = |url: &str, expect: Option<&str>| assert_eq!(path_of(url), expect, "{url}");
        check("http://localhost:3000/settings/keys?project=a/b#c", Some("/settings/keys"));
        check("https://sentry.example/agents", Some("/agents"));
        check("https://sentry.example/a;Domain=x", None);
        check("https://sentry.example", None);
        check("/agents", None);
    }

    #[test]
    fn it_is_found_by_its_whole_name() {
        assert_eq!(find("a=b; sentry_shown_once=sk_live_x; c=d"), Some("sk_live_x"));
        assert_eq!(find("x_sentry_shown_once=a; sentry_shown_once="), None);
    }
}
