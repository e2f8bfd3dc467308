//! Projects, people, keys and this server.

use super::json::JsonText;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Post, PostUrl};
use model::identity::{InvitationId, KeyId, MachineKey, MembersView, ServerView, ShownOnce, UserId};
#[cfg(feature = "ssr")]
use model::telemetry::TelemetryPolicy;
use model::telemetry::{Redaction, Retention};
use model::{Role, Scope, Timestamp};

/// The people of the project, and what the viewer may change about them.
#[server(prefix = "/api/ui", endpoint = "get_members", input = GetUrl, output = Post<JsonText>)]
pub async fn get_members() -> Result<MembersView, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.get_members(&actor).await?)
}

/// Makes an invitation; answers with the path of its link.
#[server(prefix = "/api/ui", endpoint = "create_invitation", input = PostUrl, output = Post<JsonText>)]
pub async fn create_invitation(
    /// The role that it gives.
    role: Role,
) -> Result<ShownOnce, AppError> {
    let (service, actor) = super::context()?;
    let made = service.create_invitation(&actor, role).await?;
    super::once::keep(&made.text);
    Ok(made)
}

/// Makes an invitation's link useless.
#[server(prefix = "/api/ui", endpoint = "remove_invitation", input = PostUrl, output = Post<JsonText>)]
pub async fn remove_invitation(
    /// The invitation.
    id: InvitationId,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.remove_invitation(&actor, &id).await?)
}

/// Gives a member another role.
#[server(prefix = "/api/ui", endpoint = "update_member", input = PostUrl, output = Post<JsonText>)]
pub async fn update_member(
    /// The member.
    user: UserId,
    /// The role.
    role: Role,
    /// The version that the viewer has seen.
    version: i64,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.update_member(&actor, &user, role, version).await?)
}

/// Takes somebody out of the project.
#[server(prefix = "/api/ui", endpoint = "remove_member", input = PostUrl, output = Post<JsonText>)]
pub async fn remove_member(
    /// The member.
    user: UserId,
    /// The version that the viewer has seen.
    version: i64,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.remove_member(&actor, &user, version).await?)
}

/// Puts a member into groups.
#[server(prefix = "/api/ui", endpoint = "set_member_groups", input = PostUrl, output = Post<JsonText>)]
pub async fn set_member_groups(
    /// The member.
    user: UserId,
    /// Groups, separated by commas.
    #[server(default)]
    groups: String,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.set_member_groups(&actor, &user, &groups).await?)
}

/// Gives the people of a group of directory or provider a role; none takes it away.
#[server(prefix = "/api/ui", endpoint = "set_group_role", input = PostUrl, output = Post<JsonText>)]
pub async fn set_group_role(
    /// The group, as directory or provider spell it.
    group: String,
    /// The role.
    role: Option<Role>,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.set_group_role(&actor, &group, role).await?)
}

/// Says which groups may see an essential; with none, everybody in the project.
#[server(prefix = "/api/ui", endpoint = "set_essential_access", input = PostUrl, output = Post<JsonText>)]
pub async fn set_essential_access(
    /// The essential.
    essential: String,
    /// Groups, separated by commas.
    #[server(default)]
    groups: String,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.set_essential_access(&actor, &essential, &groups).await?)
}

/// The project's keys, without the keys themselves, and the server's time: which have expired.
#[server(prefix = "/api/ui", endpoint = "list_keys", input = GetUrl, output = Post<JsonText>)]
pub async fn list_keys() -> Result<(Vec<MachineKey>, Timestamp), AppError> {
    let (service, actor) = super::context()?;
    Ok((service.list_keys(&actor).await?, service.clock().now()))
}

/// Makes a key and answers with it, once.
#[server(prefix = "/api/ui", endpoint = "create_key", input = PostUrl, output = Post<JsonText>)]
pub async fn create_key(
    /// Its name.
    name: String,
    /// What it is for.
    #[server(default)]
    scopes: Vec<Scope>,
    /// Days that it works; nothing for ever.
    #[server(default)]
    expires_in_days: String,
) -> Result<ShownOnce, AppError> {
    let (service, actor) = super::context()?;
    let days = match expires_in_days.trim() {
        "" => None,
        text => Some(text.parse().unwrap_or(0)),
    };
    let made = service.create_key(&actor, &name, scopes.into_iter().collect(), days).await?;
    super::once::keep(&made.text);
    Ok(made)
}

/// Makes a key useless.
#[server(prefix = "/api/ui", endpoint = "revoke_key", input = PostUrl, output = Post<JsonText>)]
pub async fn revoke_key(
    /// The key.
    id: KeyId,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.revoke_key(&actor, &id).await?)
}

/// Makes a project and leads to it.
#[server(prefix = "/api/ui", endpoint = "create_project", input = PostUrl, output = Post<JsonText>)]
pub async fn create_project(
    /// Its name.
    name: String,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    let project = service.create_project(&actor, &name).await?;
    super::session::lead_to(&format!("/settings/project?project={}", project.slug));
    Ok(())
}

/// Gives the project another name.
#[server(prefix = "/api/ui", endpoint = "rename_project", input = PostUrl, output = Post<JsonText>)]
pub async fn rename_project(
    /// The name.
    name: String,
    /// The version that the viewer has seen.
    version: i64,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.rename_project(&actor, &name, version).await?)
}

/// Says what is done with the project's telemetry.
#[server(prefix = "/api/ui", endpoint = "set_telemetry_policy", input = PostUrl, output = Post<JsonText>)]
pub async fn set_telemetry_policy(
    /// Whether secrets are taken out.
    redaction: Redaction,
    /// For how long records are kept.
    retention: Retention,
    /// The version that the viewer has seen.
    version: i64,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.set_telemetry_policy(&actor, TelemetryPolicy { redaction, retention }, version).await?)
}

/// Archives the project, or brings it back.
#[server(prefix = "/api/ui", endpoint = "archive_project", input = PostUrl, output = Post<JsonText>)]
pub async fn archive_project(
    /// The version that the viewer has seen.
    version: i64,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.archive_project(&actor, version).await?)
}

/// Brings an archived project back.
#[server(prefix = "/api/ui", endpoint = "restore_project", input = PostUrl, output = Post<JsonText>)]
pub async fn restore_project(
    /// The version that the viewer has seen.
    version: i64,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.restore_project(&actor, version).await?)
}

/// Version, sources, ways to sign in, storage.
#[server(prefix = "/api/ui", endpoint = "get_server", input = GetUrl, output = Post<JsonText>)]
pub async fn get_server() -> Result<ServerView, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.get_server(&actor).await?)
}

/// Asks every source now, and says how each is.
#[server(prefix = "/api/ui", endpoint = "check_sources", input = PostUrl, output = Post<JsonText>)]
pub async fn check_sources() -> Result<ServerView, AppError> {
    let (service, actor) = super::context()?;
    service.test_sources(&actor).await?;
    Ok(service.get_server(&actor).await?)
}
