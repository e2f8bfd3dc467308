//! What can go wrong with stored telemetry, sorted by what can be done about it.

use model::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

/// Why the store did not do what it was asked. Its text holds nothing secret.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full or failing, or the database does not answer: nothing was changed.
    #[error("telemetry cannot be stored or read at the moment")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The query took longer than it may.
    #[error("the query took longer than {} s: ask for a shorter time or fewer agents", .0.as_secs())]
    TimedOut(Duration),
    /// What was asked for cannot be; the sentence says what to do instead.
    #[error("{0}")]
    Invalid(&'static str),
    /// The file was written by a later version of this program.
    #[error("telemetry has schema {found}, this program knows {known}: use a later version of it")]
    NewerSchema {
        /// The schema found.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The database server is too old.
    #[error("ClickHouse {found} is too old: version {needed} or a later one is needed")]
    OldServer {
        /// Its version.
        found: String,
        /// The oldest that will do.
        needed: &'static str,
    },
    /// The file is no database of ours, or is damaged.
    #[error(
        "{} is damaged or no telemetry database: move it away and start again, \
         a new one is made; or put a copy of it back", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A record that is stored cannot be read.
    #[error("{0} that is stored cannot be read")]
    Malformed(&'static str),
    /// A statement failed for a reason that no caller can mend.
    #[error("a statement on the telemetry database failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unavailable(_) | Self::TimedOut(_) => ErrorKind::Unavailable,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::NewerSchema { .. }
            | Self::OldServer { .. }
            | Self::Damaged { .. }
            | Self::Malformed(_)
            | Self::Failed(_) => ErrorKind::Internal,
        }
    }
}
