//! Where a provider is asked, and with which credentials.

use crate::error::Error;
use crate::http::{self, Failure};
use crate::settings::{Azure, AzureApi, Compatible, Limits, Provider, ServicePrincipal};
use crate::token::{Certificate, Tokens};
use model::clock::Clock;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

const API_KEY: HeaderName = HeaderName::from_static("api-key");
const USER_AGENT: HeaderName = HeaderName::from_static("x-ms-useragent");

/// One model on one server.
pub(crate) struct Endpoint {
    pub(crate) url: Url,
    /// What the body calls the model; `None` where the address names it.
    pub(crate) model: Option<String>,
    headers: HeaderMap,
    tokens: Option<Tokens>,
}

impl Endpoint {
    pub(crate) fn new(provider: &Provider, client: &reqwest::Client, clock: Clock) -> Result<Self, Error> {
        match provider {
            Provider::Azure(azure) => Self::azure(azure, client, clock),
            Provider::Compatible(compatible) => Self::compatible(compatible),
        }
    }

    fn azure(azure: &Azure, client: &reqwest::Client, clock: Clock) -> Result<Self, Error> {
        let endpoint = http::parse_url("AZURE_OPENAI_ENDPOINT", &azure.endpoint)?;
        if !http::is_private(&endpoint) {
            return Err(Error::Settings("AZURE_OPENAI_ENDPOINT is not https://".to_owned()));
        }
        let (url, model) = match &azure.api {
            AzureApi::V1 => {
                let url = http::join(endpoint, &["openai", "v1", "chat", "completions"]);
                (url, Some(azure.deployment.clone()))
            }
            AzureApi::Dated(version) => {
                let path = ["openai", "deployments", &azure.deployment, "chat", "completions"];
                let mut url = http::join(endpoint, &path);
                url.query_pairs_mut().append_pair("api-version", version);
                (url, None)
            }
        };
        let mut headers = HeaderMap::new();
        headers.insert(API_KEY, secret("AZURE_OPENAI_API_KEY", "", &azure.api_key)?);
        if let Some(user_id) = &azure.user_id {
            headers.insert(USER_AGENT, header("AZURE_USER_ID", user_id)?);
        }
        let tokens = azure.service_principal.as_ref().map(|principal| tokens(principal, client, clock));
        let tokens = tokens.transpose()?.flatten();
        if tokens.is_none() {
            tracing::warn!(
                "Azure OpenAI is asked with the API key alone: AZURE_TENANT_ID, AZURE_SPN_CLIENT_ID or the file \
                 of AZURE_PEM_PATH is not there"
            );
        }
        Ok(Self { url, model, headers, tokens })
    }

    fn compatible(compatible: &Compatible) -> Result<Self, Error> {
        let base = http::parse_url("OPENAI_BASE_URL", &compatible.base_url)?;
        let mut headers = HeaderMap::new();
        if let Some(key) = &compatible.api_key {
            headers.insert(AUTHORIZATION, secret("OPENAI_API_KEY", "Bearer ", key)?);
            if !http::is_private(&base) {
                tracing::warn!("OPENAI_API_KEY can be read on the way: OPENAI_BASE_URL is not https://");
            }
        }
        let url = http::join(base, &["chat", "completions"]);
        Ok(Self { url, model: Some(compatible.model.clone()), headers, tokens: None })
    }

    /// The headers of a call, with a token that is good.
    pub(crate) async fn headers(&self, limits: &Limits, deadline: Instant) -> Result<HeaderMap, Failure> {
        let mut headers = self.headers.clone();
        if let Some(tokens) = &self.tokens {
            headers.insert(AUTHORIZATION, tokens.bearer(limits, deadline).await?);
        }
        Ok(headers)
    }

    /// Takes note that a call with `headers` was not let in.
    pub(crate) async fn reject(&self, headers: &HeaderMap) {
        if let Some((tokens, bearer)) = self.tokens.as_ref().zip(headers.get(AUTHORIZATION)) {
            tokens.reject(bearer).await;
        }
    }
}

/// `None` where the file is not there, as on a machine that only has the key.
fn tokens(
    principal: &ServicePrincipal,
    client: &reqwest::Client,
    clock: Clock,
) -> Result<Option<Tokens>, Error> {
    if !principal.pem_path.exists() {
        return Ok(None);
    }
    let certificate = Certificate::load(&principal.pem_path)?;
    Tokens::new(client.clone(), principal, certificate, clock).map(Some)
}

fn header(name: &str, value: &str) -> Result<HeaderValue, Error> {
    let invalid = |_| Error::Settings(format!("{name} has characters that no HTTP header can have"));
    HeaderValue::try_from(value).map_err(invalid)
}

fn secret(name: &str, prefix: &str, value: &SecretString) -> Result<HeaderValue, Error> {
    let mut value = header(name, &format!("{prefix}{}", value.expose_secret()))?;
    value.set_sensitive(true);
    Ok(value)
}
