//! Thumbs with a comment; they are kept for evaluation.

use super::composer::hidden_field;
use super::turn::TurnFrame;
use crate::api::ask::RateTurn;
use crate::components::form::error_words;
use crate::components::icons::{ThumbDownIcon, ThumbUpIcon};
use leptos::prelude::*;
use model::ask::{Rating, Thumb, Turn};

/// Two thumbs; below them, once one is given, a field for why.
pub(super) fn rating_form(turn: &Turn, frame: &TurnFrame) -> AnyView {
    let action = ServerAction::<RateTurn>::new();
    let (thread, id) = (frame.thread.to_string(), turn.id.0.to_string());
    let before = turn.rating.clone();
    let rating = Memo::new(move |_| {
        action.value().with(|answer| match answer {
            Some(Ok(rating)) => rating.clone(),
            _ => before.clone(),
        })
    });
    let of_turn = move || vec![hidden_field("thread", thread.clone()), hidden_field("turn", id.clone())];
    let fields = of_turn();
    let comment = move || {
        let Rating { thumb, comment } = rating.get()?;
        let mut fields = of_turn();
        fields.push(hidden_field("thumb", if thumb == Thumb::Up { "up" } else { "down" }.to_owned()));
        Some(view! {
            <ActionForm action=action attr:class="rating-comment">
                {fields}
                <input class="field-input" name="comment" value=comment maxlength="2000" aria-label="Why?" placeholder="Why? (kept for evaluation)"/>
                <button class="quick-action">"Save"</button>
            </ActionForm>
        })
    };
    let trouble = move || {
        action.value().with(|answer| match answer {
            Some(Err(error)) => {
                Some(view! { <p class="outcome is-bad" role="alert">{error_words(error)}</p> })
            }
            _ => None,
        })
    };
    let thumb = move |thumb: Thumb, name: &'static str, label: &'static str, icon: AnyView| {
        let is_given =
            move || rating.with(|rating| rating.as_ref().is_some_and(|rating| rating.thumb == thumb));
        // Pressed again it is taken back.
        let value = move || if is_given() { None } else { Some(name) };
        view! {
            <button class="chat-tool-button" name=move || value().map(|_| "thumb") value=move || value().unwrap_or_default()
                title=label aria-label=label aria-pressed=move || is_given().to_string()>{icon}</button>
        }
    };
    view! {
        <ActionForm action=action attr:class="rating">
            {fields}
            {thumb(Thumb::Up, "up", "Good answer", view! { <ThumbUpIcon size=12/> }.into_any())}
            {thumb(Thumb::Down, "down", "Bad answer", view! { <ThumbDownIcon size=12/> }.into_any())}
        </ActionForm>
        {comment}
        {trouble}
    }
    .into_any()
}
