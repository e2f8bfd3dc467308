//! Has commits be on disk before their senders hear of them.
//!
//! A commit appends to the write-ahead log and does not wait for the disk (`synchronous = NORMAL`): the next
//! group is looked up and packed meanwhile. [`Log`] waits in its place, for all commits that have come since
//! it last did, and answers them. A log whose writing failed may have lost any of them, and a later success
//! says nothing of them, so nobody is answered well until all of it was brought into the file.

use crate::store::{Receipt, StoreError, StoreResult};
use rusqlite::Connection;
use std::fs::File;
use std::io::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// What became of the batches of a commit.
pub(super) type Answers = Vec<StoreResult<Receipt>>;

/// A commit that is in the log, and who waits for it.
type Committed = (Answers, oneshot::Sender<StoreResult<Answers>>);

/// The thread that waits for the disk.
pub(super) struct Log {
    committed: Sender<Committed>,
    has_failed: Arc<AtomicBool>,
}

impl Log {
    /// Starts the thread for the log in `file`. Whether that is on disk nobody knows: a process that was here
    /// before may have ended when it could not be written.
    pub(super) fn start(file: File) -> StoreResult<Self> {
        let (committed, to_sync) = channel();
        let has_failed = Arc::new(AtomicBool::new(true));
        let failed = Arc::clone(&has_failed);
        std::thread::Builder::new()
            .name("telemetry-log".to_owned())
            .spawn(move || run(&file, &to_sync, &failed))
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(Self { committed, has_failed })
    }

    /// Answers when the commits until now are on disk.
    pub(super) fn answer(&self, answers: Answers, to: oneshot::Sender<StoreResult<Answers>>) {
        // The thread ends with this side only. Were it gone, who waits would hear that it is.
        drop(self.committed.send((answers, to)));
    }

    /// For before each commit of `writer`: where the log has failed, all of it must be in the file first.
    pub(super) fn mend(&self, writer: &Connection) -> StoreResult<()> {
        if !self.has_failed.load(Ordering::Acquire) {
            return Ok(());
        }
        let is_busy: bool = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if is_busy {
            let why = "the log must be brought into the file, and who uses it keeps us from doing so";
            return Err(StoreError::Unavailable(why.into()));
        }
        self.has_failed.store(false, Ordering::Release);
        Ok(())
    }
}

fn run(file: &File, committed: &Receiver<Committed>, has_failed: &AtomicBool) {
    while let Ok(first) = committed.recv() {
        let commits: Vec<Committed> = std::iter::once(first).chain(committed.try_iter()).collect();
        let synced = if has_failed.load(Ordering::Acquire) {
            Err(Error::other("the log has failed before"))
        } else {
            file.sync_data().inspect_err(|error| {
                tracing::error!(error = error as &dyn std::error::Error, "the log of telemetry failed");
                has_failed.store(true, Ordering::Release);
            })
        };
        for (answers, to) in commits {
            let answer = match &synced {
                Ok(()) => Ok(answers),
                Err(error) => Err(StoreError::Unavailable(error.to_string().into())),
            };
            // Who no longer waits does not get it.
            drop(to.send(answer));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;

    fn ask(log: &Log) -> StoreResult<Answers> {
        let (to, answered) = oneshot::channel();
        log.answer(vec![Ok(Receipt { stored: 1, repeated: 0 })], to);
        answered.blocking_recv().unwrap()
    }

    #[test]
    fn nobody_is_answered_well_until_a_log_that_failed_is_mended() {
        let dir = tempfile::tempdir().unwrap();
        let connection = Connection::open(dir.path().join("file")).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.execute_batch("CREATE TABLE row (id INTEGER)").unwrap();
        // A device that cannot be synced.
        let log = Log::start(File::open("/dev/null").unwrap()).unwrap();
        assert!(matches!(ask(&log), Err(StoreError::Unavailable(_))), "nobody knows what was before");
        log.mend(&connection).unwrap();
        for _ in 0..2 {
            assert!(matches!(ask(&log), Err(StoreError::Unavailable(_))));
        }
        let reader = Connection::open(dir.path().join("file")).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM row").unwrap();
        connection.execute_batch("INSERT INTO row VALUES (1)").unwrap();
        assert!(matches!(log.mend(&connection), Err(StoreError::Unavailable(_))));
        assert!(log.has_failed.load(Ordering::Acquire));
        reader.execute_batch("COMMIT").unwrap();
        log.mend(&connection).unwrap();
        assert!(!log.has_failed.load(Ordering::Acquire));

        let log = Log::start(File::open(dir.path().join("file-wal")).unwrap()).unwrap();
        log.mend(&connection).unwrap();
        assert_eq!(ask(&log).unwrap().remove(0).unwrap().stored, 1);
        assert!(!log.has_failed.load(Ordering::Acquire));
    }
}
