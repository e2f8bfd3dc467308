//! The question of a turn, with its versions and the form that makes another one.

use super::composer::{question_field, send};
use super::links::turn_anchor;
use super::turn::TurnFrame;
use crate::api::ask::Ask;
use crate::components::form::text_area_content;
use crate::components::icons::EditIcon;
use crate::location::{PhaseChoice, Place};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use model::ask::{LONGEST_QUESTION, Turn, TurnId};

/// The question in its bubble.
pub(super) fn question_view(turn: &Turn, frame: &TurnFrame) -> AnyView {
    let edit = frame.is_mine.then(|| edit_form(turn, frame));
    view! {
        <div class="chat-message is-question">
            <div class="chat-label">{versions(turn.id, frame)} "You"</div>
            <div class="chat-bubble">{turn.question.as_str().to_owned()}</div>
            {edit}
        </div>
    }
    .into_any()
}

/// `‹ 2/3 ›` where the question was edited: links to the versions before and after.
fn versions(turn: TurnId, frame: &TurnFrame) -> Option<AnyView> {
    let count = frame.versions.len();
    let at = frame.versions.iter().position(|version| *version == turn).filter(|_| count > 1)?;
    let link = |index: Option<usize>, mark: &'static str, label: &'static str| {
        let version = *frame.versions.get(index?)?;
        let href = frame.chat.href(Some(&frame.thread), Some(version));
        let href = format!("{href}#{}", turn_anchor(version));
        Some(view! { <a href=href aria-label=label>{mark}</a> })
    };
    let (before, after) =
        (link(at.checked_sub(1), "‹", "Earlier version"), link(Some(at + 1), "›", "Later version"));
    Some(
        view! { <span class="question-versions">{before} {format!(" {}/{count} ", at + 1)} {after}</span> }
            .into_any(),
    )
}

/// Asks another version of the question, beside this one.
fn edit_form(turn: &Turn, frame: &TurnFrame) -> AnyView {
    let text = text_area_content(turn.question.as_str());
    let label = format!("Edit: {}", turn.question.as_str());
    let place = Place { thread: None, turn: None, ..frame.place.elsewhere() };
    let summary = label.clone();
    let date = place.date.map(|date| ("business_date", date.to_string()));
    let phase = frame.place.phase.and_then(PhaseChoice::phase);
    let phase = phase.map(|phase| ("processing_type", phase.to_string()));
    let fields = [("thread_id", frame.thread.to_string()), ("edits", turn.id.0.to_string())]
        .into_iter()
        .chain(date)
        .chain(phase)
        .chain(place.hidden_fields())
        .map(|(name, value)| question_field(name, &value))
        .collect::<Vec<_>>();
    let chat = frame.chat;
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        send(chat, &event);
    };
    view! {
        <details class="question-edit">
            <summary class="chat-tool-button" aria-label=summary title="Edit and ask again"><EditIcon size=12/></summary>
            <form action=Ask::url() method="post" on:submit=on_submit>
                {fields}
                <textarea class="field-input" name="question[message]" required rows="3" maxlength=LONGEST_QUESTION aria-label=label>{text}</textarea>
                <button class="button">"Ask again"</button>
            </form>
        </details>
    }
    .into_any()
}
