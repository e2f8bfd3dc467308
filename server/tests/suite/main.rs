//! The server in process, against the reference estate: no port, no sleep. One program for
//! all, because linking the pages takes longer than the tests.

#![recursion_limit = "512"]
#![allow(clippy::unwrap_used)] // all of it is test code

mod api;
mod architecture;
mod attacks;
mod backup;
mod check;
mod clients;
mod config;
mod description;
mod guard;
mod operations;
mod pages;
mod people;
mod permissions;
mod problems;
mod queue;
mod ratings;
mod sdk;
mod serve;
mod served;
mod sql;
mod sso;
