//! What the assistant says before one asks, and how it is.

use super::composer::offered_question;
use super::use_chat;
use crate::api::ask::{Greeting, get_greeting};
use crate::components::error_page::{set_status, sign_in_href};
use crate::components::form::sentence;
use crate::error::AppError;
use crate::live::{Connection, use_live};
use crate::session::use_session;
use leptos::prelude::*;
use model::ErrorKind;

/// The greeting of the page's date. It is asked for again when the board has changed.
#[derive(Clone, Copy)]
pub(crate) struct Welcome(Resource<Result<Greeting, AppError>>);

impl Welcome {
    /// Begins to fetch it.
    pub(crate) fn fetch() -> Self {
        let chat = use_chat();
        let date = Memo::new(move |_| chat.place.with(|place| place.date));
        let wanted = RwSignal::new(None);
        let greeting = Resource::new(move || (date.get(), wanted.get()), |(date, _)| get_greeting(date));
        let current = use_live().board;
        Effect::new(move |_| {
            let Some(current) = current.get() else { return };
            let shown = greeting.with(|greeting| match greeting {
                Some(Ok(greeting)) => Some(greeting.board),
                _ => None,
            });
            if shown.is_some_and(|shown| shown != Some(current)) && wanted.get_untracked() != Some(current) {
                wanted.set(Some(current));
            }
        });
        Self(greeting)
    }

    /// The greeting as the assistant's first message.
    pub(crate) fn message(self) -> impl IntoView {
        let chat = use_chat();
        let said = move || {
            self.0.get().map(|greeting| match greeting {
                Ok(greeting) => {
                    let chips = greeting
                        .questions
                        .iter()
                        .map(|text| offered_question(text, "chip", text.clone().into_any()))
                        .collect::<Vec<_>>();
                    view! {
                        <p>{greeting.opening}<strong>{greeting.date}</strong>{greeting.summary}</p>
                        <div class="chips">{chips}</div>
                    }
                    .into_any()
                }
                Err(error) => {
                    if chat.is_page.get_untracked() {
                        set_status(error.status());
                    }
                    let way_in = (error.kind == ErrorKind::Unauthenticated)
                        .then(|| view! { <p><a href=sign_in_href() rel="external">"Sign in"</a></p> });
                    view! { <p>{sentence(&error.message)}</p> {way_in} }.into_any()
                }
            })
        };
        view! {
            <div class="chat-message">
                <div class="chat-label">"SENTRY AI"</div>
                <div class="chat-bubble">
                    <Transition fallback=|| view! { <div class="skeleton-bar is-tall" aria-busy="true"></div> }>{said}</Transition>
                </div>
            </div>
        }
    }

    /// Whether the assistant can be asked, and which model helps.
    pub(crate) fn status(self) -> impl IntoView {
        let connection = use_live().connection;
        let state = move || match connection.get() {
            Connection::Connecting => "Ready",
            Connection::Live => "Connected",
            Connection::Reconnecting => "Reconnecting",
            Connection::Stale => "Stale data",
        };
        let model = use_session().with_value(|session| session.model.clone());
        let model = model.unwrap_or_else(|| "no model".to_owned());
        view! {
            <div class="chat-status" data-state=move || connection.get().as_str()>
                <span class="chat-status-dot"></span>
                <span>{move || format!("{} · {model}", state())}</span>
            </div>
        }
    }
}
