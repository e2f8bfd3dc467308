//! Copies of a SQLite database, and the way back.

use crate::directory::{DATABASE_FILE, DataDirectory, in_background};
use crate::error::{Error, Result};
use crate::migrate;
use crate::row::Columns;
use crate::store::{Dialect, Store};
use model::audit::ChainVerdict;
use sqlx::sqlite::SqliteConnectOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

impl Store {
    /// Writes a complete copy into a new file that only this user may read, while everything
    /// goes on.
    ///
    /// # Errors
    /// [`Error::Invalid`] on PostgreSQL, which has tools of its own; [`Error::Directory`] when
    /// the file is there or cannot be written.
    pub async fn backup(&self, to: &Path) -> Result<()> {
        if self.dialect() == Dialect::Postgres {
            return Err(Error::Invalid("PostgreSQL is backed up with pg_dump or pg_basebackup".to_owned()));
        }
        let text = to.to_str().ok_or_else(|| Error::Invalid("the path is not UTF-8".to_owned()))?;
        let path = to.to_owned();
        // Empty, which is the only file that SQLite writes a copy into.
        in_background(to.to_owned(), move || {
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
        })
        .await?;
        let copied = match sqlx::query("VACUUM INTO $1").bind(text).execute(self.pool()).await {
            Ok(_) => {
                let path = to.to_owned();
                in_background(to.to_owned(), move || std::fs::File::open(path)?.sync_all()).await
            }
            Err(error) => Err(error.into()),
        };
        if copied.is_err() {
            let _ = tokio::fs::remove_file(to).await;
        }
        copied
    }
}

/// Says whether a backup's audit chain is intact, without changing the file.
///
/// # Errors
/// [`Error::Invalid`] when it is no database of ours, [`Error::NewerSchema`] when a later
/// version wrote it. Damage is a verdict.
pub async fn verify_backup(path: &Path) -> Result<ChainVerdict> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
    let store = Store::over_file(options).await.map_err(|error| foreign(path, error))?;
    let verdict = verify(&store, path).await;
    store.close().await;
    verdict
}

async fn verify(store: &Store, path: &Path) -> Result<ChainVerdict> {
    let newest = "SELECT COALESCE(MAX(version), 0) AS version FROM schema_migration";
    let row = sqlx::query(newest).fetch_one(store.pool()).await;
    let found = row.map_err(|error| foreign(path, error.into()))?.number("version")?;
    if found > migrate::KNOWN_VERSION {
        return Err(Error::NewerSchema { found, known: migrate::KNOWN_VERSION });
    }
    store.verify_audit(|_| ()).await
}

/// What cannot be opened or has no table of ours is no backup of ours.
fn foreign(path: &Path, error: Error) -> Error {
    match error {
        Error::Malformed { .. } | Error::Failed(_) => {
            Error::Invalid(format!("{} is no database of this program", path.display()))
        }
        other => other,
    }
}

/// Replaces the database in `dir` with a backup that is intact, and keeps the former one
/// beside it. Returns where, if there was one.
///
/// # Errors
/// [`Error::InUse`] while a process has the directory open; [`Error::Invalid`] when the backup
/// is not ours or broken. Then nothing is changed.
pub async fn restore(from: &Path, dir: &Path) -> Result<Option<PathBuf>> {
    let directory = DataDirectory::enter_alone(dir).await?;
    let log = beside(from, "-wal");
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        let path = from.display();
        return Err(Error::Invalid(format!("{path} is a database in use: make a backup of it first")));
    }
    let database = directory.database();
    let incoming = beside(&database, ".restoring");
    let (source, target) = (from.to_owned(), incoming.clone());
    in_background(from.to_owned(), move || {
        let mut source = std::fs::File::open(source)?;
        let _ = std::fs::remove_file(&target);
        let mut target = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(target)?;
        std::io::copy(&mut source, &mut target)?;
        target.sync_all()
    })
    .await?;
    let refusal = match verify_backup(&incoming).await {
        Ok(ChainVerdict::Intact { .. }) => None,
        Ok(ChainVerdict::Broken { seq, reason }) => {
            Some(Error::Invalid(format!("the audit record {seq} of the backup is broken: {reason}")))
        }
        Err(error) => Some(error),
    };
    if let Some(refusal) = refusal {
        let _ = tokio::fs::remove_file(&incoming).await;
        return Err(refusal);
    }
    in_background(dir.to_owned(), move || replace(&database, &incoming)).await
}

/// Moves the database aside, with what SQLite keeps beside it, and the new one into its place.
fn replace(database: &Path, incoming: &Path) -> std::io::Result<Option<PathBuf>> {
    let kept = (1..)
        .map(|number: u32| database.with_file_name(format!("{DATABASE_FILE}.before-restore-{number}")))
        .find(|path| !path.exists());
    let kept = kept.filter(|_| database.exists());
    if let Some(kept) = &kept {
        for suffix in ["-wal", "-shm", ""] {
            let part = beside(database, suffix);
            if part.exists() {
                std::fs::rename(part, beside(kept, suffix))?;
            }
        }
    }
    std::fs::rename(incoming, database)?;
    if let Some(dir) = database.parent() {
        std::fs::File::open(dir)?.sync_all()?;
    }
    Ok(kept)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
