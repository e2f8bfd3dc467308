//! The first owner, by the one-time link that the server prints.

use super::card;
use crate::api::sign_in::{CreateFirstOwner, check_setup};
use crate::components::error_page::ErrorPage;
use crate::components::form::{Outcome, PASSWORD_RULES, SubmitButton, TextField, last_attempt};
use crate::components::skeleton::Skeleton;
use crate::error::AppError;
use leptos::either::Either;
use leptos::prelude::*;
use model::ErrorKind;

/// The page of the link with that token.
pub(crate) fn setup(link: String) -> AnyView {
    let create = ServerAction::<CreateFirstOwner>::new();
    let token = StoredValue::new(link);
    let check = Resource::new(|| (), move |()| check_setup(token.get_value()));
    view! {
        <Transition fallback=Skeleton>
            {move || {
                check.get().map(|check| match check {
                    Ok(()) => Either::Left(card("Set up SENTRY", form(token.get_value(), create))),
                    Err(error) => Either::Right(view! { <ErrorPage error=dead_link(error)/> }),
                })
            }}
        </Transition>
    }
    .into_any()
}

fn dead_link(error: AppError) -> AppError {
    match error.kind {
        ErrorKind::NotFound => AppError {
            message: "This link does not work, or no longer: the first owner may exist already. \
                 The server prints a working one when it starts without accounts."
                .to_owned(),
            ..error
        },
        _ => error,
    }
}

fn form(link: String, create: ServerAction<CreateFirstOwner>) -> AnyView {
    view! {
        <p>"You become the owner of this server and of its first project. From then on everybody signs in."</p>
        <ActionForm action=create>
            <input r#type="hidden" name="link" value=link/>
            <TextField id="email" name="email" label="E-mail address" kind="email" autocomplete="username"/>
            <TextField id="name" name="name" label="Name" autocomplete="name"/>
            <TextField id="password" name="password" label="Password" kind="password" autocomplete="new-password"
                hint=PASSWORD_RULES/>
            <Outcome attempts=vec![last_attempt(create)] done=""/>
            <SubmitButton label="Create the owner" pending=create.pending()/>
        </ActionForm>
    }
    .into_any()
}
