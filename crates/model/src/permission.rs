//! Who acts, and what that actor may do. Every use case takes an [`Actor`] first.
//!
//! One table, [`GRANTS`], says which role and which key scope holds which capability.

use crate::identity::{KeyId, Project, UserId};
use crate::ids::EssentialName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// What somebody is in a project. A later one may do all that an earlier one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Works: refreshes, later acts on incidents.
    Engineer,
    /// Decides who works here, and with which keys.
    Admin,
    /// Decides about the project itself.
    Owner,
}

impl Role {
    /// All of them, least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Engineer, Self::Admin, Self::Owner];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Engineer => "engineer",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role of that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a machine key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Sends telemetry.
    Ingest,
    /// Reads what a viewer reads.
    Read,
    /// Delivers webhooks.
    Webhook,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Read, Self::Webhook];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Webhook => "webhook",
        }
    }

    /// The scope of that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a use case needs from its actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Read boards, runs, tasks and the health of the sources.
    ViewEstate,
    /// Ask questions about the estate, and keep the conversations.
    Ask,
    /// Make the catalog read its source again.
    RefreshCatalog,
    /// See who belongs to the project.
    ViewMembers,
    /// Invite people, change their role and groups, remove them.
    ManageMembers,
    /// Make and revoke machine keys.
    ManageKeys,
    /// Say which groups may see which essential, and which groups have which role.
    ManageAccess,
    /// Rename the project.
    ManageProject,
    /// Archive the project and bring it back.
    ArchiveProject,
    /// Make a project beside this one.
    CreateProject,
    /// Read and export the audit trail.
    ViewAudit,
    /// See version, sources and storage of this server, and test the sources.
    ViewServer,
    /// Send what agents tell of themselves.
    SendTelemetry,
    /// See agents, traces, metrics, logs and events.
    ViewTelemetry,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::ViewEstate,
        Self::Ask,
        Self::RefreshCatalog,
        Self::ViewMembers,
        Self::ManageMembers,
        Self::ManageKeys,
        Self::ManageAccess,
        Self::ManageProject,
        Self::ArchiveProject,
        Self::CreateProject,
        Self::ViewAudit,
        Self::ViewServer,
        Self::SendTelemetry,
        Self::ViewTelemetry,
    ];
}

/// The permission table: the least role that holds a capability, and the key scope that does. What
/// programs send is for no role: a session in a browser has no use for it. Open mode's owner may all.
pub const GRANTS: [(Capability, Option<Role>, Option<Scope>); 14] = [
    (Capability::ViewEstate, Some(Role::Viewer), Some(Scope::Read)),
    (Capability::Ask, Some(Role::Viewer), Some(Scope::Read)),
    (Capability::RefreshCatalog, Some(Role::Engineer), None),
    (Capability::ViewMembers, Some(Role::Viewer), None),
    (Capability::ManageMembers, Some(Role::Admin), None),
    (Capability::ManageKeys, Some(Role::Admin), None),
    (Capability::ManageAccess, Some(Role::Admin), None),
    (Capability::ManageProject, Some(Role::Admin), None),
    (Capability::ArchiveProject, Some(Role::Owner), None),
    (Capability::CreateProject, Some(Role::Owner), None),
    (Capability::ViewAudit, Some(Role::Admin), None),
    (Capability::ViewServer, Some(Role::Admin), None),
    (Capability::SendTelemetry, None, Some(Scope::Ingest)),
    (Capability::ViewTelemetry, Some(Role::Viewer), Some(Scope::Read)),
];

/// Who it is that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Open mode: no users are set up and the server listens on loopback only, so the
    /// person at this machine owns everything.
    LocalOwner,
    /// Somebody who signed in.
    User {
        /// The account.
        id: UserId,
        /// The account's address.
        email: String,
    },
    /// A program with a machine key.
    Key {
        /// The key.
        id: KeyId,
        /// The name that people gave it.
        name: String,
        /// What it is for.
        scopes: BTreeSet<Scope>,
    },
    /// Somebody who has not said who they are; may do nothing.
    Anonymous,
}

/// The one who asks, in the project that is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub identity: Identity,
    /// In which project; `None` for somebody who belongs to none.
    pub project: Option<Arc<Project>>,
    /// As what; `None` where the project is not theirs. Keys have scopes instead.
    pub role: Option<Role>,
    /// Essentials that do not exist for this actor.
    pub hidden: Arc<BTreeSet<EssentialName>>,
    /// Where the request comes from, for the audit trail.
    pub origin: Arc<Origin>,
}

