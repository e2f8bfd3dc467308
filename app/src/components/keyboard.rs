//! Single-key shortcuts, and the dialog that lists them. They sleep while somebody types.

use leptos::prelude::*;

const DIALOG: &str = "help-dialog";

/// What each key does.
const KEYS: [(&str, &str); 7] = [
    ("/", "search"),
    ("j  k", "next row, previous row"),
    ("Enter", "open the row's page"),
    ("x", "expand or collapse the row"),
    ("a", "ask SENTRY AI"),
    ("?", "this list"),
    ("Esc", "close what is open"),
];

/// The help dialog; in the browser also the listener for keys.
#[component]
pub fn Keyboard() -> impl IntoView {
    #[cfg(not(feature = "ssr"))]
    Effect::new(|_| {
        let listener = window_event_listener(leptos::ev::keydown, browser::on_key);
        on_cleanup(move || listener.remove());
    });
    let keys = KEYS.map(|(key, what)| view! { <dt><kbd>{key}</kbd></dt><dd>{what}</dd> });
    view! {
        <dialog class="help-dialog" id=DIALOG aria-labelledby="help-title">
            <h2 class="page-title" id="help-title">"Keyboard"</h2>
            <dl>{keys}</dl>
            <form method="dialog"><button class="button">"Close"</button></form>
        </dialog>
    }
}

/// Opens the list of shortcuts.
pub fn open_help() {
    #[cfg(not(feature = "ssr"))]
    browser::open_help();
}

#[cfg(not(feature = "ssr"))]
mod browser {
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlDialogElement, HtmlElement, KeyboardEvent};

    pub(super) fn open_help() {
        let dialog = document()
            .get_element_by_id(super::DIALOG)
            .and_then(|it| it.dyn_into::<HtmlDialogElement>().ok());
        if let Some(dialog) = dialog.filter(|dialog| !dialog.open()) {
            let _ = dialog.show_modal();
        }
    }

    pub(super) fn on_key(event: KeyboardEvent) {
        if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
        let typing = target.as_ref().is_some_and(is_typing);
        let done = match event.key().as_str() {
            "Escape" => close(target.as_ref()),
            _ if typing => false,
            "/" => search(),
            "?" => {
                open_help();
                true
            }
            "j" => step(1),
            "k" => step(-1),
            "x" => expand(),
            "a" => {
                crate::chat::focus_field();
                true
            }
            _ => false,
        };
        if done {
            event.prevent_default();
        }
    }

    fn is_typing(element: &HtmlElement) -> bool {
        let name = element.tag_name();
        let field = matches!(name.as_str(), "INPUT" | "TEXTAREA" | "SELECT");
        let box_to_tick = element.get_attribute("type").is_some_and(|kind| kind == "checkbox");
        (field && !box_to_tick) || element.is_content_editable()
    }

    fn focus(element: &Element) {
        if let Some(element) = element.dyn_ref::<HtmlElement>() {
            let _ = element.focus();
        }
    }

    fn search() -> bool {
        let Ok(Some(field)) = document().query_selector("[data-search]") else { return false };
        if let Ok(Some(details)) = field.closest("details") {
            let _ = details.set_attribute("open", "");
        }
        focus(&field);
        true
    }

    fn close(target: Option<&HtmlElement>) -> bool {
        if let Ok(Some(details)) = document().query_selector(CLOSED_BY_ESCAPE) {
            let _ = details.remove_attribute("open");
            if let Ok(Some(summary)) = details.query_selector("summary") {
                focus(&summary);
            }
            return true;
        }
        if let Some(target) = target.filter(|target| is_typing(target)) {
            let _ = target.blur();
        } else if let Ok(Some(link)) = document().query_selector(CLOSING_LINK) {
            return link.dyn_into::<HtmlElement>().is_ok_and(|link| {
                link.click();
                true
            });
        }
        crate::chat::set_drawer(false);
        false
    }

    /// What lies over the page, not what is a part of it.
    const CLOSED_BY_ESCAPE: &str = "main details[open]:not(.tool-call, .chart-table, .span-part, .timeline-details), header details[open], .chat-threads[open], .question-edit[open]";

    /// Leads to the page without the panel that it stands in.
    const CLOSING_LINK: &str = "a[data-close]";

    fn rows() -> Vec<Element> {
        let Ok(list) = document().query_selector_all("[data-row]") else { return Vec::new() };
        (0..list.length()).filter_map(|i| list.get(i)?.dyn_into().ok()).collect()
    }

    fn step(by: isize) -> bool {
        let rows = rows();
        let active = document().active_element();
        let current = active.and_then(|active| rows.iter().position(|row| row.contains(Some(&active))));
        let next = match current {
            Some(current) => current.saturating_add_signed(by).min(rows.len().saturating_sub(1)),
            None => 0,
        };
        let Some(row) = rows.get(next) else { return false };
        focus(row);
        true
    }

    fn expand() -> bool {
        let toggle = document()
            .active_element()
            .and_then(|active| active.closest("tr").ok().flatten())
            .and_then(|row| row.query_selector("[aria-expanded]").ok().flatten());
        match toggle.and_then(|toggle| toggle.dyn_into::<HtmlElement>().ok()) {
            Some(toggle) => {
                toggle.click();
                true
            }
            None => false,
        }
    }
}
