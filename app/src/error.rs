//! Errors as the pages show them. The classification is `model`'s; this file translates it for
//! people, as the server's `error.rs` does for programs.

use crate::api::json::JsonText;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use model::ErrorKind;
use serde::{Deserialize, Serialize};

/// Why a page cannot show what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct AppError {
    /// What can be done about it.
    pub kind: ErrorKind,
    /// A sentence that may be shown to anyone.
    pub message: String,
    /// Names that are near the one asked for, best first.
    pub nearest: Vec<String>,
}

impl AppError {
    /// An error without near names.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), nearest: Vec::new() }
    }

    /// What stands above the message.
    pub fn title(&self) -> &'static str {
        match self.kind {
            ErrorKind::NotFound => "Not found",
            ErrorKind::Invalid => "This link is malformed",
            ErrorKind::Unauthenticated => "Sign in first",
            ErrorKind::Forbidden => "You may not do this",
            ErrorKind::Conflict => "It has changed meanwhile",
            ErrorKind::Limited => "Too many attempts",
            ErrorKind::Unavailable => "Nothing is known yet",
            ErrorKind::Internal => "Something failed on our side",
        }
    }

    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self.kind {
            ErrorKind::NotFound => "Choose another name, or go back to the dashboard.",
            ErrorKind::Invalid => "Correct the address, or go back to the dashboard.",
            ErrorKind::Unauthenticated => "Sign in, then this page comes back.",
            ErrorKind::Forbidden => "Ask an owner or admin of the project for a role that may.",
            ErrorKind::Conflict => "Load the page again, look at what changed, then try again.",
            ErrorKind::Limited => "Wait a little, then try again.",
            ErrorKind::Unavailable => "SENTRY keeps asking its sources; try again in a moment.",
            ErrorKind::Internal => "Try again; if it stays, report the time and the address of this page.",
        }
    }

    /// The HTTP status of a page that shows this.
    pub fn status(&self) -> u16 {
        match self.kind {
            ErrorKind::NotFound => 404,
            ErrorKind::Invalid => 400,
            ErrorKind::Unauthenticated => 401,
            ErrorKind::Forbidden => 403,
            ErrorKind::Conflict => 409,
            ErrorKind::Limited => 429,
            ErrorKind::Unavailable => 503,
            ErrorKind::Internal => 500,
        }
    }
}

impl From<crate::location::InvalidPlace> for AppError {
    fn from(error: crate::location::InvalidPlace) -> Self {
        Self::new(ErrorKind::Invalid, error.to_string())
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let shown = match error {
            ServerFnErrorErr::Request(_) => Self::new(ErrorKind::Unavailable, "The server does not answer."),
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => {
                Self::new(ErrorKind::Invalid, "The request is malformed.")
            }
            _ => Self::new(ErrorKind::Internal, "The server could not answer this."),
        };
        #[cfg(feature = "ssr")]
        shown.set_status();
        shown
    }
}

#[cfg(feature = "ssr")]
impl From<service::Error> for AppError {
    fn from(error: service::Error) -> Self {
        let nearest = error.nearest().to_vec();
        let shown = match error.kind() {
            ErrorKind::Internal => {
                tracing::error!(error = &error as &dyn std::error::Error, "a page could not be made");
                Self::new(ErrorKind::Internal, "The server could not answer this.")
            }
            kind => Self { kind, message: error.to_string(), nearest },
        };
        shown.set_status();
        shown
    }
}

#[cfg(feature = "ssr")]
impl AppError {
    /// Answers a script's call of a server function with the status of this error. A page sets
    /// its own, and a form without script is led back to its page.
    fn set_status(&self) {
        use axum::http::{StatusCode, header, request::Parts};
        use leptos::prelude::use_context;
        let is_call = use_context::<Parts>().is_some_and(|parts| {
            let accept = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
            parts.uri.path().starts_with("/api/ui/")
                && !accept.is_some_and(|accept| accept.contains("text/html"))
        });
        if let (true, Some(response)) = (is_call, use_context::<leptos_axum::ResponseOptions>())
            && let Ok(status) = StatusCode::from_u16(self.status())
        {
            response.set_status(status);
        }
    }
}
