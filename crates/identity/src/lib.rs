//! What vouches for people: passwords, tokens, OpenID Connect providers and directories.
//!
//! No database, no HTTP server and no pages: what a sign-in means, who is remembered and what
//! is written to the audit trail is decided by the use cases.
//!
//! Start with [`password`] for local accounts, [`oidc::OidcClient`] and [`ldap::LdapClient`] for
//! all others, and [`limiter`] for what slows guessing down.

pub mod error;
pub mod ldap;
pub mod limiter;
pub mod oidc;
pub mod password;
mod tls;
pub mod token;

pub use error::Error;

use model::identity::Email;
use std::collections::BTreeSet;

/// A person that a provider or a directory vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// What the provider or directory never gives to another person: know accounts again by
    /// this, not by the address, which people may be able to change.
    pub subject: String,
    /// The address.
    pub email: Email,
    /// What people call them; never empty.
    pub name: String,
    /// Their groups as provider or directory spell them, those around their groups included.
    pub groups: BTreeSet<String>,
}

/// How many groups of a person are taken.
const MAX_GROUPS: usize = 1000;
