//! The journal: what makes a group whole, and once.
//!
//! ClickHouse has no transactions over several tables, but one insert of one row is stored or not. So a
//! group is first one row of the journal, numbered, and stored once that row is. What it adds to other
//! tables stands in it as it is inserted there, each insert with a token made of number and table: of
//! inserts with one token ClickHouse keeps the first, so they can be made again, by any process, until
//! all are there. The row itself is inserted with its number as token: of two processes that write the
//! same number one wins, and the other reads what the winner wrote before it tries the next.

use super::entry::Entry;
use super::server::Server;
use super::wire::Rows;
use crate::store::{StoreError, StoreResult};
use bytes::Bytes;
use futures::future::try_join_all;

/// Numbers an entry, and tells it from another one of the same number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) seq: i64,
    nonce: [u8; 16],
}

impl Mark {
    /// Before the first entry.
    const NONE: Self = Self { seq: 0, nonce: [0; 16] };

    fn next(self) -> StoreResult<Self> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|error| StoreError::Failed(error.into()))?;
        Ok(Self { seq: self.seq + 1, nonce })
    }
}

/// How often an entry is inserted until it is there, or another one of its number is.
const ATTEMPTS: u32 = 3;
/// Entries of one partition; the schema says the same.
const PARTITION: i64 = 1_024;

/// Appends an entry behind `last`; `None` where another process was faster.
///
/// # Errors
/// Where the answer is lost the entry may be there nevertheless: [`read_after`] tells.
pub(super) async fn append(server: &Server, last: Mark, entry: &Entry) -> StoreResult<Option<Mark>> {
    let mark = last.next()?;
    let mut row = Rows::default();
    row.int(mark.seq).fixed(&mark.nonce).bytes(&entry.encode()?);
    let row = Bytes::from(row.into_bytes());
    for attempt in 0..ATTEMPTS {
        let token = format!("entry {} {attempt}", mark.seq);
        server.insert("journal (seq, nonce, body)", &token, row.clone()).await?;
        // That the one before is still there says that the number is not one of long ago, whose token is
        // forgotten.
        let find =
            "SELECT seq, nonce FROM journal WHERE seq >= {before:Int64} AND seq <= {seq:Int64} ORDER BY seq";
        let find = server.ask(find).with("before", last.seq.max(1)).with("seq", mark.seq);
        let mut answer = find.rows().await?;
        let mut found = Vec::new();
        while !answer.is_empty() {
            found.push(Mark { seq: answer.int()?, nonce: answer.fixed()? });
        }
        if found.iter().any(|found| found.seq == mark.seq) {
            let expect = if last == Mark::NONE { vec![mark] } else { vec![last, mark] };
            return Ok((found == expect).then_some(mark));
        }
        // The token is taken and the row is not there: the server died as it stored it.
    }
    Err(StoreError::Failed("ClickHouse stores no entry of the journal".into()))
}

/// The entries behind `last`, in order; `None` where those right behind it are gone.
pub(super) async fn read_after(server: &Server, last: Mark) -> StoreResult<Option<Vec<(Mark, Entry)>>> {
    let find = "SELECT seq, nonce, body FROM journal WHERE seq > {last:Int64} ORDER BY seq";
    let mut answer = server.ask(find).with("last", last.seq).rows().await?;
    let mut entries = Vec::new();
    while !answer.is_empty() {
        let mark = Mark { seq: answer.int()?, nonce: answer.fixed()? };
        entries.push((mark, Entry::decode(&answer.bytes()?)?));
    }
    let is_whole = entries.iter().zip(last.seq + 1..).all(|((mark, _), seq)| mark.seq == seq);
    Ok(is_whole.then_some(entries))
}

/// The last entry that sums hold.
pub(super) async fn folded(server: &Server) -> StoreResult<Mark> {
    let find = "SELECT seq, nonce FROM journal WHERE seq = (SELECT max(seq) FROM folded)";
    let mut answer = server.ask(find).rows().await?;
    if answer.is_empty() {
        return Ok(Mark::NONE);
    }
    Ok(Mark { seq: answer.int()?, nonce: answer.fixed()? })
}

/// Says that sums hold all entries up to `seq`.
pub(super) async fn set_folded(server: &Server, seq: i64) -> StoreResult<()> {
    let mut row = Rows::default();
    row.byte(1).int(seq);
    server.insert("folded (one, seq)", &format!("folded {seq}"), row.into_bytes().into()).await
}

/// The number of the newest entry.
pub(super) async fn newest(server: &Server) -> StoreResult<i64> {
    server.ask("SELECT max(seq) FROM journal").rows().await?.int()
}

/// Inserts the rows of an entry, as often as need be.
pub(super) async fn apply(server: &Server, seq: i64, entry: &mut Entry) -> StoreResult<()> {
    // Rows of a trace hold what they replace: the order of entries is kept by waiting for each.
    let inserts = std::mem::take(&mut entry.rows).into_iter().map(|(table, rows)| async move {
        server.insert(table.columns(), &format!("entry {seq}"), Bytes::from(rows)).await
    });
    try_join_all(inserts).await.map(drop)
}

/// Takes out entries that sums have held for long; those of the last thousands stay, so that what comes
/// late is told from them.
pub(super) async fn truncate(server: &Server, folded: i64) -> StoreResult<()> {
    let before = (folded / PARTITION - 2) * PARTITION;
    let find = "SELECT DISTINCT _partition_id FROM journal WHERE seq < {before:Int64}";
    let mut answer = server.ask(find).with("before", before).rows().await?;
    while !answer.is_empty() {
        let drop = "ALTER TABLE journal DROP PARTITION ID {partition:String}";
        server.ask(drop).with("partition", answer.text()?).run().await?;
    }
    Ok(())
}
