//! Why a message is not taken.

use model::ErrorKind;

/// Why a whole message is not taken. Its text goes to the sender and quotes nothing that it sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are not what their type says: sending them again does not help.
    #[error("the body cannot be read: {0}")]
    Malformed(String),
    /// It is larger than what is taken at once: send less.
    #[error("{what} more than {limit_bytes} bytes: send smaller batches")]
    TooLarge {
        /// What is too large, as the beginning of a sentence.
        what: &'static str,
        /// The bound.
        limit_bytes: usize,
    },
    /// It is of a type that is not spoken here.
    #[error("send application/x-protobuf or application/json as content type")]
    ContentType,
    /// It is compressed in a way that is not known here.
    #[error("send gzip or identity as content encoding")]
    ContentEncoding,
}

impl Error {
    /// The caller can mend any of them.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }

    /// The status of HTTP that says so. None of them asks for the same request again.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::TooLarge { .. } => 413,
            Self::ContentType | Self::ContentEncoding => 415,
        }
    }
}

/// An error and what caused it, as one line for an operator.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
