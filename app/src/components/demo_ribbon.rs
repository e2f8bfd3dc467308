//! Says on every page that its data is made up.

use crate::session::use_session;
use leptos::prelude::*;

/// The ribbon, where the estate is the demo.
#[component]
pub fn DemoRibbon() -> impl IntoView {
    let demo = use_session().with_value(|session| session.estate.as_ref().is_some_and(|estate| estate.demo));
    demo.then(|| {
        view! {
            <p class="demo-ribbon">
                <strong>"DEMO"</strong>
                " · these batches are made up and move by themselves; nothing here is real"
            </p>
        }
    })
}
