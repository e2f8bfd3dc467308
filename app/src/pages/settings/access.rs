//! Rules by group: which role a group of directory or provider gives, and who may see an essential.

use super::member_rows::listed;
use super::members::role_options;
use super::{card, table};
use crate::api::settings::{SetEssentialAccess, SetGroupRole};
use crate::components::form::{Outcome, SubmitButton, TextField, last_attempt};
use leptos::prelude::*;
use model::identity::{EssentialAccess, GroupRole};
use model::{EssentialName, Role};

/// What can be done with rules.
#[derive(Clone, Copy)]
pub(crate) struct AccessActions {
    pub(crate) set_role: ServerAction<SetGroupRole>,
    pub(crate) set_essential: ServerAction<SetEssentialAccess>,
}

impl AccessActions {
    pub(crate) fn new() -> Self {
        Self { set_role: ServerAction::new(), set_essential: ServerAction::new() }
    }
}

/// Groups that give a role; `own` is the viewer's.
pub(crate) fn group_roles_card(maps: Vec<GroupRole>, own: Role, actions: AccessActions) -> AnyView {
    let set_role = actions.set_role;
    let row = |map: GroupRole| {
        let about = format!("group {}", map.group);
        let group = map.group.clone();
        let form = (map.role <= own).then(|| {
            view! {
                <ActionForm action=set_role>
                    <input r#type="hidden" name="group" value=group/>
                    <SubmitButton label="Remove" pending=set_role.pending() class="quick-action" about/>
                </ActionForm>
            }
        });
        view! {
            <tr>
                <th scope="row">{map.group.clone()}</th>
                <td>{map.role.as_str()}</td>
                <td>{form}</td>
            </tr>
        }
        .into_any()
    };
    let rows: Vec<_> = maps.into_iter().map(row).collect();
    let list = match rows.is_empty() {
        true => view! { <p class="settings-empty">"No group gives a role here."</p> }.into_any(),
        false => table("Groups and roles", &["Group", "Role", ""], rows),
    };
    let content = view! {
        <Outcome attempts=vec![last_attempt(set_role)] done="The rule is saved; it counts from each person's next sign-in."/>
        {list}
        <ActionForm action=set_role>
            <TextField id="role-group" name="group" label="Group" hint="As the directory or single sign-on spells it."/>
            <div class="field">
                <label for="group-role">"Role of its people"</label>
                <select class="field-input" id="group-role" name="role">{role_options(own, Role::Viewer)}</select>
            </div>
            <SubmitButton label="Save the rule" pending=set_role.pending()/>
        </ActionForm>
    };
    let note = "Who signs in by directory or single sign-on gets the highest role of their groups.";
    card("Groups and roles", note, content.into_any())
}

/// Essentials that only some groups may see.
pub(crate) fn essentials_card(
    access: Vec<EssentialAccess>,
    essentials: Vec<EssentialName>,
    actions: AccessActions,
) -> AnyView {
    let set_essential = actions.set_essential;
    let row = |rule: EssentialAccess| {
        let name = rule.essential.to_string();
        let about = format!("{name} to everybody");
        view! {
            <tr>
                <th scope="row">{name.clone()}</th>
                <td>{listed(&rule.groups)}</td>
                <td>
                    <ActionForm action=set_essential>
                        <input r#type="hidden" name="essential" value=name/>
                        <input r#type="hidden" name="groups" value=""/>
                        <SubmitButton label="Open" pending=set_essential.pending() class="quick-action" about/>
                    </ActionForm>
                </td>
            </tr>
        }
        .into_any()
    };
    let rows: Vec<_> = access.into_iter().map(row).collect();
    let list = match rows.is_empty() {
        true => view! { <p class="settings-empty">"Everybody in the project sees every essential."</p> }
            .into_any(),
        false => table("Narrowed essentials", &["Essential", "Groups that see it", ""], rows),
    };
    let options = essentials
        .into_iter()
        .map(|name| view! { <option value=name.to_string()>{name.to_string()}</option> })
        .collect::<Vec<_>>();
    let content = view! {
        <Outcome attempts=vec![last_attempt(set_essential)] done="The rule is saved."/>
        {list}
        <ActionForm action=set_essential>
            <div class="field">
                <label for="narrowed">"Essential"</label>
                <select class="field-input" id="narrowed" name="essential">{options}</select>
            </div>
            <TextField id="narrowed-groups" name="groups" label="Groups that may see it" hint="Separated by commas."/>
            <SubmitButton label="Save the rule" pending=set_essential.pending()/>
        </ActionForm>
    };
    let note = "Who is in none of the groups finds the essential nowhere. Admins and owners see everything.";
    card("Narrowed essentials", note, content.into_any())
}
