//! The catalog: its answers, its cache, its HTTP API and the ways to log in.

mod catalog {
    mod adfs;
    mod lenz;
    mod ntlm;
    mod parse;
    mod server;
    mod store;
}
