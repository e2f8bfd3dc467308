//! What the forms share: labelled fields, a button that is not pressed twice, and a place for
//! what came of it. They are forms without a script too: an error comes back in the address.

use crate::error::AppError;
use crate::letters::uppercase;
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use model::ErrorKind;

/// A labelled text field.
#[component]
pub fn TextField(
    /// Its id, of which there is one on the page.
    id: &'static str,
    /// Its name in the form.
    name: &'static str,
    /// What stands above it.
    label: &'static str,
    /// `text`, `email`, `password`, `number`, `search`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// What it begins with.
    #[prop(optional, into)]
    value: String,
    /// What to know before one types.
    #[prop(optional, into)]
    hint: String,
    /// Whether it may stay empty.
    #[prop(default = true)]
    required: bool,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    let described = (!hint.is_empty()).then(|| hint_id.clone());
    let hint = (!hint.is_empty()).then(|| view! { <span class="field-hint" id=hint_id>{hint}</span> });
    let is_secret = kind == "password";
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input class="field-input" id=id name=name r#type=kind value=value required=required
                autocomplete=autocomplete aria-describedby=described
                autocapitalize=(kind != "text").then_some("none") spellcheck=is_secret.then_some("false")/>
            {hint}
        </div>
    }
}

/// What a text area begins with. Leptos writes the content of one into the page unescaped (it has
/// no elements inside), so that `</textarea>` in a text would end it: the server escapes it here.
pub(crate) fn text_area_content(text: &str) -> String {
    if cfg!(feature = "ssr") { text.replace('&', "&amp;").replace('<', "&lt;") } else { text.to_owned() }
}

/// What a new password must be.
pub(crate) const PASSWORD_RULES: &str = "At least 12 characters; not the e-mail address, and none of the common passwords. A few words make a good one.";

/// The button that sends a form. While an answer is on its way it does nothing, but keeps the focus.
#[component]
pub fn SubmitButton(
    /// What it says.
    #[prop(into)]
    label: String,
    /// Whether an answer is on its way.
    #[prop(into)]
    pending: Signal<bool>,
    /// How it looks.
    #[prop(default = "button")]
    class: &'static str,
    /// What it is about, for who does not see what stands beside it.
    #[prop(optional, into)]
    about: String,
) -> impl IntoView {
    let about =
        (!about.is_empty()).then(|| view! { <span class="visually-hidden">{format!(" {about}")}</span> });
    view! {
        <button class=class r#type="submit" aria-disabled=move || pending.get().to_string()
            on:click=move |event| {
                if pending.get_untracked() {
                    event.prevent_default();
                }
            }>
            {label}
            {about}
        </button>
    }
}

/// What came of the last attempt; `None` while there was none, or one is on its way.
pub type LastAttempt = Memo<Option<Result<(), AppError>>>;

/// The last attempt of an action.
pub(crate) fn last_attempt<S>(action: ServerAction<S>) -> LastAttempt
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let (value, pending) = (action.value(), action.pending());
    Memo::new(move |_| {
        if pending.get() {
            return None;
        }
        value.with(|value| value.as_ref().map(|answer| answer.as_ref().map(drop).map_err(Clone::clone)))
    })
}

/// Says what came of the last of `attempts`: `done`, or the error with what to do.
#[component]
pub fn Outcome(
    /// The attempts that it speaks of; of several the first that has something to say.
    #[prop(into)]
    attempts: Vec<LastAttempt>,
    /// What is said when it was done.
    done: &'static str,
) -> impl IntoView {
    let said = move || {
        let of_one = |attempt: &LastAttempt| {
            attempt.with(|attempt| {
                let (class, role, words) = match attempt.as_ref()? {
                    Ok(()) if done.is_empty() => return None,
                    Ok(()) => ("outcome is-good", "status", done.to_owned()),
                    Err(error) => ("outcome is-bad", "alert", error_words(error)),
                };
                Some(view! { <p class=class role=role tabindex="-1" data-outcome="">{words}</p> })
            })
        };
        attempts.iter().find_map(of_one)
    };
    view! { <div class="outcome-place" aria-live="polite">{said}</div> }
}

/// The error and what to do about it.
pub(crate) fn error_words(error: &AppError) -> String {
    let advice = match error.kind {
        ErrorKind::Conflict => " What stands here now is the newest: look at it, then try again.",
        ErrorKind::Forbidden => " Ask an owner or admin of the project.",
        ErrorKind::Unavailable => " Nothing was changed; try again in a moment.",
        ErrorKind::Internal => " Nothing was changed; if it stays, report the time.",
        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Unauthenticated | ErrorKind::Limited => "",
    };
    format!("{}{advice}", sentence(&error.message))
}

