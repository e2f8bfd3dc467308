//! Runs and tasks from real databases.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod sql {
    mod mariadb;
    mod session;
    mod sqlite;
    mod support;
}
