//! Reading the whole chain in the database and following it.

use super::chain::{Broken, ChainCheck, Head};
use super::seal;
use crate::error::{Error, Result};
use crate::row::{Columns, malformed};
use crate::store::{Dialect, Store};
use futures::{StreamExt, stream};
use model::audit::ChainVerdict;
use sqlx::Row;

/// Records that are fetched at once, as one text: one row through the driver costs more than
/// hashing a record.
const BLOCK: i64 = 2_000;

/// Blocks that are fetched while one is hashed.
const BLOCKS_AHEAD: usize = 2;

/// A block of records as lines `seq at_ms hash body`, and how many of them have columns of
/// another shape than we write. JSON holds no line break, so that a line is a record.
const SQLITE_BLOCK: &str = "SELECT COUNT(*) AS records, \
     COUNT(*) FILTER (WHERE typeof(at_ms) <> 'integer' OR typeof(body) <> 'text' \
     OR typeof(hash) <> 'text' OR length(hash) <> 64) AS odd, \
     CAST(group_concat(seq || ' ' || at_ms || ' ' || hash || ' ' || body, char(10)) AS BLOB) AS lines \
     FROM audit_record WHERE seq > $1 AND seq <= $2";
const POSTGRES_BLOCK: &str = "SELECT COUNT(*) AS records, \
     COUNT(*) FILTER (WHERE length(hash) <> 64) AS odd, \
     convert_to(string_agg(seq || ' ' || at_ms || ' ' || hash || ' ' || body, chr(10)), 'UTF8') \
     AS lines FROM audit_record WHERE seq > $1 AND seq <= $2";

struct Block {
    after: i64,
    end: i64,
    records: i64,
    odd: i64,
    lines: Vec<u8>,
}

impl Store {
    /// Reads all records that are not sealed and says whether each is as it was written and
    /// none is missing. Writes go on meanwhile. `progress` hears how many were read.
    ///
    /// # Errors
    /// Only when the database does not answer; damage is a verdict.
    pub async fn verify_audit(&self, mut progress: impl FnMut(u64)) -> Result<ChainVerdict> {
        loop {
            let base = self.audit_base().await?;
            let verdict = match self.verify_behind(base, &mut progress).await {
                Ok(Ok(check)) => check.intact(),
                Ok(Err(broken)) => broken.into(),
                Err(error) => damage(error, base.seq + 1)?.into(),
            };
            // Records that somebody sealed meanwhile are no damage.
            let sealed_meanwhile = self.audit_base().await.is_ok_and(|now| now != base);
            if matches!(verdict, ChainVerdict::Intact { .. }) || !sealed_meanwhile {
                return Ok(verdict);
            }
        }
    }

    /// What the first record that is not sealed stands on.
    pub(super) async fn audit_base(&self) -> Result<Head> {
        let select = "SELECT seq, hash FROM audit_seal ORDER BY seq DESC LIMIT 1";
        match sqlx::query(select).fetch_optional(self.pool()).await? {
            None => Ok(Head::START),
            Some(row) => Head::parse(row.number("seq")?, &row.text("hash")?),
        }
    }

    pub(super) async fn audit_head(&self) -> Result<(i64, String)> {
        let select = "SELECT seq, hash FROM audit_head WHERE id = 1";
        let row = sqlx::query(select).fetch_optional(self.pool()).await?;
        let row = row.ok_or_else(|| malformed("no head of the audit trail"))?;
        Ok((row.number("seq")?, row.text("hash")?))
    }

    async fn verify_behind(
        &self,
        base: Head,
        progress: &mut impl FnMut(u64),
    ) -> Result<std::result::Result<ChainCheck, Broken>> {
        let (followed, structure) = tokio::join!(self.follow_all(base, progress), self.check_structure(base));
        // A broken record says more than a broken page.
        let check = match followed? {
            Ok(check) => check,
            broken => return Ok(broken),
        };
        Ok(structure?.map_or(Ok(check), Err))
    }

    async fn follow_all(
        &self,
        base: Head,
        progress: &mut impl FnMut(u64),
    ) -> Result<std::result::Result<ChainCheck, Broken>> {
        let (last, hash) = self.audit_head().await?;
        let mut check = ChainCheck::behind(base);
        let fetch = |after| {
            let store = self.clone();
            tokio::spawn(async move { store.block(after, last).await })
        };
        let mut blocks =
            stream::iter((base.seq..last).step_by(BLOCK as usize)).map(fetch).buffered(BLOCKS_AHEAD);
        while let Some(block) = blocks.next().await {
            let block = match block.map_err(stopped)? {
                Ok(block) => block,
                Err(error) => return self.first_unreadable(check, last, error).await,
            };
            let hashing = tokio::task::spawn_blocking(move || {
                let followed = follow(&mut check, &block);
                (check, followed)
            });
            let (checked, followed) = hashing.await.map_err(stopped)?;
            check = checked;
            progress(check.records);
            if let Err(broken) = followed {
                return Ok(Err(broken));
            }
        }
        if let Err(broken) = check.end_at(last, &hash) {
            return Ok(Err(broken));
        }
        self.verify_surroundings(check).await
    }

