//! The composition root: settings, command line, HTTP. It builds one [`service::Service`] and
//! serves pages, REST and live updates from it; it holds no rule about batches and reads no
//! source.
//!
//! Start with [`router::build_router`], which lists what there is to ask for.

pub mod config;
