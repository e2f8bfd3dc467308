//! One transaction that changes something, and the record of it.

use crate::audit::chain::{Head, SEAL_ACTION, canonical};
use crate::error::{Error, Result};
use crate::row::Columns;
use crate::store::{Dialect, Store};
use model::audit::AuditEntry;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, Executor, Transaction};
use tokio::sync::MutexGuard;

/// One transaction. Writers run one after the other on both databases, so that what it reads
/// holds until it commits; dropped without a commit it leaves nothing behind.
///
/// The only way to commit is with a record: an action whose record cannot be written does not
/// happen.
pub struct Write<'a> {
    pub(crate) transaction: Transaction<'static, Any>,
    pub(crate) store: &'a Store,
    head: Head,
    _turn: Option<MutexGuard<'a, ()>>,
}

impl Store {
    /// Begins a write, when those before it are done.
    pub async fn begin(&self) -> Result<Write<'_>> {
        let turn = self.turn().await;
        let mut transaction = self.begin_transaction().await?;
        let head = match self.dialect() {
            Dialect::Sqlite => "SELECT seq, hash FROM audit_head",
            // The row's lock is what other processes wait for.
            Dialect::Postgres => "SELECT seq, hash FROM audit_head FOR UPDATE",
        };
        let row = transaction.fetch_one(head).await?;
        let head = Head::parse(row.number("seq")?, &row.text("hash")?)?;
        Ok(Write { transaction, store: self, head, _turn: turn })
    }

    /// Writes records that accompany no other change, in order: a failed login, a refused
    /// attempt, an export. Returns the last one's place, 0 for none at all.
    pub async fn record(&self, entries: &[AuditEntry]) -> Result<i64> {
        self.begin().await?.commit_all(entries.to_vec()).await
    }
}

impl Write<'_> {
    /// Commits with the record of what was done. Returns the record's place in the chain.
    pub async fn commit(self, entry: AuditEntry) -> Result<i64> {
        self.commit_all(vec![entry]).await
    }

    /// Commits an action that makes several records; without any, nothing is committed.
    /// Returns the last one's place.
    pub async fn commit_all(mut self, entries: Vec<AuditEntry>) -> Result<i64> {
        if entries.iter().any(|entry| entry.action == SEAL_ACTION) {
            return Err(Error::Invalid(format!("{SEAL_ACTION} is recorded by sealing only")));
        }
        if entries.is_empty() {
            return Ok(self.head.seq);
        }
        self.append(&entries).await?;
        self.finish().await
    }

    /// Adds records to the chain.
    pub(crate) async fn append(&mut self, entries: &[AuditEntry]) -> Result<()> {
        let at_ms = self.store.clock().now().as_millisecond();
        for entry in entries {
            let body = canonical(entry)?;
            self.head = self.head.next(at_ms, &body);
            let insert = "INSERT INTO audit_record (seq, at_ms, body, hash) VALUES ($1, $2, $3, $4)";
            let hash = self.head.hash_text();
            self.run(sqlx::query(insert).bind(self.head.seq).bind(at_ms).bind(body).bind(hash)).await?;
        }
        Ok(())
    }

    pub(crate) async fn finish(mut self) -> Result<i64> {
        let update = "UPDATE audit_head SET seq = $1, hash = $2 WHERE id = 1";
        let hash = self.head.hash_text();
        self.run(sqlx::query(update).bind(self.head.seq).bind(hash)).await?;
        self.transaction.commit().await?;
        Ok(self.head.seq)
    }

    /// Runs a statement and returns the number of rows that it changed.
    pub(crate) async fn run(&mut self, query: Query<'_, Any, AnyArguments>) -> sqlx::Result<u64> {
        Ok(query.execute(&mut *self.transaction).await?.rows_affected())
    }

    /// Runs a statement that must change a row.
    pub(crate) async fn change(
        &mut self,
        what: &'static str,
        query: Query<'_, Any, AnyArguments>,
    ) -> Result<()> {
        match self.run(query).await.map_err(Error::conflict_on(what))? {
            0 => Err(Error::NotFound { what }),
            _ => Ok(()),
        }
    }
}
