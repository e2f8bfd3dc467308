//! One module a page.

pub mod agent;
pub mod agents;
pub mod audit;
pub mod chat;
pub mod costs;
pub mod dashboard;
pub mod entry;
pub mod essential;
pub mod events;
pub mod explorer;
pub mod rca;
pub mod settings;
pub mod trace;
pub mod traces;
