//! Sign in by a password of ours, the directory, or the OpenID Connect provider.

use super::card;
use crate::api::sign_in::{CreateSession, get_sign_in_options};
use crate::components::error_page::ErrorPage;
use crate::components::form::{Outcome, SubmitButton, TextField, last_attempt};
use crate::components::skeleton::Skeleton;
use crate::location::encode;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::identity::SignInOptions;

/// The page.
pub(crate) fn sign_in() -> AnyView {
    let options = Resource::new(|| (), |()| get_sign_in_options());
    let create = ServerAction::<CreateSession>::new();
    view! {
        <Transition fallback=Skeleton>
            {move || {
                options.get().map(|options| match options {
                    Ok(options) => Either::Left(card("Sign in", ways(options, create))),
                    Err(error) => Either::Right(view! { <ErrorPage error/> }),
                })
            }}
        </Transition>
    }
    .into_any()
}

fn ways(options: SignInOptions, create: ServerAction<CreateSession>) -> AnyView {
    if options.is_open {
        return view! {
            <p>
                "This server is in open mode: nobody has an account yet, and it answers to this machine only. "
                "There is nothing to sign in to. Accounts begin with the one-time link that the server prints when it starts."
            </p>
            <p><a class="button" href="/" rel="external">"To the board"</a></p>
        }
        .into_any();
    }
    let return_to = use_query_map().with_untracked(|query| query.get("return_to")).unwrap_or_default();
    let oidc = options.oidc_label.map(|label| {
        let href = format!("/sign-in/oidc?return_to={}", encode(&return_to));
        view! {
            <p class="entry-or">"or"</p>
            <a class="button is-secondary" href=href rel="external">{format!("Sign in with {label}")}</a>
        }
    });
    let hint = if options.ldap {
        "The one of your directory account, or the one that you have set here."
    } else {
        ""
    };
    view! {
        <ActionForm action=create>
            <input r#type="hidden" name="return_to" value=return_to/>
            <TextField id="email" name="email" label="E-mail address" kind="email" autocomplete="username"/>
            <TextField id="password" name="password" label="Password" kind="password" autocomplete="current-password" hint/>
            <Outcome attempts=vec![last_attempt(create)] done=""/>
            <SubmitButton label="Sign in" pending=create.pending()/>
        </ActionForm>
        {oidc}
    }
    .into_any()
}
