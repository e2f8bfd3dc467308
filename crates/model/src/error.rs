//! The one classification of errors. Crates have enums of their own; each says which
//! kind it is, and the server and the pages translate the kind, once each.

use serde::{Deserialize, Serialize};

/// What the caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Nothing of that name: choose another (404).
    NotFound,
    /// The request is malformed: correct it (400).
    Invalid,
    /// Nobody has said who asks: sign in, or send a key that works (401).
    Unauthenticated,
    /// Somebody else has changed it meanwhile, or it would break a rule: look again (409).
    Conflict,
    /// Too many attempts: wait (429).
    Limited,
    /// The actor may not do this (403).
    Forbidden,
    /// A source is down and nothing is known yet: try again later (503).
    Unavailable,
    /// A defect of ours: report the request id (500).
    Internal,
}
