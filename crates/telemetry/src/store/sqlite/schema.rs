//! The file: its tables, and how it is opened.

use crate::store::{StoreError, StoreResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Marks a file as ours: `SENT`, as `PRAGMA application_id`.
const APPLICATION_ID: i64 = 0x5345_4e54;

/// Each brings the schema one further. They are only ever added to.
const MIGRATIONS: &[&str] = &[include_str!("schema/0001_telemetry.sql")];

/// How long a connection waits for another one's lock: only the start and the end take one.
const BUSY_LIMIT: Duration = Duration::from_secs(5);
/// The writer's pages in memory, in KiB.
const WRITER_CACHE_KIB: i64 = 48 * 1024;
/// A reader's.
const READER_CACHE_KIB: i64 = 8 * 1024;
/// Pages of the write-ahead log after which it is brought into the file: 32 MiB. A page that is written
/// often is brought over once.
const CHECKPOINT_PAGES: i64 = 8_192;

/// Opens the file for its only writer; makes it if it is not there.
pub(super) fn open_writer(path: &Path) -> StoreResult<Connection> {
    let refuse = |error| refusal(path, error);
    let mut connection = Connection::open(path).map_err(refuse)?;
    connection.busy_timeout(BUSY_LIMIT).map_err(refuse)?;
    // Takes effect in a new file only, and there only before its first page.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(refuse)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(refuse)?;
    // A commit is on disk when it answers.
    connection.pragma_update(None, "synchronous", "FULL").map_err(refuse)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB).map_err(refuse)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(refuse)?;
    connection.pragma_update(None, "journal_size_limit", 4 * CHECKPOINT_PAGES * 4_096).map_err(refuse)?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(refuse)?;
    connection.set_prepared_statement_cache_capacity(64);
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Opens the file for reading.
pub(super) fn open_reader(path: &Path) -> StoreResult<Connection> {
    let refuse = |error| refusal(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(refuse)?;
    connection.busy_timeout(BUSY_LIMIT).map_err(refuse)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB).map_err(refuse)?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(refuse)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn migrate(connection: &mut Connection, path: &Path) -> StoreResult<()> {
    let refuse = |error| refusal(path, error);
    let application: i64 =
        connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(refuse)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(refuse)?;
    if tables > 0 && application != APPLICATION_ID {
        let source = "the file is a database of another program".into();
        return Err(StoreError::Damaged { path: path.to_owned(), source });
    }
    let transaction = connection.transaction().map_err(refuse)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(refuse)?;
    let create = "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY) STRICT";
    transaction.execute_batch(create).map_err(refuse)?;
    let found: i64 = transaction
        .query_row("SELECT coalesce(max(version), 0) FROM migration", [], |row| row.get(0))
        .map_err(refuse)?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    for (migration, version) in MIGRATIONS.iter().zip(1_i64..).skip(found as usize) {
        transaction.execute_batch(migration).map_err(refuse)?;
        transaction.execute("INSERT INTO migration (version) VALUES (?)", [version]).map_err(refuse)?;
    }
    transaction.commit().map_err(refuse)
}

/// Tells a file that cannot be used from a disk that cannot.
fn refusal(path: &Path, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            StoreError::Damaged { path: path.to_owned(), source: error.into() }
        }
        _ => error.into(),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted,
            ) => Self::Unavailable(error.into()),
            _ => Self::Failed(error.into()),
        }
    }
}
