//! The table of members, with what can be changed about each.

use super::members::role_options;
use super::table;
use crate::api::settings::{RemoveMember, SetMemberGroups, UpdateMember};
use crate::components::form::SubmitButton;
use leptos::prelude::*;
use model::Role;
use model::identity::{Member, MembersView, SignInMethod};
use std::collections::BTreeSet;

/// What can be done to a member.
#[derive(Clone, Copy)]
pub(crate) struct MemberActions {
    pub(crate) update: ServerAction<UpdateMember>,
    pub(crate) remove: ServerAction<RemoveMember>,
    pub(crate) set_groups: ServerAction<SetMemberGroups>,
}

impl MemberActions {
    pub(crate) fn new() -> Self {
        Self { update: ServerAction::new(), remove: ServerAction::new(), set_groups: ServerAction::new() }
    }
}

/// The members. `manager` is the viewer's role where the viewer may change them; `label` the viewer.
pub(crate) fn member_table(
    view: &MembersView,
    label: &str,
    manager: Option<Role>,
    actions: MemberActions,
) -> AnyView {
    let rows = view.members.iter().map(|member| {
        let is_self = member.user.email.as_str() == label;
        // Nobody changes who stands above them.
        let changes = manager.filter(|own| *own >= member.role);
        member_row(member, is_self, changes, actions)
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return view! { <p class="settings-empty">"Nobody belongs to this project yet. Invite somebody below."</p> }
            .into_any();
    }
    table("Members", &["Name", "E-mail address", "Role", "Groups", ""], rows)
}

fn member_row(member: &Member, is_self: bool, changes: Option<Role>, actions: MemberActions) -> AnyView {
    let email = member.user.email.to_string();
    let this = is_self.then(|| view! { " " <span class="section-badge">"you"</span> });
    let role = match changes {
        Some(own) => role_form(member, own, actions),
        None => member.role.as_str().into_any(),
    };
    let groups = match changes {
        Some(_) => groups_form(member, actions),
        None => listed(&member.groups).into_any(),
    };
    let removal = (is_self || changes.is_some()).then(|| removal_form(member, is_self, actions));
    view! {
        <tr>
            <th scope="row">{member.user.name.clone()} {this}</th>
            <td>{email}</td>
            <td>{role} {source_note(member.source)}</td>
            <td>{groups}</td>
            <td>{removal}</td>
        </tr>
    }
    .into_any()
}

fn source_note(source: SignInMethod) -> Option<AnyView> {
    let words = match source {
        SignInMethod::Password => return None,
        SignInMethod::Oidc => "by a group of the single sign-on",
        SignInMethod::Ldap => "by a group of the directory",
    };
    Some(view! { <span class="field-hint">{words}</span> }.into_any())
}

fn role_form(member: &Member, own: Role, actions: MemberActions) -> AnyView {
    let email = member.user.email.to_string();
    let (id, version, chosen) = (member.user.id.to_string(), member.version, member.role);
    let update = actions.update;
    view! {
        <ActionForm action=update>
            <div class="row-form">
                <input r#type="hidden" name="user" value=id/>
                <input r#type="hidden" name="version" value=version/>
                <select class="field-input" name="role" aria-label=format!("Role of {email}")>
                    {role_options(own, chosen)}
                </select>
                <SubmitButton label="Save" pending=update.pending() class="quick-action" about=format!("role of {email}")/>
            </div>
        </ActionForm>
    }
    .into_any()
}

fn groups_form(member: &Member, actions: MemberActions) -> AnyView {
    let email = member.user.email.to_string();
    let (id, groups) = (member.user.id.to_string(), listed(&member.groups));
    let set_groups = actions.set_groups;
    view! {
        <ActionForm action=set_groups>
            <div class="row-form">
                <input r#type="hidden" name="user" value=id/>
                <input class="field-input" name="groups" value=groups autocomplete="off"
                    aria-label=format!("Groups of {email}, separated by commas")/>
                <SubmitButton label="Save" pending=set_groups.pending() class="quick-action" about=format!("groups of {email}")/>
            </div>
        </ActionForm>
    }
    .into_any()
}

fn removal_form(member: &Member, is_self: bool, actions: MemberActions) -> AnyView {
    let (id, version) = (member.user.id.to_string(), member.version);
    let remove = actions.remove;
    let name = member.user.name.clone();
    let (summary, words, label) = match is_self {
        true => {
            ("Leave…", "You lose what you may do and see here.".to_owned(), "Leave the project".to_owned())
        }
        false => {
            ("Remove…", format!("{name} loses what they may do and see here."), format!("Remove {name}"))
        }
    };
    view! {
        <details class="confirm">
            <summary class="quick-action">{summary} <span class="visually-hidden">{name}</span></summary>
            <ActionForm action=remove>
                <input r#type="hidden" name="user" value=id/>
                <input r#type="hidden" name="version" value=version/>
                <p>{words}</p>
                <SubmitButton label pending=remove.pending() class="button is-danger"/>
            </ActionForm>
        </details>
    }
    .into_any()
}

/// Groups as one writes them: with commas between.
pub(crate) fn listed(groups: &BTreeSet<String>) -> String {
    groups.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
