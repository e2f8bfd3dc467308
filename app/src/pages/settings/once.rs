//! What is shown once and never again: a key, or an invitation's link.

use crate::components::copy_button::CopyButton;
use crate::error::AppError;
use leptos::prelude::*;
use model::identity::ShownOnce;

/// What a form without a script has made just before this page.
pub(crate) fn made_before(path: &'static str) -> Option<String> {
    let made = SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        let made = crate::api::once::take(path);
        #[cfg(not(feature = "ssr"))]
        let made = None::<String>;
        made
    });
    let _ = path;
    made.into_inner()
}

/// The newest of what was made: by `answer`, else before this page.
pub(crate) fn newest(answer: Option<Result<ShownOnce, AppError>>, before: Option<String>) -> Option<String> {
    match answer {
        Some(Ok(made)) => Some(made.text),
        Some(Err(_)) => None,
        None => before,
    }
}

/// The text in a box, with a button that copies it. `what` it is, for example `key`, and what to
/// know about it.
pub(crate) fn show_once(text: String, what: &'static str, note: &'static str) -> AnyView {
    view! {
        <div class="once" role="status" tabindex="-1" data-outcome="">
            <p><strong>{note}</strong></p>
            <p class="once-text"><code class="mono">{text.clone()}</code> " " <CopyButton text what/></p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ErrorKind;

    #[test]
    fn the_newest_is_shown() {
        let made = |text: &str| Some(Ok(ShownOnce { text: text.to_owned() }));
        assert_eq!(newest(made("b"), Some("a".to_owned())).as_deref(), Some("b"));
        assert_eq!(newest(None, Some("a".to_owned())).as_deref(), Some("a"));
        let failed = Some(Err(AppError::new(ErrorKind::Invalid, "no")));
        assert_eq!(newest(failed, Some("a".to_owned())), None);
    }
}
