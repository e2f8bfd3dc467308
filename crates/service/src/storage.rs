//! What an operator does with our own state at the terminal, beside a running server or without one.

use crate::Result;
use model::audit::{AuditEntry, ChainVerdict};
use model::{Actor, Clock};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use store::{Store, StoreSettings};
use tokio::io::AsyncWrite;

/// Writes a copy of the database to a file that is not there yet, while the server runs.
pub async fn backup(settings: &StoreSettings, to: &Path) -> Result<()> {
    let store = Store::open(settings, Clock::system()).await?;
    store.backup(to).await?;
    let entry = operator("store.backup", "store").after("file", to.display());
    store.record(&[entry]).await?;
    store.close().await;
    Ok(())
}

/// Puts a copy in the place of the database in `dir`, where no server runs, and says where the
/// one that stood there was put.
pub async fn restore(from: &Path, dir: &Path) -> Result<Option<PathBuf>> {
    Ok(store::restore(from, dir).await?)
}

/// Whether the audit trail is as it was written. `progress` is told how many records were read.
pub async fn verify_audit(settings: &StoreSettings, progress: impl FnMut(u64)) -> Result<ChainVerdict> {
    let store = Store::open(settings, Clock::system()).await?;
    let verdict = store.verify_audit(progress).await?;
    store.close().await;
    Ok(verdict)
}

/// Whether a file that [`export_audit`] wrote is as it was written.
pub fn verify_export(reader: impl BufRead) -> Result<ChainVerdict> {
    Ok(store::audit::verify_export(reader)?)
}

/// Writes all records with their chain as JSON lines, and says how many.
pub async fn export_audit(
    settings: &StoreSettings,
    writer: &mut (impl AsyncWrite + Unpin + Send),
) -> Result<u64> {
    let store = Store::open(settings, Clock::system()).await?;
    store.record(&[operator("audit.export", "audit").after("format", "chain")]).await?;
    let exported = store.export_audit(1..=i64::MAX, writer).await?;
    store.close().await;
    Ok(exported.records)
}

/// Moves the records up to `seq` into a file, and leaves their sealing hash.
pub async fn seal_audit(settings: &StoreSettings, up_to: i64, file: &Path) -> Result<i64> {
    let store = Store::open(settings, Clock::system()).await?;
    let entry = operator("audit.seal", format!("audit:{up_to}")).after("file", file.display());
    let seal = store.seal_audit(up_to, file, entry).await?;
    store.close().await;
    Ok(seal.records)
}

/// What the person at the terminal did.
fn operator(action: &str, object: impl Into<String>) -> AuditEntry {
    let mut entry = AuditEntry::by(&Actor::anonymous(), action, object);
    entry.actor = "operator".to_owned();
    entry
}
