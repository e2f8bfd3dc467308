//! Accounts and their sessions.

use crate::error::{Error, Result};
use crate::row::{self, Columns, user_columns};
use crate::store::Store;
use crate::token::TokenHash;
use crate::write::Write;
use jiff::Timestamp;
use model::identity::{Email, Session, SignInMethod, User, UserId};
use sqlx::Row;
use sqlx::any::AnyRow;

/// An account with what its sign-in is checked against.
#[derive(Clone)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// The hash of its password in PHC format; `None` where a provider vouches for it.
    pub password_hash: Option<String>,
    /// Whether it may not sign in.
    pub is_disabled: bool,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user.id).finish_non_exhaustive()
    }
}

/// Whose session it is, and how old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionUser {
    /// The account.
    pub user: User,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When the session was last used, as far as [`Store::touch_session`] was told.
    pub last_seen_at: Timestamp,
}

fn credentials(row: &AnyRow) -> Result<Credentials> {
    Ok(Credentials {
        user: row::user(row)?,
        password_hash: row.optional_text("password_hash")?,
        is_disabled: row.number("is_disabled")? != 0,
    })
}

impl Store {
    /// Whether there is an account at all.
    pub async fn has_users(&self) -> Result<bool> {
        let found = sqlx::query("SELECT id FROM account LIMIT 1").fetch_optional(self.pool()).await?;
        Ok(found.is_some())
    }

    /// The account of that id.
    pub async fn find_user(&self, id: &UserId) -> Result<Option<User>> {
        let select = concat!("SELECT ", user_columns!(), " FROM account WHERE id = $1");
        let row = sqlx::query(select).bind(id.as_str()).fetch_optional(self.pool()).await?;
        row.as_ref().map(row::user).transpose()
    }

    /// The account with that address.
    pub async fn find_credentials(&self, email: &Email) -> Result<Option<Credentials>> {
        let select =
            concat!("SELECT ", user_columns!(), ", password_hash, is_disabled FROM account WHERE email = $1");
        let row = sqlx::query(select).bind(email.as_str()).fetch_optional(self.pool()).await?;
        row.as_ref().map(credentials).transpose()
    }

    /// The account of whom a provider or directory calls `subject`.
    pub async fn find_vouched(&self, method: SignInMethod, subject: &str) -> Result<Option<Credentials>> {
        let select = concat!(
            "SELECT ",
            user_columns!(),
            ", password_hash, is_disabled FROM account \
             WHERE id = (SELECT user_id FROM vouched_subject WHERE method = $1 AND subject = $2)"
        );
        let row = sqlx::query(select).bind(method.as_str()).bind(subject).fetch_optional(self.pool()).await?;
        row.as_ref().map(credentials).transpose()
    }

    /// The session of that token, however old; none of a disabled account.
    pub async fn find_session(&self, token_hash: &TokenHash) -> Result<Option<SessionUser>> {
        let select = concat!(
            "SELECT ",
            user_columns!(),
            ", browser_session.created_at, browser_session.last_seen_at \
             FROM browser_session JOIN account ON account.id = browser_session.user_id \
             WHERE token_hash = $1 AND is_disabled = 0"
        );
        let row = sqlx::query(select).bind(token_hash.as_str()).fetch_optional(self.pool()).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(SessionUser {
            user: row::user(&row)?,
            created_at: row.time("created_at")?,
            last_seen_at: row.time("last_seen_at")?,
        }))
    }

    /// The sessions of an account, the last used first. `current` is false: only the caller
    /// knows its own.
    pub async fn list_sessions(&self, user: &UserId) -> Result<Vec<(TokenHash, Session)>> {
        let select = "SELECT token_hash, created_at, last_seen_at, address, user_agent FROM browser_session \
                      WHERE user_id = $1 ORDER BY last_seen_at DESC, token_hash";
        let rows = sqlx::query(select).bind(user.as_str()).fetch_all(self.pool()).await?;
        let session = |row: &AnyRow| {
            let session = Session {
                created_at: row.time("created_at")?,
                last_seen_at: row.time("last_seen_at")?,
                address: row.text("address")?,
                user_agent: row.text("user_agent")?,
                current: false,
            };
            Ok((TokenHash::from_row(row.try_get("token_hash")?), session))
        };
        rows.iter().map(session).collect()
    }

    /// Notes that a session was used at `now`; never goes back in time.
    pub async fn touch_session(&self, token_hash: &TokenHash, now: Timestamp) -> Result<()> {
        let update =
            "UPDATE browser_session SET last_seen_at = $1 WHERE token_hash = $2 AND last_seen_at < $1";
        let _turn = self.turn().await;
        let update = sqlx::query(update).bind(now.as_millisecond()).bind(token_hash.as_str());
        update.execute(self.pool()).await?;
        Ok(())
    }

    /// Removes sessions that were last used `idle_ms` before `now` or earlier, or made
    /// `absolute_ms` before it or earlier. Returns how many.
    pub async fn remove_expired(&self, now: Timestamp, idle_ms: i64, absolute_ms: i64) -> Result<u64> {
        let delete = "DELETE FROM browser_session WHERE last_seen_at <= $1 OR created_at <= $2";
        let now = now.as_millisecond();
        let _turn = self.turn().await;
        let delete = sqlx::query(delete).bind(now - idle_ms).bind(now - absolute_ms);
        Ok(delete.execute(self.pool()).await?.rows_affected())
    }
}

