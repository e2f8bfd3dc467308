//! Who belongs to the project, as what, and what of the estate they see.

use super::access::{AccessActions, essentials_card, group_roles_card};
use super::card;
use super::invitations::{InvitationActions, invitations_card};
use super::member_rows::{MemberActions, member_table};
use super::once::made_before;
use crate::api::settings::get_members;
use crate::components::error_page::ErrorPage;
use crate::components::form::{Outcome, changes, keep_focus, last_attempt};
use crate::components::skeleton::Skeleton;
use crate::session::use_session;
use leptos::either::Either;
use leptos::prelude::*;
use model::identity::MembersView;
use model::{Capability, Role};

/// The section.
pub(crate) fn members_section() -> AnyView {
    let people = MemberActions::new();
    let invitations = InvitationActions::new();
    let access = AccessActions::new();
    let before = made_before("/settings/members");
    let changed = [
        changes(people.update),
        changes(people.remove),
        changes(people.set_groups),
        changes(invitations.create),
        changes(invitations.remove),
        changes(access.set_role),
        changes(access.set_essential),
    ];
    let members = Resource::new(move || changed.map(|changed| changed.get()), |_| get_members());
    keep_focus(move || members.track());
    let viewer = use_session().with_value(|session| session.viewer.clone());
    let may = |capability| viewer.may(capability);
    let (manages, narrows) = (may(Capability::ManageMembers), may(Capability::ManageAccess));
    let own_role = Role::parse(&viewer.role);
    let label = viewer.label;
    let view_of = move |view: MembersView| {
        let rows = member_table(&view, &label, own_role.filter(|_| manages), people);
        let outcome = view! {
            <Outcome attempts=vec![last_attempt(people.update)] done="The role is changed."/>
            <Outcome attempts=vec![last_attempt(people.set_groups)] done="The groups are changed."/>
            <Outcome attempts=vec![last_attempt(people.remove)] done="The member is removed."/>
        };
        let content = view! { {outcome} {rows} }.into_any();
        let invite = own_role
            .filter(|_| manages)
            .map(|role| invitations_card(view.invitations.clone(), role, invitations, before.clone()));
        let roles =
            own_role.filter(|_| narrows).map(|role| group_roles_card(view.group_roles.clone(), role, access));
        let essentials = (narrows && view.project.has_estate)
            .then(|| essentials_card(view.access.clone(), view.essentials.clone(), access));
        view! { {card("Members", "", content)} {invite} {roles} {essentials} }
    };
    view! {
        <Transition fallback=Skeleton>
            {move || {
                members.get().map(|members| match members {
                    Ok(view) => Either::Left(view_of(view)),
                    Err(error) => Either::Right(view! { <ErrorPage error/> }),
                })
            }}
        </Transition>
    }
    .into_any()
}

/// The roles that somebody with `own` may give: none above it.
pub(crate) fn role_options(own: Role, chosen: Role) -> Vec<AnyView> {
    let given = Role::ALL.into_iter().filter(move |role| *role <= own);
    let option = |role: Role| {
        view! { <option value=role.as_str() selected=role == chosen>{role.as_str()}</option> }.into_any()
    };
    given.map(option).collect()
}
