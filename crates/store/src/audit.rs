//! The audit trail: records that only grow, each hashed together with the one before it.
//!
//! `hash = SHA-256(previous hash ‖ seq ‖ at_ms ‖ body)`: the previous hash as its 32 bytes
//! (zeros before the first record), `seq` and `at_ms` as 8 bytes each, most significant
//! first, and `body` as the UTF-8 bytes of the canonical JSON of a
//! [`model::audit::AuditEntry`]. Everything that is filtered by is computed from `body` by the
//! database, so that nothing stands beside the chain that could differ from it. The newest
//! record's place and hash are kept apart and compared, so that a cut tail is found.
//!
//! Both databases refuse to change or delete records, seals and head by triggers. Old records
//! leave by sealing only ([`crate::Store::seal_audit`]): they are exported to a file, and a
//! seal with their last hash takes their place, on which the next record stands. Each sealing
//! is recorded with a digest of all seals, which verifying compares.
//!
//! An exported file can be verified by anybody, without this program:
//!
//! ```python
//! import hashlib, json, sys
//! for line in map(json.loads, sys.stdin):
//!     if line["type"] == "start": previous, seq = bytes.fromhex(line["previous"]), line["first_seq"]
//!     if line["type"] == "record":
//!         text = line["seq"].to_bytes(8) + line["at_ms"].to_bytes(8) + line["body"].encode()
//!         previous = hashlib.sha256(previous + text).digest()
//!         assert (line["seq"], line["hash"]) == (seq, previous.hex()), line["seq"]
//!         seq += 1
//!     if line["type"] == "end": assert (line["last_seq"], line["hash"]) == (seq - 1, previous.hex())
//! ```

pub(crate) mod chain;
mod export;
mod filter;
mod seal;
mod verify;

pub use export::{Exported, verify_export};
pub use seal::Seal;
