//! Which sources are down, since when, and how old what is shown is.

use crate::context::use_zone;
use crate::time::duration;
use leptos::prelude::*;
use model::Timestamp;
use model::source::{SourceState, SourceStatus};

/// A banner while a source is down or nothing is known yet; nothing otherwise.
#[component]
pub fn SourcesBanner(
    /// How the sources are.
    #[prop(into)]
    sources: Signal<Vec<SourceStatus>>,
    /// When the sources last answered for what is shown.
    #[prop(into)]
    polled_at: Signal<Option<Timestamp>>,
    /// The server's time.
    #[prop(into)]
    now: Signal<Timestamp>,
) -> impl IntoView {
    let zone = use_zone();
    let ago = move |at: Timestamp| duration(now.get().as_second() - at.as_second());
    let lines = move || {
        let zone = zone.get();
        let down = sources.get().into_iter().filter(|source| source.state == SourceState::Down);
        down.map(|source| {
            let since = match source.last_success {
                Some(at) => format!("last answered at {} ({} ago)", zone.time(at), ago(at)),
                None => "has not answered since SENTRY started".to_owned(),
            };
            let error = source.error.map(|error| format!(": {error}")).unwrap_or_default();
            view! { <li><strong>{source.name.label()}</strong>{format!(" {since}{error}")}</li> }
        })
        .collect::<Vec<_>>()
    };
    let shown = move || match polled_at.get() {
        Some(at) => {
            format!("A source is down. What is shown is from {} ({} old).", zone.get().time(at), ago(at))
        }
        None => "A source is down, and nothing is known of this date yet. SENTRY keeps asking.".to_owned(),
    };
    let any_down =
        Memo::new(move |_| sources.with(|all| all.iter().any(|one| one.state == SourceState::Down)));
    move || {
        any_down.get().then(|| {
            view! {
                <div class="sources-banner" role="status">
                    <p>{shown}</p>
                    <ul>{lines}</ul>
                </div>
            }
        })
    }
}
