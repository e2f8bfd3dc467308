//! Projects: what everything belongs to.

use crate::sign_in::{check_name, invalid};
use crate::{Error, Result, Service};
use identity::token;
use model::audit::AuditEntry;
use model::identity::{Project, ProjectId, SignInMethod, Slug};
use model::telemetry::{Retention, TelemetryPolicy};
use model::{Actor, Capability, Role};
use std::sync::Arc;
use store::Store;

impl Service {
    /// Makes a project that the actor owns.
    pub async fn create_project(&self, actor: &Actor, name: &str) -> Result<Project> {
        self.require(actor, Capability::CreateProject)?;
        let name = check_name("name", name)?;
        let slug = Slug::of_name(&name).ok_or_else(|| {
            invalid("name", "write at least one letter or digit: the address is made of it")
        })?;
        let project = Project {
            id: ProjectId::new(token::new_id("prj_")),
            slug,
            name,
            has_estate: false,
            archived_at: None,
            telemetry: TelemetryPolicy::default(),
            redacted: 0,
            version: 1,
        };
        let mut write = self.0.accounts.store.begin().await?;
        write.insert_project(&project).await?;
        if let Some(user) = actor.user_id() {
            write.insert_member(&project.id, user, Role::Owner, SignInMethod::Password).await?;
        }
        let mut entry =
            AuditEntry::by(actor, "project.create", object(&project)).after("name", &project.name);
        entry.project = Some(project.id.clone());
        write.commit(entry).await?;
        self.0.accounts.forget();
        Ok(project)
    }

    /// Gives the project another name, where it is still as `version` says.
    pub async fn rename_project(&self, actor: &Actor, name: &str, version: i64) -> Result<()> {
        self.require(actor, Capability::ManageProject)?;
        let before = self.project_of(actor)?;
        let name = check_name("name", name)?;
        let after = Project { name, version, ..Project::clone(&before) };
        let entry = AuditEntry::by(actor, "project.update", object(&after));
        self.update_project(&after, entry.before("name", &before.name).after("name", &after.name)).await
    }

    /// The actor's project with what is done with its telemetry, and how many secrets were taken out of it.
    pub async fn get_project(&self, actor: &Actor) -> Result<Project> {
        self.require(actor, Capability::ViewTelemetry)?;
        let project = self.project_of(actor)?;
        let known = self.0.accounts.store.find_project(&project.id).await?;
        known.ok_or_else(|| Error::not_found("project", project.slug.as_str(), Vec::new()))
    }

    /// Says what is done with the project's telemetry, where it is still as `version` says: at once for
    /// what comes in here, within two seconds in other processes. What is stored already stays as it is;
    /// what is too old by then goes with the next round.
    pub async fn set_telemetry_policy(
        &self,
        actor: &Actor,
        policy: TelemetryPolicy,
        version: i64,
    ) -> Result<()> {
        self.require(actor, Capability::ManageProject)?;
        let before = self.project_of(actor)?;
        require_open(&before)?;
        for (kind, days) in policy.retention.by_kind() {
            if !(1..=Retention::MOST_DAYS).contains(&days) {
                return Err(invalid(kind, "write 1 to 3650 days"));
            }
        }
        let after = Project { telemetry: policy, version, ..Project::clone(&before) };
        let entry = AuditEntry::by(actor, "project.update", object(&after))
            .before("telemetry", policy_words(&before.telemetry))
            .after("telemetry", policy_words(&after.telemetry));
        self.update_project(&after, entry).await
    }

    /// Archives the project: it can be read, and nothing is written to it. The estate's project stays.
    pub async fn archive_project(&self, actor: &Actor, version: i64) -> Result<()> {
        self.require(actor, Capability::ArchiveProject)?;
        let before = self.project_of(actor)?;
        if before.has_estate {
            return Err(Error::Conflict("the batch estate belongs to this project: it stays".to_owned()));
        }
        let after = Project { archived_at: Some(self.clock().now()), version, ..Project::clone(&before) };
        self.update_project(&after, AuditEntry::by(actor, "project.archive", object(&after))).await
    }

    /// Brings an archived project back.
    pub async fn restore_project(&self, actor: &Actor, version: i64) -> Result<()> {
        self.require(actor, Capability::ArchiveProject)?;
        let before = self.project_of(actor)?;
        let after = Project { archived_at: None, version, ..Project::clone(&before) };
        self.update_project(&after, AuditEntry::by(actor, "project.restore", object(&after))).await
    }

    async fn update_project(&self, after: &Project, entry: AuditEntry) -> Result<()> {
        let mut write = self.0.accounts.store.begin().await?;
        write.update_project(after).await?;
        write.commit(entry).await?;
        self.0.accounts.forget();
        Ok(())
    }

    /// The project that the actor is in.
    pub(crate) fn project_of(&self, actor: &Actor) -> Result<Arc<Project>> {
        actor.project.clone().ok_or_else(|| Error::not_found("project", "of yours", Vec::new()))
    }
}

/// `redaction on, spans 90 d, …`, for a record.
fn policy_words(policy: &TelemetryPolicy) -> String {
    let days = policy.retention.by_kind().map(|(kind, days)| format!(", {kind} {days} d")).concat();
    format!("redaction {}{days}", policy.redaction.as_str())
}

fn object(project: &Project) -> String {
    format!("project:{}", project.slug)
}

/// The project that the batch estate belongs to; made at the first start.
pub(crate) async fn find_or_create_estate_project(store: &Store) -> Result<Project> {
    let known = store.list_projects().await?;
    if let Some(project) = known.into_iter().find(|project| project.has_estate) {
        return Ok(project);
    }
    let project = Project {
        id: ProjectId::new(token::new_id("prj_")),
        slug: Slug::of_name("default").ok_or(Error::Forbidden)?,
        name: "Default".to_owned(),
        has_estate: true,
        archived_at: None,
        telemetry: TelemetryPolicy::default(),
        redacted: 0,
        version: 1,
    };
    let mut write = store.begin().await?;
    write.insert_project(&project).await?;
    let mut entry = AuditEntry::by(&Actor::anonymous(), "project.create", object(&project));
    entry.actor = "system".to_owned();
    entry.project = Some(project.id.clone());
    write.commit(entry.after("name", &project.name)).await?;
    Ok(project)
}

/// Nothing is written to an archived project.
pub(crate) fn require_open(project: &Project) -> Result<()> {
    match project.archived_at {
        None => Ok(()),
        Some(_) => Err(Error::Conflict("this project is archived: bring it back first".to_owned())),
    }
}
