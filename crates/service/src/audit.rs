//! The audit trail: reading it, and recording what accompanies no write of its own.

use crate::{Error, Result, Service};
use model::audit::{AuditEntry, AuditFilter, AuditPage, AuditRecord, AuditResult};
use model::{Actor, Capability};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Records of one page.
pub const PAGE_RECORDS: u32 = 100;
/// Records of one export.
pub const MOST_EXPORTED: u32 = 100_000;
/// Refused attempts that may wait for the writer.
const MOST_WAITING: usize = 4096;
/// Refused attempts that are written at once.
const MOST_AT_ONCE: usize = 256;
/// Characters that are kept of what was refused: others choose them.
const MOST_OBJECT_CHARS: usize = 200;

/// Refused attempts on their way to the trail.
pub(crate) struct Refusals {
    sender: mpsc::Sender<AuditEntry>,
    receiver: Mutex<Option<mpsc::Receiver<AuditEntry>>>,
    lost: AtomicU64,
}

impl Refusals {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        Self { sender, receiver: Mutex::new(Some(receiver)), lost: AtomicU64::new(0) }
    }
}

impl Service {
    /// The one check of a capability. A refused attempt is recorded.
    pub(crate) fn require(&self, actor: &Actor, capability: Capability) -> Result<()> {
        let is_of_estate =
            matches!(capability, Capability::ViewEstate | Capability::Ask | Capability::RefreshCatalog);
        if let Some(project) = actor.project.as_ref().filter(|project| is_of_estate && !project.has_estate) {
            return Err(Error::not_found("batch estate in the project", project.slug.as_str(), Vec::new()));
        }
        if actor.may(capability) {
            return Ok(());
        }
        if matches!(actor.identity, model::Identity::Anonymous) {
            return Err(Error::Unauthenticated("sign in first"));
        }
        self.refuse(actor, &format!("{capability:?}"))
    }

    /// Refuses, and records it.
    pub(crate) fn refuse<T>(&self, actor: &Actor, what: &str) -> Result<T> {
        self.note_refused(actor, &format!("capability:{what}"));
        Err(Error::Forbidden)
    }

    /// Records that `object` was kept from the actor, whatever it was told.
    pub(crate) fn note_refused(&self, actor: &Actor, object: &str) {
        let object: String = object.chars().take(MOST_OBJECT_CHARS).collect();
        self.note_refusal(AuditEntry::by(actor, "permission.refuse", object));
    }

    /// Records an attempt that was refused. When more come than the writer can take, they are
    /// counted, and the trail says how many.
    pub fn note_refusal(&self, entry: AuditEntry) {
        let refusals = &self.0.refusals;
        if refusals.sender.try_send(entry.with_result(AuditResult::Refused)).is_err() {
            refusals.lost.fetch_add(1, Ordering::Relaxed);
            metrics::counter!("sentry_audit_refusals_lost_total").increment(1);
        }
    }

    /// Writes refused attempts, for ever.
    pub(crate) async fn keep_refusals_recorded(&self) {
        let refusals = &self.0.refusals;
        let taken = refusals.receiver.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let Some(mut receiver) = taken else { return };
        let mut entries = Vec::new();
        while receiver.recv_many(&mut entries, MOST_AT_ONCE).await > 0 {
            let lost = refusals.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                let entry =
                    AuditEntry::by(&Actor::anonymous(), "permission.refuse", "more than could be recorded");
                entries.push(entry.after("count", lost).with_result(AuditResult::Refused));
            }
            while let Err(error) = self.0.accounts.store.record(&entries).await {
                tracing::error!(%error, count = entries.len(), "refused attempts cannot be recorded: trying again");
                tokio::time::sleep(std::time::Duration::from_secs(5)).await;
            }
            entries.clear();
        }
    }

    /// Records what reads and writes nothing of ours but must be known, such as an export.
    pub async fn record(&self, entry: AuditEntry) -> Result<()> {
        self.0.accounts.store.record(&[entry]).await?;
        Ok(())
    }

    /// Records of the actor's project that match, newest first; for owners of the estate's project
    /// also those of no project: sign-ins and this server.
    pub async fn list_audit(
        &self,
        actor: &Actor,
        filter: AuditFilter,
        before: Option<i64>,
    ) -> Result<AuditPage> {
        self.require(actor, Capability::ViewAudit)?;
        let filter = self.scoped(actor, filter)?;
        let store = &self.0.accounts.store;
        let records = store.list_audit(&filter, before, PAGE_RECORDS).await?;
        let is_full = records.len() == PAGE_RECORDS as usize;
        let older_than = records.last().filter(|_| is_full).map(|last| last.seq);
        Ok(AuditPage { total: store.count_audit(&filter).await?, records, older_than })
    }

    /// One record.
    pub async fn get_audit_record(&self, actor: &Actor, seq: i64) -> Result<AuditRecord> {
        self.require(actor, Capability::ViewAudit)?;
        let filter = self.scoped(actor, AuditFilter::default())?;
        let found = self.0.accounts.store.find_audit(seq).await?;
        let visible = found.filter(|record| match &record.entry.project {
            None => filter.with_server,
            project => *project == filter.project,
        });
        visible.ok_or_else(|| Error::not_found("audit record", &seq.to_string(), Vec::new()))
    }

    /// All records that match, newest first, at most [`MOST_EXPORTED`]. The export is recorded first.
    pub async fn export_audit(
        &self,
        actor: &Actor,
        filter: AuditFilter,
        format: &str,
    ) -> Result<Vec<AuditRecord>> {
        self.require(actor, Capability::ViewAudit)?;
        let filter = self.scoped(actor, filter)?;
        self.record(AuditEntry::by(actor, "audit.export", "audit").after("format", format)).await?;
        Ok(self.0.accounts.store.list_audit(&filter, None, MOST_EXPORTED).await?)
    }

    /// Nobody reads another project's records. The owners of the estate's project look after the
    /// server: they read what belongs to no project too.
    fn scoped(&self, actor: &Actor, filter: AuditFilter) -> Result<AuditFilter> {
        let project = self.project_of(actor)?;
        let with_server = project.has_estate && actor.role == Some(model::Role::Owner);
        Ok(AuditFilter { project: Some(project.id.clone()), with_server, ..filter })
    }
}
