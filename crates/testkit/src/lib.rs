//! What tests and benchmarks share, and nothing that ships: real database servers that
//! start and end with the test, and the reference estate to fill them with.
//!
//! Start with [`mariadb::MariaDb`].

pub mod mariadb;
pub mod reference;
pub mod sqlite;
