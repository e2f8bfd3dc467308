//! The catalog: its answers, its cache, its HTTP API and the ways to log in.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod catalog {
    mod adfs;
    mod lenz;
    mod ntlm;
    mod parse;
    mod server;
    mod store;
}
