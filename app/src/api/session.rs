//! The session's cookie in requests and answers of server functions.

use crate::cookie::SessionCookie;
use crate::error::AppError;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use service::SessionToken;

/// The token that the request's cookie carries.
pub(crate) fn token() -> Option<String> {
    let cookie = use_context::<SessionCookie>()?;
    let parts = use_context::<Parts>()?;
    let headers = parts.headers.get_all(header::COOKIE);
    headers
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(|text| cookie.find(text).map(str::to_owned))
}

/// Gives the browser the session.
pub(crate) fn begin(session: &SessionToken) -> Result<(), AppError> {
    set(|cookie| cookie.begin(session.expose()))
}

/// Takes it away.
pub(crate) fn end() -> Result<(), AppError> {
    set(SessionCookie::end)
}

fn set(text: impl FnOnce(&SessionCookie) -> String) -> Result<(), AppError> {
    let missing = || AppError::new(model::ErrorKind::Internal, "The server could not answer this.");
    let cookie = use_context::<SessionCookie>().ok_or_else(missing)?;
    let response = use_context::<ResponseOptions>().ok_or_else(missing)?;
    let value = HeaderValue::from_str(&text(&cookie)).map_err(|_| missing())?;
    response.append_header(header::SET_COOKIE, value);
    Ok(())
}

/// Sends the browser to another page of ours, whole: the page around it belongs to somebody else now.
pub(crate) fn lead_to(path: &str) {
    leptos_axum::redirect(path);
}
