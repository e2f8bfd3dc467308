//! Records as a file that verifies alone: JSON lines, a `start`, `record`s, an `end`.

use super::chain::{Broken, ChainCheck, Head};
use crate::error::{Error, Result};
use crate::row::Columns;
use crate::store::Store;
use model::audit::ChainVerdict;
use serde::{Deserialize, Serialize};
use std::io::BufRead;
use std::ops::RangeInclusive;
use tokio::io::{AsyncWrite, AsyncWriteExt};

const BLOCK: i64 = 1_000;

/// A line of an export.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// The first line: what the first record stands on.
    Start { first_seq: i64, previous: String },
    /// A record; `body` is the JSON text that is hashed.
    Record { seq: i64, at_ms: i64, body: String, hash: String },
    /// The last line.
    End { last_seq: i64, hash: String, records: u64 },
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The place of the first record.
    pub first_seq: i64,
    /// The place of the last, one less where there is none.
    pub last_seq: i64,
    /// The last record's hash, as hexadecimal text.
    pub head: String,
    /// How many records.
    pub records: u64,
}

impl Store {
    /// Writes the records of `range` that are there and not sealed as JSON lines, with the
    /// chain, so that [`verify_export`] and anybody else can verify the file alone. `1..=i64::MAX`
    /// is everything.
    ///
    /// # Errors
    /// [`Error::Malformed`] names the first record that breaks the chain: nothing behind it is
    /// written. [`Error::File`] when writing fails.
    pub async fn export_audit<W>(&self, range: RangeInclusive<i64>, writer: &mut W) -> Result<Exported>
    where
        W: AsyncWrite + Unpin + Send,
    {
        let base = self.audit_base().await?;
        let (newest, _) = self.audit_head().await?;
        let first = (*range.start()).max(base.seq + 1);
        let last = (*range.end()).min(newest);
        let previous = if first == base.seq + 1 { base } else { self.link_at(first - 1).await? };
        let mut check = ChainCheck::behind(previous);
        write_line(writer, &Line::Start { first_seq: first, previous: previous.hash_text() }).await?;
        while check.head.seq < last {
            let end = last.min(check.head.seq + BLOCK);
            let select =
                "SELECT seq, at_ms, body, hash FROM audit_record WHERE seq > $1 AND seq <= $2 ORDER BY seq";
            let rows = sqlx::query(select).bind(check.head.seq).bind(end).fetch_all(self.pool()).await?;
            for row in &rows {
                let (seq, at_ms) = (row.number("seq")?, row.number("at_ms")?);
                let (body, hash) = (row.text("body")?, row.text("hash")?);
                check.take(seq, at_ms, body.as_bytes(), hash.as_bytes()).map_err(unsound)?;
                write_line(writer, &Line::Record { seq, at_ms, body, hash }).await?;
            }
            if check.head.seq < end {
                return Err(unsound(Broken::at(check.head.seq + 1, "it is missing")));
            }
        }
        let ChainCheck { head, records, .. } = check;
        let end = Line::End { last_seq: head.seq, hash: head.hash_text(), records };
        write_line(writer, &end).await?;
        writer.flush().await?;
        Ok(Exported { first_seq: first, last_seq: head.seq, head: head.hash_text(), records })
    }

    async fn link_at(&self, seq: i64) -> Result<Head> {
        let select = "SELECT hash FROM audit_record WHERE seq = $1";
        match sqlx::query(select).bind(seq).fetch_optional(self.pool()).await? {
            Some(row) => Head::parse(seq, &row.text("hash")?),
            None => Err(Error::Invalid(format!("there is no audit record {seq} to begin behind"))),
        }
    }
}

fn unsound(broken: Broken) -> Error {
    Error::Malformed { what: format!("the audit record {}: {}", broken.seq, broken.reason) }
}

async fn write_line<W: AsyncWrite + Unpin + Send>(writer: &mut W, line: &Line) -> Result<()> {
    let mut text = serde_json::to_vec(line).map_err(std::io::Error::from)?;
    text.push(b'\n');
    Ok(writer.write_all(&text).await?)
}

/// Follows the chain through an exported file, without any database.
///
/// # Errors
/// Only when reading fails; a file that is no export is [`ChainVerdict::Broken`].
pub fn verify_export(reader: impl BufRead) -> Result<ChainVerdict> {
    let mut check: Option<ChainCheck> = None;
    let mut ended = false;
    for line in reader.split(b'\n') {
        let line = line?;
        let seq = check.as_ref().map_or(0, |check| check.head.seq + 1);
        let verdict = match (serde_json::from_slice(&line), check.as_mut()) {
            _ if ended => Err(Broken::at(seq, "the file goes on behind its end")),
            (Err(_), _) => Err(Broken::at(seq, "its line is no line of an export")),
            (Ok(Line::Start { first_seq, previous }), None) => match Head::parse(first_seq - 1, &previous) {
                Ok(head) => {
                    check = Some(ChainCheck::behind(head));
                    Ok(())
                }
                Err(_) => Err(Broken::at(first_seq, "what it stands on is no hash")),
            },
            (Ok(Line::Record { seq, at_ms, body, hash }), Some(check)) => {
                check.take(seq, at_ms, body.as_bytes(), hash.as_bytes())
            }
            (Ok(Line::End { last_seq, hash, records }), Some(check)) => {
                ended = true;
                match check.end_at(last_seq, &hash) {
                    Ok(()) if records != check.records => Err(Broken::at(last_seq, "records are missing")),
                    compared => compared,
                }
            }
            (Ok(_), _) => Err(Broken::at(seq, "its line stands in the wrong place")),
        };
        if let Err(broken) = verdict {
            return Ok(broken.into());
        }
    }
    Ok(match check {
        Some(check) if ended => check.intact(),
        Some(check) => Broken::at(check.head.seq + 1, "the file ends too early").into(),
        None => Broken::at(0, "the file is empty").into(),
    })
}
