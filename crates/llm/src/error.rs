//! Why there is no answer.

use std::fmt;
use std::time::Duration;

/// Why there is no answer, by what a caller can do about it. Holds no secret, no question and
/// nothing that a server wrote but its error code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Answer without a model; try again later.
    #[error("{server} {outage}")]
    Unavailable {
        /// Which server.
        server: Server,
        /// What it does.
        outage: Outage,
    },
    /// The content filter, or the model itself, declines to answer this. Ask something else.
    #[error("the model declines to answer")]
    Refused,
    /// The question and what was sent along are more than the model reads. Send less.
    #[error("the question is too long for the model")]
    TooLong,
    /// The answer is not what was asked for. The same question may get a better one.
    #[error("the model's answer cannot be read: {what}")]
    Malformed {
        /// What is wrong with it, without quoting it.
        what: String,
    },
    /// The credentials are not accepted. An operator has to change them.
    #[error("{server} does not accept our credentials (HTTP {status})")]
    Unauthorized {
        /// Which server.
        server: Server,
        /// What it answered.
        status: u16,
    },
    /// The server does not accept the request as such: a wrong address, deployment, model or
    /// API version, which an operator has to change.
    #[error("{server} does not accept the request (HTTP {status}{})", Code(code))]
    Rejected {
        /// Which server.
        server: Server,
        /// What it answered.
        status: u16,
        /// Its word for it; may be empty.
        code: String,
    },
    /// The settings do not make sense; the text says which and how to mend it.
    #[error("{0}")]
    Settings(String),
}

/// Who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The server of the model.
    Model,
    /// The server that gives access tokens for it.
    TokenAuthority,
}

/// What a server does in place of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Outage {
    /// It failed several times in a row and is left alone for a while: nothing was sent.
    #[error("is left alone for a while after repeated failures")]
    Paused,
    /// No connection could be made, or it ended before an answer came.
    #[error("cannot be reached")]
    Unreachable,
    /// It took longer than it may.
    #[error("did not answer within {} ms", limit.as_millis())]
    Slow {
        /// How long it may take.
        limit: Duration,
    },
    /// It has too much to do, or we have used up what we may ask (HTTP 429).
    #[error("has no capacity left for us")]
    Busy,
    /// It reports a failure of its own.
    #[error("failed (HTTP {status})")]
    Failing {
        /// What it answered.
        status: u16,
    },
    /// The connection ended in the middle of the answer.
    #[error("broke off in the middle of the answer")]
    Cut,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Model => "the model's server",
            Self::TokenAuthority => "the token authority",
        })
    }
}

struct Code<'a>(&'a str);

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, ", {}", self.0) }
    }
}

impl Error {
    pub(crate) fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed { what: what.into() }
    }

    pub(crate) fn model(outage: Outage) -> Self {
        Self::Unavailable { server: Server::Model, outage }
    }
}
