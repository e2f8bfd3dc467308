//! Runs and tasks from real databases.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod sql {
    mod checked;
    mod mariadb;
    mod session;
    mod sqlite;
    mod support;
}