/// Where a request comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address of the other end.
    pub address: Option<String>,
    /// The program, as it calls itself, at most 200 characters.
    pub user_agent: Option<String>,
    /// The request's id, as log and answer call it.
    pub request_id: Option<String>,
}

impl Actor {
    /// Open mode's actor, who owns everything.
    pub fn local_owner() -> Self {
        Self { role: Some(Role::Owner), ..Self::of(Identity::LocalOwner) }
    }

    /// Somebody unknown.
    pub fn anonymous() -> Self {
        Self::of(Identity::Anonymous)
    }

    /// Somebody in no project.
    pub fn of(identity: Identity) -> Self {
        Self { identity, project: None, role: None, hidden: Arc::default(), origin: Arc::default() }
    }

    /// Whether this actor holds `capability` in its project.
    pub fn may(&self, capability: Capability) -> bool {
        let granted = GRANTS.iter().find(|(granted, ..)| *granted == capability);
        granted.is_some_and(|(_, least, scope)| match &self.identity {
            Identity::Anonymous => false,
            Identity::LocalOwner => true,
            Identity::Key { scopes, .. } => scope.is_some_and(|scope| scopes.contains(&scope)),
            Identity::User { .. } => least.is_some_and(|least| self.role >= Some(least)),
        })
    }

    /// Whether the essential exists for this actor.
    pub fn sees(&self, essential: &EssentialName) -> bool {
        !self.hidden.contains(essential)
    }

    /// The account of a person who signed in.
    pub fn user_id(&self) -> Option<&UserId> {
        match &self.identity {
            Identity::User { id, .. } => Some(id),
            _ => None,
        }
    }

    /// How the audit trail names the actor: an address, `key:NAME`, `local owner` or `anonymous`.
    pub fn label(&self) -> String {
        match &self.identity {
            Identity::LocalOwner => "local owner".to_owned(),
            Identity::User { email, .. } => email.clone(),
            Identity::Key { name, .. } => format!("key:{name}"),
            Identity::Anonymous => "anonymous".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_stands_in_the_table_once() {
        for capability in Capability::ALL {
            let rows = GRANTS.iter().filter(|(granted, ..)| *granted == capability).count();
            assert_eq!(rows, 1, "{capability:?}");
        }
    }

    #[test]
    fn a_role_may_what_the_table_says() {
        let check = |role: Option<Role>, capability, may| {
            let id = UserId::new("u");
            let identity = Identity::User { id, email: "a@example.org".to_owned() };
            let actor = Actor { role, ..Actor::of(identity) };
            assert_eq!(actor.may(capability), may, "{role:?} {capability:?}");
        };
        for capability in Capability::ALL {
            check(None, capability, false);
            check(Some(Role::Owner), capability, capability != Capability::SendTelemetry);
        }
        check(Some(Role::Viewer), Capability::ViewTelemetry, true);
        check(Some(Role::Viewer), Capability::ViewEstate, true);
        check(Some(Role::Viewer), Capability::Ask, true);
        check(Some(Role::Viewer), Capability::RefreshCatalog, false);
        check(Some(Role::Engineer), Capability::RefreshCatalog, true);
        check(Some(Role::Engineer), Capability::ManageKeys, false);
        check(Some(Role::Admin), Capability::ManageMembers, true);
        check(Some(Role::Admin), Capability::ArchiveProject, false);
    }

    #[test]
    fn a_key_may_what_its_scope_says_whatever_its_role() {
        let check = |scopes: &[Scope], capability, may| {
            let identity = Identity::Key {
                id: KeyId::new("k"),
                name: "ci".to_owned(),
                scopes: scopes.iter().copied().collect(),
            };
            let actor = Actor { role: Some(Role::Owner), ..Actor::of(identity) };
            assert_eq!(actor.may(capability), may, "{scopes:?} {capability:?}");
        };
        check(&[Scope::Read], Capability::ViewEstate, true);
        check(&[Scope::Ingest, Scope::Webhook], Capability::ViewEstate, false);
        check(&[Scope::Ingest], Capability::SendTelemetry, true);
        check(&[Scope::Ingest], Capability::ViewTelemetry, false);
        check(&[Scope::Read], Capability::ViewTelemetry, true);
        check(&[Scope::Read, Scope::Webhook], Capability::SendTelemetry, false);
        check(&[Scope::Read, Scope::Ingest, Scope::Webhook], Capability::ManageKeys, false);
        check(&[], Capability::ViewEstate, false);
    }

    #[test]
    fn nobody_may_nothing_and_the_local_owner_everything() {
        for capability in Capability::ALL {
            assert!(!Actor::anonymous().may(capability));
            assert!(Actor::local_owner().may(capability));
        }
    }
}
