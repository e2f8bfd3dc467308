//! Why a use case could not do what was asked.

use estate::SourceError;
use model::ErrorKind;
use std::path::PathBuf;
use telemetry::pipeline::Refused;
use telemetry::store::StoreError;

/// Why a use case failed. `Display` may be shown to anyone.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing of that name.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// What was looked for, for example `essential`.
        what: &'static str,
        /// The name that was asked for, cut to a readable length.
        name: String,
        /// Names that are near, best first.
        nearest: Vec<String>,
    },
    /// A parameter is malformed.
    #[error("{field}: {message}")]
    Invalid {
        /// The parameter.
        field: &'static str,
        /// What is wrong with it and how to mend it.
        message: String,
    },
    /// Nobody has said who asks, or what was said is not true.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The actor may not do this.
    #[error("you may not do this")]
    Forbidden,
    /// Somebody else was faster, or it would break a rule.
    #[error("{0}")]
    Conflict(String),
    /// Too many attempts.
    #[error("too many attempts: wait {retry_after_s} s")]
    Limited {
        /// Seconds to wait.
        retry_after_s: u64,
    },
    /// A source is down and nothing is known yet.
    #[error("{message}")]
    Unavailable {
        /// Which source and why.
        message: String,
    },
    /// What agents sent cannot be read.
    #[error(transparent)]
    Message(#[from] telemetry::Error),
    /// A record that agents sent is not as it must be.
    #[error(transparent)]
    Record(#[from] telemetry::Invalid),
    /// Nothing can be taken now; what was sent is to be sent again.
    #[error("{message}")]
    Busy {
        /// Why.
        message: String,
        /// Seconds to wait.
        retry_after_s: u64,
    },
    /// What is stored of agents cannot be read or written, for a reason that no caller can mend.
    #[error("telemetry failed")]
    Telemetry(#[source] StoreError),
    /// The file with the prices of models cannot be read. Only at start.
    #[error("the prices of models in {} cannot be read: {source}", path.display())]
    Prices {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A source's settings cannot work. Only at start.
    #[error(transparent)]
    Settings(#[from] SourceError),
    /// Our own database failed.
    #[error("our own database failed")]
    Store(#[source] store::Error),
    /// The model's settings cannot work. Only at start.
    #[error(transparent)]
    Model(llm::Error),
    /// Directory or provider are set up wrongly.
    #[error("the sign-in is set up wrongly")]
    SignIn(#[source] identity::Error),
}

impl From<model::telemetry::view::InvalidQuery> for Error {
    fn from(error: model::telemetry::view::InvalidQuery) -> Self {
        Self::Invalid { field: error.field, message: error.message }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error.kind() {
            ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::Invalid => {
                Self::Conflict(error.to_string())
            }
            ErrorKind::Unavailable => {
                tracing::error!(error = &error as &dyn std::error::Error, "our own database is away");
                Self::Unavailable { message: error.to_string() }
            }
            _ => Self::Store(error),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            ErrorKind::Unavailable => {
                tracing::error!(error = &error as &dyn std::error::Error, "telemetry is away");
                Self::Unavailable { message: error.to_string() }
            }
            _ => Self::Telemetry(error),
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let message = refused.to_string();
        match refused {
            Refused::Busy { retry_after }
            | Refused::Failing { retry_after }
            | Refused::Away { retry_after }
            | Refused::Stopping { retry_after } => {
                Self::Busy { message, retry_after_s: retry_after.as_secs() }
            }
            Refused::Rejected(error) => Self::from(error),
        }
    }
}

impl From<identity::Error> for Error {
    fn from(error: identity::Error) -> Self {
        match error {
            identity::Error::Rejected => Self::Unauthenticated("the sign-in was refused"),
            identity::Error::Unavailable { .. } => {
                tracing::error!(error = &error as &dyn std::error::Error, "directory or provider are away");
                Self::Unavailable {
                    message: "the directory or provider does not answer: try again later".to_owned(),
                }
            }
            identity::Error::Settings { .. } => Self::SignIn(error),
        }
    }
}

impl Error {
    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Invalid { .. } => ErrorKind::Invalid,
            Self::Unauthenticated(_) => ErrorKind::Unauthenticated,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Conflict(_) => ErrorKind::Conflict,
            Self::Limited { .. } => ErrorKind::Limited,
            Self::Unavailable { .. } | Self::Busy { .. } => ErrorKind::Unavailable,
            Self::Message(error) => error.kind(),
            Self::Record(error) => error.kind(),
            Self::Settings(_)
            | Self::Store(_)
            | Self::Telemetry(_)
            | Self::Prices { .. }
            | Self::Model(_)
            | Self::SignIn(_) => ErrorKind::Internal,
        }
    }

    /// Seconds to wait, where waiting helps.
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Limited { retry_after_s } | Self::Busy { retry_after_s, .. } => Some(*retry_after_s),
            _ => None,
        }
    }

    /// Near names, where the error is a wrong name.
    pub fn nearest(&self) -> &[String] {
        match self {
            Self::NotFound { nearest, .. } => nearest,
            _ => &[],
        }
    }

    pub(crate) fn not_found(what: &'static str, name: &str, nearest: Vec<String>) -> Self {
        Self::NotFound { what, name: name.chars().take(120).collect(), nearest }
    }
}
