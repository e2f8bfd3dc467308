//! One turn: a question on the right, its answer on the left.

use super::Chat;
use super::answer::{answer_view, failed_view, streamed_view};
use super::links::turn_anchor;
use super::progress::Progress;
use super::question::question_view;
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use model::ask::{Outcome, ThreadId, Turn, TurnId};

/// What a turn's view needs besides the turn.
#[derive(Clone)]
pub(super) struct TurnFrame {
    pub(super) chat: Chat,
    pub(super) thread: ThreadId,
    /// Whether the reader may edit and rate.
    pub(super) is_mine: bool,
    /// All versions of the question.
    pub(super) versions: Vec<TurnId>,
    pub(super) place: Place,
    pub(super) zone: Zone,
}

/// A turn as it is: with its answer, with why it has none, or on its way.
pub(super) fn turn_view(turn: &Turn, frame: &TurnFrame) -> AnyView {
    let answer = match &turn.outcome {
        Some(Outcome::Answered(response)) => answer_view(turn, response, frame),
        Some(Outcome::Failed(error)) => failed_view(error, &turn.question),
        None => thinking("Working on it"),
    };
    with_question(turn, frame, answer)
}

/// A turn whose answer is on its way.
pub(super) fn running_view(turn: &Turn, frame: &TurnFrame, progress: RwSignal<Progress>) -> AnyView {
    with_question(turn, frame, streamed_view(progress, &frame.place, &frame.zone))
}

/// A question that the server has not taken yet.
pub(super) fn pending_view(question: &str) -> AnyView {
    view! {
        <article class="chat-turn">
            <div class="chat-message is-question">
                <div class="chat-label">"You"</div>
                <div class="chat-bubble">{question.to_owned()}</div>
            </div>
            {thinking("Asking")}
        </article>
    }
    .into_any()
}

fn with_question(turn: &Turn, frame: &TurnFrame, answer: AnyView) -> AnyView {
    view! {
        <article class="chat-turn" id=turn_anchor(turn.id) aria-busy=turn.outcome.is_none().then_some("true")>
            {question_view(turn, frame)}
            {answer}
        </article>
    }
    .into_any()
}

fn thinking(doing: &'static str) -> AnyView {
    view! {
        <div class="chat-message">
            <div class="chat-label">"SENTRY AI"</div>
            <div class="chat-bubble">{thinking_dots(doing.into_any())}</div>
        </div>
    }
    .into_any()
}

/// Dots, and what is being done.
pub(super) fn thinking_dots(doing: AnyView) -> AnyView {
    view! {
        <p class="thinking">
            <span class="thinking-dots" aria-hidden="true"><i></i><i></i><i></i></span>
            <span>{doing}</span>
        </p>
    }
    .into_any()
}
