//! From a stranger to somebody with a session: passwords, the directory, the OpenID Connect
//! provider, the first owner and the invited.

use crate::{Error, Result, Service};
pub use identity::oidc::Callback;
use identity::{Vouched, password, token};
use model::audit::{AuditEntry, AuditResult};
use model::identity::{Email, Invitation, InvitationView, SignInMethod, User, UserId};
use model::{Actor, Role};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{TokenHash, Write};

/// The one sentence for every sign-in that fails, whatever the reason.
const REFUSED: Error = Error::Unauthenticated("e-mail address or password is wrong");
/// The sentence for a link whose token is unknown, used, revoked or expired.
const DEAD_LINK: &str = "this link does not work any more: ask for a new one";

/// The secret of a new session, for the browser's cookie.
pub struct SessionToken(SecretString);

impl SessionToken {
    /// The text for the cookie.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What somebody without an account says of themselves.
pub struct NewAccount {
    /// The address that they will sign in with.
    pub email: String,
    /// What people call them.
    pub name: String,
    /// Their password.
    pub password: SecretString,
}

impl Service {
    /// Signs somebody in by e-mail address and password: ours, else the directory's.
    ///
    /// # Errors
    /// One sentence for whatever was wrong; limited after too many failures for the account or
    /// from the address.
    pub async fn create_session(
        &self,
        actor: &Actor,
        email: &str,
        password: SecretString,
    ) -> Result<SessionToken> {
        let accounts = &self.0.accounts;
        let account = email.trim().to_lowercase();
        if let Err(retry_after_s) = accounts.attempt(actor, &account) {
            self.record_failure(actor, &account, "too many attempts").await?;
            return Err(Error::Limited { retry_after_s });
        }
        let proof = self.prove(&account, password).await?;
        let Some(proof) = proof else {
            self.record_failure(actor, &account, "wrong e-mail address or password").await?;
            return Err(REFUSED);
        };
        accounts.account_attempts.forget(&account);
        self.begin_session(actor, proof).await
    }

