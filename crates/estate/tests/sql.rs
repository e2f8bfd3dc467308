//! Runs and tasks from real databases.

mod sql {
    mod mariadb;
    mod session;
    mod sqlite;
    mod support;
}
