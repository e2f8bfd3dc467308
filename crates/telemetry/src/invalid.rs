//! Why a record is refused.

use model::ErrorKind;
use std::fmt;

/// Why an event or a record of metrics is refused. Nothing of the request is stored. `Display` is
/// a sentence that names the field; it quotes no values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    /// What kind of mistake it is.
    pub code: InvalidCode,
    /// Which event of a batch, from 0.
    pub index: Option<usize>,
    /// Which field, such as `body.inputTokens`; empty where it is the request as a whole.
    pub field: String,
    /// What is wrong with it, to be read after the field's name.
    pub message: String,
}

/// Kinds of mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidCode {
    /// The request cannot be read, or a field is missing or not as it must be.
    Validation,
    /// A record of metrics without a metric.
    NoMetrics,
    /// More events than a batch may hold.
    BatchTooLarge,
    /// The event names another project than the key's.
    OtherProject,
}

impl InvalidCode {
    /// The word in REST answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validation => "VALIDATION_ERROR",
            Self::NoMetrics => "NO_METRICS_PROVIDED",
            Self::BatchTooLarge => "BATCH_TOO_LARGE",
            Self::OtherProject => "PROJECT_MISMATCH",
        }
    }
}

impl Invalid {
    /// What the sender can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self.code {
            InvalidCode::OtherProject => ErrorKind::Forbidden,
            InvalidCode::Validation | InvalidCode::NoMetrics | InvalidCode::BatchTooLarge => {
                ErrorKind::Invalid
            }
        }
    }

    /// A field, or with an empty name the request, that is not as it must be.
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: InvalidCode::Validation, index: None, field: field.into(), message: message.into() }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "event {index}: ")?;
        }
        let field = if self.field.is_empty() { "the request" } else { &self.field };
        write!(f, "{field} {}", self.message)
    }
}
