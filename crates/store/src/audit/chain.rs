//! The chain itself: pure, no database.

use crate::error::Result;
use crate::row::malformed;
use crate::token::hex;
use model::audit::{AuditEntry, AuditValues, ChainVerdict};
use sha2::{Digest, Sha256};

/// The action that only sealing records.
pub(crate) const SEAL_ACTION: &str = "audit.seal";
/// How the canonical JSON of such a record begins: fields stand in the order of their names.
const SEAL_BODY: &[u8] = b"{\"action\":\"audit.seal\",";

/// A record's place and hash; place 0 and zeros before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: i64,
    pub(crate) hash: [u8; 32],
}

impl Head {
    pub(crate) const START: Self = Self { seq: 0, hash: [0; 32] };

    pub(crate) fn parse(seq: i64, hash: &str) -> Result<Self> {
        let mut bytes = [0; 32];
        match base16ct::lower::decode(hash, &mut bytes) {
            // No place is so late that counting on from it would overflow.
            Ok(decoded) if decoded.len() == 32 && (0..i64::MAX / 2).contains(&seq) => {
                Ok(Self { seq, hash: bytes })
            }
            _ => Err(malformed(&format!("the hash of audit record {seq}"))),
        }
    }

    /// The place and hash of the record after this one.
    pub(crate) fn next(&self, at_ms: i64, body: &str) -> Self {
        self.next_of_bytes(at_ms, body.as_bytes())
    }

    fn next_of_bytes(&self, at_ms: i64, body: &[u8]) -> Self {
        let seq = self.seq + 1;
        let mut hash = Sha256::new();
        hash.update(self.hash);
        hash.update(seq.to_be_bytes());
        hash.update(at_ms.to_be_bytes());
        hash.update(body);
        Self { seq, hash: hash.finalize().into() }
    }

    pub(crate) fn hash_text(&self) -> String {
        hex(&self.hash)
    }
}

/// The JSON of an entry that is hashed and stored. NUL characters, which PostgreSQL cannot
/// hold, become U+FFFD.
pub(crate) fn canonical(entry: &AuditEntry) -> Result<String> {
    let text = |text: &String| text.replace('\0', "\u{fffd}");
    let optional = |value: &Option<String>| value.as_ref().map(text);
    let values = |values: &AuditValues| values.iter().map(|(key, value)| (text(key), text(value))).collect();
    let entry = AuditEntry {
        action: text(&entry.action),
        actor: text(&entry.actor),
        actor_id: optional(&entry.actor_id),
        address: optional(&entry.address),
        after: values(&entry.after),
        before: values(&entry.before),
        object: text(&entry.object),
        project: entry.project.as_ref().map(|id| id.as_str().replace('\0', "\u{fffd}").as_str().into()),
        request_id: optional(&entry.request_id),
        result: entry.result,
        user_agent: optional(&entry.user_agent),
    };
    serde_json::to_string(&entry).map_err(|_| malformed("an audit entry"))
}

/// What verifying found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) seq: i64,
    pub(crate) reason: String,
}

impl Broken {
    pub(crate) fn at(seq: i64, reason: impl Into<String>) -> Self {
        Self { seq, reason: reason.into() }
    }
}

impl From<Broken> for ChainVerdict {
    fn from(broken: Broken) -> Self {
        Self::Broken { seq: broken.seq, reason: broken.reason }
    }
}

/// Reads records in order and follows the chain.
#[derive(Clone, Debug)]
pub(crate) struct ChainCheck {
    /// The last record that was right.
    pub(crate) head: Head,
    /// How many were.
    pub(crate) records: u64,
    /// The newest record of a sealing among them.
    pub(crate) sealing: Option<AuditEntry>,
}

impl ChainCheck {
    /// Begins behind `head`.
    pub(crate) fn behind(head: Head) -> Self {
        Self { head, records: 0, sealing: None }
    }

    /// Takes the next record.
    pub(crate) fn take(
        &mut self,
        seq: i64,
        at_ms: i64,
        body: &[u8],
        hash: &[u8],
    ) -> std::result::Result<(), Broken> {
        let next = self.head.next_of_bytes(at_ms, body);
        if seq != next.seq {
            return Err(Broken::at(next.seq, format!("it is missing: record {seq} stands in its place")));
        }
        let mut text = [0; 64];
        let computed = base16ct::lower::encode(&next.hash, &mut text).unwrap_or_default();
        if computed != hash {
            return Err(Broken::at(seq, "it is not as it was written"));
        }
        if body.starts_with(SEAL_BODY) {
            self.sealing = serde_json::from_slice(body).ok();
        }
        self.head = next;
        self.records += 1;
        Ok(())
    }

    /// Compares the end with what is known of the newest record.
    pub(crate) fn end_at(&self, seq: i64, hash: &str) -> std::result::Result<(), Broken> {
        if seq != self.head.seq {
            return Err(Broken::at(self.head.seq + 1, format!("it is missing: the last record is {seq}")));
        }
        if hash != self.head.hash_text() {
            return Err(Broken::at(seq, "the hash kept of the newest record is another"));
        }
        Ok(())
    }

    pub(crate) fn intact(&self) -> ChainVerdict {
        ChainVerdict::Intact { records: self.records, last_seq: self.head.seq, head: self.head.hash_text() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::audit::AuditResult;

    fn entry(action: &str) -> AuditEntry {
        AuditEntry {
            action: action.to_owned(),
            actor: "ada@example.org".to_owned(),
            actor_id: None,
            address: None,
            after: AuditValues::from([("role".to_owned(), "vie\0wer".to_owned())]),
            before: AuditValues::new(),
            object: "member:b@example.org".to_owned(),
            project: Some("p".into()),
            request_id: None,
            result: AuditResult::Success,
            user_agent: None,
        }
    }

    #[test]
    fn the_canonical_json_has_its_keys_in_order_and_no_nul() {
        let body = canonical(&entry("member.invite")).unwrap();
        assert_eq!(
            body,
            "{\"action\":\"member.invite\",\"actor\":\"ada@example.org\",\"after\":{\"role\":\"vie\u{fffd}wer\"},\
             \"object\":\"member:b@example.org\",\"project\":\"p\",\"result\":\"success\"}"
        );
    }

    #[test]
    fn a_sealing_is_known_by_how_it_begins() {
        assert!(canonical(&entry(SEAL_ACTION)).unwrap().as_bytes().starts_with(SEAL_BODY));
    }

    /// Computed with Python's hashlib.
    #[test]
    fn the_hash_is_the_one_that_the_documentation_describes() {
        let first = Head::START.next(1, "{}");
        assert_eq!(first.seq, 1);
        assert_eq!(first.hash_text(), "d6e3dfe5dbc15fc03e14f4016521e22395d6193412d7ba12879f847bc821fe5d");
        assert_eq!(
            first.next(258, "{}").hash_text(),
            "2263bfa873774ce1eacdd8b5556ae489f6447b313a2791a1569d9928d54f9516"
        );
    }
}
