//! The guard, on the statements of `tests/corpus` and on made-up ones.

mod guard {
    mod attacks;
    mod corpus;
    mod queries;
    mod sqlite;
}
