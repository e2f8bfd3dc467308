//! Which ways to sign in are on, and the settings of the others.

use super::card;
use crate::api::settings::get_server;
use crate::components::copy_button::CopyButton;
use crate::components::error_page::ErrorPage;
use crate::components::skeleton::Skeleton;
use crate::components::status_badge::{StatusBadge, Tone};
use leptos::either::Either;
use leptos::prelude::*;
use model::identity::SignInOptions;

/// Where the provider sends people back to.
const CALLBACK: &str = "/sign-in/oidc/callback";

/// A setting of the server: its variable, and what it is.
type Setting = (&'static str, &'static str);

const OIDC: [Setting; 6] = [
    ("OIDC_ISSUER", "Issuer of the provider; everything else of it is discovered from there."),
    ("OIDC_CLIENT_ID", "Our client id there."),
    ("OIDC_CLIENT_SECRET", "Our secret there; none for a public client."),
    ("OIDC_LABEL", "What the button of the sign-in page calls it."),
    ("OIDC_GROUP_CLAIM", "Claim that lists a person's groups; groups unless set."),
    ("OIDC_CA_FILE", "Authorities of the provider's certificate, as PEM; those of the machine unless set."),
];

const LDAP: [Setting; 8] = [
    ("LDAP_URL", "ldaps://host, or ldap://host, which changes to TLS by STARTTLS."),
    ("LDAP_BIND_DN", "Entry that searches the directory."),
    ("LDAP_BIND_PASSWORD", "Its password."),
    ("LDAP_USER_BASE", "Under which entry people are."),
    ("LDAP_USER_FILTER", "Finds a person by what they typed; (mail={login}) unless set."),
    ("LDAP_GROUP_BASE", "Under which entry groups are; no groups unless set."),
    ("LDAP_GROUP_FILTER", "Finds the groups of an entry; (member={dn}) unless set."),
    ("LDAP_CA_FILE", "Authorities of the directory's certificate, as PEM; those of the machine unless set."),
];

/// The section.
pub(crate) fn sign_in_section() -> AnyView {
    let server = Resource::new(|| (), |()| get_server());
    view! {
        <Transition fallback=Skeleton>
            {move || {
                server.get().map(|server| match server {
                    Ok(server) => Either::Left(cards(&server.sign_in)),
                    Err(error) => Either::Right(view! { <ErrorPage error/> }),
                })
            }}
        </Transition>
    }
    .into_any()
}

fn cards(options: &SignInOptions) -> AnyView {
    let origin = RwSignal::new(String::new());
    // Only the browser knows by which address people reach the server.
    Effect::new(move |_| origin.set(window().location().origin().unwrap_or_default()));
    let callback = move || {
        let url = format!("{}{CALLBACK}", origin.get());
        view! { <code class="mono">{url.clone()}</code> " " <CopyButton text=url what="callback URL"/> }
    };
    let open = options.is_open.then(|| {
        let words = "Nobody has an account yet, so there is no sign-in: whoever is at this machine owns everything. The server prints a one-time link when it starts; who opens it becomes the first owner.";
        card("Open mode", "", view! { <p>{words}</p> }.into_any())
    });
    let password = view! {
        {state(!options.is_open)}
        <p class="settings-note">"By the password that a person sets here. Single sign-on and directory may be off or away: this way stays."</p>
    };
    let oidc = view! {
        {state(options.oidc_label.is_some())}
        {options.oidc_label.as_ref().map(|label| view! { <p>"The sign-in page calls it " <strong>{label.clone()}</strong> "."</p> })}
        <p class="settings-note">"Any provider with discovery. Register this server there with the callback URL "
            {callback} ", then start it with:"</p>
        {settings(&OIDC)}
    };
    let ldap = view! {
        {state(options.ldap)}
        <p class="settings-note">"LDAP or Active Directory, with nested groups. Start the server with:"</p>
        {settings(&LDAP)}
    };
    view! {
        {open}
        {card("Password", "", password.into_any())}
        {card("Single sign-on (OpenID Connect)", "", oidc.into_any())}
        {card("Directory (LDAP)", "", ldap.into_any())}
    }
    .into_any()
}

fn state(is_on: bool) -> AnyView {
    let (tone, label) = if is_on { (Tone::Success, "on") } else { (Tone::Idle, "off") };
    view! { <p><StatusBadge tone label/></p> }.into_any()
}

fn settings(settings: &[Setting]) -> AnyView {
    let rows = settings.iter().map(|(name, what)| {
        view! { <dt class="mono">{*name}</dt><dd>{*what}</dd> }
    });
    view! { <dl class="facts">{rows.collect::<Vec<_>>()}</dl> }.into_any()
}
