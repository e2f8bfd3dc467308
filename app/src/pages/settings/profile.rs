//! The viewer's own account: name, password, and where it is signed in.

use super::times::moment;
use super::{card, table};
use crate::api::sign_in::{ChangePassword, RemoveAllSessions, RenameUser, get_profile};
use crate::components::error_page::ErrorPage;
use crate::components::form::{
    Outcome, PASSWORD_RULES, SubmitButton, TextField, changes, keep_focus, last_attempt, reset_when_done,
};
use crate::components::skeleton::Skeleton;
use leptos::either::Either;
use leptos::html;
use leptos::prelude::*;
use model::identity::{ProfileView, Session, SignInMethod};

/// The section.
pub(crate) fn profile_section() -> AnyView {
    let rename = ServerAction::<RenameUser>::new();
    let change = ServerAction::<ChangePassword>::new();
    let leave = ServerAction::<RemoveAllSessions>::new();
    let (renamed, changed) = (changes(rename), changes(change));
    let profile = Resource::new(move || (renamed.get(), changed.get()), |_| get_profile());
    keep_focus(move || profile.track());
    view! {
        <Transition fallback=Skeleton>
            {move || {
                profile.get().map(|profile| match profile {
                    Ok(profile) => Either::Left(view! {
                        {name_card(&profile, rename)}
                        {password_card(profile.user.method, change)}
                        {sessions_card(profile.sessions, leave)}
                    }),
                    Err(error) => Either::Right(view! { <ErrorPage error/> }),
                })
            }}
        </Transition>
    }
    .into_any()
}

fn name_card(profile: &ProfileView, rename: ServerAction<RenameUser>) -> AnyView {
    let user = &profile.user;
    let name = user.name.clone();
    let content = view! {
        <dl class="facts">
            <dt>"E-mail address"</dt><dd>{user.email.to_string()}</dd>
            <dt>"Account"</dt><dd>"since " {moment(user.created_at)}</dd>
        </dl>
        <ActionForm action=rename>
            <TextField id="name" name="name" label="Name" autocomplete="name" value=name/>
            <Outcome attempts=vec![last_attempt(rename)] done="The name is saved."/>
            <SubmitButton label="Save" pending=rename.pending()/>
        </ActionForm>
    };
    card("You", "", content.into_any())
}

fn password_card(method: SignInMethod, change: ServerAction<ChangePassword>) -> AnyView {
    let elsewhere = match method {
        SignInMethod::Password => None,
        SignInMethod::Oidc => {
            Some("Your account signs in at the single sign-on: its password is changed there.")
        }
        SignInMethod::Ldap => Some("Your account signs in by the directory: its password is changed there."),
    };
    if let Some(words) = elsewhere {
        return card("Password", words, ().into_any());
    }
    let form = NodeRef::<html::Form>::new();
    let attempt = last_attempt(change);
    reset_when_done(form, attempt);
    let content = view! {
        <ActionForm action=change node_ref=form>
            <TextField id="old-password" name="old_password" label="Password so far" kind="password"
                autocomplete="current-password"/>
            <TextField id="new-password" name="new_password" label="New password" kind="password"
                autocomplete="new-password" hint=PASSWORD_RULES/>
            <Outcome attempts=vec![attempt] done="The password is changed. All your other sessions have ended."/>
            <SubmitButton label="Change the password" pending=change.pending()/>
        </ActionForm>
    };
    card("Password", "Changing it ends all your other sessions.", content.into_any())
}

fn sessions_card(sessions: Vec<Session>, leave: ServerAction<RemoveAllSessions>) -> AnyView {
    let row = |session: Session| {
        let this = session.current.then(|| view! { <span class="section-badge">"this one"</span> });
        view! {
            <tr>
                <td>{session.user_agent} " " {this}</td>
                <td class="mono">{session.address}</td>
                <td>{moment(session.created_at)}</td>
                <td>{moment(session.last_seen_at)}</td>
            </tr>
        }
        .into_any()
    };
    let rows = sessions.into_iter().map(row).collect();
    let content = view! {
        {table("Sessions", &["Browser", "Signed in from", "Signed in", "Last used"], rows)}
        <ActionForm action=leave>
            <Outcome attempts=vec![last_attempt(leave)] done=""/>
            <SubmitButton label="Sign out everywhere" pending=leave.pending() class="button is-danger"/>
        </ActionForm>
    };
    let note = "A session ends after 24 hours without use, and after 30 days in any case.";
    card("Where you are signed in", note, content.into_any())
}
