//! Invitations: a link that is shown once, and can be made useless.

use super::members::role_options;
use super::once::{newest, show_once};
use super::times::moment;
use super::{card, table};
use crate::api::settings::{CreateInvitation, RemoveInvitation};
use crate::components::form::{Outcome, SubmitButton, last_attempt};
use leptos::prelude::*;
use model::Role;
use model::identity::Invitation;

/// What can be done with invitations.
#[derive(Clone, Copy)]
pub(crate) struct InvitationActions {
    pub(crate) create: ServerAction<CreateInvitation>,
    pub(crate) remove: ServerAction<RemoveInvitation>,
}

impl InvitationActions {
    pub(crate) fn new() -> Self {
        Self { create: ServerAction::new(), remove: ServerAction::new() }
    }
}

/// Open invitations, and a form for a new one. `own` is the viewer's role, `before` what a form
/// without a script has made.
pub(crate) fn invitations_card(
    invitations: Vec<Invitation>,
    own: Role,
    actions: InvitationActions,
    before: Option<String>,
) -> AnyView {
    let InvitationActions { create, remove } = actions;
    let origin = RwSignal::new(String::new());
    // Only the browser knows by which address people reach the server.
    Effect::new(move |_| origin.set(window().location().origin().unwrap_or_default()));
    let made = Memo::new(move |_| newest(create.value().get(), before.clone()));
    let shown = move || {
        made.get().map(|path| {
            let text = format!("{}{path}", origin.get());
            let note = "This is the link. It is shown now and never again: send it to one person. It works once, for seven days.";
            show_once(text, "link", note)
        })
    };
    let rows: Vec<_> = invitations.into_iter().map(|invitation| row(invitation, remove)).collect();
    let list = match rows.is_empty() {
        true => view! { <p class="settings-empty">"No invitation is open."</p> }.into_any(),
        false => table("Open invitations", &["Role", "Invited by", "Made", "Works until", ""], rows),
    };
    let content = view! {
        <Outcome attempts=vec![last_attempt(create)] done=""/>
        <Outcome attempts=vec![last_attempt(remove)] done="The link does not work any more."/>
        {shown}
        {list}
        <ActionForm action=create>
            <div class="field">
                <label for="invitation-role">"Role of the invited"</label>
                <select class="field-input" id="invitation-role" name="role">{role_options(own, Role::Viewer)}</select>
            </div>
            <SubmitButton label="Make an invitation" pending=create.pending()/>
        </ActionForm>
    };
    card(
        "Invitations",
        "Whoever opens the link joins with this role, with an account or by making one.",
        content.into_any(),
    )
}

fn row(invitation: Invitation, remove: ServerAction<RemoveInvitation>) -> AnyView {
    let about = format!("the invitation of a {} by {}", invitation.role, invitation.created_by);
    view! {
        <tr>
            <th scope="row">{invitation.role.as_str()}</th>
            <td>{invitation.created_by}</td>
            <td>{moment(invitation.created_at)}</td>
            <td>{moment(invitation.expires_at)}</td>
            <td>
                <ActionForm action=remove>
                    <input r#type="hidden" name="id" value=invitation.id.to_string()/>
                    <SubmitButton label="Revoke" pending=remove.pending() class="quick-action" about/>
                </ActionForm>
            </td>
        </tr>
    }
    .into_any()
}
