//! Who may ask, and what a browser may do with an answer: host check, same-origin check,
//! security headers and the content security policy.

use crate::error::Fault;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use std::net::SocketAddr;
use std::sync::Arc;

/// Host names under which this server may be asked.
///
/// A page of another site can make a browser resolve that site's name to 127.0.0.1 (DNS
/// rebinding) and then read our answers as its own. Its requests name its own host, so a
/// name that is not ours is refused.
#[derive(Clone, Debug)]
pub struct Hosts(Arc<[String]>);

impl Hosts {
    /// Loopback's names, the address listened on, and the host of the public address.
    pub fn of(listen: SocketAddr, public_host: Option<&str>) -> Self {
        let listen = match listen {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        };
        Self(
            ["localhost", "127.0.0.1", "[::1]"]
                .map(str::to_owned)
                .into_iter()
                .chain([listen])
                .chain(public_host.map(str::to_owned))
                .collect(),
        )
    }

    fn allow(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        self.0.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// The host in an address such as `https://sentry.example/`.
pub fn host_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split('/').next()?;
    Some(authority.rsplit_once(':').map_or(authority, |(host, _)| host))
}

/// Refuses what must not be asked, and adds the security headers.
pub async fn guard(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&hosts, &request) {
        Some(fault) => fault.into_response(),
        None => next.run(request).await,
    };
    add_security_headers(response.headers_mut());
    response
}

fn refusal(hosts: &Hosts, request: &Request) -> Option<Fault> {
    // An HTTP/1.1 request without Host is malformed; with an absolute target the target counts.
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().authority().map(|authority| authority.as_str()).or(header);
    let Some(host) = host.filter(|host| hosts.allow(host)) else {
        return Some(Fault::new(
            StatusCode::MISDIRECTED_REQUEST,
            "SENTRY does not answer under this host name; ask localhost or 127.0.0.1, or set SENTRY_PUBLIC_URL to the address that people use",
        ));
    };
    // The refresh answers to GET too, as it always has, but it is no mere reading.
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
        && request.uri().path() != "/api/lenz/refresh";
    (!reads && !is_same_origin(request.headers(), host))
        .then(|| Fault::new(StatusCode::FORBIDDEN, "this request comes from a page of another site"))
}

/// Whether a browser says that a page of ours sends this. Programs that are no browser send
/// neither header; a page of another site cannot leave them out.
fn is_same_origin(headers: &HeaderMap, host: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("malformed"));
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    match text(header::ORIGIN) {
        None => true,
        Some(origin) => {
            let of = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            of.is_some_and(|of| of.eq_ignore_ascii_case(host))
        }
    }
}

const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
     magnetometer=(), microphone=(), payment=(), usb=()";

fn add_security_headers(headers: &mut HeaderMap) {
    const FIXED: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages bring a policy of their own; nothing else has anything to run or load.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
}

/// The policy of a page: everything from this server, inline scripts and styles with `nonce` only.
/// `connect` lists further sources for connections (the rebuild notice of `cargo leptos watch`).
pub fn page_policy(nonce: &str, connect: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'{connect}; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_host_names_are_answered() {
        let hosts = Hosts::of("127.0.0.2:3000".parse().unwrap(), Some("sentry.example"));
        for ours in [
            "localhost",
            "LOCALHOST:3000",
            "127.0.0.1:3000",
            "127.0.0.2:1",
            "[::1]",
            "[::1]:3000",
            "sentry.example",
        ] {
            assert!(hosts.allow(ours), "{ours}");
        }
        for other in
            ["", "evil.example", "localhost.evil.example:3000", "127.0.0.1.evil.example", "127.0.0.3", "::1"]
        {
            assert!(!hosts.allow(other), "{other}");
        }
    }

    #[test]
    fn a_browser_says_whose_page_sends() {
        let check = |headers: &[(&'static str, &'static str)], same| {
            let headers = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(is_same_origin(&headers, "127.0.0.1:3000"), same, "{headers:?}");
        };
        check(&[], true);
        check(&[("origin", "http://127.0.0.1:3000")], true);
        check(&[("origin", "http://127.0.0.1:3001")], false);
        check(&[("origin", "null")], false);
        check(&[("origin", "https://evil.example")], false);
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "none")], true);
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:3000")], false);
    }
}
