//! Where the row of a trace is, by the trace's id.
//!
//! Ids are random, so the table of places is written when observations are folded, not with each commit. Of
//! traces that came since then the writer has the places in mind; who reads looks for them among the few
//! rows behind the last that has a place.

use crate::store::{StoreError, StoreResult};
use foldhash::HashMap;
use model::telemetry::TraceId;
use rusqlite::{Connection, OptionalExtension};

/// The row of trace `?1` of project `?2`, for who reads. No index of traces is of use here: by project one
/// would find all of them.
pub(super) const FIND: &str = "SELECT coalesce( \
     (SELECT trace FROM trace_place WHERE trace_id = ?1 AND project = ?2), \
     (SELECT id FROM trace NOT INDEXED \
     WHERE id > (SELECT until FROM placed) AND trace_id = ?1 AND project = ?2))";

/// The traces that have no place in the table yet.
#[derive(Default)]
pub(super) struct Places(HashMap<(TraceId, i64), i64>);

impl Places {
    /// What a process that died has left.
    pub(super) fn load(connection: &Connection) -> StoreResult<Self> {
        let find = "SELECT trace_id, project, id FROM trace WHERE id > (SELECT until FROM placed)";
        let mut find = connection.prepare(find)?;
        let mut rows = find.query([])?;
        let mut places = Self::default();
        while let Some(row) = rows.next()? {
            let id = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            let id = TraceId::from_bytes(id).map_err(|_| StoreError::Malformed("a trace"))?;
            places.add(id, row.get(1)?, row.get(2)?);
        }
        Ok(places)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn add(&mut self, trace_id: TraceId, project: i64, row: i64) {
        self.0.insert((trace_id, project), row);
    }

    /// The row of a trace, for who writes.
    pub(super) fn find(
        &self,
        connection: &Connection,
        trace_id: &TraceId,
        project: i64,
    ) -> StoreResult<Option<i64>> {
        if let Some(row) = self.0.get(&(*trace_id, project)) {
            return Ok(Some(*row));
        }
        let find = "SELECT trace FROM trace_place WHERE trace_id = ? AND project = ?";
        let mut find = connection.prepare_cached(find)?;
        Ok(find.query_row((trace_id.as_bytes(), project), |row| row.get(0)).optional()?)
    }

    /// Writes them to the table, in its order: neighbours share pages.
    pub(super) fn fold(&self, transaction: &Connection) -> StoreResult<()> {
        let mut places: Vec<_> = self.0.iter().collect();
        places.sort_unstable();
        let put = "INSERT OR REPLACE INTO trace_place (trace_id, project, trace) VALUES (?, ?, ?)";
        let mut put = transaction.prepare_cached(put)?;
        for ((trace_id, project), row) in places {
            put.execute((trace_id.as_bytes(), project, row))?;
        }
        all_placed(transaction)
    }
}

/// Notes that all traces have their place.
pub(super) fn all_placed(transaction: &Connection) -> StoreResult<()> {
    let note = "UPDATE placed SET until = (SELECT coalesce(max(id), 0) FROM trace)";
    transaction.prepare_cached(note)?.execute([])?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;
    use crate::store::sqlite::schema;

    #[test]
    fn only_rows_behind_the_last_place_are_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let connection = schema::open_writer(&dir.path().join("file")).unwrap();
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {FIND}")).unwrap();
        let steps = plan.query_map([[0; 16].as_slice(), &[0]], |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).filter(|step| step.contains("SEARCH")).collect();
        let expect = [
            "SEARCH trace_place USING PRIMARY KEY (trace_id=? AND project=?)",
            "SEARCH trace USING INTEGER PRIMARY KEY (rowid>?)",
        ];
        assert_eq!(steps, expect);
    }
}
