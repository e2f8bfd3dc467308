//! What is kept of what agents sent. One file a resource.

pub mod agents;
mod attributes;
pub mod costs;
pub mod traces;
