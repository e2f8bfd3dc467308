//! Asks a language model: Azure OpenAI or any server that speaks OpenAI's chat completions.
//!
//! A client and no more. It offers no tools, keeps no conversation, checks no answer against facts
//! and never falls back to something else: an [`Error`] says what the caller can do. Dropping a
//! call ends the request.
//!
//! Start with [`Client::complete`].

mod breaker;
mod client;
mod dialect;
mod endpoint;
mod error;
mod http;
mod reply;
mod request;
mod retry;
mod settings;
mod token;
mod wire;

pub use client::Client;
pub use error::{Error, Outage, Server};
pub use reply::{Reply, Usage};
pub use request::{Message, Request, Schema};
pub use settings::{
    Azure, AzureApi, Compatible, Limits, Price, Provider, ServicePrincipal, Settings, TokenPrice,
};
