//! What AI agents tell of themselves: read, bounded, brought to one form, stored, summed up.
//!
//! It never decides who may send or read; `service` does.

pub mod accounting;
pub mod agent_state;
pub mod agent_watch;
pub mod analysis;
mod body;
pub mod changes;
mod error;
pub mod event;
pub mod genai;
mod invalid;
pub mod otlp;
pub mod pipeline;
pub mod price;
pub mod queue;
pub mod record;
pub mod redact;
pub mod retention;
pub mod rollup;
pub mod sketch;
pub mod store;
pub mod writer;

pub use error::{Error, with_causes};
pub use invalid::{Invalid, InvalidCode};
