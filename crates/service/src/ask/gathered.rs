//! What waits to be written. There is one writer, and each commit waits for the disk: what comes
//! while others are written shares the next commit.

use std::sync::{Mutex, PoisonError};
use tokio::sync::MutexGuard;

/// Things that wait for the next commit.
pub(super) struct Gathered<T> {
    waiting: Mutex<Vec<T>>,
    writing: tokio::sync::Mutex<()>,
}

impl<T> Default for Gathered<T> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), writing: tokio::sync::Mutex::default() }
    }
}

impl<T> Gathered<T> {
    /// Adds one. Whoever adds also begins a task that takes: it takes this one at the latest.
    pub(super) fn add(&self, one: T) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(one);
    }

    /// All that wait, once nobody else writes; none where the commit before took them along.
    pub(super) async fn take(&self) -> (MutexGuard<'_, ()>, Vec<T>) {
        let writing = self.writing.lock().await;
        let all = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        (writing, all)
    }
}
