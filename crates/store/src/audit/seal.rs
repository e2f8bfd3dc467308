//! Retention: old records leave for a file, and a seal takes their place in the chain.

use super::chain::{Broken, SEAL_ACTION};
use crate::directory::in_background;
use crate::error::{Error, Result};
use crate::row::Columns;
use crate::store::Store;
use crate::token::hex;
use model::audit::AuditEntry;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncWrite, BufWriter};

/// What stands for records that were exported and removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The place of the last record that it stands for.
    pub seq: i64,
    /// That record's hash, as hexadecimal text.
    pub hash: String,
    /// How many records it stands for.
    pub records: i64,
    /// The SHA-256 of the exported file, as hexadecimal text.
    pub file_sha256: String,
    /// When it was made, in milliseconds since the epoch.
    pub sealed_at: i64,
}

impl Store {
    /// All seals, oldest first.
    pub async fn list_seals(&self) -> Result<Vec<Seal>> {
        let rows = sqlx::query("SELECT * FROM audit_seal ORDER BY seq").fetch_all(self.pool()).await?;
        let seal = |row: &sqlx::any::AnyRow| {
            Ok(Seal {
                seq: row.number("seq")?,
                hash: row.text("hash")?,
                records: row.number("records")?,
                file_sha256: row.text("file_sha256")?,
                sealed_at: row.number("sealed_at")?,
            })
        };
        rows.iter().map(seal).collect()
    }

    /// Exports all records up to `up_to` to a new file that verifies alone, and replaces them
    /// with a seal. Recorded as `audit.seal`: action and `after` of `entry` are filled in here.
    ///
    /// # Errors
    /// [`Error::Invalid`] when `up_to` is sealed or not there yet, [`Error::File`] when the
    /// file is there or cannot be written, [`Error::Malformed`] when the chain is broken,
    /// [`Error::Conflict`] when somebody else seals at the same time. Then nothing is sealed.
    pub async fn seal_audit(&self, up_to: i64, file: &Path, entry: AuditEntry) -> Result<Seal> {
        let base = self.audit_base().await?;
        let (newest, _) = self.audit_head().await?;
        if up_to <= base.seq || up_to > newest {
            return Err(Error::Invalid(format!("choose a record from {} to {newest}", base.seq + 1)));
        }
        let target = new_file(file).await?;
        let sealed = self.seal_into(target, base.seq, up_to, entry).await;
        if sealed.is_err() {
            let _ = tokio::fs::remove_file(file).await;
        }
        sealed
    }

    async fn seal_into(
        &self,
        target: tokio::fs::File,
        base: i64,
        up_to: i64,
        mut entry: AuditEntry,
    ) -> Result<Seal> {
        let mut writer = Digesting { inner: BufWriter::new(target), digest: Sha256::new() };
        let exported = self.export_audit(base + 1..=up_to, &mut writer).await?;
        writer.inner.get_ref().sync_all().await?;
        let seal = Seal {
            seq: exported.last_seq,
            hash: exported.head,
            records: exported.records as i64,
            file_sha256: hex(&writer.digest.finalize()),
            sealed_at: self.clock().now().as_millisecond(),
        };
        let mut write = self.begin().await?;
        if self.audit_base().await?.seq != base {
            return Err(Error::Conflict { what: "seal" });
        }
        let mut seals = self.list_seals().await?;
        seals.push(seal.clone());
        let insert = "INSERT INTO audit_seal (seq, hash, records, file_sha256, sealed_at) \
                      VALUES ($1, $2, $3, $4, $5)";
        let insert = sqlx::query(insert)
            .bind(seal.seq)
            .bind(seal.hash.as_str())
            .bind(seal.records)
            .bind(seal.file_sha256.as_str())
            .bind(seal.sealed_at);
        write.run(insert).await?;
        write.run(sqlx::query("DELETE FROM audit_record WHERE seq <= $1").bind(seal.seq)).await?;
        entry.action = SEAL_ACTION.to_owned();
        entry.after = [
            ("last_seq", seal.seq.to_string()),
            ("hash", seal.hash.clone()),
            ("records", seal.records.to_string()),
            ("file_sha256", seal.file_sha256.clone()),
            ("seals_sha256", digest(&seals)),
        ]
        .map(|(field, value)| (field.to_owned(), value))
        .into();
        write.append(&[entry]).await?;
        write.finish().await?;
        Ok(seal)
    }
}

/// One digest of all seals: what the newest sealing's record holds.
fn digest(seals: &[Seal]) -> String {
    let mut text = String::new();
    for Seal { seq, hash, records, file_sha256, sealed_at } in seals {
        let _ = writeln!(text, "{seq} {hash} {records} {file_sha256} {sealed_at}");
    }
    hex(&Sha256::digest(text))
}

/// Compares the seals with the newest sealing's record, which is never sealed itself.
pub(super) fn check(seals: &[Seal], sealing: Option<&AuditEntry>) -> std::result::Result<(), Broken> {
    let recorded = sealing.and_then(|entry| entry.after.get("seals_sha256"));
    match (seals.last(), recorded) {
        (None, None) => Ok(()),
        (Some(_), Some(recorded)) if *recorded == digest(seals) => Ok(()),
        (seal, _) => {
            Err(Broken::at(seal.map_or(1, |seal| seal.seq), "the seals are not as they were recorded"))
        }
    }
}

async fn new_file(path: &Path) -> Result<tokio::fs::File> {
    let path = path.to_owned();
    let created = in_background(path.clone(), move || {
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
    });
    Ok(tokio::fs::File::from_std(created.await?))
}

/// Hashes what passes through.
struct Digesting<W> {
    inner: W,
    digest: Sha256,
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Digesting<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.digest.update(&bytes[..count]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
