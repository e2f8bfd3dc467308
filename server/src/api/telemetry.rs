//! What is kept of what agents sent. One file a resource.

pub mod agents;
mod attributes;
pub mod costs;
pub mod events;
pub mod export;
pub mod metrics;
mod query;
pub mod sessions;
pub mod stats;
pub mod traces;
