//! One module a page.

pub mod dashboard;
pub mod essential;
pub mod explorer;
pub mod rca;
