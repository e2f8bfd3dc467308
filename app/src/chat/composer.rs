//! The form that asks: a text field with a button, for which offered questions are further buttons.

use super::conversation::load_conversation;
use super::{Chat, asking, use_chat};
use crate::api::ask::Ask;
use crate::components::form::error_words;
use crate::components::icons::{SendIcon, StopIcon};
use crate::location::Place;
use leptos::form::form_data_from_event;
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use model::ask::LONGEST_QUESTION;

/// The form's id: every button with this `form` asks.
pub(crate) const FORM: &str = "chat-form";
/// Beside a conversation that was shared.
const FOREIGN: &str = "This is somebody else's conversation: what you ask begins one of your own.";
/// The text field's id.
const FIELD: &str = "chat-question";

/// A question that is asked when its button is pressed, whatever stands in the field.
pub(crate) fn offered_question(question: &str, class: &'static str, label: AnyView) -> AnyView {
    view! {
        <button class=class form=FORM formnovalidate name="question[offered]" value=question.to_owned() title=question.to_owned()>
            {label}
        </button>
    }
    .into_any()
}

/// A question that goes into the field for the reader to send. Without a script it is asked at once.
pub(crate) fn prefilled_question(question: impl Fn() -> String + Clone + Send + 'static) -> AnyView {
    let value = question.clone();
    let on_click = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        #[cfg(not(feature = "ssr"))]
        fill_field(&untrack(&value));
        #[cfg(feature = "ssr")]
        let _ = &value;
    };
    view! {
        <button class="quick-action" form=FORM formnovalidate name="question[offered]" value=question on:click=on_click>
            "Ask SENTRY AI"
        </button>
    }
    .into_any()
}

/// The field, what is sent with it, and the button; while a turn is answered, the button stops it.
#[component]
pub fn Composer() -> impl IntoView {
    let chat = use_chat();
    let field = NodeRef::<html::Textarea>::new();
    let typed = StoredValue::new(String::new());
    bring_back(chat, field, typed);
    let fields = move || {
        let mut fields =
            chat.place.with(|place| Place { thread: None, turn: None, ..place.clone() }.hidden_fields());
        if let Some(thread) = chat.thread.get().filter(|_| !chat.is_foreign.get()) {
            fields.push(("thread_id", thread.to_string()));
            fields.extend(chat.last.get().map(|turn| ("parent", turn.0.to_string())));
        }
        fields.iter().map(|(name, value)| question_field(name, value)).collect::<Vec<_>>()
    };
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        if !send(chat, &event) {
            return;
        }
        set_drawer(true);
        let is_offered = event.submitter().is_some_and(|button| button.has_attribute("value"));
        if let Some(field) = field.get_untracked().filter(|_| !is_offered) {
            typed.set_value(field.value());
            field.set_value("");
        }
    };
    // What shows the answer is there before the question is typed.
    let on_focus = move |_| {
        leptos::task::spawn_local(async {
            let _ = load_conversation().await;
        })
    };
    let trouble = move || {
        let error = chat.begun.with(|begun| begun.as_ref()?.as_ref().err().map(error_words));
        let (class, role, words) = match error.filter(|_| !chat.is_sending.get()) {
            Some(words) => ("outcome is-bad", "alert", words),
            None if chat.is_foreign.get() => ("chat-note", "note", FOREIGN.to_owned()),
            None => return None,
        };
        Some(view! { <p class=class role=role>{words}</p> })
    };
    view! {
        <div class="chat-input-area">
            {trouble}
            <form id=FORM class="chat-form" action=Ask::url() method="post" on:submit=on_submit on:focusin=on_focus>
                {fields}
                <div class="chat-input-wrapper">
                    <textarea class="chat-input" id=FIELD name="question[message]" rows="1" required maxlength=LONGEST_QUESTION
                        aria-label="Question" placeholder="Ask about batch status, RCA, metrics..."
                        node_ref=field on:keydown=on_key></textarea>
                    <SendOrStop chat/>
                </div>
            </form>
            <div class="chat-hint">
                <kbd>"Enter"</kbd>
                " to send · "
                <kbd>"Shift+Enter"</kbd>
                " for new line · Tools: Lenz, RDS, Airflow"
            </div>
        </div>
    }
}

