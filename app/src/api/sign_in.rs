//! Ways in and out, and the viewer's own account. Forms without script work the same: a failure
//! comes back in the address, a success leads on.

use super::json::JsonText;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Post, PostUrl};
use model::identity::{InvitationView, ProfileView, SignInOptions, Viewer};

#[cfg(feature = "ssr")]
use super::session::{begin, end, lead_to, token};
#[cfg(feature = "ssr")]
use crate::cookie::safe_return;

/// The ways to sign in.
#[server(prefix = "/api/ui", endpoint = "get_sign_in_options", input = GetUrl, output = Post<JsonText>)]
pub async fn get_sign_in_options() -> Result<SignInOptions, AppError> {
    let (service, _) = super::context()?;
    Ok(service.get_sign_in_options())
}

/// Who looks at the page, and what to offer them.
#[server(prefix = "/api/ui", endpoint = "get_viewer", input = GetUrl, output = Post<JsonText>)]
pub async fn get_viewer() -> Result<Viewer, AppError> {
    super::context()?;
    let unknown = || AppError::new(model::ErrorKind::Internal, "The server could not answer this.");
    use_context::<Viewer>().ok_or_else(unknown)
}

/// Signs in by e-mail address and password, and leads to where the person wanted to go.
#[server(prefix = "/api/ui", endpoint = "create_session", input = PostUrl, output = Post<JsonText>)]
pub async fn create_session(
    /// The address.
    email: String,
    /// The password.
    password: String,
    /// A path of ours.
    #[server(default)]
    return_to: String,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    let session = service.create_session(&actor, &email, password.into()).await?;
    begin(&session)?;
    lead_to(safe_return(&return_to));
    Ok(())
}

/// Signs out here.
#[server(prefix = "/api/ui", endpoint = "remove_session", input = PostUrl, output = Post<JsonText>)]
pub async fn remove_session() -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    if let Some(token) = token() {
        service.remove_session(&actor, &token).await?;
    }
    end()?;
    lead_to("/sign-in");
    Ok(())
}

/// Signs out everywhere.
#[server(prefix = "/api/ui", endpoint = "remove_all_sessions", input = PostUrl, output = Post<JsonText>)]
pub async fn remove_all_sessions() -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    service.remove_all_sessions(&actor).await?;
    end()?;
    lead_to("/sign-in");
    Ok(())
}

/// Whether the one-time link makes the first owner.
#[server(prefix = "/api/ui", endpoint = "check_setup", input = GetUrl, output = Post<JsonText>)]
pub async fn check_setup(
    /// The link's token.
    link: String,
) -> Result<(), AppError> {
    let (service, _) = super::context()?;
    Ok(service.check_setup(&link).await?)
}

/// Makes the first owner and signs them in.
#[server(prefix = "/api/ui", endpoint = "create_first_owner", input = PostUrl, output = Post<JsonText>)]
pub async fn create_first_owner(
    /// The link's token.
    link: String,
    /// The address to sign in with.
    email: String,
    /// What people call the owner.
    name: String,
    /// The password.
    password: String,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    let account = service::NewAccount { email, name, password: password.into() };
    let session = service.create_first_owner(&actor, &link, account).await?;
    begin(&session)?;
    lead_to("/");
    Ok(())
}

/// What the invitation's link leads to.
#[server(prefix = "/api/ui", endpoint = "get_invitation", input = GetUrl, output = Post<JsonText>)]
pub async fn get_invitation(
    /// The link's token.
    link: String,
) -> Result<InvitationView, AppError> {
    let (service, _) = super::context()?;
    Ok(service.get_invitation(&link).await?)
}

/// Joins the project: as who is signed in, else with a new account.
#[server(prefix = "/api/ui", endpoint = "accept_invitation", input = PostUrl, output = Post<JsonText>)]
pub async fn accept_invitation(
    /// The link's token.
    link: String,
    /// The address of the new account.
    #[server(default)]
    email: String,
    /// Its owner's name.
    #[server(default)]
    name: String,
    /// Its password.
    #[server(default)]
    password: String,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    let is_new = actor.user_id().is_none();
    let account = is_new.then(|| service::NewAccount { email, name, password: password.into() });
    if let Some(session) = service.accept_invitation(&actor, &link, account).await? {
        begin(&session)?;
    }
    lead_to("/");
    Ok(())
}

/// The viewer's account and where it is signed in.
#[server(prefix = "/api/ui", endpoint = "get_profile", input = GetUrl, output = Post<JsonText>)]
pub async fn get_profile() -> Result<ProfileView, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.get_profile(&actor, token().as_deref()).await?)
}

/// Gives the viewer another name.
#[server(prefix = "/api/ui", endpoint = "rename_user", input = PostUrl, output = Post<JsonText>)]
pub async fn rename_user(
    /// The name.
    name: String,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    Ok(service.rename_user(&actor, &name).await?)
}

/// Gives the viewer another password; all other sessions end.
#[server(prefix = "/api/ui", endpoint = "change_password", input = PostUrl, output = Post<JsonText>)]
pub async fn change_password(
    /// The password so far.
    old_password: String,
    /// The new one.
    new_password: String,
) -> Result<(), AppError> {
    let (service, actor) = super::context()?;
    let token = token().unwrap_or_default();
    Ok(service.change_password(&actor, &token, old_password.into(), new_password.into()).await?)
}
