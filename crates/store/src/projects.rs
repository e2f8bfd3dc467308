//! Projects, and who belongs to them.

mod invitations;

use crate::error::{Error, Result};
use crate::row::{self, Columns, user_columns};
use crate::store::Store;
use crate::write::Write;
use model::Role;
use model::identity::{Member, Membership, Project, ProjectId, SignInMethod, Slug, UserId};
use model::telemetry::{Redaction, TelemetryPolicy};
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

impl Store {
    /// All projects, archived ones too: the one with the estate first, then by name.
    pub async fn list_projects(&self) -> Result<Vec<Project>> {
        let rows = sqlx::query("SELECT * FROM project").fetch_all(self.pool()).await?;
        let mut projects: Vec<_> = rows.iter().map(row::project).collect::<Result<_>>()?;
        projects.sort_by_cached_key(order);
        Ok(projects)
    }

    /// The project of that id.
    pub async fn find_project(&self, id: &ProjectId) -> Result<Option<Project>> {
        self.select_project("SELECT * FROM project WHERE id = $1", id.as_str()).await
    }

    /// The project with that name in URLs.
    pub async fn find_project_by_slug(&self, slug: &Slug) -> Result<Option<Project>> {
        self.select_project("SELECT * FROM project WHERE slug = $1", slug.as_str()).await
    }

    async fn select_project(&self, select: &'static str, key: &str) -> Result<Option<Project>> {
        let row = sqlx::query(select).bind(key).fetch_optional(self.pool()).await?;
        row.as_ref().map(row::project).transpose()
    }

    /// Counts secrets that were taken out of a project's telemetry. That is no edit: its version stays.
    pub async fn count_redactions(&self, project: &ProjectId, count: u64) -> Result<()> {
        let update = "UPDATE project SET redacted = redacted + $1 WHERE id = $2";
        let _turn = self.turn().await;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        sqlx::query(update).bind(count).bind(project.as_str()).execute(self.pool()).await?;
        Ok(())
    }

    /// The projects of an account with its role there, archived ones too: the one with the
    /// estate first, then by name.
    pub async fn list_memberships(&self, user: &UserId) -> Result<Vec<Membership>> {
        let select = "SELECT project.*, member.role FROM member JOIN project ON project.id = member.project_id \
                      WHERE member.user_id = $1";
        let rows = sqlx::query(select).bind(user.as_str()).fetch_all(self.pool()).await?;
        let membership = |row: &AnyRow| {
            Ok(Membership { project: row::project(row)?, role: row.word("role", Role::parse)? })
        };
        let mut memberships: Vec<_> = rows.iter().map(membership).collect::<Result<_>>()?;
        memberships.sort_by_cached_key(|membership| order(&membership.project));
        Ok(memberships)
    }

    /// Who belongs to a project, by address, with their groups.
    pub async fn list_members(&self, project: &ProjectId) -> Result<Vec<Member>> {
        let select = concat!(
            "SELECT ",
            user_columns!(),
            ", role, source, version FROM member JOIN account ON account.id = member.user_id \
             WHERE project_id = $1"
        );
        let rows = sqlx::query(select).bind(project.as_str()).fetch_all(self.pool()).await?;
        let groups = "SELECT user_id, group_name FROM member_group WHERE project_id = $1";
        let groups = sqlx::query(groups).bind(project.as_str()).fetch_all(self.pool()).await?;
        let mut by_user: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for group in &groups {
            by_user.entry(group.text("user_id")?).or_default().insert(group.text("group_name")?);
        }
        let mut members: Vec<_> = rows.iter().map(row::member).collect::<Result<_>>()?;
        for member in &mut members {
            member.groups = by_user.remove(member.user.id.as_str()).unwrap_or_default();
        }
        members.sort_by(|one, other| one.user.email.cmp(&other.user.email));
        Ok(members)
    }

    /// Somebody in a project.
    pub async fn find_member(&self, project: &ProjectId, user: &UserId) -> Result<Option<Member>> {
        let select = concat!(
            "SELECT ",
            user_columns!(),
            ", role, source, version FROM member JOIN account ON account.id = member.user_id \
             WHERE project_id = $1 AND user_id = $2"
        );
        let row = sqlx::query(select).bind(project.as_str()).bind(user.as_str());
        let Some(row) = row.fetch_optional(self.pool()).await? else { return Ok(None) };
        let groups = self.list_groups(project, user).await?;
        Ok(Some(Member { groups, ..row::member(&row)? }))
    }

