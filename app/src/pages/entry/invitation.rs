//! Joining a project by an invitation's link.

use super::card;
use crate::api::sign_in::{AcceptInvitation, get_invitation};
use crate::components::error_page::ErrorPage;
use crate::components::form::{Outcome, PASSWORD_RULES, SubmitButton, TextField, last_attempt, sentence};
use crate::components::skeleton::Skeleton;
use crate::context::use_zone;
use crate::error::AppError;
use crate::session::use_session;
use leptos::either::Either;
use leptos::prelude::*;
use model::ErrorKind;
use model::identity::InvitationView;

/// The page of the link with that token.
pub(crate) fn join(link: String) -> AnyView {
    let accept = ServerAction::<AcceptInvitation>::new();
    let token = StoredValue::new(link);
    let invitation = Resource::new(|| (), move |()| get_invitation(token.get_value()));
    view! {
        <Transition fallback=Skeleton>
            {move || {
                invitation.get().map(|invitation| match invitation {
                    Ok(found) => Either::Left(card("Join a project", form(&found, token.get_value(), accept))),
                    Err(error) => Either::Right(view! { <ErrorPage error=dead_link(error)/> }),
                })
            }}
        </Transition>
    }
    .into_any()
}

/// A link that does not work any more leads nowhere.
fn dead_link(error: AppError) -> AppError {
    match error.kind {
        ErrorKind::Conflict => {
            AppError { kind: ErrorKind::NotFound, message: sentence(&error.message), ..error }
        }
        _ => error,
    }
}

fn form(found: &InvitationView, link: String, accept: ServerAction<AcceptInvitation>) -> AnyView {
    let viewer = use_session().with_value(|session| session.viewer.clone());
    let until = use_zone().get_untracked().exact(found.expires_at);
    let outcome = view! { <Outcome attempts=vec![last_attempt(accept)] done=""/> };
    let fields = if viewer.is_signed_in {
        let label = format!("Join as {}", viewer.label);
        view! {
            {outcome}
            <SubmitButton label pending=accept.pending()/>
        }
        .into_any()
    } else {
        view! {
            <TextField id="email" name="email" label="E-mail address" kind="email" autocomplete="username"/>
            <TextField id="name" name="name" label="Name" autocomplete="name"/>
            <TextField id="password" name="password" label="Password" kind="password" autocomplete="new-password"
                hint=PASSWORD_RULES/>
            {outcome}
            <SubmitButton label="Make an account and join" pending=accept.pending()/>
            <p class="entry-note">
                "You have an account here? "
                <a href="/sign-in" rel="external">"Sign in"</a>
                ", then open the invitation's link again."
            </p>
        }
        .into_any()
    };
    view! {
        <dl class="facts">
            <dt>"Project"</dt><dd>{found.project.clone()}</dd>
            <dt>"Your role"</dt><dd>{found.role.as_str()}</dd>
            <dt>"Invited by"</dt><dd>{found.created_by.clone()}</dd>
            <dt>"Works until"</dt><dd class="mono">{until}</dd>
        </dl>
        <ActionForm action=accept>
            <input r#type="hidden" name="link" value=link/>
            {fields}
        </ActionForm>
    }
    .into_any()
}
