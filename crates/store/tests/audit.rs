//! The audit chain under load, under attack and under `kill -9`.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "audit/bytes.rs"]
mod bytes;
#[path = "common/fixture.rs"]
mod fixture;
#[path = "audit/kills.rs"]
mod kills;
#[path = "audit/writers.rs"]
mod writers;
