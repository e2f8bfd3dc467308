//! One AI agent: what it does over time, what fails, what it costs, and what is wrong with it.

mod charts;
mod cost;
mod diagnosis;
mod facts;
pub mod page;
mod tables;

pub(crate) use diagnosis::{evidence_words, severity_badge};
pub use page::AgentPage;
