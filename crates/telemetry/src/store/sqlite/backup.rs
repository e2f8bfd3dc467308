//! Copies of the file, and the way back.

use super::{FILE, schema};
use crate::store::{StoreError, StoreResult};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Writes a complete copy into the new file `to`, as of one moment; writers and readers go on meanwhile.
pub(super) fn backup(dir: &Path, to: &Path) -> StoreResult<bool> {
    let path = dir.join(FILE);
    if !path.exists() {
        return Ok(false);
    }
    let text = to.to_str().ok_or(StoreError::Invalid("the path of the copy is not UTF-8"))?;
    // Empty, which is the only file that SQLite writes a copy into.
    new_file(to).map_err(unavailable)?;
    let copied = schema::open_reader(&path)
        .and_then(|connection| Ok(connection.execute("VACUUM INTO ?", [text]).map(drop)?))
        .and_then(|()| File::open(to).and_then(|copy| copy.sync_all()).map_err(unavailable));
    if copied.is_err() {
        let _ = std::fs::remove_file(to);
    }
    copied.map(|()| true)
}

/// Puts a copy in the place of the file, and says where the one before is kept.
pub(super) fn restore(from: &Path, dir: &Path) -> StoreResult<Option<PathBuf>> {
    let path = dir.join(FILE);
    let incoming = beside(&path, ".restoring");
    copy(from, &incoming).map_err(unavailable)?;
    if let Err(refusal) = schema::check(&incoming) {
        let _ = std::fs::remove_file(&incoming);
        return Err(refusal);
    }
    replace(&path, &incoming).map_err(unavailable)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    // Of a restore that did not end.
    let _ = std::fs::remove_file(to);
    let mut target = new_file(to)?;
    io::copy(&mut source, &mut target)?;
    target.sync_all()
}

/// Moves the file aside, with what SQLite keeps beside it, and the new one into its place.
fn replace(path: &Path, incoming: &Path) -> io::Result<Option<PathBuf>> {
    let kept = (1..)
        .map(|number: u32| beside(path, &format!(".before-restore-{number}")))
        .find(|kept| !kept.exists())
        .filter(|_| path.exists());
    if let Some(kept) = &kept {
        for suffix in ["-wal", "-shm", ""] {
            let part = beside(path, suffix);
            if part.exists() {
                std::fs::rename(part, beside(kept, suffix))?;
            }
        }
    }
    std::fs::rename(incoming, path)?;
    if let Some(dir) = path.parent() {
        File::open(dir)?.sync_all()?;
    }
    Ok(kept)
}

/// A file that was not there, and that only this user may read.
fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn unavailable(error: io::Error) -> StoreError {
    StoreError::Unavailable(error.into())
}
