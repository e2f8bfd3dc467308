//! Who belongs to a project, as what, and what of the estate they see.

use crate::accounts::joined;
use crate::projects::require_open;
use crate::sign_in::{check_name, invalid};
use crate::{Error, Result, Service};
use identity::token;
use model::audit::AuditEntry;
use model::identity::{
    EssentialAccess, GroupRole, Invitation, InvitationId, Member, MembersView, ShownOnce, SignInMethod,
    UserId,
};
use model::{Actor, Capability, Role};
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use std::time::Duration;
use store::TokenHash;

/// How long an invitation's link works.
const INVITATION_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

impl Service {
    /// The people of the actor's project; invitations and rules only for who may change them.
    pub async fn get_members(&self, actor: &Actor) -> Result<MembersView> {
        self.require(actor, Capability::ViewMembers)?;
        let project = self.project_of(actor)?;
        let store = &self.0.accounts.store;
        let members = store.list_members(&project.id).await?;
        let mut view = MembersView {
            members,
            project: (*project).clone(),
            invitations: Vec::new(),
            group_roles: Vec::new(),
            access: Vec::new(),
            essentials: Vec::new(),
        };
        if actor.may(Capability::ManageMembers) {
            let now = self.clock().now();
            view.invitations = store.list_invitations(&project.id).await?;
            view.invitations.retain(|invitation| invitation.expires_at > now);
        }
        if actor.may(Capability::ManageAccess) {
            view.group_roles = store.list_group_roles(&project.id).await?;
            if project.has_estate {
                view.access = store.list_essential_access(&project.id).await?;
                let catalog = self.0.sources.catalog.essentials();
                view.essentials = catalog.iter().map(|essential| essential.name.clone()).collect();
            }
        }
        Ok(view)
    }

    /// Makes an invitation and answers with the path of its link, once.
    pub async fn create_invitation(&self, actor: &Actor, role: Role) -> Result<ShownOnce> {
        self.require(actor, Capability::ManageMembers)?;
        self.require_rank(actor, role)?;
        let project = self.project_of(actor)?;
        require_open(&project)?;
        let now = self.clock().now();
        let token = token::new_token();
        let invitation = Invitation {
            id: InvitationId::new(token::new_id("inv_")),
            project_id: project.id.clone(),
            role,
            created_by: actor.label(),
            created_at: now,
            expires_at: now + INVITATION_FOR,
        };
        let mut write = self.0.accounts.store.begin().await?;
        write.insert_invitation(&invitation, &TokenHash::of(token.expose_secret())).await?;
        let entry = AuditEntry::by(actor, "invitation.create", format!("invitation:{}", invitation.id));
        write.commit(entry.after("role", role).after("expires_at", invitation.expires_at)).await?;
        Ok(ShownOnce { text: format!("/invitation/{}", token.expose_secret()) })
    }

    /// Makes an invitation's link useless.
    pub async fn remove_invitation(&self, actor: &Actor, id: &InvitationId) -> Result<()> {
        self.require(actor, Capability::ManageMembers)?;
        let project = self.project_of(actor)?;
        let mut write = self.0.accounts.store.begin().await?;
        write.remove_invitation(&project.id, id).await?;
        write.commit(AuditEntry::by(actor, "invitation.remove", format!("invitation:{id}"))).await?;
        Ok(())
    }

    /// Gives a member another role, where it is still as `version` says.
    pub async fn update_member(&self, actor: &Actor, user: &UserId, role: Role, version: i64) -> Result<()> {
        self.require(actor, Capability::ManageMembers)?;
        let member = self.find_member(actor, user).await?;
        self.require_rank(actor, role.max(member.role))?;
        let project = self.project_of(actor)?;
        require_open(&project)?;
        let mut write = self.0.accounts.store.begin().await?;
        write.set_member_role(&project.id, user, role, version).await?;
        let entry = AuditEntry::by(actor, "member.update", format!("member:{}", member.user.email));
        write.commit(entry.before("role", member.role).after("role", role)).await?;
        self.0.accounts.forget();
        Ok(())
    }

    /// Takes somebody out of the project; oneself too, unless one is its last owner.
    pub async fn remove_member(&self, actor: &Actor, user: &UserId, version: i64) -> Result<()> {
        if actor.user_id() != Some(user) {
            self.require(actor, Capability::ManageMembers)?;
        }
        let member = self.find_member(actor, user).await?;
        if actor.user_id() != Some(user) {
            self.require_rank(actor, member.role)?;
        }
        let project = self.project_of(actor)?;
        let mut write = self.0.accounts.store.begin().await?;
        write.remove_member(&project.id, user, version).await?;
        let entry = AuditEntry::by(actor, "member.remove", format!("member:{}", member.user.email));
        write.commit(entry.before("role", member.role)).await?;
        self.0.accounts.forget();
        Ok(())
    }

