//! Keys of the batches that were stored lately.
//!
//! They are random, and a table in their order would touch a page for each. So one row holds all keys of
//! a commit, and they are looked up in memory, read again at the next start.

use crate::store::{BatchKey, StoreError, StoreResult};
use model::telemetry::UnixNanos;
use rusqlite::Connection;
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// How long a repeated request is recognised. Senders give up within minutes.
const KEPT_NANOS: i64 = 6 * 3_600 * 1_000_000_000;
/// How many are held: 35 MB. At 12,000 requests a second that is two and a half minutes.
const KEPT: usize = 1_800_000;

#[derive(Default)]
pub(super) struct Keys {
    known: HashSet<u128, BuildHasherDefault<HashOfHash>>,
    /// The commits that they came with, oldest first.
    commits: VecDeque<Commit>,
    /// Those of the transaction that is going on.
    unsettled: Vec<u128>,
    /// The row that they were written to.
    row: i64,
    latest: i64,
}

struct Commit {
    row: i64,
    received: i64,
    keys: Box<[u128]>,
}

impl Keys {
    pub(super) fn load(connection: &Connection) -> StoreResult<Self> {
        let mut keys = Self::default();
        let mut statement = connection.prepare("SELECT id, received, keys FROM batch_keys ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (chunks, _) = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?.as_chunks::<16>();
            let of_commit: Box<[u128]> = chunks.iter().map(|bytes| u128::from_le_bytes(*bytes)).collect();
            keys.known.extend(&of_commit);
            keys.latest = row.get(1)?;
            keys.commits.push_back(Commit { row: row.get(0)?, received: keys.latest, keys: of_commit });
        }
        Ok(keys)
    }

    /// Takes a key in; false if it is known.
    pub(super) fn insert(&mut self, project: i64, key: BatchKey, received: UnixNanos) -> bool {
        // Projects do not see each other's keys.
        let spread = u128::from(project as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let key = u128::from_le_bytes(key.0) ^ spread;
        let is_new = self.known.insert(key);
        if is_new {
            self.unsettled.push(key);
            self.latest = received.0;
        }
        is_new
    }

    pub(super) fn write(&mut self, connection: &Connection) -> StoreResult<()> {
        if self.unsettled.is_empty() {
            return Ok(());
        }
        let bytes: Vec<u8> = self.unsettled.iter().flat_map(|key| key.to_le_bytes()).collect();
        let mut insert =
            connection.prepare_cached("INSERT INTO batch_keys (received, keys) VALUES (?, ?)")?;
        self.row = insert.insert((self.latest, bytes))?;
        Ok(())
    }

    /// The transaction is committed.
    pub(super) fn settle(&mut self) {
        if !self.unsettled.is_empty() {
            let keys = std::mem::take(&mut self.unsettled).into_boxed_slice();
            self.commits.push_back(Commit { row: self.row, received: self.latest, keys });
        }
    }

    /// The transaction is rolled back.
    pub(super) fn forget_unsettled(&mut self) {
        for key in self.unsettled.drain(..) {
            self.known.remove(&key);
        }
    }

    /// Forgets those that are too old or too many.
    pub(super) fn drop_old(&mut self, connection: &Connection) -> StoreResult<()> {
        let mut last_row = None;
        while let Some(oldest) = self.commits.front()
            && (oldest.received < self.latest - KEPT_NANOS || self.known.len() > KEPT)
        {
            for key in &oldest.keys {
                self.known.remove(key);
            }
            last_row = Some(oldest.row);
            self.commits.pop_front();
        }
        if let Some(row) = last_row {
            let delete = "DELETE FROM batch_keys WHERE id <= ?";
            connection.prepare_cached(delete)?.execute([row]).map_err(StoreError::from)?;
        }
        Ok(())
    }
}

/// A key is a hash already.
#[derive(Default)]
struct HashOfHash(u64);

impl Hasher for HashOfHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }
}
