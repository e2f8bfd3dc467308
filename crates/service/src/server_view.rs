//! This server, as its administrators see it.

use crate::audience::Audience;
use crate::{Result, Service};
use model::audit::AuditEntry;
use model::identity::{ServerView, StorageView};
use model::{Actor, Capability};

impl Service {
    /// Version, sources, ways to sign in, and where our own state is.
    pub async fn get_server(&self, actor: &Actor) -> Result<ServerView> {
        self.require(actor, Capability::ViewServer)?;
        // What the sources are called and say is the estate's, which is one project's.
        let has_estate = actor.project.as_ref().is_some_and(|project| project.has_estate);
        let status = self.0.accounts.store.describe().await?;
        Ok(ServerView {
            version: self.0.estate.version.clone(),
            sources: if has_estate { self.0.sources.status(&Audience::of(actor)) } else { Vec::new() },
            sign_in: self.get_sign_in_options(),
            storage: StorageView {
                kind: format!("{} {}", status.kind, status.server_version),
                place: self.0.accounts.place.clone(),
                schema_version: status.schema_version,
                size_bytes: status.size_bytes,
                audit_records: status.audit_records,
            },
        })
    }

    /// Asks every source now.
    pub async fn test_sources(&self, actor: &Actor) -> Result<()> {
        self.require(actor, Capability::ViewServer)?;
        self.check_sources(actor).await?;
        self.record(AuditEntry::by(actor, "source.test", "server")).await
    }
}
