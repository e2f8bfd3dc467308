//! The pages of SENTRY, built twice from the same sources: with `ssr` the server renders
//! them, with `hydrate` the browser takes them over.
//!
//! It never reads a source, decides a status or knows the time by itself: the server
//! functions of [`api`] ask `service`, and what they answer is shown. Everything that a
//! person chose stands in the URL ([`location::Place`]).
//!
//! Start with [`App`] (the route table) and [`pages::dashboard`].

#![recursion_limit = "512"]

pub mod api;
pub mod app;
pub mod chat;
pub mod components;
pub mod context;
#[cfg(feature = "ssr")]
pub mod cookie;
pub mod error;
mod letters;
pub mod live;
pub mod location;
pub mod pages;
pub mod session;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod time;

pub use app::App;
#[cfg(feature = "ssr")]
pub use shell::shell;
