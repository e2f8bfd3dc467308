//! One trace: its spans over time, and everything about one of them.

mod messages;
mod page;
mod query;
mod span;
mod values;

pub(crate) use page::TracePage;
pub(crate) use span::flag_words;
pub(crate) use values::value_text;
