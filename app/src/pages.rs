//! One module a page.

pub mod audit;
pub mod chat;
pub mod dashboard;
pub mod entry;
pub mod essential;
pub mod explorer;
pub mod rca;
pub mod settings;