    /// Whoever has this address and password: an account of ours, else whom the directory vouches
    /// for. Takes as long for an unknown address as for a known one.
    async fn prove(&self, account: &str, password: SecretString) -> Result<Option<Proof>> {
        let accounts = &self.0.accounts;
        let found = match Email::parse(account) {
            Ok(email) => accounts.store.find_credentials(&email).await?,
            Err(_) => None,
        };
        let is_disabled = found.as_ref().is_some_and(|found| found.is_disabled);
        let hash = found.as_ref().and_then(|found| found.password_hash.clone());
        let has_password = hash.is_some();
        let is_right = password::verify(password.clone(), hash).await;
        if is_disabled {
            return Ok(None);
        }
        if has_password {
            return Ok(found.filter(|_| is_right).map(|found| Proof::Password(found.user)));
        }
        let Some(ldap) = &accounts.ldap else { return Ok(None) };
        match ldap.sign_in(account, password).await {
            Ok(vouched) => Ok(Some(Proof::Vouched(SignInMethod::Ldap, vouched))),
            Err(identity::Error::Rejected) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a session for somebody who is proven, and an account where there is none yet.
    async fn begin_session(&self, actor: &Actor, proof: Proof) -> Result<SessionToken> {
        let store = &self.0.accounts.store;
        let mut entries = Vec::new();
        let (mut write, user, method) = match proof {
            Proof::Password(user) => (store.begin().await?, user, SignInMethod::Password),
            Proof::Vouched(method, vouched) => {
                // Known by the subject only: an address may be given to another person, and a
                // provider must not open an account that it did not make.
                let known = store.find_vouched(method, &vouched.subject).await?;
                let refused = match &known {
                    Some(known) if known.is_disabled => Some("the account is disabled"),
                    None if store.find_credentials(&vouched.email).await?.is_some() => {
                        Some("the address is that of another account")
                    }
                    _ => None,
                };
                if let Some(reason) = refused {
                    self.record_failure(actor, vouched.email.as_str(), reason).await?;
                    return Err(REFUSED);
                }
                let mut write = store.begin().await?;
                let user = match known {
                    Some(known) => known.user,
                    None if !write.has_users().await? => {
                        let first =
                            "this server has no owner yet: use the set-up link that its terminal shows";
                        return Err(Error::Conflict(first.to_owned()));
                    }
                    None => {
                        let user = self.new_user(vouched.email.clone(), &vouched.name, method)?;
                        write.insert_user(&user, None).await?;
                        write.insert_vouched(&user.id, method, &vouched.subject).await?;
                        let entry = AuditEntry::by(actor, "user.create", user_object(&user));
                        entries.push(entry.after("method", method.as_str()));
                        user
                    }
                };
                self.apply_groups(&mut write, actor, &user, method, &vouched.groups, &mut entries).await?;
                (write, user, method)
            }
        };
        let token = self.insert_session(&mut write, actor, &user.id).await?;
        let mut entry =
            AuditEntry::by(actor, "session.create", user_object(&user)).after("method", method.as_str());
        entry.actor = user.email.to_string();
        entry.actor_id = Some(user.id.to_string());
        entries.push(entry);
        write.commit_all(entries).await?;
        self.0.accounts.forget();
        Ok(token)
    }

    /// Gives the person the roles and groups that directory or provider say, and takes those that
    /// they no longer say.
    async fn apply_groups(
        &self,
        write: &mut Write<'_>,
        actor: &Actor,
        user: &User,
        method: SignInMethod,
        groups: &BTreeSet<String>,
        entries: &mut Vec<AuditEntry>,
    ) -> Result<()> {
        let store = &self.0.accounts.store;
        for project in store.list_projects().await? {
            let maps = store.list_group_roles(&project.id).await?;
            let granted = maps.iter().filter(|map| groups.contains(&map.group)).map(|map| map.role).max();
            let member = store.find_member(&project.id, &user.id).await?;
            let object = user_object(user);
            let entry = |action: &str| {
                let mut entry = AuditEntry::by(actor, action, object.clone());
                entry.project = Some(project.id.clone());
                entry.after("source", method.as_str())
            };
            match (granted, &member) {
                (Some(role), None) => {
                    write.insert_member(&project.id, &user.id, role, method).await?;
                    entries.push(entry("member.create").after("role", role));
                }
                (Some(role), Some(member)) if member.source == method && member.role != role => {
                    write.set_member_role(&project.id, &user.id, role, member.version).await?;
                    entries.push(entry("member.update").before("role", member.role).after("role", role));
                }
                (None, Some(member)) if member.source == method => {
                    write.remove_member(&project.id, &user.id, member.version).await?;
                    entries.push(entry("member.remove").before("role", member.role));
                    continue;
                }
                (None, None) => continue,
                _ => {}
            }
            write.set_groups(&project.id, &user.id, method, groups).await?;
        }
        Ok(())
    }

    async fn insert_session(
        &self,
        write: &mut Write<'_>,
        actor: &Actor,
        user: &UserId,
    ) -> Result<SessionToken> {
        let token = token::new_token();
        let address = actor.origin.address.clone().unwrap_or_default();
        let user_agent = actor.origin.user_agent.clone().unwrap_or_default();
        write
            .insert_session(
                &TokenHash::of(token.expose_secret()),
                user,
                self.clock().now(),
                &address,
                &user_agent,
            )
            .await?;
        Ok(SessionToken(token))
    }

    async fn record_failure(&self, actor: &Actor, account: &str, reason: &str) -> Result<()> {
        let shown: String = account.chars().take(254).collect();
        let entry = AuditEntry::by(actor, "session.create", format!("user:{shown}"))
            .after("reason", reason)
            .with_result(AuditResult::Failure);
        self.0.accounts.store.record(&[entry]).await?;
        Ok(())
    }

    /// Where to send the browser to sign in at the OpenID Connect provider, and the token that
    /// binds the answer to this browser.
    pub async fn start_oidc(&self, return_to: &str) -> Result<(String, String)> {
        let accounts = &self.0.accounts;
        let oidc = accounts.oidc.as_ref().ok_or_else(|| Error::not_found("sign-in", "oidc", Vec::new()))?;
        let start = oidc.start(return_to).await?;
        let browser = token::new_token();
        let (url, state) = (start.url.clone(), start.state.expose_secret().to_owned());
        let login = PendingLogin { start, browser: TokenHash::of(browser.expose_secret()) };
        accounts.pending.insert(state, Arc::new(login)).await;
        Ok((url, browser.expose_secret().to_owned()))
    }

    /// Signs in whom the provider vouches for, and says where the person wanted to go.
    pub async fn finish_oidc(
        &self,
        actor: &Actor,
        callback: Callback,
        browser: &str,
    ) -> Result<(SessionToken, String)> {
        const STALE: Error =
            Error::Unauthenticated("this sign-in has expired or was begun elsewhere: begin again");
        let accounts = &self.0.accounts;
        let oidc = accounts.oidc.as_ref().ok_or_else(|| Error::not_found("sign-in", "oidc", Vec::new()))?;
        let pending = accounts.pending.remove(callback.state.expose_secret()).await;
        let Some(pending) = pending.filter(|pending| pending.browser == TokenHash::of(browser)) else {
            self.record_failure(actor, "oidc", "state unknown or of another browser").await?;
            return Err(STALE);
        };
        let vouched = match oidc.finish(&callback, &pending.start).await {
            Ok(vouched) => vouched,
            Err(error @ identity::Error::Rejected) => {
                self.record_failure(actor, "oidc", "the provider's answer was refused").await?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        };
        let token = self.begin_session(actor, Proof::Vouched(SignInMethod::Oidc, vouched)).await?;
        Ok((token, pending.start.return_to.clone()))
    }

    /// Ends the session of that token.
    pub async fn remove_session(&self, actor: &Actor, token: &str) -> Result<()> {
        let mut write = self.0.accounts.store.begin().await?;
        write.remove_session(&TokenHash::of(token)).await?;
        write.commit(AuditEntry::by(actor, "session.remove", format!("user:{}", actor.label()))).await?;
        self.0.accounts.forget();
        Ok(())
    }

    /// Ends every session of the actor, this one too.
    pub async fn remove_all_sessions(&self, actor: &Actor) -> Result<()> {
        let user = actor.user_id().ok_or(Error::Unauthenticated("sign in first"))?;
        let mut write = self.0.accounts.store.begin().await?;
        let count = write.remove_sessions(user, None).await?;
        let entry = AuditEntry::by(actor, "session.remove_all", format!("user:{}", actor.label()));
        write.commit(entry.before("sessions", count)).await?;
        self.0.accounts.forget();
        Ok(())
    }

    /// Makes the first account, owner of the first project, by the one-time link's token.
    ///
    /// # Errors
    /// The link was used or is not ours; the account's fields.
    pub async fn create_first_owner(
        &self,
        actor: &Actor,
        link: &str,
        account: NewAccount,
    ) -> Result<SessionToken> {
        let accounts = &self.0.accounts;
        if !accounts.is_setup_link(link) {
            return Err(Error::Conflict(DEAD_LINK.to_owned()));
        }
        let (user, hash) = self.check_account(account).await?;
        let mut write = accounts.store.begin().await?;
        if write.has_users().await? {
            return Err(Error::Conflict(DEAD_LINK.to_owned()));
        }
        write.insert_user(&user, Some(&hash)).await?;
        write.insert_member(&self.0.estate_project.id, &user.id, Role::Owner, SignInMethod::Password).await?;
        let token = self.insert_session(&mut write, actor, &user.id).await?;
        let mut entry = AuditEntry::by(actor, "user.create", user_object(&user)).after("role", Role::Owner);
        entry.project = Some(self.0.estate_project.id.clone());
        write.commit(entry).await?;
        accounts.note_first_user();
        Ok(token)
    }

    /// Whether the one-time link makes the first owner.
    pub async fn check_setup(&self, link: &str) -> Result<()> {
        let accounts = &self.0.accounts;
        if accounts.is_setup_link(link) && !accounts.store.has_users().await? {
            Ok(())
        } else {
            Err(Error::not_found("set-up", "link", Vec::new()))
        }
    }

    /// What the invitation's link leads to.
    pub async fn get_invitation(&self, link: &str) -> Result<InvitationView> {
        let invitation = self.find_invitation(link).await?;
        let project = self.0.accounts.store.find_project(&invitation.project_id).await?;
        let project = project.ok_or_else(|| Error::Conflict(DEAD_LINK.to_owned()))?;
        Ok(InvitationView {
            project: project.name,
            role: invitation.role,
            created_by: invitation.created_by,
            expires_at: invitation.expires_at,
        })
    }

    async fn find_invitation(&self, link: &str) -> Result<Invitation> {
        let found = self.0.accounts.store.find_invitation(&TokenHash::of(link)).await?;
        let now = self.clock().now();
        let open = found.filter(|invitation| invitation.expires_at > now);
        open.ok_or_else(|| Error::Conflict(DEAD_LINK.to_owned()))
    }

    /// Joins the project of the invitation: as who is signed in, else with a new account, whose
    /// session this answers with.
    pub async fn accept_invitation(
        &self,
        actor: &Actor,
        link: &str,
        account: Option<NewAccount>,
    ) -> Result<Option<SessionToken>> {
        let accounts = &self.0.accounts;
        let invitation = self.find_invitation(link).await?;
        let made = match (actor.user_id(), account) {
            (Some(_), _) => None,
            (None, Some(account)) => Some(self.check_account(account).await?),
            (None, None) => return Err(Error::Unauthenticated("sign in, or make an account")),
        };
        let mut write = accounts.store.begin().await?;
        let (id, label, token) = match (actor.user_id(), made) {
            (Some(id), _) => (id.clone(), actor.label(), None),
            (None, Some((user, hash))) => {
                write.insert_user(&user, Some(&hash)).await?;
                let token = self.insert_session(&mut write, actor, &user.id).await?;
                (user.id.clone(), user.email.to_string(), Some(token))
            }
            (None, None) => return Err(REFUSED),
        };
        write.use_invitation(&invitation.id, &id).await?;
        write.insert_member(&invitation.project_id, &id, invitation.role, SignInMethod::Password).await?;
        let mut entry = AuditEntry::by(actor, "invitation.accept", format!("member:{label}"))
            .after("role", invitation.role)
            .after("invited_by", &invitation.created_by);
        entry.project = Some(invitation.project_id.clone());
        write.commit(entry).await?;
        accounts.forget();
        Ok(token)
    }

    async fn check_account(&self, account: NewAccount) -> Result<(User, String)> {
        let email = Email::parse(&account.email).map_err(|problem| invalid("email", problem))?;
        let user = self.new_user(email, &account.name, SignInMethod::Password)?;
        Ok((user.clone(), self.hash_password(&user.email, account.password).await?))
    }

    pub(crate) async fn hash_password(&self, email: &Email, password: SecretString) -> Result<String> {
        password::check_strength(password.expose_secret(), email)
            .map_err(|problem| invalid("password", problem))?;
        Ok(password::hash(password).await?)
    }

    fn new_user(&self, email: Email, name: &str, method: SignInMethod) -> Result<User> {
        let name = check_name("name", name)?;
        let id = UserId::new(token::new_id("usr_"));
        Ok(User { id, email, name, method, created_at: self.clock().now() })
    }
}

/// Why somebody may have a session.
enum Proof {
    /// The password of an account of ours.
    Password(User),
    /// The word of a provider or a directory.
    Vouched(SignInMethod, Vouched),
}

/// A login that the provider has not answered yet.
pub(crate) struct PendingLogin {
    start: identity::oidc::LoginStart,
    browser: TokenHash,
}

pub(crate) fn user_object(user: &User) -> String {
    format!("user:{}", user.email)
}

pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Error {
    Error::Invalid { field, message: message.into() }
}

/// A name for people: 1 to 80 characters on one line.
pub(crate) fn check_name(field: &'static str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 80 || text.chars().any(char::is_control) {
        return Err(invalid(field, "write 1 to 80 characters"));
    }
    Ok(text.to_owned())
}
