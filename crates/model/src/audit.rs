//! The audit trail's records: who did what to which object, from where, and what came of it.

use crate::identity::ProjectId;
use crate::permission::{Actor, Identity};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditResult {
    /// It was done.
    Success,
    /// It was tried and did not succeed, for example a wrong password.
    Failure,
    /// The actor may not do it.
    Refused,
}

impl AuditResult {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Success, Self::Failure, Self::Refused];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Refused => "refused",
        }
    }

    /// The result of that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.as_str() == text)
    }
}

/// The values of an object that an action changed, by field. Texts only: nothing secret, and
/// nothing that two JSON writers could spell differently.
pub type AuditValues = BTreeMap<String, String>;

/// What is recorded. Serialised with sorted keys and without blanks it is what the chain hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// `noun.verb`, for example `member.invite`.
    pub action: String,
    /// Who: an address, `key:NAME`, `local owner`, `anonymous` or `system`.
    pub actor: String,
    /// The actor's id where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<String>,
    /// The address that the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The object's values after the action.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub after: AuditValues,
    /// The object's values before the action.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub before: AuditValues,
    /// What it was done to, for example `member:ada@example.org`.
    pub object: String,
    /// The project, where it was done in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// The request, as log and answer call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What came of it.
    pub result: AuditResult,
    /// The program that asked, as it calls itself, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

impl AuditEntry {
    /// What `actor` did with success to `object`, for example `member:ada@example.org`.
    pub fn by(actor: &Actor, action: &str, object: impl Into<String>) -> Self {
        let actor_id = match &actor.identity {
            Identity::User { id, .. } => Some(id.to_string()),
            Identity::Key { id, .. } => Some(id.to_string()),
            Identity::LocalOwner | Identity::Anonymous => None,
        };
        Self {
            action: action.to_owned(),
            actor: actor.label(),
            actor_id,
            address: actor.origin.address.clone(),
            after: AuditValues::new(),
            before: AuditValues::new(),
            object: object.into(),
            project: actor.project.as_ref().map(|project| project.id.clone()),
            request_id: actor.origin.request_id.clone(),
            result: AuditResult::Success,
            user_agent: actor.origin.user_agent.clone(),
        }
    }

    /// With a value that the object had before.
    #[must_use]
    pub fn before(mut self, field: &str, value: impl ToString) -> Self {
        self.before.insert(field.to_owned(), value.to_string());
        self
    }

    /// With a value that the object has now.
    #[must_use]
    pub fn after(mut self, field: &str, value: impl ToString) -> Self {
        self.after.insert(field.to_owned(), value.to_string());
        self
    }

    /// With another result than success.
    #[must_use]
    pub fn with_result(mut self, result: AuditResult) -> Self {
        self.result = result;
        self
    }
}

/// A record of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Its place in the chain; the first is 1, none is missing.
    pub seq: i64,
    /// When it was recorded.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub at: Timestamp,
    /// What is recorded.
    #[serde(flatten)]
    pub entry: AuditEntry,
    /// Its hash in the chain, as hexadecimal text.
    pub hash: String,
}

/// Which records are wanted, newest first. Everything that is `None` is not asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFilter {
    /// Of this project.
    pub project: Option<ProjectId>,
    /// Besides those of the project, records of no project: sign-ins and the server itself.
    pub with_server: bool,
    /// By this actor, as the record names it.
    pub actor: Option<String>,
    /// This action; a noun with a dot (`member.`) takes all its verbs.
    pub action: Option<String>,
    /// On this object, or on all that begin with this text.
    pub object: Option<String>,
    /// With this result.
    pub result: Option<AuditResult>,
    /// Recorded at or after this.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub from: Option<Timestamp>,
    /// Recorded before this.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub to: Option<Timestamp>,
    /// With this text anywhere in the record, in any case.
    pub text: Option<String>,
}

/// Some records, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The records.
    pub records: Vec<AuditRecord>,
    /// How many match in all.
    pub total: u64,
    /// Where the next, older page begins: records before this place.
    pub older_than: Option<i64>,
}

/// What is known of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum ChainVerdict {
    /// Every record is as it was written, and none is missing.
    Intact {
        /// Records that were read.
        records: u64,
        /// The newest record's place, 0 where there is none.
        last_seq: i64,
        /// The newest record's hash, as hexadecimal text.
        head: String,
    },
    /// A record is missing or not as it was written.
    Broken {
        /// The first such record's place.
        seq: i64,
        /// What is wrong there.
        reason: String,
    },
}
