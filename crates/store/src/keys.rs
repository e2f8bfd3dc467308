//! Machine keys, as their hashes.

use crate::error::Result;
use crate::row;
use crate::store::Store;
use crate::token::TokenHash;
use crate::write::Write;
use jiff::Timestamp;
use model::Scope;
use model::identity::{KeyId, MachineKey, ProjectId};

impl Store {
    /// The keys of a project, revoked and expired ones too, newest first.
    pub async fn list_keys(&self, project: &ProjectId) -> Result<Vec<MachineKey>> {
        let select = "SELECT * FROM machine_key WHERE project_id = $1 ORDER BY created_at DESC, id";
        let rows = sqlx::query(select).bind(project.as_str()).fetch_all(self.pool()).await?;
        rows.iter().map(row::machine_key).collect()
    }

    /// The key with that hash, revoked and expired ones too.
    pub async fn find_key(&self, token_hash: &TokenHash) -> Result<Option<MachineKey>> {
        let select = "SELECT * FROM machine_key WHERE token_hash = $1";
        let row = sqlx::query(select).bind(token_hash.as_str()).fetch_optional(self.pool()).await?;
        row.as_ref().map(row::machine_key).transpose()
    }

    /// Notes that a key was used at `now`; never goes back in time.
    pub async fn touch_key(&self, id: &KeyId, now: Timestamp) -> Result<()> {
        let update =
            "UPDATE machine_key SET last_used_at = $1 WHERE id = $2 AND COALESCE(last_used_at, 0) < $1";
        let _turn = self.turn().await;
        let update = sqlx::query(update).bind(now.as_millisecond()).bind(id.as_str());
        update.execute(self.pool()).await?;
        Ok(())
    }
}

impl Write<'_> {
    /// Adds a key.
    pub async fn insert_key(&mut self, key: &MachineKey, token_hash: &TokenHash) -> Result<()> {
        let insert = "INSERT INTO machine_key \
                      (id, project_id, name, prefix, token_hash, scopes, created_by, created_at, expires_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let scopes: Vec<&str> = key.scopes.iter().copied().map(Scope::as_str).collect();
        let insert = sqlx::query(insert)
            .bind(key.id.as_str())
            .bind(key.project_id.as_str())
            .bind(key.name.as_str())
            .bind(key.prefix.as_str())
            .bind(token_hash.as_str())
            .bind(scopes.join(" "))
            .bind(key.created_by.as_str())
            .bind(key.created_at.as_millisecond())
            .bind(key.expires_at.map(|at| at.as_millisecond()));
        self.change("key", insert).await
    }

    /// Revokes a key of a project for good.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the project has none of that id that still works.
    pub async fn revoke_key(&mut self, project: &ProjectId, id: &KeyId, now: Timestamp) -> Result<()> {
        let update = "UPDATE machine_key SET revoked_at = $1 \
                      WHERE project_id = $2 AND id = $3 AND revoked_at IS NULL";
        let update = sqlx::query(update).bind(now.as_millisecond()).bind(project.as_str()).bind(id.as_str());
        self.change("key", update).await
    }
}
