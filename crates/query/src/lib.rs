//! The guard for SQL that a model or a person wrote: a security boundary, and pure.
//!
//! [`Guard::check`] takes a statement in MySQL's dialect and either refuses it, with a
//! sentence that says what to do instead, or gives it back written anew for MySQL and for
//! SQLite. Nothing of the text that came in goes out: what is sent is written from a tree
//! that can hold only what is allowed, so what the guard does not know cannot
//! pass. It never connects to anything; that the query runs in a read-only transaction with a
//! time limit is the business of who sends it.
//!
//! What is let through: one SELECT (with CTEs, joins, subqueries, unions, windows) over the
//! three [tables](Table) of one [database](Database), their [listed columns](Schema) and
//! a list of functions; each reference of `WORKFLOW_RUN_INSTANCE` within a span of business
//! dates, each of an Airflow table within a span of starts or a list of run ids; and with a
//! LIMIT. The two databases are never joined: they may be on different servers, so runs are
//! asked for first and their tasks by run id after that.
//!
//! [`examples`] holds questions whose SQL is known and finds the nearest to a question.

mod bound;
pub mod examples;
mod function;
mod growth;
mod guard;
mod lexical;
mod moment;
mod read;
mod refusal;
mod schema;
mod tree;
mod write;

pub use bound::DateSpan;
pub use guard::{Accepted, Guard, Limits};
pub use moment::Moment;
pub use refusal::Refusal;
pub use schema::{Column, Database, Kind, Schema, Table};
