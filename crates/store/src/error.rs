//! What can go wrong with our own state, sorted by what can be done about it.

use model::ErrorKind;
use sqlx::error::DatabaseError;
use std::path::PathBuf;

/// The result of everything here.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the store did not do what it was asked. Its text holds nothing secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else has changed it meanwhile, or holds the name: look again.
    #[error("{what} has been changed or taken meanwhile")]
    Conflict {
        /// What it is about, for example `email`, `slug`, `member`.
        what: &'static str,
    },
    /// A project keeps at least one owner.
    #[error("the last owner of a project cannot leave or be demoted")]
    LastOwner,
    /// There is no such thing to change.
    #[error("there is no such {what}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// What was asked for cannot be done; the sentence says what to do instead.
    #[error("{0}")]
    Invalid(String),
    /// The database does not answer, is full or may not be written: nothing was changed.
    #[error("the database of this server is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The data directory cannot be used.
    #[error("{} cannot be used", path.display())]
    Directory {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process has the data directory open.
    #[error("{} is in use by another process: stop the server first", .0.display())]
    InUse(PathBuf),
    /// The database was written by a later version of this program.
    #[error("the database has schema {found}, this program knows {known}: use a later version of it")]
    NewerSchema {
        /// The schema found.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The database holds something that we have not written.
    #[error("the database holds {what} that cannot be read")]
    Malformed {
        /// What cannot be read.
        what: String,
    },
    /// A statement failed for a reason that no caller can mend.
    #[error("a statement on the database of this server failed")]
    Failed(#[source] sqlx::Error),
    /// Reading or writing an export failed.
    #[error("the file could not be read or written")]
    File(#[from] std::io::Error),
}

impl Error {
    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Conflict { .. } | Self::LastOwner | Self::InUse(_) => ErrorKind::Conflict,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Unavailable(_) | Self::Directory { .. } | Self::File(_) => ErrorKind::Unavailable,
            Self::NewerSchema { .. } | Self::Malformed { .. } | Self::Failed(_) => ErrorKind::Internal,
        }
    }

    /// Makes the breach of a unique index a conflict about `what`.
    pub(crate) fn conflict_on(what: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |error| match error.as_database_error() {
            Some(cause) if cause.is_unique_violation() => Self::Conflict { what },
            // The row that it belongs to went away.
            Some(cause) if cause.is_foreign_key_violation() => Self::NotFound { what: "account or project" },
            _ => error.into(),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(cause) if is_passing(cause.as_ref()) => Self::Unavailable(error),
            sqlx::Error::Database(cause) if is_damage(cause.as_ref()) => {
                Self::Malformed { what: "damaged pages".to_owned() }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unavailable(error),
            sqlx::Error::ColumnDecode { index, .. } => {
                Self::Malformed { what: format!("a value in column {index}") }
            }
            _ => Self::Failed(error),
        }
    }
}

/// Busy, locked, full, read-only, not openable, no I/O; on PostgreSQL connections, resources,
/// an administrator's intervention, the system (classes 08, 53, 57, 58) and read-only (25006).
fn is_passing(cause: &dyn DatabaseError) -> bool {
    match (sqlite_code(cause), cause.code()) {
        (Some(code), _) => matches!(code, 5 | 6 | 8 | 10 | 13 | 14),
        (None, Some(code)) => {
            ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) || code == "25006"
        }
        (None, None) => false,
    }
}

/// `SQLITE_CORRUPT` and `SQLITE_NOTADB`; PostgreSQL's class XX.
pub(crate) fn is_damage(cause: &dyn DatabaseError) -> bool {
    match (sqlite_code(cause), cause.code()) {
        (Some(code), _) => matches!(code, 11 | 26),
        (None, Some(code)) => code.starts_with("XX"),
        (None, None) => false,
    }
}

/// The primary code of <https://sqlite.org/rescode.html>: the low byte.
fn sqlite_code(cause: &dyn DatabaseError) -> Option<i32> {
    let cause = cause.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    cause.code().and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff)
}
