//! One trace: its spans over time, and everything about one of them.

mod messages;
pub mod page;
mod query;
mod span;
mod values;

pub use page::TracePage;
pub(crate) use span::flag_words;
pub(crate) use values::value_text;
