//! People, projects and machine keys, as pages and the store exchange them. Nothing here is
//! secret: hashes and tokens stay in the store.

use crate::ids::{EssentialName, text_id};
use crate::permission::{Capability, Role, Scope};
use crate::source::SourceStatus;
use crate::telemetry::TelemetryPolicy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

text_id! {
    /// An account. Random, never reused.
    UserId
}
text_id! {
    /// A project. Random, never reused.
    ProjectId
}
text_id! {
    /// A machine key. Random, never reused; not the key itself.
    KeyId
}
text_id! {
    /// An invitation. Random; not its token.
    InvitationId
}

/// An e-mail address, in lower case: what people sign in with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Takes `name@host` of at most 254 characters without blanks or control characters.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.len() > 254 {
            return Err("an e-mail address has at most 254 characters");
        }
        let shape = text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.')
        });
        if !shape || text.chars().any(|char| char.is_whitespace() || char.is_control()) {
            return Err("write an e-mail address, like name@example.org");
        }
        Ok(Self(text.to_lowercase()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A project's name in URLs: 1 to 40 of `a-z`, `0-9` and inner `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// Takes a slug as it stands in a URL.
    pub fn parse(text: &str) -> Option<Self> {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let shape = (1..=40).contains(&text.len()) && !text.starts_with('-') && !text.ends_with('-');
        (shape && text.bytes().all(known)).then(|| Self(text.to_owned()))
    }

    /// The slug that a project's name suggests: lower case, everything else than letters and
    /// digits a hyphen; `None` where nothing is left.
    pub fn of_name(name: &str) -> Option<Self> {
        let words: Vec<String> = name
            .split(|char: char| !char.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let joined: String = words.join("-").chars().take(40).collect();
        Self::parse(joined.trim_end_matches('-'))
    }

    /// The text in URLs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What vouches for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInMethod {
    /// A password that we keep the hash of.
    Password,
    /// An OpenID Connect provider.
    Oidc,
    /// A directory: LDAP or Active Directory.
    Ldap,
}

impl SignInMethod {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Password, Self::Oidc, Self::Ldap];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Oidc => "oidc",
            Self::Ldap => "ldap",
        }
    }

    /// The method of that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// What it signs in with.
    pub email: Email,
    /// What people call its owner.
    pub name: String,
    /// Who vouched for it when it was made.
    pub method: SignInMethod,
    /// When it was made.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub created_at: Timestamp,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name in URLs; never changes.
    pub slug: Slug,
    /// Its name for people, 1 to 80 characters.
    pub name: String,
    /// Whether the batch estate is this project's.
    pub has_estate: bool,
    /// When it was archived; nothing can be written to it since.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub archived_at: Option<Timestamp>,
    /// What is done with its telemetry.
    #[serde(default)]
    pub telemetry: TelemetryPolicy,
    /// How many secrets were taken out of its telemetry.
    #[serde(default)]
    pub redacted: u64,
    /// Grows with each change: an edit names the one it read.
    pub version: i64,
}

/// A project with what its reader is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The project.
    pub project: Project,
    /// The reader's role.
    pub role: Role,
}

/// Somebody in a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The account.
    pub user: User,
    /// The role.
    pub role: Role,
    /// Where the role comes from: given here, or by a group of a directory or provider.
    pub source: SignInMethod,
    /// Groups, by which essentials can be narrowed.
    pub groups: BTreeSet<String>,
    /// Grows with each change: an edit names the one it read.
    pub version: i64,
}

/// An invitation into a project, without its token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The project.
    pub project_id: ProjectId,
    /// The role that it gives.
    pub role: Role,
    /// Who made it.
    pub created_by: String,
    /// When.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub created_at: Timestamp,
    /// Until when it can be used.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub expires_at: Timestamp,
}

/// A machine key, without the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineKey {
    /// Its id.
    pub id: KeyId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The name that people gave it.
    pub name: String,
    /// The first characters of the key, by which people know it again.
    pub prefix: String,
    /// What it is for.
    pub scopes: BTreeSet<Scope>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub created_at: Timestamp,
    /// Until when it works; `None` for ever.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub revoked_at: Option<Timestamp>,
}

impl MachineKey {
    /// Whether it is neither revoked nor expired.
    pub fn works(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires| expires > now)
    }
}

