//! One module a page.

pub(crate) mod agent;
pub(crate) mod agents;
pub mod audit;
pub mod chat;
pub(crate) mod costs;
pub mod dashboard;
pub mod entry;
pub mod essential;
pub mod events;
pub mod explorer;
pub mod rca;
pub mod settings;
pub(crate) mod trace;
pub(crate) mod traces;
