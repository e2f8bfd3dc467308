//! Why nobody was vouched for.

use model::error::ErrorKind;

/// Why nobody was vouched for. Messages are for logs and operators, not for who signs in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The credentials are wrong. Never says which part of them.
    #[error("the credentials are wrong")]
    Rejected,
    /// What would have to vouch does not answer, or not as it should: try again later.
    #[error("{message}")]
    Unavailable {
        /// What happened.
        message: String,
    },
    /// It is set up wrongly; trying again does not help.
    #[error("{message}")]
    Settings {
        /// What has to be changed.
        message: String,
    },
}

impl Error {
    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected => ErrorKind::Unauthenticated,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Settings { .. } => ErrorKind::Internal,
        }
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable { message: message.into() }
    }

    pub(crate) fn settings(message: impl Into<String>) -> Self {
        Self::Settings { message: message.into() }
    }
}