impl Write<'_> {
    /// Adds an account.
    ///
    /// # Errors
    /// [`Error::Conflict`] about `email` when the address has one.
    pub async fn insert_user(&mut self, user: &User, password_hash: Option<&str>) -> Result<()> {
        let insert = "INSERT INTO account (id, email, name, method, password_hash, created_at) \
                      VALUES ($1, $2, $3, $4, $5, $6)";
        let insert = sqlx::query(insert)
            .bind(user.id.as_str())
            .bind(user.email.as_str())
            .bind(user.name.as_str())
            .bind(user.method.as_str())
            .bind(password_hash)
            .bind(user.created_at.as_millisecond());
        self.change("email", insert).await
    }

    /// Remembers whom a provider or directory calls `subject`.
    ///
    /// # Errors
    /// [`Error::Conflict`] about `subject` when that is somebody already.
    pub async fn insert_vouched(&mut self, user: &UserId, method: SignInMethod, subject: &str) -> Result<()> {
        let insert = "INSERT INTO vouched_subject (method, subject, user_id) VALUES ($1, $2, $3)";
        let insert = sqlx::query(insert).bind(method.as_str()).bind(subject).bind(user.as_str());
        self.change("subject", insert).await
    }

    /// Whether there is an account at all, as this transaction sees it: the first owner is
    /// made only where there is none.
    pub async fn has_users(&mut self) -> Result<bool> {
        let found = sqlx::query("SELECT id FROM account LIMIT 1");
        Ok(found.fetch_optional(&mut *self.transaction).await?.is_some())
    }

    /// Replaces the hash of an account's password.
    pub async fn set_password(&mut self, user: &UserId, password_hash: &str) -> Result<()> {
        let update = "UPDATE account SET password_hash = $1 WHERE id = $2";
        self.change("user", sqlx::query(update).bind(password_hash).bind(user.as_str())).await
    }

    /// Gives an account's owner another name.
    pub async fn rename_user(&mut self, user: &UserId, name: &str) -> Result<()> {
        let update = "UPDATE account SET name = $1 WHERE id = $2";
        self.change("user", sqlx::query(update).bind(name).bind(user.as_str())).await
    }

    /// Keeps an account from signing in, and ends its sessions.
    pub async fn disable_user(&mut self, user: &UserId) -> Result<()> {
        let update = "UPDATE account SET is_disabled = 1 WHERE id = $1";
        self.change("user", sqlx::query(update).bind(user.as_str())).await?;
        self.remove_sessions(user, None).await?;
        Ok(())
    }

    /// Lets a disabled account sign in again.
    pub async fn enable_user(&mut self, user: &UserId) -> Result<()> {
        let update = "UPDATE account SET is_disabled = 0 WHERE id = $1";
        self.change("user", sqlx::query(update).bind(user.as_str())).await
    }

    /// Adds a session, made and last used at `now`.
    pub async fn insert_session(
        &mut self,
        token_hash: &TokenHash,
        user: &UserId,
        now: Timestamp,
        address: &str,
        user_agent: &str,
    ) -> Result<()> {
        let insert = "INSERT INTO browser_session \
                      (token_hash, user_id, created_at, last_seen_at, address, user_agent) \
                      VALUES ($1, $2, $3, $3, $4, $5)";
        let insert = sqlx::query(insert)
            .bind(token_hash.as_str())
            .bind(user.as_str())
            .bind(now.as_millisecond())
            .bind(address)
            .bind(user_agent);
        self.run(insert).await.map_err(Error::conflict_on("session"))?;
        Ok(())
    }

    /// Ends a session; one that is gone already is no error.
    pub async fn remove_session(&mut self, token_hash: &TokenHash) -> Result<()> {
        let delete = "DELETE FROM browser_session WHERE token_hash = $1";
        self.run(sqlx::query(delete).bind(token_hash.as_str())).await?;
        Ok(())
    }

    /// Ends an account's sessions, except perhaps one. Returns how many.
    pub async fn remove_sessions(&mut self, user: &UserId, except: Option<&TokenHash>) -> Result<u64> {
        let delete = "DELETE FROM browser_session WHERE user_id = $1 AND token_hash <> $2";
        let except = except.map_or("", TokenHash::as_str);
        Ok(self.run(sqlx::query(delete).bind(user.as_str()).bind(except)).await?)
    }
}
