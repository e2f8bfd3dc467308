//! What the store promises, on both databases: each test of the modules runs on SQLite and on
//! PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "contract/access.rs"]
mod access;
#[path = "contract/audit.rs"]
mod audit;
#[path = "contract/chat.rs"]
mod chat;
#[path = "common/fixture.rs"]
mod fixture;
#[path = "contract/keys.rs"]
mod keys;
#[path = "contract/people.rs"]
mod people;
#[path = "contract/projects.rs"]
mod projects;
#[path = "contract/start.rs"]
mod start;
