//! The HTTP client: TLS with this machine's authorities, no redirects, and every wait and every
//! answer bounded.

use crate::error::{Error, Outage, Server};
use crate::retry::{self, Again};
use crate::settings::Limits;
use crate::wire::ServerError;
use bytes::Bytes;
use jiff::Timestamp;
use reqwest::{RequestBuilder, Response, Url, redirect};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Errors are short.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// Why a request has no answer, and whether another may.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) again: Again,
    /// What the server itself said, where it did.
    pub(crate) said: Option<ServerError>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, again: Again::No, said: None }
    }
}

/// A client that follows nothing: a redirect would take our credentials along.
pub(crate) fn client(limits: &Limits) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .use_preconfigured_tls(tls_config()?)
        .user_agent(concat!("sentry/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(limits.connect_timeout)
        .build()
        .map_err(|error| Error::Settings(format!("HTTP cannot be set up: {error}")))
}

/// The provider is named, since a process-wide one may not be installed.
fn tls_config() -> Result<rustls::ClientConfig, Error> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a certificate of this machine's trust store cannot be read");
    }
    roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Settings(format!("TLS cannot be set up: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Whether nobody on the way can read what is sent.
pub(crate) fn is_private(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

/// Reads the URL of the setting `name`. It is never quoted: people put secrets into URLs.
pub(crate) fn parse_url(name: &str, text: &str) -> Result<Url, Error> {
    Url::parse(text)
        .ok()
        .filter(|url| {
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
        })
        .ok_or_else(|| Error::Settings(format!("{name} has to be an https:// address without a user name")))
}

/// `base` with `segments` behind its path.
pub(crate) fn join(mut base: Url, segments: &[&str]) -> Url {
    base.path_segments_mut().expect("http and https have paths").pop_if_empty().extend(segments);
    base
}

/// Sends a request. `deadline` ends it whatever the limits allow.
///
/// # Errors
/// There is no answer, or it is not a success.
pub(crate) async fn send(
    request: RequestBuilder,
    server: Server,
    limits: &Limits,
    deadline: Instant,
    now: Timestamp,
) -> Result<Body, Failure> {
    let start = Instant::now();
    let first_byte = Limit::new(start, limits.first_byte_timeout, deadline, limits.total_timeout);
    let response = match timeout_at(first_byte.at, request.send()).await {
        Err(_) => return Err(first_byte.passed(server).into()),
        Ok(Err(error)) => {
            tracing::debug!(error = %error.without_url(), %server, "no answer");
            let error = Error::Unavailable { server, outage: Outage::Unreachable };
            return Err(Failure { error, again: Again::Yes, said: None });
        }
        Ok(Ok(response)) => response,
    };
    let status = response.status();
    let asked_to_wait = retry::retry_after(response.headers(), now);
    let max_bytes = if status.is_success() { limits.max_answer_bytes } else { MAX_ERROR_BYTES };
    let body = Body {
        response,
        server,
        max_bytes,
        read_bytes: 0,
        first_byte,
        idle_timeout: limits.idle_timeout,
        total: Limit { at: deadline, limit: limits.total_timeout },
    };
    if status.is_success() {
        return Ok(body);
    }
    // The status says enough where the rest does not come.
    let said = ServerError::parse(status.as_u16(), &body.read().await.unwrap_or_default());
    let again = match (said.again(), asked_to_wait) {
        (Again::Yes, Some(wait)) => Again::After(wait),
        (again, _) => again,
    };
    Err(Failure { error: said.error(server), again, said: Some(said) })
}

/// A moment, and the limit that led to it.
#[derive(Clone, Copy, Debug)]
struct Limit {
    at: Instant,
    limit: Duration,
}

impl Limit {
    /// `limit` from `start` on, or the whole call's deadline where that is earlier.
    fn new(start: Instant, limit: Duration, deadline: Instant, total: Duration) -> Self {
        if start + limit < deadline {
            Self { at: start + limit, limit }
        } else {
            Self { at: deadline, limit: total }
        }
    }

    fn passed(self, server: Server) -> Error {
        Error::Unavailable { server, outage: Outage::Slow { limit: self.limit } }
    }
}

/// An answer on its way.
#[derive(Debug)]
pub(crate) struct Body {
    response: Response,
    server: Server,
    max_bytes: usize,
    read_bytes: usize,
    first_byte: Limit,
    idle_timeout: Duration,
    total: Limit,
}

impl Body {
    /// The next piece; `None` at the end.
    async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let limit = if self.read_bytes == 0 {
            self.first_byte
        } else {
            Limit::new(Instant::now(), self.idle_timeout, self.total.at, self.total.limit)
        };
        let chunk = match timeout_at(limit.at, self.response.chunk()).await {
            Err(_) => return Err(limit.passed(self.server)),
            Ok(Err(error)) => {
                tracing::debug!(error = %error.without_url(), server = %self.server, "cut off");
                return Err(Error::Unavailable { server: self.server, outage: Outage::Cut });
            }
            Ok(Ok(chunk)) => chunk,
        };
        self.read_bytes += chunk.as_ref().map_or(0, Bytes::len);
        if self.read_bytes > self.max_bytes {
            return Err(Error::malformed(format!("it is larger than {} bytes", self.max_bytes)));
        }
        Ok(chunk)
    }

    /// All of it.
    pub(crate) async fn read(mut self) -> Result<Vec<u8>, Error> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    }
}
