//! Sends a question and stops a turn.

use super::Chat;
use crate::api::ask::{Ask, cancel_turn};
use crate::error::AppError;
use leptos::form::FromFormData;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use model::ErrorKind;
use model::ask::{Begun, TurnRef};
use web_sys::FormData;

/// Asks what `form` says.
#[wasm_split(chat, wasm_split_path = ::leptos::wasm_split)]
pub(super) fn ask(chat: Chat, form: FormData) {
    let Ok(Ask { question }) = Ask::from_form_data(&form) else {
        let words = "this page and its server do not speak the same version: load the page again";
        return finish(chat, Err(AppError::new(ErrorKind::Invalid, words)));
    };
    chat.asked.set(Some(question.clone()));
    leptos::task::spawn_local(async move { finish(chat, crate::api::ask::ask(question).await) });
}

fn finish(chat: Chat, begun: Result<Begun, AppError>) {
    chat.begun.set(Some(begun));
    chat.asked.set(None);
    chat.is_sending.set(false);
}

/// Ends a turn.
#[wasm_split(chat, wasm_split_path = ::leptos::wasm_split)]
pub(super) fn stop(chat: Chat, turn: TurnRef) {
    leptos::task::spawn_local(async move {
        if let Err(error) = cancel_turn(turn.thread_id, turn.turn_id).await {
            chat.begun.set(Some(Err(error)));
        }
    });
}
