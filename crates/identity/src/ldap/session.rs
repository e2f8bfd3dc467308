//! One connection to a directory.

use crate::error::Error;
use ldap3::result::LdapResult;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry, SearchOptions};
use secrecy::{ExposeSecret, SecretString};

/// Result codes of RFC 4511, 4.1.9.
mod code {
    pub(super) const SUCCESS: u32 = 0;
    pub(super) const OPERATIONS_ERROR: u32 = 1;
    pub(super) const PROTOCOL_ERROR: u32 = 2;
    pub(super) const TIME_LIMIT_EXCEEDED: u32 = 3;
    pub(super) const SIZE_LIMIT_EXCEEDED: u32 = 4;
    pub(super) const NO_SUCH_OBJECT: u32 = 32;
    pub(super) const INVALID_CREDENTIALS: u32 = 49;
    pub(super) const BUSY: u32 = 51;
    pub(super) const UNAVAILABLE: u32 = 52;
}

pub(super) struct Session {
    ldap: Ldap,
}

impl Session {
    pub(super) async fn open(settings: LdapConnSettings, url: &reqwest::Url) -> Result<Self, Error> {
        let (connection, ldap) =
            LdapConnAsync::with_settings(settings, url.as_str()).await.map_err(broken)?;
        // Ends when the session is dropped.
        tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(%error, "a connection to the directory broke");
            }
        });
        Ok(Self { ldap })
    }

    /// Binds as the account that searches; without name and password as nobody.
    pub(super) async fn bind_searcher(&mut self, dn: &str, password: &str) -> Result<(), Error> {
        let result = self.ldap.simple_bind(dn, password).await.map_err(broken)?;
        match result.rc {
            code::SUCCESS => Ok(()),
            code if is_trouble(code) => Err(unavailable(&result)),
            _ => Err(Error::settings(format!("LDAP: bind_dn {dn:?} is refused: {}", said(&result)))),
        }
    }

    /// Binds as the person. Whatever else a directory has against a bind, a locked account for
    /// example, is a rejection too.
    pub(super) async fn bind_person(&mut self, dn: &str, password: &SecretString) -> Result<(), Error> {
        let result = self.ldap.simple_bind(dn, password.expose_secret()).await.map_err(broken)?;
        match result.rc {
            code::SUCCESS => Ok(()),
            code if is_trouble(code) => Err(unavailable(&result)),
            code => {
                if code != code::INVALID_CREDENTIALS {
                    tracing::info!(dn, answer = said(&result), "the directory refuses a person");
                }
                Err(Error::Rejected)
            }
        }
    }

    /// The entries that `filter` finds, at most `limit`; none where `base` does not exist.
    pub(super) async fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        limit: usize,
    ) -> Result<Vec<SearchEntry>, Error> {
        let options = SearchOptions::new().sizelimit(i32::try_from(limit).unwrap_or(i32::MAX));
        let mut stream = self
            .ldap
            .with_search_options(options)
            .streaming_search(base, scope, filter, attributes)
            .await
            .map_err(broken)?;
        let mut entries = Vec::new();
        while entries.len() < limit {
            let Some(entry) = stream.next().await.map_err(broken)? else { break };
            if !entry.is_ref() && !entry.is_intermediate() {
                entries.push(SearchEntry::construct(entry));
            }
        }
        if entries.len() == limit {
            return Ok(entries);
        }
        let result = stream.finish().await;
        match result.rc {
            code::SUCCESS | code::SIZE_LIMIT_EXCEEDED | code::NO_SUCH_OBJECT => Ok(entries),
            code if is_trouble(code) => Err(unavailable(&result)),
            _ => Err(Error::settings(format!("LDAP: search under {base:?} is refused: {}", said(&result)))),
        }
    }
}

fn is_trouble(code: u32) -> bool {
    use code::{BUSY, OPERATIONS_ERROR, PROTOCOL_ERROR, TIME_LIMIT_EXCEEDED, UNAVAILABLE};
    matches!(code, OPERATIONS_ERROR | PROTOCOL_ERROR | TIME_LIMIT_EXCEEDED | BUSY | UNAVAILABLE)
}

fn unavailable(result: &LdapResult) -> Error {
    Error::unavailable(format!("LDAP: the directory is in trouble: {}", said(result)))
}

/// What the directory says, without the result's own names of entries.
fn said(result: &LdapResult) -> String {
    format!("result code {} {}", result.rc, result.text)
}

fn broken(error: LdapError) -> Error {
    match error {
        LdapError::FilterParsing => Error::settings("LDAP: a filter cannot be read"),
        error => Error::unavailable(format!("LDAP: {error}")),
    }
}
