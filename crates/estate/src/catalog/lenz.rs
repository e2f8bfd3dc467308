//! Lenz, the catalog's HTTP API.

use crate::error::SourceError;
use secrecy::SecretString;

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
    /// NTLMv2 on the connection.
    Ntlm {
        /// `LENZ_USERNAME`, with or without `DOMAIN\`.
        username: String,
        /// `LENZ_PASSWORD`.
        password: SecretString,
    },
    /// The login form of ADFS, then a session cookie.
    AdfsForm {
        /// `LENZ_USERNAME`, with or without `DOMAIN\`.
        username: String,
        /// `LENZ_PASSWORD`.
        password: SecretString,
    },
}

/// A client of the catalog's HTTP API.
#[derive(Debug)]
pub struct LenzClient {}

impl LenzClient {
    /// A client for `settings`; makes no call.
    pub fn new(settings: LenzSettings) -> Result<Self, SourceError> {
        let _ = settings;
        todo!()
    }
}

impl LenzClient {
    /// The catalog's answer for the essential `name`.
    pub async fn get_definition(&self, name: &model::EssentialName) -> Result<serde_json::Value, SourceError> {
        let _ = name;
        todo!()
    }
}
