//! What AI agents tell of themselves: read, bounded, brought to one form, stored, summed up.
//!
//! It never decides who may send or read; `service` does.

pub mod accounting;
pub mod pipeline;
pub mod rollup;
pub mod sketch;
pub mod store;
