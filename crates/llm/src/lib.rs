//! Asks a language model: Azure OpenAI or any server that speaks OpenAI's chat completions.
//!
//! A client and no more. It runs no tools, keeps no conversation, checks no answer against facts
//! and never falls back to something else: an [`Error`] says what the caller can do. Dropping a
//! call or a stream ends the request.
//!
//! Start with [`Client`]: [`Client::complete`] waits for the whole answer, [`Client::stream`]
//! gives it as it is written.

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
mod sse;
mod stream;
mod token;
mod wire;

pub use client::Client;
pub use error::{Error, Outage, Server};
pub use reply::{Reply, ToolCall, Usage};
pub use request::{Message, Request, Schema, Tool};
pub use settings::{
    Azure, AzureApi, Compatible, Limits, Price, Provider, ServicePrincipal, Settings, TokenPrice,
};
pub use stream::{Event, ReplyStream};
