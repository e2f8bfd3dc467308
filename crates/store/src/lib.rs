//! Our own state: people, sessions, projects, members, invitations, machine keys, conversations,
//! and the audit trail that nobody can quietly change. The only SQL on it.
//!
//! SQLite in the data directory by default, PostgreSQL by URL; the same statements on both.
//! Never decides who may do what (that is `model::permission`), never sees a token or a
//! password, only their hashes.
//!
//! Start with [`Store::open`]. Reads are methods of [`Store`]; everything that changes is a
//! method of [`Write`], which commits only together with an audit record: an action whose
//! record cannot be written does not happen. [`audit`] says how the records are chained.
//!
//! Worth knowing:
//! - [`restore`] and [`verify_backup`] are asynchronous functions, not methods: there is no open
//!   store at that time. [`restore`] returns where the former database was kept.
//! - [`Store::seal_audit`] takes the record's entry and fills in its action, `audit.seal`
//!   (which nobody else may record), and its `after`.
//! - [`Store::export_audit`] takes a range of places, because a filtered chain verifies nowhere;
//!   [`Store::list_audit`] serves filtered exports.
//! - [`Write::remove_invitation`] takes the project as well, like [`Write::revoke_key`].
//! - [`Write::has_users`] is for the first owner: the answer holds until the commit.

mod access;
pub mod audit;
mod backup;
mod chat;
mod directory;
mod error;
mod keys;
mod migrate;
mod people;
mod projects;
mod row;
mod status;
mod store;
mod token;
mod write;

pub use backup::{restore, verify_backup};
pub use chat::{ThreadRecord, TurnEnd};
pub use directory::DataDirectory;
pub use error::{Error, Result};
pub use people::{Credentials, SessionUser};
pub use status::StoreStatus;
pub use store::{Store, StoreKind, StoreSettings};
pub use token::TokenHash;
pub use write::Write;