    /// Puts a member into groups, by which essentials are narrowed; those of a directory or
    /// provider stay as these say.
    pub async fn set_member_groups(&self, actor: &Actor, user: &UserId, groups: &str) -> Result<()> {
        self.require(actor, Capability::ManageMembers)?;
        let member = self.find_member(actor, user).await?;
        let project = self.project_of(actor)?;
        require_open(&project)?;
        let groups = parse_groups(groups)?;
        let mut write = self.0.accounts.store.begin().await?;
        write.set_groups(&project.id, user, SignInMethod::Password, &groups).await?;
        let entry = AuditEntry::by(actor, "member.set_groups", format!("member:{}", member.user.email));
        write.commit(entry.before("groups", joined(&member.groups)).after("groups", joined(&groups))).await?;
        self.0.accounts.forget();
        Ok(())
    }

    /// Gives the people of a group of directory or provider a role here; none takes it away.
    /// Counts from each person's next sign-in.
    pub async fn set_group_role(&self, actor: &Actor, group: &str, role: Option<Role>) -> Result<()> {
        self.require(actor, Capability::ManageAccess)?;
        let group = check_name("group", group)?;
        let project = self.project_of(actor)?;
        require_open(&project)?;
        let store = &self.0.accounts.store;
        let mut roles = store.list_group_roles(&project.id).await?;
        let before =
            roles.iter().position(|map| map.group == group).map(|place| roles.swap_remove(place).role);
        for role in before.into_iter().chain(role) {
            self.require_rank(actor, role)?;
        }
        roles.extend(role.map(|role| GroupRole { group: group.clone(), role }));
        let mut write = store.begin().await?;
        write.set_group_roles(&project.id, &roles).await?;
        let shown = |role: Option<Role>| role.map_or("none", Role::as_str);
        let entry = AuditEntry::by(actor, "access.set_group_role", format!("group:{group}"));
        write.commit(entry.before("role", shown(before)).after("role", shown(role))).await?;
        Ok(())
    }

    /// Says which groups may see an essential; with none, everybody in the project may.
    pub async fn set_essential_access(&self, actor: &Actor, essential: &str, groups: &str) -> Result<()> {
        self.require(actor, Capability::ManageAccess)?;
        let project = self.project_of(actor)?;
        require_open(&project)?;
        let essential = self.find_name(actor, essential)?;
        let groups = parse_groups(groups)?;
        let store = &self.0.accounts.store;
        let mut access = store.list_essential_access(&project.id).await?;
        let before = access.iter().position(|access| access.essential == essential);
        let before = before.map(|place| access.swap_remove(place).groups).unwrap_or_default();
        if !groups.is_empty() {
            access.push(EssentialAccess { essential: essential.clone(), groups: groups.clone() });
        }
        let mut write = store.begin().await?;
        write.set_essential_access(&project.id, &access).await?;
        let entry = AuditEntry::by(actor, "access.set_essential", format!("essential:{essential}"));
        write.commit(entry.before("groups", joined(&before)).after("groups", joined(&groups))).await?;
        self.0.accounts.forget();
        Ok(())
    }

    async fn find_member(&self, actor: &Actor, user: &UserId) -> Result<Member> {
        let project = self.project_of(actor)?;
        let found = self.0.accounts.store.find_member(&project.id, user).await?;
        found.ok_or_else(|| Error::not_found("member", user.as_str(), Vec::new()))
    }

    /// Nobody gives or takes a role above their own.
    fn require_rank(&self, actor: &Actor, role: Role) -> Result<()> {
        if actor.role.is_some_and(|own| own >= role) {
            Ok(())
        } else {
            self.refuse(actor, "role above one's own")
        }
    }
}

/// Groups separated by commas or line breaks, each 1 to 200 characters.
fn parse_groups(text: &str) -> Result<BTreeSet<String>> {
    let groups: BTreeSet<String> = text
        .split([',', '\n', '\r'])
        .map(str::trim)
        .filter(|group| !group.is_empty())
        .map(str::to_owned)
        .collect();
    if groups.len() > 100 || groups.iter().any(|group| group.chars().count() > 200) {
        return Err(invalid("groups", "write at most 100 groups of at most 200 characters"));
    }
    Ok(groups)
}
