//! Who sends a request: the session's cookie or a machine key becomes an [`model::Actor`] in the
//! request's extensions, once, before any route.

use crate::error::Fault;
use crate::request::RequestId;
use app::cookie::SessionCookie;
use app::error::AppError;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use model::{Actor, Identity, Origin};
use service::{Identified, Presented, Service};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Characters of a program's name for itself that are kept.
const MOST_AGENT_CHARS: usize = 200;
/// The ways in, open to everybody.
const WAYS_IN: [&str; 3] = ["/sign-in", "/setup/", "/invitation/"];
/// What is the same for everybody, so that nobody is asked who they are: probes, and the pages'
/// own files, which a page needs even where its sender cannot be named.
const SAME_FOR_ALL: [&str; 6] = ["/healthz", "/readyz", "/pkg/", "/fonts/", "/favicon.svg", "/problems/"];

/// The address of the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// What a request said of its sender, for an answer that outlives the question whether it is true.
#[derive(Clone)]
pub struct Claim {
    /// Cookie or key.
    pub presented: Presented,
    /// The project that the URL names.
    pub project: Option<String>,
}

/// What is needed to say who sends a request.
#[derive(Clone)]
pub struct Gate {
    /// The use cases.
    pub service: Service,
    /// The session's cookie.
    pub cookie: SessionCookie,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Arc<[IpAddr]>,
}

impl Gate {
    /// For people who come by `public_url`, through `trusted_proxies`.
    pub fn new(service: Service, public_url: Option<&str>, trusted_proxies: Vec<IpAddr>) -> Self {
        let is_https = public_url.is_some_and(|url| url.starts_with("https://"));
        let cookie = if is_https { SessionCookie::secure() } else { SessionCookie::plain() };
        Self { service, cookie, trusted_proxies: trusted_proxies.into() }
    }
}

/// Names the actor. A page that needs one and has none leads to the sign-in.
pub async fn identify(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    if is_in(&SAME_FOR_ALL, request.uri().path()) {
        return next.run(request).await;
    }
    let presented = presented(&gate, request.headers());
    let origin = origin(&gate, &request);
    let project = project(&request);
    let identified = match gate.service.identify(presented.clone(), project.as_deref(), origin).await {
        Ok(identified) => identified,
        // A page says it itself.
        Err(error) if wants_page(&request) => {
            request.extensions_mut().insert(AppError::from(error));
            request.extensions_mut().insert(Actor::anonymous());
            request.extensions_mut().insert(gate.cookie.clone());
            return next.run(request).await;
        }
        Err(error) => return Fault::from(error).into_response(),
    };
    let viewer = identified.viewer();
    let Identified { actor, rate, .. } = identified;
    if matches!(actor.identity, Identity::Anonymous)
        && wants_page(&request)
        && !is_in(&WAYS_IN, request.uri().path())
    {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let target = percent_encoding::utf8_percent_encode(target, percent_encoding::NON_ALPHANUMERIC);
        return Redirect::to(&format!("/sign-in?return_to={target}")).into_response();
    }
    request.extensions_mut().insert(Claim { presented, project });
    request.extensions_mut().insert(viewer);
    request.extensions_mut().insert(actor);
    request.extensions_mut().insert(gate.cookie.clone());
    let mut response = next.run(request).await;
    if let Some(rate) = rate {
        for (name, value) in [
            ("x-ratelimit-limit", u64::from(rate.limit)),
            ("x-ratelimit-remaining", u64::from(rate.remaining)),
            ("x-ratelimit-reset", rate.reset_s),
        ] {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
    response
}

/// Names the actor that sends telemetry, and does no more: it is done thousands of times a second.
pub async fn identify_sender(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let presented = presented(&gate, request.headers());
    let origin = origin(&gate, &request);
    let project = project(&request);
    match gate.service.identify_sender(presented, project.as_deref(), origin).await {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(error) => Fault::from(error).into_response(),
    }
}

/// A key wins over a cookie: who sends one means it.
fn presented(gate: &Gate, headers: &HeaderMap) -> Presented {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(&header::AUTHORIZATION).and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    let key = bearer.or_else(|| text(&HeaderName::from_static("x-api-key")).map(str::trim));
    if let Some(key) = key {
        return Presented::Key(key.to_owned());
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    match cookies.into_iter().find_map(|cookies| gate.cookie.find(cookies)) {
        Some(token) => Presented::Session(token.to_owned()),
        None => Presented::Nothing,
    }
}

fn origin(gate: &Gate, request: &Request) -> Origin {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let forwarded = || {
        let values = request.headers().get_all(HeaderName::from_static("x-forwarded-for"));
        let last = values.iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim();
        last.parse::<IpAddr>().ok()
    };
    let is_trusted = peer.is_some_and(|peer| gate.trusted_proxies.contains(&peer));
    let address = if is_trusted { forwarded().or(peer) } else { peer };
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Origin {
        address: address.map(|address| address.to_string()),
        user_agent: agent.map(|agent| agent.chars().take(MOST_AGENT_CHARS).collect()),
        request_id: request.extensions().get::<RequestId>().map(ToString::to_string),
    }
}

fn wants_page(request: &Request) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let path = request.uri().path();
    reads
        && accept.is_some_and(|accept| accept.contains("text/html"))
        && !path.starts_with("/api/")
        && path != "/metrics"
}

/// Whether `path` is one of `places`, or below one.
fn is_in(places: &[&str], path: &str) -> bool {
    places.iter().any(|place| match place.strip_suffix('/') {
        Some(_) => path.starts_with(place),
        None => path == *place || path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/')),
    })
}

/// The project that the URL names; for what a page asks and sends, the page's URL. It chooses
/// among what is the sender's anyway.
fn project(request: &Request) -> Option<String> {
    let of_page = || {
        let page = request.headers().get(header::REFERER)?.to_str().ok()?;
        let query = page.split('#').next()?.split_once('?')?.1;
        query_value(query, "project")
    };
    query_value(request.uri().query().unwrap_or_default(), "project").or_else(of_page)
}

/// The decoded value of a parameter of a query string.
fn query_value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ways_in_are_public() {
        for public in ["/sign-in", "/sign-in/oidc", "/setup/x", "/pkg/a.js", "/healthz", "/favicon.svg"] {
            assert!(is_in(&WAYS_IN, public) || is_in(&SAME_FOR_ALL, public), "{public}");
        }
        for closed in ["/", "/sign-inx", "/settings/keys", "/healthzz", "/metrics", "/pkg", "/api/essentials"]
        {
            assert!(!is_in(&WAYS_IN, closed) && !is_in(&SAME_FOR_ALL, closed), "{closed}");
        }
    }

    #[test]
    fn a_parameter_is_found_decoded() {
        assert_eq!(query_value("date=1&project=a%2Db", "project").as_deref(), Some("a-b"));
        assert_eq!(query_value("xproject=a", "project"), None);
        assert_eq!(query_value("", "project"), None);
    }
}
