//! Copies an id. It needs a script, and is hidden where there is none.

use leptos::prelude::*;

/// How long the button says that it has copied.
#[cfg(not(feature = "ssr"))]
const SAID_FOR: std::time::Duration = std::time::Duration::from_millis(1500);

/// Copies `text` to the clipboard.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: String,
    /// What it is, for example `run id`.
    what: &'static str,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let on_click = move |_| {
        #[cfg(not(feature = "ssr"))]
        if browser::copy(&text).is_some() {
            copied.set(true);
            set_timeout(
                move || {
                    copied.try_set(false);
                },
                SAID_FOR,
            );
        }
        #[cfg(feature = "ssr")]
        let _ = &text;
    };
    let label = move || if copied.get() { "Copied".to_owned() } else { format!("Copy {what}") };
    view! {
        <button type="button" class="copy-button" class:is-copied=move || copied.get() aria-label=label title=label
            on:click=on_click>
            <svg width="12" height="12" viewBox="0 0 24 24" aria-hidden="true">
                <rect x="9" y="9" width="12" height="12" rx="2"></rect>
                <path d="M5 15H4a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2h9a2 2 0 0 1 2 2v1"></path>
            </svg>
        </button>
    }
}

#[cfg(not(feature = "ssr"))]
mod browser {
    use js_sys::{Function, Reflect};
    use leptos::prelude::window;
    use wasm_bindgen::{JsCast, JsValue};

    /// `None` where the browser gives pages no clipboard: over plain HTTP from another machine.
    pub(super) fn copy(text: &str) -> Option<()> {
        let navigator = Reflect::get(&window(), &JsValue::from_str("navigator")).ok()?;
        let clipboard = Reflect::get(&navigator, &JsValue::from_str("clipboard")).ok()?;
        let write: Function =
            Reflect::get(&clipboard, &JsValue::from_str("writeText")).ok()?.dyn_into().ok()?;
        write.call1(&clipboard, &JsValue::from_str(text)).ok().map(drop)
    }
}
