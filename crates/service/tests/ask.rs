//! Asking on the reference estate, without a model.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "ask/support.rs"]
mod support;

#[path = "ask/answers.rs"]
mod answers;
#[path = "ask/audiences.rs"]
mod audiences;
#[path = "ask/conversations.rs"]
mod conversations;
#[path = "ask/models.rs"]
mod models;
#[path = "ask/queries.rs"]
mod queries;
#[path = "ask/streams.rs"]
mod streams;
#[path = "ask/traces.rs"]
mod traces;
