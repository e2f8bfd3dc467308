//! The actor's own account.

use crate::sign_in::{check_name, invalid};
use crate::{Error, Result, Service};
use identity::password;
use model::Actor;
use model::audit::{AuditEntry, AuditResult};
use model::identity::{ProfileView, User, UserId};
use secrecy::SecretString;
use store::TokenHash;

const SIGN_IN_FIRST: Error = Error::Unauthenticated("sign in first");

impl Service {
    /// The actor's account, and where it is signed in; `current` is the asking session's token.
    pub async fn get_profile(&self, actor: &Actor, current: Option<&str>) -> Result<ProfileView> {
        let user = self.find_self(actor).await?;
        let current = current.map(TokenHash::of);
        let sessions = self.0.accounts.store.list_sessions(&user.id).await?;
        let sessions = sessions
            .into_iter()
            .map(|(hash, session)| model::identity::Session {
                current: current.as_ref() == Some(&hash),
                ..session
            })
            .collect();
        Ok(ProfileView { user, sessions })
    }

    /// Gives the actor another name.
    pub async fn rename_user(&self, actor: &Actor, name: &str) -> Result<()> {
        let user = self.find_self(actor).await?;
        let name = check_name("name", name)?;
        let mut write = self.0.accounts.store.begin().await?;
        write.rename_user(&user.id, &name).await?;
        let entry = AuditEntry::by(actor, "user.update", format!("user:{}", user.email));
        write.commit(entry.before("name", &user.name).after("name", &name)).await?;
        self.0.accounts.forget();
        Ok(())
    }

    /// Gives the actor another password, and ends all its other sessions.
    ///
    /// # Errors
    /// The old password is wrong, the new one too weak; limited as a sign-in is.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current_session: &str,
        old: SecretString,
        new: SecretString,
    ) -> Result<()> {
        let accounts = &self.0.accounts;
        let user = self.find_self(actor).await?;
        let limited = accounts.attempt(actor, user.email.as_str());
        limited.map_err(|retry_after_s| Error::Limited { retry_after_s })?;
        let entry = AuditEntry::by(actor, "password.update", format!("user:{}", user.email));
        let found = accounts.store.find_credentials(&user.email).await?;
        let hash = found.and_then(|found| found.password_hash);
        if !password::verify(old, hash).await {
            accounts.store.record(&[entry.with_result(AuditResult::Failure)]).await?;
            return Err(invalid("old_password", "this is not your password"));
        }
        accounts.account_attempts.forget(user.email.as_str());
        let hash = self.hash_password(&user.email, new).await?;
        let mut write = accounts.store.begin().await?;
        write.set_password(&user.id, &hash).await?;
        let ended = write.remove_sessions(&user.id, Some(&TokenHash::of(current_session))).await?;
        write.commit(entry.after("sessions_ended", ended)).await?;
        accounts.forget();
        Ok(())
    }

    async fn find_self(&self, actor: &Actor) -> Result<User> {
        let id: &UserId = actor.user_id().ok_or(SIGN_IN_FIRST)?;
        self.0.accounts.store.find_user(id).await?.ok_or(SIGN_IN_FIRST)
    }
}
