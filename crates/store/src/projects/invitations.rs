//! Invitations into a project.

use crate::error::{Error, Result};
use crate::row;
use crate::store::Store;
use crate::token::TokenHash;
use crate::write::Write;
use model::identity::{Invitation, InvitationId, ProjectId, UserId};

impl Store {
    /// The invitations into a project that nobody has used, expired ones too, newest first.
    pub async fn list_invitations(&self, project: &ProjectId) -> Result<Vec<Invitation>> {
        let select = "SELECT * FROM invitation WHERE project_id = $1 AND used_at IS NULL \
                      ORDER BY created_at DESC, id";
        let rows = sqlx::query(select).bind(project.as_str()).fetch_all(self.pool()).await?;
        rows.iter().map(row::invitation).collect()
    }

    /// The invitation of that token, unless somebody has used it; expired ones too.
    pub async fn find_invitation(&self, token_hash: &TokenHash) -> Result<Option<Invitation>> {
        let select = "SELECT * FROM invitation WHERE token_hash = $1 AND used_at IS NULL";
        let row = sqlx::query(select).bind(token_hash.as_str()).fetch_optional(self.pool()).await?;
        row.as_ref().map(row::invitation).transpose()
    }
}

impl Write<'_> {
    /// Adds an invitation.
    pub async fn insert_invitation(&mut self, invitation: &Invitation, token_hash: &TokenHash) -> Result<()> {
        let insert = "INSERT INTO invitation \
                      (id, project_id, token_hash, role, created_by, created_at, expires_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let insert = sqlx::query(insert)
            .bind(invitation.id.as_str())
            .bind(invitation.project_id.as_str())
            .bind(token_hash.as_str())
            .bind(invitation.role.as_str())
            .bind(invitation.created_by.as_str())
            .bind(invitation.created_at.as_millisecond())
            .bind(invitation.expires_at.as_millisecond());
        self.change("invitation", insert).await
    }

    /// Notes that an account has used an invitation: once only. Whether it has expired is the
    /// caller's to check.
    ///
    /// # Errors
    /// [`Error::Conflict`] about `invitation` when it was used or taken back.
    pub async fn use_invitation(&mut self, id: &InvitationId, user: &UserId) -> Result<()> {
        let update = "UPDATE invitation SET used_at = $1, used_by = $2 WHERE id = $3 AND used_at IS NULL";
        let now = self.store.clock().now().as_millisecond();
        let update = sqlx::query(update).bind(now).bind(user.as_str()).bind(id.as_str());
        match self.run(update).await.map_err(Error::conflict_on("user"))? {
            0 => Err(Error::Conflict { what: "invitation" }),
            _ => Ok(()),
        }
    }

    /// Takes an unused invitation of a project back.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or somebody has used it.
    pub async fn remove_invitation(&mut self, project: &ProjectId, id: &InvitationId) -> Result<()> {
        let delete = "DELETE FROM invitation WHERE project_id = $1 AND id = $2 AND used_at IS NULL";
        self.change("invitation", sqlx::query(delete).bind(project.as_str()).bind(id.as_str())).await
    }
}
