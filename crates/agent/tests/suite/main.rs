//! Conversations over the reference estate.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod evaluation;
mod support;
mod turns;
mod wording;
