//! Brings the write-ahead log into the file, mostly beside the thread that writes.
//!
//! What has been written often since the last time is brought over once. While that goes on more is written;
//! this rest the writer brings over itself, and waits for the disk, so that the log is empty and is written
//! from its start again.

use super::schema;
use crate::store::{StoreError, StoreResult};
use rusqlite::Connection;
use std::cell::Cell;
use std::error::Error as StdError;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

/// Room that pages take in the log when it is brought into the file.
const AFTER_BYTES: i32 = 32 * 1024 * 1024;

thread_local! {
    /// How many pages the log of this thread's connection has since its last commit.
    static LOG_PAGES: Cell<i32> = const { Cell::new(0) };
}

/// The thread that brings it over, as the writer sees it.
pub(super) struct Checkpointer {
    start: Sender<()>,
    done: Receiver<()>,
    after_pages: i32,
    is_running: bool,
}

impl Checkpointer {
    /// Starts the thread for the file that `writer` writes.
    pub(super) fn start(path: &Path, writer: &Connection) -> StoreResult<Self> {
        let connection = schema::open_checkpointer(path)?;
        let page_bytes: i32 = writer.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        let (start, started) = channel();
        let (finish, done) = channel();
        std::thread::Builder::new()
            .name("telemetry-checkpoint".to_owned())
            .spawn(move || {
                while started.recv().is_ok() {
                    checkpoint(&connection);
                    if finish.send(()).is_err() {
                        break;
                    }
                }
            })
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        writer.wal_hook(Some(|_, pages| {
            LOG_PAGES.set(pages);
            Ok(())
        }));
        Ok(Self { start, done, after_pages: AFTER_BYTES / page_bytes, is_running: false })
    }

    /// For after each commit of `writer`, on its thread.
    pub(super) fn step(&mut self, writer: &Connection) {
        if self.is_running {
            match self.done.try_recv() {
                Err(TryRecvError::Empty) => {}
                Ok(()) | Err(TryRecvError::Disconnected) => {
                    self.is_running = false;
                    checkpoint(writer);
                }
            }
        } else if LOG_PAGES.get() >= self.after_pages {
            self.is_running = self.start.send(()).is_ok();
        }
    }
}

/// Brings over what no reader and no writer keeps it from.
fn checkpoint(connection: &Connection) {
    let run = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = run {
        tracing::warn!(
            error = &error as &dyn StdError,
            "the log of telemetry could not be brought into the file"
        );
    }
}
