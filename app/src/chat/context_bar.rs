//! What is sent with a question: each tag is a check box of the form, so that taking one away
//! works without a script.

use super::composer::FORM;
use super::use_chat;
use crate::components::icons::PinIcon;
use crate::session::use_session;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Date, environment, and the phase and essential of the page where it names them.
#[component]
pub fn ContextBar() -> impl IntoView {
    let chat = use_chat();
    let session = use_session();
    let today = session.with_value(|session| session.today);
    let environment =
        session.with_value(|session| session.estate.as_ref().map(|estate| estate.environment.clone()));
    let date = Memo::new(move |_| chat.place.with(|place| place.date).or(today));
    let phase = Memo::new(move |_| chat.place.with(|place| place.phase?.phase()));
    let pathname = use_location().pathname;
    let essential = Memo::new(move |_| pathname.with(|path| essential_of_path(path)));
    let tags = move || {
        [
            date.get().map(|date| (Some("question[business_date]"), date.to_string(), date.label())),
            environment.clone().map(|name| (None, name.clone(), name)),
            phase
                .get()
                .map(|phase| (Some("question[processing_type]"), phase.to_string(), phase.to_string())),
            essential.get().map(|name| (Some("question[essential]"), name.clone(), name)),
        ]
        .into_iter()
        .flatten()
        .map(|(name, value, label)| tag(name, value, label))
        .collect::<Vec<_>>()
    };
    view! {
        <div class="chat-context" role="group" aria-label="Context of the question">
            <PinIcon size=12/>
            "Context:"
            {tags}
        </div>
    }
}

/// A tag; one that is taken away is not sent, and can be brought back. The environment has no
/// name: questions are always about this one.
fn tag(name: Option<&'static str>, value: String, label: String) -> impl IntoView {
    view! {
        <label class="context-tag">
            <input type="checkbox" class="visually-hidden" form=FORM name=name value=value checked autocomplete="off"/>
            {label}
            <span class="context-tag-mark" aria-hidden="true"></span>
        </label>
    }
}

/// The essential whose page it is, decoded.
fn essential_of_path(path: &str) -> Option<String> {
    let encoded = path.strip_prefix("/essentials/")?;
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => u8::from_str_radix(std::str::from_utf8(&[*high, *low]).ok()?, 16).ok(),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).ok().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_an_essential_names_it() {
        let check = |path: &str, expect: Option<&str>| {
            assert_eq!(essential_of_path(path).as_deref(), expect, "{path}")
        };
        check("/", None);
        check("/essentials/", None);
        check("/essentials/TB-Derivatives", Some("TB-Derivatives"));
        check("/essentials/A%20B%2FC", Some("A B/C"));
        check("/essentials/100%", Some("100%"));
        check("/essentials/%ff", None);
    }
}
