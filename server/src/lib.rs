//! The composition root: settings, command line, HTTP. It builds one [`service::Service`] and
//! serves pages, REST and live updates from it; it holds no rule about batches and reads no
//! source.
//!
//! Start with [`router::build_router`], which lists what there is to ask for.

#![recursion_limit = "512"]

pub mod api;
pub mod cli;
pub mod config;
mod csv;
pub mod error;
pub mod guard;
pub mod identify;
pub mod operations;
pub mod pages;
pub mod request;
pub mod router;
pub mod serve;
pub mod sign_in;
pub mod state;
pub mod telemetry;
