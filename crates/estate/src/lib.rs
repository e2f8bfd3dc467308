//! Reads the batch estate and never writes it: the catalog, workflow runs and Airflow
//! tasks, from databases, an HTTP API, a file or the built-in demo.
//!
//! Start with [`Runs`] (what ran) and [`catalog::CatalogStore`] (what should run). No rule
//! about statuses lives here: rows leave this crate as the source wrote them.

pub mod catalog;
pub mod demo;
pub mod error;
pub mod file;
pub mod names;
pub mod receipt;
pub mod runs;
pub mod sql;

pub use catalog::CatalogStore;
pub use error::SourceError;
pub use runs::Runs;
