//! The file: its tables, and how it is opened.

use super::fold;
use crate::store::{StoreError, StoreResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Marks a file as ours: `SENT`, as `PRAGMA application_id`.
const APPLICATION_ID: i64 = 0x5345_4e54;

/// Each brings the schema one further. They are only ever added to.
const MIGRATIONS: &[&str] =
    &[include_str!("schema/0001_telemetry.sql"), include_str!("schema/0002_trace_place.sql")];

/// A page of a new file. Blocks of spans are twenty times as long as SQLite's usual one: of larger ones a commit
/// writes a third as many.
const PAGE_BYTES: i64 = 16 * 1024;
/// How long a connection waits for another one's lock: only the start and the end take one, and a log that
/// failed.
const BUSY_LIMIT: Duration = Duration::from_secs(5);
/// The writer's pages in memory, in KiB.
const WRITER_CACHE_KIB: i64 = 48 * 1024;
/// A reader's.
const READER_CACHE_KIB: i64 = 8 * 1024;
/// Room of the write-ahead log that is kept for what comes next.
const KEPT_LOG_BYTES: i64 = 128 * 1024 * 1024;

/// Opens the file for its only writer; makes it if it is not there.
pub(super) fn open_writer(path: &Path) -> StoreResult<Connection> {
    let refuse = |error| refusal(path, error);
    let mut connection = Connection::open(path).map_err(refuse)?;
    connection.busy_timeout(BUSY_LIMIT).map_err(refuse)?;
    let found = found_schema(&connection, path)?;
    // Both take effect in a new file only, and there only before its first page.
    connection.pragma_update(None, "page_size", PAGE_BYTES).map_err(refuse)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(refuse)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(refuse)?;
    // A commit is in the log when it answers; `log` has it be on disk.
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(refuse)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB).map_err(refuse)?;
    connection.pragma_update(None, "journal_size_limit", KEPT_LOG_BYTES).map_err(refuse)?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(refuse)?;
    connection.set_prepared_statement_cache_capacity(64);
    fold::add_functions(&connection).map_err(refuse)?;
    migrate(&mut connection, found).map_err(refuse)?;
    Ok(connection)
}

/// Opens the write-ahead log of a file that is open, and stays the same file as long as that is.
pub(super) fn open_log(path: &Path) -> StoreResult<File> {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    File::options().read(true).write(true).open(name).map_err(|error| StoreError::Unavailable(error.into()))
}

/// Opens the file for who brings its log over, and writes nothing else.
pub(super) fn open_checkpointer(path: &Path) -> StoreResult<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(|error| refusal(path, error))
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

/// Says whether the file is an undamaged copy of one of ours that this program can open. Changes nothing.
pub(super) fn check(path: &Path) -> StoreResult<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let refuse = |error| refusal(path, error);
    let connection = Connection::open_with_flags(path, flags).map_err(refuse)?;
    let damaged = |source: &str| StoreError::Damaged { path: path.to_owned(), source: source.into() };
    if found_schema(&connection, path)? == 0 {
        return Err(damaged("it is empty"));
    }
    let verdict: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(refuse)?;
    if verdict == "ok" { Ok(()) } else { Err(damaged(&verdict)) }
}

/// The schema of the file, 0 of a new one. Changes nothing: the file may not be ours.
fn found_schema(connection: &Connection, path: &Path) -> StoreResult<i64> {
    let number = |sql: &str| -> StoreResult<i64> {
        connection.query_row(sql, [], |row| row.get(0)).map_err(|error| refusal(path, error))
    };
    if number("SELECT count(*) FROM sqlite_schema")? == 0 {
        return Ok(0);
    }
    if number("PRAGMA application_id")? != APPLICATION_ID {
        let source = "the file is a database of another program".into();
        return Err(StoreError::Damaged { path: path.to_owned(), source });
    }
    let found = number("SELECT max(version) FROM migration")?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    Ok(found)
}

/// Brings the schema from `found` to the newest, or leaves it as it was.
fn migrate(connection: &mut Connection, found: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.execute_batch("CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY) STRICT")?;
    for (migration, version) in MIGRATIONS.iter().zip(1_i64..).skip(found as usize) {
        transaction.execute_batch(migration)?;
        transaction.execute("INSERT INTO migration (version) VALUES (?)", [version])?;
    }
    transaction.commit()
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
