//! The way to the OpenID Connect provider and back. Everything else about signing in is a page.

use crate::error::{Answer, Fault};
use crate::state::AppState;
use app::cookie::{SessionCookie, safe_return};
use axum::extract::{Query, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect};
use axum::{Extension, Router, routing};
use http::{HeaderMap, StatusCode, header};
use model::Actor;
use serde::Deserialize;
use service::Service;
use service::sign_in::Callback;

/// Binds the provider's answer to the browser that asked. `Lax`, for the answer comes from
/// another site.
const LOGIN_COOKIE: &str = "sentry_login";

/// The two routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/sign-in/oidc", routing::get(start_oidc))
        .route("/sign-in/oidc/callback", routing::get(finish_oidc))
}

#[derive(Debug, Deserialize)]
struct Start {
    #[serde(default)]
    return_to: String,
}

async fn start_oidc(
    State(service): State<Service>,
    Extension(cookie): Extension<SessionCookie>,
    Query(start): Query<Start>,
) -> Answer {
    let (url, browser) = service.start_oidc(safe_return(&start.return_to)).await?;
    let cookie = login_cookie(&cookie, &browser, 600);
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(&url)).into_response())
}

fn login_cookie(session: &SessionCookie, token: &str, max_age_s: u64) -> String {
    format!("{LOGIN_COOKIE}={token}; Path=/sign-in/oidc; Max-Age={max_age_s}{}", session.end_of_header())
}

/// What the provider answers (RFC 6749, sections 4.1.2 and 4.1.2.1).
#[derive(Debug, Deserialize)]
struct Returned {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    iss: Option<String>,
    error: Option<String>,
}

async fn finish_oidc(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Extension(cookie): Extension<SessionCookie>,
    Query(returned): Query<Returned>,
    headers: HeaderMap,
) -> Answer {
    if returned.error.is_some() || returned.code.is_empty() {
        return Err(Fault::new(
            StatusCode::UNAUTHORIZED,
            "the provider did not sign you in: begin again at /sign-in",
        ));
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let browser = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == LOGIN_COOKIE).then_some(value))
        .unwrap_or_default();
    let callback = Callback { code: returned.code.into(), state: returned.state.into(), iss: returned.iss };
    let (session, return_to) = service.finish_oidc(&actor, callback, browser).await?;
    let cookies = [
        (header::SET_COOKIE, cookie.begin(session.expose())),
        (header::SET_COOKIE, login_cookie(&cookie, "", 0)),
    ];
    Ok((AppendHeaders(cookies), Redirect::to(safe_return(&return_to))).into_response())
}
