//! What vouches for people: passwords, tokens, OpenID Connect providers and directories.
//!
//! No database, no HTTP server and no pages: what a sign-in means, who is remembered and what
//! is written to the audit trail is decided by the use cases.
//!
//! Start with [`password`] for local accounts and [`limiter`] for what slows guessing down.

pub mod error;
pub mod limiter;
pub mod password;
pub mod token;

pub use error::Error;
