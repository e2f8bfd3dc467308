//! The audit chain under load, under attack and under `kill -9`.

#[path = "audit/bytes.rs"]
mod bytes;
#[path = "common/fixture.rs"]
mod fixture;
#[path = "audit/kills.rs"]
mod kills;
#[path = "audit/writers.rs"]
mod writers;
