//! What a driver's error means for the person who has to mend it.

use super::QueryLimits;
use crate::error::SourceError;
use rustls::CertificateError;
use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::sqlite::SqliteError;

const SQLITE_BUSY: i32 = 5;
const SQLITE_LOCKED: i32 = 6;
const SQLITE_INTERRUPT: i32 = 9;
const SQLITE_IOERR: i32 = 10;
const SQLITE_CANTOPEN: i32 = 14;

/// Sorts an error into what can be done about it.
pub(super) fn classify(error: sqlx::Error, limits: QueryLimits) -> SourceError {
    match &error {
        sqlx::Error::Database(database) => {
            if let Some(mysql) = database.try_downcast_ref::<MySqlDatabaseError>() {
                match (mysql.number(), mysql.code()) {
                    // MariaDB's max_statement_time, MySQL's MAX_EXECUTION_TIME, KILL QUERY.
                    (1969 | 3024 | 1317, _) | (_, Some("70100")) => return timed_out(limits),
                    // Too many connections, shutting down, connection killed.
                    (_, Some("08004" | "08S01")) | (1927, _) => {
                        return SourceError::Unreachable(error.into());
                    }
                    _ => {}
                }
            }
            if let Some(sqlite) = database.try_downcast_ref::<SqliteError>() {
                let code = sqlite.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or(0);
                // The low byte is the primary code of https://sqlite.org/rescode.html.
                return match code & 0xff {
                    SQLITE_INTERRUPT | SQLITE_BUSY | SQLITE_LOCKED => timed_out(limits),
                    SQLITE_CANTOPEN | SQLITE_IOERR => SourceError::Unreachable(error.into()),
                    _ => SourceError::Refused(error.into()),
                };
            }
            SourceError::Refused(error.into())
        }
        sqlx::Error::Io(io) => match certificate_fault(io) {
            Some(fault) => fault,
            None => SourceError::Unreachable(error.into()),
        },
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Tls(_) => SourceError::Unreachable(error.into()),
        sqlx::Error::ColumnDecode { index, .. } => {
            SourceError::Malformed { what: format!("column {index} is no text") }
        }
        _ => SourceError::Refused(error.into()),
    }
}

/// The same of the error of opening a session. Only there does 28000 tell of a login: of a statement it tells
/// that a privilege is missing.
pub(super) fn classify_opening(error: sqlx::Error, limits: QueryLimits) -> SourceError {
    match &error {
        sqlx::Error::Database(database) if database.code().as_deref() == Some("28000") => {
            SourceError::LoginRejected(error.into())
        }
        _ => classify(error, limits),
    }
}

/// An index hint names an index that is not there.
pub(super) fn is_unknown_index(cause: &(dyn std::error::Error + 'static)) -> bool {
    let Some(sqlx::Error::Database(database)) = cause.downcast_ref() else {
        return false;
    };
    database.try_downcast_ref::<MySqlDatabaseError>().is_some_and(|error| error.number() == 1176)
}

/// The time limit has passed.
pub(super) fn timed_out(limits: QueryLimits) -> SourceError {
    SourceError::TimedOut { limit_s: limits.timeout.as_secs().max(1) }
}

/// A certificate that does not hold is a matter of settings, not of the network.
fn certificate_fault(error: &std::io::Error) -> Option<SourceError> {
    let Some(rustls::Error::InvalidCertificate(fault)) = error.get_ref()?.downcast_ref() else {
        return None;
    };
    let text = match fault {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the certificate of the database server is for another host name: set RDS_HOST to that name, \
             or, behind a load balancer, certificate_check to \"issuer\""
        }
        CertificateError::UnknownIssuer => {
            "the certificate of the database server is not from an authority in RDS_PEM_PATH"
        }
        _ => "the certificate of the database server is not valid",
    };
    Some(SourceError::Settings(text.to_owned()))
}
