//! The place of the assistant, beside every page. Its conversation is not there yet, and it
//! says so; frame, context and input stand where they will be.

use crate::components::icons::{ClockIcon, ExpandIcon, PinIcon, PlusIcon, SendIcon};
use crate::context::use_place;
use crate::session::use_session;
use leptos::prelude::*;

const LATER: &str = "The assistant comes in a later version";

/// The panel with the handle that sets its width; a drawer where there is no room.
#[component]
pub fn ChatPanel() -> impl IntoView {
    let place = use_place();
    let today = use_session().with_value(|session| session.today);
    let date =
        Memo::new(move |_| place.with(|place| place.as_ref().ok().and_then(|place| place.date)).or(today));
    let environment =
        use_session().with_value(|session| session.estate.as_ref().map(|estate| estate.environment.clone()));
    let tag = |text: String| {
        view! {
            <span class="context-tag">
                {text}
                <span class="context-tag-mark" aria-hidden="true">"×"</span>
            </span>
        }
    };
    view! {
        <input r#type="checkbox" class="chat-toggle" id="chat-toggle" aria-label="Show the assistant"/>
        <label class="chat-open" for="chat-toggle" aria-hidden="true">"S"</label>
        <aside class="chat-panel" aria-label="SENTRY AI">
            <ResizeHandle/>
            <div class="chat-header">
                <div class="chat-identity">
                    <span class="chat-logo" aria-hidden="true">"S"</span>
                    <div>
                        <div class="chat-title">"SENTRY AI"</div>
                        <div class="chat-status"><span class="chat-status-dot"></span>"Not connected"</div>
                    </div>
                </div>
                <div class="chat-actions">
                    <button class="chat-action" disabled title=LATER aria-label="New conversation"><PlusIcon size=14/></button>
                    <button class="chat-action" disabled title=LATER aria-label="Earlier conversations"><ClockIcon size=14/></button>
                    <button class="chat-action" disabled title=LATER aria-label="Larger"><ExpandIcon size=14/></button>
                    <label class="chat-action chat-close" for="chat-toggle" aria-hidden="true">"×"</label>
                </div>
            </div>
            <div class="chat-context">
                <PinIcon size=12/>
                "Context:"
                {move || date.get().map(|date| tag(date.label()))}
                {environment.map(tag)}
            </div>
            <div class="chat-messages" tabindex="0" role="log" aria-label="Conversation">
                <div class="chat-label">"SENTRY AI"</div>
                <div class="chat-bubble">
                    "The assistant is not here yet: it comes in a later version. Until then the board, the explorer and the RCA page show everything that SENTRY knows."
                </div>
            </div>
            <div class="chat-input-area">
                <div class="chat-input-wrapper">
                    <textarea class="chat-input" rows="1" disabled aria-label="Question" placeholder="Ask about batch status, RCA, metrics..."></textarea>
                    <button class="chat-send" disabled title=LATER aria-label="Send"><SendIcon size=14/></button>
                </div>
                <div class="chat-hint">
                    <kbd>"Enter"</kbd>
                    " to send · "
                    <kbd>"Shift+Enter"</kbd>
                    " for new line · The assistant comes in a later version"
                </div>
            </div>
        </aside>
    }
}

/// Sets the panel's width by pointer or arrow keys; the width is kept in a cookie.
#[component]
fn ResizeHandle() -> impl IntoView {
    let width =
        RwSignal::new(use_session().with_value(|session| session.chat_width).unwrap_or(DEFAULT_WIDTH));
    let dragging = RwSignal::new(false);
    let on_move = move |event: leptos::ev::PointerEvent| {
        if dragging.get_untracked() {
            set_width(width, window_width() - f64::from(event.client_x()));
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowLeft" => 20.0,
            "ArrowRight" => -20.0,
            _ => return,
        };
        event.prevent_default();
        set_width(width, f64::from(width.get_untracked()) + by);
        keep_width(width);
    };
    view! {
        <div
            class="chat-resize"
            role="separator"
            tabindex="0"
            aria-orientation="vertical"
            aria-label="Width of the assistant"
            aria-valuemin=*crate::session::CHAT_WIDTHS.start()
            aria-valuemax=*crate::session::CHAT_WIDTHS.end()
            aria-valuenow=move || width.get()
            on:pointerdown=move |event| {
                capture(&event);
                dragging.set(true);
            }
            on:pointermove=on_move
            on:pointerup=move |_| {
                dragging.set(false);
                keep_width(width);
            }
            on:keydown=on_key
        ></div>
    }
}

/// As in the pictures, in CSS pixels.
const DEFAULT_WIDTH: u16 = 420;

fn window_width() -> f64 {
    window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or_default()
}

fn capture(event: &leptos::ev::PointerEvent) {
    use wasm_bindgen::JsCast;
    if let Some(handle) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) {
        let _ = handle.set_pointer_capture(event.pointer_id());
    }
}

fn set_width(width: RwSignal<u16>, wanted: f64) {
    use wasm_bindgen::JsCast;
    let (least, most) = crate::session::CHAT_WIDTHS.into_inner();
    let new = wanted.clamp(f64::from(least), f64::from(most)) as u16;
    width.set(new);
    if let Some(root) =
        document().document_element().and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = root.style().set_property("--chat-width", &format!("{new}px"));
    }
}

fn keep_width(width: RwSignal<u16>) {
    #[cfg(not(feature = "ssr"))]
    crate::session::keep_cookie(crate::session::CHAT_WIDTH_COOKIE, &width.get_untracked().to_string());
    #[cfg(feature = "ssr")]
    let _ = width;
}
