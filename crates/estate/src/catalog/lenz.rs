//! Lenz, the catalog's HTTP API: `GET {base}/def?name={essential}`.

mod adfs;
mod http;
mod login_form;
mod ntlm;

use crate::error::SourceError;
use adfs::AdfsSession;
use http::Http;
use model::EssentialName;
use ntlm::NtlmSession;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use secrecy::SecretString;
use serde_json::Value;
use std::time::Duration;

/// What a name keeps in a query (RFC 3986: unreserved characters).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where Lenz is and how to log in.
#[derive(Clone, Debug)]
pub struct LenzSettings {
    /// `LENZ_API_BASE_URL`, without `/def`.
    pub base_url: String,
    /// How to log in.
    pub auth: LenzAuth,
}

/// How to log in to Lenz.
#[derive(Clone, Debug)]
pub enum LenzAuth {
    /// Not at all.
    None,
    /// NTLMv2 on one kept connection. The password itself never leaves this machine.
    Ntlm {
        /// `LENZ_USERNAME`: `DOMAIN\user`, `user@domain` or `user`.
        username: String,
        /// `LENZ_PASSWORD`.
        password: SecretString,
    },
    /// The login form of ADFS, then a session cookie.
    AdfsForm {
        /// `LENZ_USERNAME`; `NAEAST\` is put before it unless it has a `\` or an `@`.
        username: String,
        /// `LENZ_PASSWORD`. Only sent over https, or to this machine.
        password: SecretString,
    },
}

/// Bounds of a call.
#[derive(Clone, Copy, Debug)]
pub struct LenzLimits {
    /// A call with all its redirects, or a login.
    pub total: Duration,
    /// A call that finds out whether the session of an earlier login still holds.
    pub probe: Duration,
    /// Making a connection.
    pub connect: Duration,
    /// Bytes of an answer.
    pub body_bytes: usize,
    /// After a refused login: how long none is tried again, so that a wrong password does
    /// not lock the account.
    pub refused_hold: Duration,
}

impl Default for LenzLimits {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(30),
            probe: Duration::from_secs(15),
            connect: Duration::from_secs(10),
            body_bytes: 4 * 1024 * 1024,
            refused_hold: Duration::from_secs(15 * 60),
        }
    }
}

/// A client of the catalog's HTTP API. It keeps its session; share one.
#[derive(Debug)]
pub struct LenzClient {
    base: Url,
    session: Session,
}

#[derive(Debug)]
enum Session {
    None(Http),
    Ntlm(Box<NtlmSession>),
    AdfsForm(Box<AdfsSession>),
}

impl LenzClient {
    /// A client for `settings`; makes no call.
    ///
    /// # Errors
    /// [`SourceError::Settings`] where the address is none, or a password would travel in clear.
    pub fn new(settings: LenzSettings) -> Result<Self, SourceError> {
        Self::with_limits(settings, LenzLimits::default())
    }

    /// A client with bounds of its own.
    ///
    /// # Errors
    /// As [`LenzClient::new`].
    pub fn with_limits(settings: LenzSettings, limits: LenzLimits) -> Result<Self, SourceError> {
        let refuse = |text: &str| SourceError::Settings(format!("LENZ_API_BASE_URL {text}"));
        let base: Url = settings
            .base_url
            .trim()
            .trim_end_matches('/')
            .parse()
            .map_err(|_| refuse("is not an address: write https://host or https://host/path"))?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(refuse("has to begin with https:// or http://"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(refuse("holds a login: use LENZ_USERNAME and LENZ_PASSWORD"));
        }
        let session = match settings.auth {
            LenzAuth::None => Session::None(Http::new(limits)?),
            LenzAuth::Ntlm { username, password } => {
                Session::Ntlm(Box::new(NtlmSession::new(&username, password, limits)?))
            }
            LenzAuth::AdfsForm { username, password } => {
                if !http::is_private(&base) {
                    return Err(refuse("has to begin with https:// where a password is sent"));
                }
                let http = Http::new(limits)?;
                let session = AdfsSession::new(http, base.clone(), &username, password, limits);
                Session::AdfsForm(Box::new(session))
            }
        };
        Ok(Self { base, session })
    }

    /// The catalog's raw answer for the essential `name`.
    ///
    /// # Errors
    /// [`SourceError`]: unreachable, too slow, login refused, request refused, or no JSON.
    pub async fn get_definition(&self, name: &EssentialName) -> Result<Value, SourceError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/def", self.base.path().trim_end_matches('/')));
        url.set_query(Some(&format!("name={}", utf8_percent_encode(name.as_str(), UNRESERVED))));
        match &self.session {
            Session::None(http) => http.get(url).await?.into_json(),
            Session::Ntlm(session) => session.get(url).await?.into_json(),
            Session::AdfsForm(session) => session.get(url).await,
        }
    }
}
