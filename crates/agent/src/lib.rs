//! A conversation as a state machine: events in, effects out.
//!
//! It reads a question ([`understand()`]), adds what thread and page say ([`request`]), decides
//! which tools answer it ([`tool`]), and puts the answer together from what they say. A model,
//! where there is one, helps to understand and to word; it never adds a number or a name
//! ([`facts`]).
//!
//! It never does I/O: no SQL, no HTTP, no clock, no randomness. Whoever runs a turn carries out
//! its effects. Start with [`Turn`].

mod compose;
pub mod facts;
mod link;
pub mod machine;
pub mod model_text;
mod plan;
pub mod request;
pub mod tool;
pub mod understand;

pub use facts::Facts;
pub use machine::{Effect, Event, QueryAnswer, QueryRefusal, SuggestedQuery, Turn, TurnInput};
pub use model_text::{ModelFailure, ModelRequest};
pub use request::{FailedRun, PageFilters, Request, ThreadContext, Trouble};
pub use tool::{ToolAnswer, ToolCall, ToolFailure, ToolOutput};
pub use understand::{Reading, understand};
