//! What groups of a directory or provider give and show.

use crate::error::{Error, Result};
use crate::row::Columns;
use crate::store::Store;
use crate::write::Write;
use model::identity::{EssentialAccess, GroupRole, ProjectId};
use model::{EssentialName, Role};
use std::collections::{BTreeMap, BTreeSet};

impl Store {
    /// The groups whose people have a role in a project, by name.
    pub async fn list_group_roles(&self, project: &ProjectId) -> Result<Vec<GroupRole>> {
        let select = "SELECT group_name, role FROM group_role WHERE project_id = $1";
        let rows = sqlx::query(select).bind(project.as_str()).fetch_all(self.pool()).await?;
        let role = |row: &sqlx::any::AnyRow| {
            Ok(GroupRole { group: row.text("group_name")?, role: row.word("role", Role::parse)? })
        };
        let mut roles: Vec<_> = rows.iter().map(role).collect::<Result<_>>()?;
        roles.sort();
        Ok(roles)
    }

    /// The essentials of a project that only some groups may see, by name.
    pub async fn list_essential_access(&self, project: &ProjectId) -> Result<Vec<EssentialAccess>> {
        let select = "SELECT essential, group_name FROM essential_access WHERE project_id = $1";
        let rows = sqlx::query(select).bind(project.as_str()).fetch_all(self.pool()).await?;
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in &rows {
            groups.entry(row.text("essential")?).or_default().insert(row.text("group_name")?);
        }
        let access =
            |(essential, groups)| EssentialAccess { essential: EssentialName::new(essential), groups };
        Ok(groups.into_iter().map(access).collect())
    }
}

impl Write<'_> {
    /// Replaces the groups whose people have a role in a project.
    ///
    /// # Errors
    /// [`Error::Conflict`] about `group` when one stands there twice.
    pub async fn set_group_roles(&mut self, project: &ProjectId, roles: &[GroupRole]) -> Result<()> {
        self.run(sqlx::query("DELETE FROM group_role WHERE project_id = $1").bind(project.as_str())).await?;
        for role in roles {
            let insert = "INSERT INTO group_role (project_id, group_name, role) VALUES ($1, $2, $3)";
            let insert = sqlx::query(insert).bind(project.as_str()).bind(role.group.as_str());
            self.change("group", insert.bind(role.role.as_str())).await?;
        }
        Ok(())
    }

    /// Replaces the essentials of a project that only some groups may see.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an essential without groups, [`Error::Conflict`] about
    /// `essential` when one stands there twice.
    pub async fn set_essential_access(
        &mut self,
        project: &ProjectId,
        access: &[EssentialAccess],
    ) -> Result<()> {
        self.run(sqlx::query("DELETE FROM essential_access WHERE project_id = $1").bind(project.as_str()))
            .await?;
        for narrowed in access {
            if narrowed.groups.is_empty() {
                return Err(Error::Invalid(format!("name a group that may see {}", narrowed.essential)));
            }
            for group in &narrowed.groups {
                let insert =
                    "INSERT INTO essential_access (project_id, essential, group_name) VALUES ($1, $2, $3)";
                let insert = sqlx::query(insert).bind(project.as_str()).bind(narrowed.essential.as_str());
                self.change("essential", insert.bind(group.as_str())).await?;
            }
        }
        Ok(())
    }
}
