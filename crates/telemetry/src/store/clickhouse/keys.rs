//! Keys of the batches that were stored lately.

use super::server::Server;
use crate::store::{BatchKey, StoreResult};
use model::identity::ProjectId;
use std::collections::{HashSet, VecDeque};

/// How many entries' keys are held in memory, at most so many together: 35 MB.
const KEPT: usize = 1_800_000;

#[derive(Default)]
pub(super) struct Keys {
    known: HashSet<u128>,
    /// By entry, oldest first.
    entries: VecDeque<Vec<u128>>,
}

/// Projects do not see each other's keys. The name is spread by FNV-1a.
pub(super) fn key_of(project: &ProjectId, key: BatchKey) -> u128 {
    u128::from_le_bytes(key.0) ^ fnv(project.as_str().bytes())
}

/// 128 bits of FNV-1a.
pub(super) fn fnv(bytes: impl Iterator<Item = u8>) -> u128 {
    bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

impl Keys {
    /// Those of entries up to `seq`, the latest that there is room for.
    pub(super) async fn load(server: &Server, seq: i64) -> StoreResult<Self> {
        let find = "SELECT keys FROM (SELECT seq, keys, \
             sum(length(keys)) OVER (ORDER BY seq DESC ROWS UNBOUNDED PRECEDING) AS bytes FROM batch_keys \
             WHERE seq <= {seq:Int64}) WHERE bytes <= {most:UInt64} ORDER BY seq";
        let mut answer = server.ask(find).with("seq", seq).with("most", 16 * KEPT as u64).rows().await?;
        let mut keys = Self::default();
        while !answer.is_empty() {
            let bytes = answer.bytes()?;
            let (chunks, _) = bytes.as_chunks::<16>();
            keys.add(chunks.iter().map(|bytes| u128::from_le_bytes(*bytes)).collect());
        }
        Ok(keys)
    }

    pub(super) fn contains(&self, key: u128) -> bool {
        self.known.contains(&key)
    }

    /// Takes those of an entry in, and forgets the oldest where they are too many.
    pub(super) fn add(&mut self, keys: Vec<u128>) {
        if keys.is_empty() {
            return;
        }
        self.known.extend(&keys);
        self.entries.push_back(keys);
        while self.known.len() > KEPT
            && let Some(oldest) = self.entries.pop_front()
        {
            for key in &oldest {
                self.known.remove(key);
            }
        }
    }
}