/// A group of a directory or provider that gives its people a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupRole {
    /// The group, as directory or provider spell it.
    pub group: String,
    /// The role of its people.
    pub role: Role,
}

/// An essential that only the people of some groups may see, and admins and owners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EssentialAccess {
    /// The essential.
    pub essential: EssentialName,
    /// The groups; never empty.
    pub groups: BTreeSet<String>,
}

/// A signed-in browser, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// When it signed in.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub last_seen_at: Timestamp,
    /// The address that it signed in from.
    pub address: String,
    /// The browser, as it calls itself.
    pub user_agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The ways to sign in that this server offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInOptions {
    /// Nobody has an account yet, and the server listens to this machine only: no sign-in.
    pub is_open: bool,
    /// Whether the directory is asked for people without a password here.
    pub ldap: bool,
    /// What the button of the OpenID Connect provider says, where there is one.
    pub oidc_label: Option<String>,
}

/// Who looks at the page, and what it may offer them. What is allowed, the server decides again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Who: an address, `local owner` or `anonymous`.
    pub label: String,
    /// Whether there is a session to end.
    pub is_signed_in: bool,
    /// The project that is shown.
    pub project: Option<Project>,
    /// As what.
    pub role: Option<Role>,
    /// What this role may do there.
    pub capabilities: Vec<Capability>,
    /// All projects of the viewer; the first is the one shown where the URL names none.
    pub memberships: Vec<Membership>,
}

/// The viewer's own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileView {
    /// The account.
    pub user: User,
    /// Where it is signed in, newest first.
    pub sessions: Vec<Session>,
}

/// The people of a project, and how people come to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersView {
    /// The project.
    pub project: Project,
    /// Its people, by name.
    pub members: Vec<Member>,
    /// Open invitations, newest first; empty for who may not invite.
    pub invitations: Vec<Invitation>,
    /// Groups of directory and provider that give a role.
    pub group_roles: Vec<GroupRole>,
    /// Essentials that are narrowed.
    pub access: Vec<EssentialAccess>,
    /// All essentials that can be narrowed.
    pub essentials: Vec<EssentialName>,
}

/// An invitation as the invited sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationView {
    /// The project's name.
    pub project: String,
    /// The role that it gives.
    pub role: Role,
    /// Who invites.
    pub created_by: String,
    /// Until when.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub expires_at: Timestamp,
}

/// What is shown once and never again: a key, or a link with its token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownOnce {
    /// The key, or the path of the link.
    pub text: String,
}

/// This server, as its administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerView {
    /// Version of the program.
    pub version: String,
    /// The sources of the estate.
    pub sources: Vec<SourceStatus>,
    /// How people sign in.
    pub sign_in: SignInOptions,
    /// Where our own state is.
    pub storage: StorageView,
}

/// Where our own state is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageView {
    /// `SQLite` or `PostgreSQL`, with the version.
    pub kind: String,
    /// The folder, or the database's host and name.
    pub place: String,
    /// Version of the schema.
    pub schema_version: i64,
    /// Size on disk in bytes.
    pub size_bytes: i64,
    /// Records of the audit trail.
    pub audit_records: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_in_lower_case_or_refused() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(Email::parse(text).ok().as_ref().map(Email::as_str), expect, "{text}");
        };
        check(" Ada@Example.org ", Some("ada@example.org"));
        check("a@localhost", Some("a@localhost"));
        for bad in ["", "ada", "@example.org", "ada@", "a@b@c", "a b@c", "a@\u{7}c", "a@.c"] {
            check(bad, None);
        }
        check(&format!("{}@example.org", "a".repeat(250)), None);
    }

    #[test]
    fn a_slug_is_what_a_url_takes() {
        for good in ["a", "default", "rates-2", "0"] {
            assert!(Slug::parse(good).is_some(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a b", "ä", "a/b", &"a".repeat(41)] {
            assert!(Slug::parse(bad).is_none(), "{bad}");
        }
        let check = |name: &str, slug: Option<&str>| {
            assert_eq!(Slug::of_name(name).as_ref().map(Slug::as_str), slug, "{name}");
        };
        check("Rates & Credit", Some("rates-credit"));
        check("  EMEA  ", Some("emea"));
        check("***", None);
        check(&"ab ".repeat(30), Some("ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-a"));
    }
}
