//! Questions whose SQL is known: what a model is shown as a pattern, and what is offered
//! where there is no model.
//!
//! [`nearest`] finds those like a question, locally. [`Example::fill`] puts what is known of
//! the question into the SQL, as literals; the result goes through the guard like any other.

mod curated;
mod similarity;
mod slots;

pub use curated::EXAMPLES;
pub use similarity::{Match, nearest};
pub use slots::{Batch, Entities, Slot};

/// A question and its SQL, both with slots such as `{datasets}`.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// The question, in the words in which it is offered.
    pub question: &'static str,
    /// Other ways to ask it.
    pub also: &'static [&'static str],
    /// What it is about where the question does not say.
    pub period: Period,
    /// The query in MySQL's dialect.
    pub sql: &'static str,
}

/// A period up to the business date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// So many days, the business date being the last.
    Days(i32),
    /// From the first of its month.
    Month,
}