    /// Somebody's groups in a project, whoever vouches for them.
    pub async fn list_groups(&self, project: &ProjectId, user: &UserId) -> Result<BTreeSet<String>> {
        let select = "SELECT group_name FROM member_group WHERE project_id = $1 AND user_id = $2";
        let rows =
            sqlx::query(select).bind(project.as_str()).bind(user.as_str()).fetch_all(self.pool()).await?;
        rows.iter().map(|row| row.text("group_name")).collect()
    }
}

/// The switch and the days of each kind, in the order of the columns.
fn bind_policy<'q>(
    query: Query<'q, Any, AnyArguments>,
    policy: &TelemetryPolicy,
) -> Query<'q, Any, AnyArguments> {
    let query = query.bind(i64::from(policy.redaction == Redaction::On));
    policy.retention.by_kind().into_iter().fold(query, |query, (_, days)| query.bind(i64::from(days)))
}

fn order(project: &Project) -> (Reverse<bool>, String, ProjectId) {
    (Reverse(project.has_estate), project.name.to_lowercase(), project.id.clone())
}

impl Write<'_> {
    /// Adds a project.
    ///
    /// # Errors
    /// [`Error::Conflict`] about `slug` when another has it, or another has the estate.
    pub async fn insert_project(&mut self, project: &Project) -> Result<()> {
        let insert = "INSERT INTO project (id, slug, name, has_estate, archived_at, version, redaction, \
                      keep_spans_days, keep_metrics_days, keep_logs_days, keep_events_days, \
                      keep_minutes_days, keep_rollups_days) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let insert = sqlx::query(insert)
            .bind(project.id.as_str())
            .bind(project.slug.as_str())
            .bind(project.name.as_str())
            .bind(i64::from(project.has_estate))
            .bind(project.archived_at.map(|at| at.as_millisecond()))
            .bind(project.version);
        self.change("slug", bind_policy(insert, &project.telemetry)).await
    }

    /// Writes name, archiving and policy of a project whose `version` is the one that was read, and
    /// raises the version.
    ///
    /// # Errors
    /// [`Error::Conflict`] about `project` when it has been changed since.
    pub async fn update_project(&mut self, project: &Project) -> Result<()> {
        let update = "UPDATE project SET name = $1, archived_at = $2, version = version + 1, \
                      redaction = $5, keep_spans_days = $6, keep_metrics_days = $7, keep_logs_days = $8, \
                      keep_events_days = $9, keep_minutes_days = $10, keep_rollups_days = $11 \
                      WHERE id = $3 AND version = $4";
        let update = sqlx::query(update)
            .bind(project.name.as_str())
            .bind(project.archived_at.map(|at| at.as_millisecond()))
            .bind(project.id.as_str())
            .bind(project.version);
        match self.run(bind_policy(update, &project.telemetry)).await? {
            0 => Err(Error::Conflict { what: "project" }),
            _ => Ok(()),
        }
    }

    /// Puts somebody into a project, with version 1 and without groups.
    ///
    /// # Errors
    /// [`Error::Conflict`] about `member` when they are in it, [`Error::NotFound`] when there
    /// is no such account or project.
    pub async fn insert_member(
        &mut self,
        project: &ProjectId,
        user: &UserId,
        role: Role,
        source: SignInMethod,
    ) -> Result<()> {
        let insert =
            "INSERT INTO member (project_id, user_id, role, source, version) VALUES ($1, $2, $3, $4, 1)";
        let insert = sqlx::query(insert)
            .bind(project.as_str())
            .bind(user.as_str())
            .bind(role.as_str())
            .bind(source.as_str());
        self.change("member", insert).await
    }

    /// Gives somebody another role, if `version` is still theirs.
    ///
    /// # Errors
    /// [`Error::Conflict`] about `member`, [`Error::NotFound`], [`Error::LastOwner`].
    pub async fn set_member_role(
        &mut self,
        project: &ProjectId,
        user: &UserId,
        role: Role,
        version: i64,
    ) -> Result<()> {
        self.check_version(project, user, version).await?;
        if role != Role::Owner {
            self.keep_an_owner(project, user).await?;
        }
        let update =
            "UPDATE member SET role = $1, version = version + 1 WHERE project_id = $2 AND user_id = $3";
        let update = sqlx::query(update).bind(role.as_str()).bind(project.as_str()).bind(user.as_str());
        self.change("member", update).await
    }

    /// Takes somebody out of a project, with their groups there, if `version` is still theirs.
    ///
    /// # Errors
    /// [`Error::Conflict`] about `member`, [`Error::NotFound`], [`Error::LastOwner`].
    pub async fn remove_member(&mut self, project: &ProjectId, user: &UserId, version: i64) -> Result<()> {
        self.check_version(project, user, version).await?;
        self.keep_an_owner(project, user).await?;
        let delete = "DELETE FROM member WHERE project_id = $1 AND user_id = $2";
        self.change("member", sqlx::query(delete).bind(project.as_str()).bind(user.as_str())).await
    }

    /// Replaces the groups that `source` vouches for, and raises the member's version if that
    /// changes them.
    ///
    /// # Errors
    /// [`Error::NotFound`] when they are not in the project.
    pub async fn set_groups(
        &mut self,
        project: &ProjectId,
        user: &UserId,
        source: SignInMethod,
        groups: &BTreeSet<String>,
    ) -> Result<()> {
        let select =
            "SELECT group_name FROM member_group WHERE project_id = $1 AND user_id = $2 AND source = $3";
        let rows = sqlx::query(select)
            .bind(project.as_str())
            .bind(user.as_str())
            .bind(source.as_str())
            .fetch_all(&mut *self.transaction)
            .await?;
        let before: BTreeSet<String> =
            rows.iter().map(|row| row.text("group_name")).collect::<Result<_>>()?;
        if before == *groups {
            return Ok(());
        }
        let update = "UPDATE member SET version = version + 1 WHERE project_id = $1 AND user_id = $2";
        self.change("member", sqlx::query(update).bind(project.as_str()).bind(user.as_str())).await?;
        for gone in before.difference(groups) {
            let delete = "DELETE FROM member_group \
                          WHERE project_id = $1 AND user_id = $2 AND source = $3 AND group_name = $4";
            let delete = sqlx::query(delete).bind(project.as_str()).bind(user.as_str());
            self.run(delete.bind(source.as_str()).bind(gone.as_str())).await?;
        }
        for new in groups.difference(&before) {
            let insert = "INSERT INTO member_group (project_id, user_id, source, group_name) \
                          VALUES ($1, $2, $3, $4)";
            let insert = sqlx::query(insert).bind(project.as_str()).bind(user.as_str());
            self.run(insert.bind(source.as_str()).bind(new.as_str())).await?;
        }
        Ok(())
    }

    async fn check_version(&mut self, project: &ProjectId, user: &UserId, version: i64) -> Result<()> {
        let select = "SELECT version FROM member WHERE project_id = $1 AND user_id = $2";
        let select = sqlx::query(select).bind(project.as_str()).bind(user.as_str());
        match select.fetch_optional(&mut *self.transaction).await? {
            None => Err(Error::NotFound { what: "member" }),
            Some(row) if row.number("version")? != version => Err(Error::Conflict { what: "member" }),
            Some(_) => Ok(()),
        }
    }

    /// Fails where `leaving` is the project's only owner. Writers run one after the other, so
    /// two owners cannot leave each other behind.
    async fn keep_an_owner(&mut self, project: &ProjectId, leaving: &UserId) -> Result<()> {
        let select = "SELECT user_id FROM member WHERE project_id = $1 AND role = $2";
        let select = sqlx::query(select).bind(project.as_str()).bind(Role::Owner.as_str());
        let rows = select.fetch_all(&mut *self.transaction).await?;
        let owners: Vec<String> = rows.iter().map(|row| row.text("user_id")).collect::<Result<_>>()?;
        if owners == [leaving.as_str()] { Err(Error::LastOwner) } else { Ok(()) }
    }
}