#[component]
fn SendOrStop(chat: Chat) -> impl IntoView {
    let is_running = Memo::new(move |_| chat.running.with(Option::is_some));
    let label = move || if is_running.get() { "Stop" } else { "Send" };
    let on_click = move |event: leptos::ev::MouseEvent| {
        if let Some(turn) = chat.running.get_untracked() {
            event.prevent_default();
            leptos::task::spawn_local(async move { asking::stop(chat, turn).await });
        }
    };
    // One button, so that it keeps the focus.
    view! {
        <button class="chat-send" title=label aria-label=label data-running=move || is_running.get().then_some("") on:click=on_click>
            <SendIcon size=14/>
            <StopIcon size=14/>
        </button>
    }
}

/// What is sent with a question without being asked for: `name` is one of [`crate::api::ask::Asked`].
pub(super) fn question_field(name: &str, value: &str) -> AnyView {
    view! { <input type="hidden" name=format!("question[{name}]") value=value.to_owned()/> }.into_any()
}

/// What a form sends without being asked for it.
pub(super) fn hidden_field(name: &'static str, value: String) -> AnyView {
    view! { <input type="hidden" name=name value=value/> }.into_any()
}

/// Sends the question of a form, and says whether it was: not while another one is answered.
pub(super) fn send(chat: Chat, event: &leptos::ev::SubmitEvent) -> bool {
    event.prevent_default();
    let form = form_data_from_event(event).ok().filter(|_| !untrack(|| chat.is_busy()));
    let Some(form) = form else { return false };
    chat.is_sending.set(true);
    leptos::task::spawn_local(async move { asking::ask(chat, form).await });
    true
}

/// Brings what was typed back into the field when it could not be sent.
fn bring_back(chat: Chat, field: NodeRef<html::Textarea>, typed: StoredValue<String>) {
    Effect::new(move |_| {
        let Some(begun) = chat.begun.get() else { return };
        let text = typed.try_update_value(std::mem::take).unwrap_or_default();
        if let Some(field) = field.get_untracked().filter(|field| begun.is_err() && field.value().is_empty())
        {
            field.set_value(&text);
        }
    });
}

/// Enter sends; with Shift, or while an input method composes, it is a new line.
fn on_key(event: leptos::ev::KeyboardEvent) {
    if event.key() != "Enter" || event.shift_key() || event.is_composing() {
        return;
    }
    event.prevent_default();
    if let Some(form) = event_target::<web_sys::HtmlTextAreaElement>(&event).form() {
        let _ = form.request_submit();
    }
}

/// Puts the caret into the field, in the drawer where it is one.
#[cfg(not(feature = "ssr"))]
pub(crate) fn focus_field() {
    use wasm_bindgen::JsCast;
    set_drawer(true);
    let field = document().get_element_by_id(FIELD).and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(field) = field {
        let _ = field.focus();
    }
}

/// Puts a question into the field, and the caret behind it.
#[cfg(not(feature = "ssr"))]
fn fill_field(question: &str) {
    use wasm_bindgen::JsCast;
    let field = document().get_element_by_id(FIELD);
    if let Some(field) = field.and_then(|it| it.dyn_into::<web_sys::HtmlTextAreaElement>().ok()) {
        field.set_value(question);
        focus_field();
    }
}

/// Opens or closes the drawer that the panel is where there is no room for it.
pub(crate) fn set_drawer(open: bool) {
    use wasm_bindgen::JsCast;
    let toggle = document().get_element_by_id("chat-toggle");
    if let Some(toggle) = toggle.and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok()) {
        toggle.set_checked(open);
    }
}
