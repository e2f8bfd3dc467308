//! What can go wrong with a source, in words that may be shown to anyone.

/// Why a source did not answer. `Display` is a sentence for people and holds nothing
/// internal (no host, user or statement); the cause is for the log.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No connection could be made.
    #[error("cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The source ended the call, or we did, at its time limit.
    #[error("did not answer within {limit_s} s")]
    TimedOut {
        /// The limit, in seconds.
        limit_s: u64,
    },
    /// The login was refused. With IAM tokens this is what expiry looks like.
    #[error("token expired: regenerate it")]
    LoginRejected(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The catalog refused user name or password.
    #[error("login refused: check LENZ_USERNAME and LENZ_PASSWORD")]
    CredentialsRejected(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The source answered, but not in a form that we can read.
    #[error("answered in a form that SENTRY does not know: {what}")]
    Malformed {
        /// What was wrong, without values.
        what: String,
    },
    /// The catalog answers, but has nothing under this name.
    #[error("does not know the name")]
    UnknownName,
    /// The query would read too much: the source was asked how much, and no more.
    #[error("would read about {expected} rows for this, and at most {limit} are read")]
    TooManyRows {
        /// Rows that the server expects to look at.
        expected: u64,
        /// How many it may.
        limit: u64,
    },
    /// The answer holds more than is taken of one.
    #[error("would answer with more than {limit_kb} KB")]
    TooLarge {
        /// Kilobytes of all values together.
        limit_kb: usize,
    },
    /// The source refused the call.
    #[error("refused the request")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The settings do not make sense; the text says which and how to mend it.
    #[error("{0}")]
    Settings(String),
}
