//! What AI agents tell of themselves: read, bounded, brought to one form, stored, summed up.
//!
//! It never decides who may send or read; `service` does.

pub mod accounting;
pub mod agent_state;
pub mod analysis;
mod body;
pub mod event;
mod invalid;
pub mod price;
pub mod record;

pub use invalid::{Invalid, InvalidCode};