    /// The records behind `after`, up to `last`.
    async fn block(&self, after: i64, last: i64) -> Result<Block> {
        let select = match self.dialect() {
            Dialect::Sqlite => SQLITE_BLOCK,
            Dialect::Postgres => POSTGRES_BLOCK,
        };
        let end = last.min(after + BLOCK);
        let row = sqlx::query(select).bind(after).bind(end).fetch_one(self.pool()).await?;
        Ok(Block {
            after,
            end,
            records: row.number("records")?,
            odd: row.number("odd")?,
            lines: row.try_get::<Option<Vec<u8>>, _>("lines")?.unwrap_or_default(),
        })
    }

    /// On SQLite, whether pages and indexes of the trail's tables are in order: a damaged index
    /// would hide a record that the chain still holds.
    async fn check_structure(&self, base: Head) -> Result<Option<Broken>> {
        if self.dialect() == Dialect::Postgres {
            return Ok(None);
        }
        for check in [
            "PRAGMA integrity_check('audit_record')",
            "PRAGMA integrity_check('audit_head')",
            "PRAGMA integrity_check('audit_seal')",
        ] {
            let row = match sqlx::query(check).fetch_one(self.pool()).await.map_err(Error::from) {
                Ok(row) => row,
                Err(error) => return damage(error, base.seq + 1).map(Some),
            };
            let said: String = row.try_get(0)?;
            if said != "ok" {
                // `row 7 missing from index …` counts rows, of which none is missing.
                let row =
                    said.strip_prefix("row ").and_then(|rest| rest.split(' ').next()?.parse::<i64>().ok());
                let seq = base.seq + row.unwrap_or(1);
                return Ok(Some(Broken::at(seq, format!("the database file is damaged: {said}"))));
            }
        }
        Ok(None)
    }

    /// Records where none may be, and the seals.
    async fn verify_surroundings(
        &self,
        check: ChainCheck,
    ) -> Result<std::result::Result<ChainCheck, Broken>> {
        let select = "SELECT (SELECT seq FROM audit_head) AS head, \
                      (SELECT MIN(seq) FROM audit_record) AS oldest, \
                      (SELECT MAX(seq) FROM audit_record) AS newest";
        let row = sqlx::query(select).fetch_one(self.pool()).await?;
        let head = row.number("head")?;
        if row.optional_number("newest")?.is_some_and(|newest| newest > head) {
            return Ok(Err(Broken::at(head + 1, "it stands behind the newest record")));
        }
        let first = check.head.seq - check.records as i64 + 1;
        if let Some(oldest) = row.optional_number("oldest")?.filter(|oldest| *oldest < first) {
            return Ok(Err(Broken::at(oldest, "it stands among records that are sealed")));
        }
        if let Err(broken) = seal::check(&self.list_seals().await?, check.sealing.as_ref()) {
            return Ok(Err(broken));
        }
        Ok(Ok(check))
    }

    /// A block cannot be read: finds the first record of it that cannot, or is not right.
    async fn first_unreadable(
        &self,
        mut check: ChainCheck,
        last: i64,
        error: Error,
    ) -> Result<std::result::Result<ChainCheck, Broken>> {
        let broken = damage(error, check.head.seq + 1)?;
        while check.head.seq < last {
            let after = check.head.seq;
            match self.block(after, after + 1).await {
                Ok(block) => {
                    if let Err(broken) = follow(&mut check, &block) {
                        return Ok(Err(broken));
                    }
                }
                Err(error) => return Ok(Err(damage(error, after + 1)?)),
            }
        }
        Ok(Err(broken))
    }
}

fn stopped(error: tokio::task::JoinError) -> Error {
    Error::File(std::io::Error::other(error))
}

/// Makes unreadable data a finding; anything else stays an error.
fn damage(error: Error, seq: i64) -> Result<Broken> {
    match error {
        Error::Malformed { what } => Ok(Broken::at(seq, format!("the database holds {what}"))),
        other => Err(other),
    }
}

/// Follows the chain through a block.
fn follow(check: &mut ChainCheck, block: &Block) -> std::result::Result<(), Broken> {
    let mut lines: Vec<Line<'_>> = Vec::with_capacity(BLOCK as usize);
    if !block.lines.is_empty() {
        for line in block.lines.split(|byte| *byte == b'\n') {
            let seq = block.after + 1 + lines.len() as i64;
            lines.push(Line::parse(line).ok_or_else(|| Broken::at(seq, "it is not as it was written"))?);
        }
    }
    // Each row makes a line at least: as many lines as rows, and no row holds two.
    let rows_are_lines = lines.len() as i64 == block.records;
    if !lines.is_sorted_by_key(|line| line.seq) {
        lines.sort_by_key(|line| line.seq);
    }
    for line in &lines {
        check.take(line.seq, line.at_ms, line.body, line.hash)?;
    }
    if check.head.seq < block.end {
        return Err(Broken::at(check.head.seq + 1, "it is missing"));
    }
    if block.odd > 0 || !rows_are_lines {
        return Err(Broken::at(block.after + 1, "a record of this block has a column of another shape"));
    }
    Ok(())
}

struct Line<'a> {
    seq: i64,
    at_ms: i64,
    hash: &'a [u8],
    body: &'a [u8],
}

impl<'a> Line<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut parts = line.splitn(4, |byte| *byte == b' ');
        let mut number = || std::str::from_utf8(parts.next()?).ok()?.parse().ok();
        let (seq, at_ms) = (number()?, number()?);
        Some(Self { seq, at_ms, hash: parts.next()?, body: parts.next()? })
    }
}
