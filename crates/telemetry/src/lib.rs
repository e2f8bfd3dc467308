//! What AI agents tell of themselves: read, bounded, brought to one form, stored, summed up.
//!
//! It never decides who may send or read; `service` does.

mod error;
pub mod genai;
pub mod otlp;
pub mod redact;

pub use error::Error;
