//! Bounded HTTP: time, size, redirects.

use super::LenzLimits;
use crate::error::SourceError;
use reqwest::header::LOCATION;
use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Redirects that one call follows.
const REDIRECTS_MAX: usize = 10;

/// What the catalog sees of us.
pub(super) const USER_AGENT: &str = concat!("sentry/", env!("CARGO_PKG_VERSION"));

/// An answer, read in full.
#[derive(Debug)]
pub(super) struct Page {
    /// Where it came from, after redirects.
    pub(super) url: Url,
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Page {
    /// The JSON in a good answer.
    pub(super) fn json(&self) -> Option<Value> {
        if self.status.is_success() { serde_json::from_slice(&self.body).ok() } else { None }
    }

    /// The JSON in a good answer, or why there is none.
    pub(super) fn into_json(self) -> Result<Value, SourceError> {
        if let Some(value) = self.json() {
            return Ok(value);
        }
        if self.status == StatusCode::NOT_FOUND {
            return Err(SourceError::UnknownName);
        }
        self.check_status()?;
        let is_page = self.body.trim_ascii_start().starts_with(b"<");
        let what = match is_page {
            true => "a web page where JSON was expected; perhaps it wants a login",
            false => "the answer is not JSON",
        };
        Err(SourceError::Malformed { what: what.to_owned() })
    }

    /// Refuses an answer that is no success.
    pub(super) fn check_status(&self) -> Result<(), SourceError> {
        match self.status.is_success() {
            true => Ok(()),
            false => Err(SourceError::Refused(format!("HTTP status {}", self.status).into())),
        }
    }
}

/// Whether nobody on the way can read what is sent to `url`: https, or this very machine.
pub(super) fn is_private(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    url.scheme() == "https" || is_here
}

/// TLS with the certificates that the machine trusts. The provider is named, since a
/// process-wide one may not be installed.
pub(super) fn tls_config() -> Result<rustls::ClientConfig, SourceError> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a certificate of this machine's trust store cannot be read");
    }
    roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SourceError::Settings(format!("TLS cannot be set up: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// An HTTP client with a cookie store, which follows redirects only where told to.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    limits: LenzLimits,
}

impl Http {
    pub(super) fn new(limits: LenzLimits) -> Result<Self, SourceError> {
        let client = Client::builder()
            .use_preconfigured_tls(tls_config()?)
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .cookie_store(true)
            .connect_timeout(limits.connect)
            .build()
            .map_err(|error| SourceError::Settings(format!("HTTP cannot be set up: {error}")))?;
        Ok(Self { client, limits })
    }

    /// Reads `url`, following redirects.
    pub(super) async fn get(&self, url: Url) -> Result<Page, SourceError> {
        within(self.limits.total, self.follow(self.client.get(url))).await
    }

    /// Reads `url` and nothing that it redirects to.
    pub(super) async fn probe(&self, url: Url) -> Result<Page, SourceError> {
        within(self.limits.probe, self.send(self.client.get(url))).await.map(|(page, _)| page)
    }

    /// Sends a form to `url`, following redirects with GET.
    pub(super) async fn post_form(&self, url: Url, fields: &[(String, String)]) -> Result<Page, SourceError> {
        within(self.limits.total, self.follow(self.client.post(url).form(fields))).await
    }

    async fn follow(&self, first: RequestBuilder) -> Result<Page, SourceError> {
        let mut request = first;
        for _ in 0..=REDIRECTS_MAX {
            let (page, location) = self.send(request).await?;
            let Some(location) = location else {
                return Ok(page);
            };
            request = self.client.get(location);
        }
        Err(SourceError::Refused("it redirects in circles".into()))
    }

    /// One request, and where its answer redirects to.
    async fn send(&self, request: RequestBuilder) -> Result<(Page, Option<Url>), SourceError> {
        let mut response = request.send().await.map_err(|error| self.fault(error))?;
        let url = response.url().clone();
        let status = response.status();
        let location = match status.is_redirection() {
            true => response.headers().get(LOCATION).and_then(|to| to.to_str().ok()),
            false => None,
        };
        let location = location.and_then(|to| url.join(to).ok());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.fault(error))? {
            if body.len() + chunk.len() > self.limits.body_bytes {
                return Err(too_large(self.limits.body_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((Page { url, status, body }, location))
    }

    fn fault(&self, error: reqwest::Error) -> SourceError {
        if error.is_timeout() {
            SourceError::TimedOut { limit_s: self.limits.connect.as_secs() }
        } else {
            SourceError::Unreachable(Box::new(error.without_url()))
        }
    }
}

/// The answer has more bytes than allowed.
pub(super) fn too_large(limit: usize) -> SourceError {
    SourceError::Malformed { what: format!("the answer is larger than {limit} bytes") }
}

/// Ends `call` after `limit`.
pub(super) async fn within<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, SourceError> {
    let timed_out = |_| SourceError::TimedOut { limit_s: limit.as_secs() };
    tokio::time::timeout(limit, call).await.map_err(timed_out)?
}
