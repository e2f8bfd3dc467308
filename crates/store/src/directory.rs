//! The data directory, and who has it open.

use crate::error::{Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The database in it.
pub(crate) const DATABASE_FILE: &str = "sentry.db";
/// Whoever has the database open holds this file's lock, shared; whoever sets it up or
/// replaces it, alone. The system frees it when a process ends, however it ends.
const LOCK_FILE: &str = "sentry.lock";

/// The folder of our own state, held: nobody else sets it up or replaces what is in it meanwhile.
pub struct DataDirectory {
    path: PathBuf,
    lock: File,
}

impl DataDirectory {
    /// Makes the folder if needed and holds it: alone if nobody else does, so that a new
    /// database is set up by one process, else shared.
    pub(crate) async fn enter(dir: &Path) -> Result<Self> {
        let dir = dir.to_owned();
        in_background(dir.clone(), move || {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
            let lock = private_file(&dir.join(LOCK_FILE))?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => lock.lock_shared()?,
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // SQLite gives its other files the rights of this one.
            private_file(&dir.join(DATABASE_FILE))?;
            Ok(Self { path: dir, lock })
        })
        .await
    }

    /// Lets others in.
    pub(crate) async fn share(self) -> Result<Self> {
        in_background(self.path.clone(), move || {
            self.lock.lock_shared()?;
            Ok(self)
        })
        .await
    }

    /// Holds the folder alone.
    ///
    /// # Errors
    /// [`Error::InUse`] where somebody else has it, [`Error::Directory`].
    pub async fn enter_alone(dir: &Path) -> Result<Self> {
        let dir = dir.to_owned();
        let entered = in_background(dir.clone(), {
            let dir = dir.clone();
            move || {
                std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
                let lock = private_file(&dir.join(LOCK_FILE))?;
                match lock.try_lock() {
                    Ok(()) => Ok(Some(Self { path: dir, lock })),
                    Err(TryLockError::WouldBlock) => Ok(None),
                    Err(TryLockError::Error(error)) => Err(error),
                }
            }
        })
        .await?;
        entered.ok_or(Error::InUse(dir))
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE_FILE)
    }
}

impl Drop for DataDirectory {
    /// Closing the file is not enough: a child process that another thread is starting has it
    /// open too, until it runs its own program.
    fn drop(&mut self) {
        // Where that fails, closing has to do.
        let _ = self.lock.unlock();
    }
}

/// Opens a file that only this user may read, and makes it if it is not there.
pub(crate) fn private_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Waits for file system and locks where nobody else has to wait with us.
pub(crate) async fn in_background<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.unwrap_or_else(|stopped| Err(std::io::Error::other(stopped)));
    done.map_err(|source| Error::Directory { path, source })
}
