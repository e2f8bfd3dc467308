//! The handle between page and panel.

use crate::session::use_session;
use leptos::prelude::*;

/// Sets the panel's width by pointer or arrow keys; the width is kept in a cookie.
#[component]
pub fn ResizeHandle() -> impl IntoView {
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
