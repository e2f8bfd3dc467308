//! What tests and benchmarks share, and nothing that ships: real servers (databases, a
//! directory, an OpenID Connect provider, a language model) that start and end with the test, a
//! scripted model, the reference estate to fill them with, agents that send telemetry, and the
//! questions of `evals/`.
//!
//! Start with [`mariadb::MariaDb`] or [`postgres::Postgres`], or with `app::TestApp` (feature
//! `app`): the whole server in process.

// The pages are deeply nested types.
#![recursion_limit = "512"]

#[cfg(feature = "app")]
pub mod app;
pub mod clickhouse;
pub mod evals;
mod keeper;
pub mod llama_server;
pub mod mariadb;
pub mod model_server;
pub mod oidc_provider;
pub mod postgres;
pub mod redis;
pub mod reference;
pub mod schemathesis;
pub mod slapd;
pub mod sqlite;
pub mod telemetry;