/// `text` as a sentence: a capital first, a full stop last.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    let mut sentence = uppercase(first) + rest;
    if !sentence.is_empty() && !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// Grows when an action has changed something, or has found that somebody else did: what is shown
/// is then asked for again. Other errors leave the page as it is, with what was typed.
pub(crate) fn changes<S>(action: ServerAction<S>) -> Memo<usize>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let (value, version) = (action.value(), action.version());
    Memo::new(move |before: Option<&usize>| {
        version.track();
        let is_other = value.with_untracked(|value| match value {
            None => false,
            Some(Ok(_)) => true,
            Some(Err(error)) => matches!(error.kind, ErrorKind::Conflict | ErrorKind::NotFound),
        });
        before.copied().unwrap_or_default() + usize::from(is_other)
    })
}

/// Empties the form once it was done.
pub(crate) fn reset_when_done(form: NodeRef<html::Form>, attempt: LastAttempt) {
    Effect::new(move |_| {
        let is_done = attempt.with(|attempt| matches!(attempt, Some(Ok(()))));
        if let Some(form) = form.get_untracked().filter(|_| is_done) {
            form.reset();
        }
    });
}

/// When what is shown is replaced and the focus was in it, the focus goes to what is said about it.
pub(crate) fn keep_focus(replaced: impl Fn() + 'static) {
    #[cfg(not(feature = "ssr"))]
    Effect::new(move |before: Option<()>| {
        replaced();
        if before.is_none() {
            return;
        }
        request_animation_frame(|| {
            use leptos::wasm_bindgen::JsCast;
            let lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
            if !lost {
                return;
            }
            let places = ["[data-outcome]", "#content"];
            let place = places.iter().find_map(|place| document().query_selector(place).ok().flatten());
            if let Some(place) = place.and_then(|place| place.dyn_into::<leptos::web_sys::HtmlElement>().ok())
            {
                let _ = place.focus();
            }
        });
    });
    #[cfg(feature = "ssr")]
    let _ = replaced;
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_a_sentence() {
        let check = |text: &str, expect: &str| assert_eq!(sentence(text), expect);
        check("the sign-in was refused", "The sign-in was refused.");
        check("Done.", "Done.");
        check("élan?", "Élan?");
        check(" ", "");
    }

    #[test]
    fn no_text_ends_its_text_area() {
        let text = text_area_content("</textarea><script>&lt;");
        let html = Owner::new().with(|| view! { <textarea>{text}</textarea> }.to_html());
        assert_eq!(html, "<textarea>&lt;/textarea>&lt;script>&amp;lt;</textarea>");
    }

    #[test]
    fn a_field_is_labelled_and_says_its_rules_before_one_types() {
        let owner = Owner::new();
        let html = owner.with(|| {
            view! {
                <TextField id="p" name="password" label="Password" kind="password" autocomplete="new-password"
                    hint=PASSWORD_RULES/>
            }
            .to_html()
        });
        for part in [
            "for=\"p\"",
            "id=\"p\"",
            "name=\"password\"",
            "autocomplete=\"new-password\"",
            "aria-describedby=\"p-hint\"",
            "id=\"p-hint\"",
            "At least 12 characters",
            " required",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn an_outcome_is_told_as_an_alert_or_a_status() {
        let html_of = |attempt: Option<Result<(), AppError>>| {
            let owner = Owner::new();
            owner.with(|| {
                let attempt = Memo::new(move |_| attempt.clone());
                view! { <Outcome attempts=vec![attempt] done="It is saved."/> }.to_html()
            })
        };
        assert!(!html_of(None).contains("data-outcome"));
        let done = html_of(Some(Ok(())));
        assert!(done.contains("role=\"status\"") && done.contains("It is saved."), "{done}");
        let failed = html_of(Some(Err(AppError::new(ErrorKind::Invalid, "<b>: no"))));
        assert!(failed.contains("role=\"alert\"") && failed.contains("&lt;b&gt;: no."), "{failed}");
    }

    #[test]
    fn a_conflict_says_what_to_do_and_a_refused_sign_in_gives_no_hint() {
        let words = |kind, message: &str| error_words(&AppError::new(kind, message));
        assert!(words(ErrorKind::Conflict, "ada is an admin now").contains("look at it, then try again"));
        assert_eq!(words(ErrorKind::Unauthenticated, "the sign-in was refused"), "The sign-in was refused.");
    }
}
