//! The guard, on the statements of `tests/corpus` and on made-up ones.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod guard {
    mod attacks;
    mod checker;
    mod corpus;
    mod database;
    mod examples;
    mod mutation;
    mod properties;
    mod queries;
    mod sqlite;
}
