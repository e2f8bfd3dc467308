//! What stands where agents will be: how to send the first event, and whether it has come.

use crate::api::settings::CreateKey;
use crate::components::copy_button::CopyButton;
use crate::components::form::{Outcome, SubmitButton, last_attempt};
use crate::location::Place;
use crate::pages::settings::once::{made_before, newest, show_once};
use crate::session::use_session;
use leptos::prelude::*;
use model::{Capability, Scope};

/// What stands in a snippet where the reader has no key yet.
const NO_KEY: &str = "YOUR_KEY";

/// The agent that the snippets send of, and the name of the key that is made for it.
const NAME: &str = "my-agent";

/// A way to send, with what to run.
struct Way {
    name: &'static str,
    install: &'static str,
    code: &'static str,
}

const WAYS: [Way; 4] = [
    Way {
        name: "OpenTelemetry Python",
        install: "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http",
        code: include_str!("waiting/opentelemetry.py"),
    },
    Way {
        name: "OpenTelemetry JavaScript",
        install: "npm install @opentelemetry/api @opentelemetry/exporter-trace-otlp-http @opentelemetry/resources @opentelemetry/sdk-trace-node",
        code: include_str!("waiting/opentelemetry.mjs"),
    },
    Way {
        name: "sentryai (Python)",
        // From the sources of this server: the folder sdk/python.
        install: "pip install ./sdk/python",
        code: include_str!("waiting/sdk.py"),
    },
    Way { name: "curl", install: "", code: include_str!("waiting/otlp.sh") },
];

/// The code of a way to send to the server at `address`.
fn snippet(way: &Way, address: &str, key: Option<&str>) -> String {
    way.code.replace("{address}", address).replace("{key}", key.unwrap_or(NO_KEY))
}

/// The key that is made here, and the form's doing.
#[derive(Clone, Copy)]
pub(super) struct FirstKey {
    create: ServerAction<CreateKey>,
    text: Memo<Option<String>>,
}

impl FirstKey {
    /// To be called while the page is made, not while a part of it waits: the browser would not find there
    /// what the server sent.
    pub(super) fn new() -> Self {
        let create = ServerAction::<CreateKey>::new();
        let before = made_before(super::PATH);
        Self { create, text: Memo::new(move |_| newest(create.value().get(), before.clone())) }
    }
}

/// How to send the first event to the server at `address`. `first` is the way to the page of the agent that has
/// sent it, and that agent's name.
pub(super) fn waiting(
    address: String,
    key: FirstKey,
    first: Memo<Option<(String, String)>>,
    place: Memo<Place>,
) -> AnyView {
    let FirstKey { create, text: key } = key;
    let tabs: Vec<_> = WAYS
        .iter()
        .enumerate()
        .map(|(index, way)| {
            let id = format!("way-{index}");
            view! {
                <input class="visually-hidden" r#type="radio" name="way" id=id.clone() checked=index == 0/>
                <label for=id>{way.name}</label>
            }
        })
        .collect();
    let panels: Vec<_> = WAYS.iter().map(|way| panel(way, address.clone(), key)).collect();
    let said = move || match first.get() {
        None => view! { "Waiting for the first event…" }.into_any(),
        Some((href, name)) => view! {
            "The first event has come: " <a class="button" href=href>{format!("Open {name}")}</a>
        }
        .into_any(),
    };
    view! {
        <section class="section-card agents-waiting">
            <div class="section-header"><h2 class="section-title">"Send the first event"</h2></div>
            <p class="first-event" class:has-come=move || first.with(Option::is_some) role="status">
                <span class="first-event-dot" aria-hidden="true"></span>
                {said}
            </p>
            {key_step(create, key, place)}
            <p>"2. Run one of these. The agent shows here by itself."</p>
            <div class="ways" role="radiogroup" aria-label="Send with">{tabs} {panels}</div>
        </section>
    }
    .into_any()
}

/// What to install, and the code with the key in it.
fn panel(way: &'static Way, address: String, key: Memo<Option<String>>) -> AnyView {
    let code = Memo::new(move |_| key.with(|key| snippet(way, &address, key.as_deref())));
    let install = (!way.install.is_empty()).then(|| {
        view! {
            <p class="way-code"><code class="mono">{way.install}</code> <CopyButton text=way.install what="command"/></p>
        }
    });
    view! {
        <div class="way">
            {install}
            <div class="way-code">
                <pre class="mono" tabindex="0" role="region" aria-label=way.name>{move || code.get()}</pre>
                {move || view! { <CopyButton text=code.get() what="code"/> }}
            </div>
        </div>
    }
    .into_any()
}

/// How the reader comes by a key: makes one here, or asks somebody who may.
fn key_step(create: ServerAction<CreateKey>, key: Memo<Option<String>>, place: Memo<Place>) -> AnyView {
    let at = move |path: &'static str| move || place.read().elsewhere().href(path);
    if !use_session().with_value(|session| session.viewer.may(Capability::ManageKeys)) {
        return view! {
            <p>
                "1. Ask an " <a href=at("/settings/members")>"owner or admin of the project"</a>
                " for a machine key with the scope " <code class="mono">"ingest"</code>
                ", and put it in the place of " <code class="mono">{NO_KEY}</code> "."
            </p>
        }
        .into_any();
    }
    let step = move || match key.get() {
        Some(key) => {
            let note = "This is the key. It is shown now and never again; it stands in the code below.";
            show_once(key, "key", note)
        }
        None => view! {
            <ActionForm action=create>
                <input r#type="hidden" name="name" value=NAME/>
                <input r#type="hidden" name="scopes[]" value=Scope::Ingest.as_str()/>
                <SubmitButton label="Create a key" pending=create.pending()/>
            </ActionForm>
        }
        .into_any(),
    };
    view! {
        <p>
            "1. Create a key that may send (scope " <code class="mono">"ingest"</code>
            "), or use one of " <a href=at("/settings/keys")>"those there are"</a> " in the place of "
            <code class="mono">{NO_KEY}</code> "."
        </p>
        <div class="first-key">
            {step}
            <Outcome attempts=vec![last_attempt(create)] done=""/>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in_but_the_key() {
        for way in &WAYS {
            let address = "https://sentry.example:3000";
            let code = snippet(way, address, None);
            assert_eq!(code.matches(address).count(), 1, "{code}");
            assert_eq!(code.matches(NO_KEY).count(), 1, "{code}");
            assert!(code.contains(NAME), "{code}");
            assert!(!code.contains("{address}") && !code.contains("{key}"), "{code}");
            let code = snippet(way, address, Some("sk_live_x"));
            assert!(code.contains("sk_live_x") && !code.contains(NO_KEY), "{code}");
        }
    }
}
