//! The HTTP client towards a provider: no redirects, a bound on what it may answer.

use crate::error::Error;
use crate::tls;
use openidconnect::{HttpRequest, HttpResponse};
use reqwest::redirect;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

/// A provider's metadata, keys and tokens are far smaller.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

#[derive(Clone, Debug)]
pub(super) struct Http {
    client: reqwest::Client,
}

/// A request under way.
pub(super) type Sending = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send>>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("{0}")]
    Failed(#[from] reqwest::Error),
    #[error("the answer is larger than {MAX_ANSWER_BYTES} bytes")]
    TooLarge,
    #[error("{0}")]
    Malformed(#[from] openidconnect::http::Error),
    #[error("{0} is neither https:// nor on this machine")]
    Readable(String),
}

impl Http {
    pub(super) fn new(ca_file: Option<&Path>, timeout: Duration) -> Result<Self, Error> {
        let client = reqwest::Client::builder()
            .use_preconfigured_tls(tls::client_config(ca_file)?)
            .user_agent(concat!("sentry/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .timeout(timeout)
            .build()
            .map_err(|error| Error::settings(format!("OIDC: HTTP cannot be set up: {error}")))?;
        Ok(Self { client })
    }

    /// Sends requests for the library. What it gives is boxed and borrows nothing, since the
    /// compiler cannot otherwise see that the library's futures may go from thread to thread.
    pub(super) fn sender(&self) -> impl Fn(HttpRequest) -> Sending + Send + Sync + 'static {
        let http = self.clone();
        move |request| {
            let http = http.clone();
            Box::pin(async move { http.send(request).await })
        }
    }

    /// Sends one request; also to what the provider itself names, so each is looked at.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        if !is_private(request.url()) {
            return Err(HttpError::Readable(request.url().to_string()));
        }
        let mut response = self.client.execute(request).await?;
        let mut answer = openidconnect::http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(answer.body(body)?)
    }
}

/// Whether nobody on the way can read what is sent.
pub(super) fn is_private(url: &reqwest::Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && tls::is_loopback(url))
}
