//! Which model is asked, as whom, and within which bounds.

use crate::error::Error;
use model::ask::Amount;
use secrecy::SecretString;
use std::path::PathBuf;
use std::time::Duration;

/// Everything a [`Client`](crate::Client) has to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whom to ask.
    pub provider: Provider,
    /// What it may take.
    pub limits: Limits,
    /// What it costs, where that is to be counted.
    pub price: Option<Price>,
}

/// Who serves the model.
#[derive(Clone, Debug)]
pub enum Provider {
    /// Azure OpenAI.
    Azure(Azure),
    /// Any server that speaks OpenAI's chat completions.
    Compatible(Compatible),
}

/// Azure OpenAI: the key always, and a service principal's token beside it where there is one.
#[derive(Clone, Debug)]
pub struct Azure {
    /// `AZURE_OPENAI_ENDPOINT`: the resource or the gateway before it, without `/openai`.
    pub endpoint: String,
    /// `AZURE_OPENAI_API_VERSION`.
    pub api: AzureApi,
    /// `AZURE_OPENAI_DEPLOYMENT`.
    pub deployment: String,
    /// `AZURE_OPENAI_API_KEY`.
    pub api_key: SecretString,
    /// Who we are besides the key. Without one, or without its file, the key goes alone.
    pub service_principal: Option<ServicePrincipal>,
    /// `AZURE_USER_ID`: sent as `x-ms-useragent`.
    pub user_id: Option<String>,
}

/// Which of Azure's two forms of address is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AzureApi {
    /// `/openai/deployments/{deployment}/chat/completions?api-version=…`
    Dated(String),
    /// `/openai/v1/chat/completions`, the deployment named as the model.
    V1,
}

impl AzureApi {
    /// Reads `AZURE_OPENAI_API_VERSION`: `v1`, or a version such as `2024-02-01` or
    /// `2025-01-01-preview`.
    ///
    /// # Errors
    /// [`Error::Settings`] for anything else.
    pub fn parse(version: &str) -> Result<Self, Error> {
        if version == "v1" {
            return Ok(Self::V1);
        }
        let date = version.strip_suffix("-preview").unwrap_or(version);
        match date.parse::<jiff::civil::Date>() {
            Ok(parsed) if parsed.to_string() == date => Ok(Self::Dated(version.to_owned())),
            _ => Err(Error::Settings(format!(
                "AZURE_OPENAI_API_VERSION is {version:?}: use v1 or a date such as 2024-02-01"
            ))),
        }
    }
}

/// Who we are to Microsoft Entra: an application that proves itself by a certificate.
#[derive(Clone, Debug)]
pub struct ServicePrincipal {
    /// `AZURE_TENANT_ID`.
    pub tenant_id: String,
    /// `AZURE_SPN_CLIENT_ID`.
    pub client_id: String,
    /// `AZURE_PEM_PATH`: its certificate first among the certificates, and the certificate's RSA
    /// key without a password. Read once, at the start.
    pub pem_path: PathBuf,
    /// Who gives tokens; [`ServicePrincipal::AUTHORITY`] except in national clouds and tests.
    pub authority: String,
}

impl ServicePrincipal {
    /// Entra in the public cloud.
    pub const AUTHORITY: &str = "https://login.microsoftonline.com";
}

/// A server that speaks OpenAI's chat completions.
#[derive(Clone, Debug)]
pub struct Compatible {
    /// `OPENAI_BASE_URL`: what stands before `/chat/completions`, such as `http://gpu:8000/v1`.
    pub base_url: String,
    /// `OPENAI_MODEL`.
    pub model: String,
    /// `OPENAI_API_KEY`, where the server asks for one.
    pub api_key: Option<SecretString>,
}

/// What a call may take. Each has a bound that is meant to be lowered, not lifted.
#[derive(Clone, Debug)]
pub struct Limits {
    /// For a connection.
    pub connect_timeout: Duration,
    /// From the request to the first byte of the answer, which is when the model has written all
    /// of it.
    pub first_byte_timeout: Duration,
    /// Between two pieces of an answer.
    pub idle_timeout: Duration,
    /// For the whole call, with retries and the waits between them.
    pub total_timeout: Duration,
    /// Larger answers are given up.
    pub max_answer_bytes: usize,
    /// How often a call is tried again; nothing is once the answer has begun.
    pub retries: u32,
    /// The wait before the first retry; it doubles, and up to half of it is left out by chance.
    pub backoff: Duration,
    /// A server that asks for a longer wait than this is not waited for.
    pub max_retry_after: Duration,
    /// After so many failed calls in a row the server is left alone …
    pub failures_to_pause: u32,
    /// … for this long; then one call tries it.
    pub pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            first_byte_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(60),
            max_answer_bytes: 1024 * 1024,
            retries: 2,
            backoff: Duration::from_millis(500),
            max_retry_after: Duration::from_secs(10),
            failures_to_pause: 3,
            pause: Duration::from_secs(30),
        }
    }
}

/// What tokens cost, in the currency that the operator counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Of a token that is sent.
    pub input: TokenPrice,
    /// Of one that is sent and that the provider had in its cache. Where it is not known, an
    /// answer that made use of the cache has no cost.
    pub cached_input: Option<TokenPrice>,
    /// Of a token that is answered.
    pub output: TokenPrice,
}

/// What one token costs, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenPrice {
    picos: u64,
}

impl TokenPrice {
    /// Reads the price of a million tokens, such as `2.50`.
    ///
    /// # Errors
    /// [`Error::Settings`] where it is no decimal with at most six digits behind the point.
    pub fn per_million(text: &str) -> Result<Self, Error> {
        let picos = Amount::parse(text).ok().map(Amount::picos);
        // The millionth part of a millionth is the smallest unit of an amount.
        match picos.filter(|picos| picos % 1_000_000 == 0) {
            Some(picos) => Ok(Self { picos: picos / 1_000_000 }),
            None => Err(Error::Settings(format!(
                "{text:?} is no price of a million tokens: write a decimal such as 2.50, with at most six digits \
                 behind the point"
            ))),
        }
    }

    /// What so many tokens cost; `None` where that is beyond every amount.
    pub(crate) fn of(self, tokens: u64) -> Option<u64> {
        self.picos.checked_mul(tokens)
    }
}
