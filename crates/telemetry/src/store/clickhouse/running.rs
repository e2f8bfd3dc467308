//! Of each running total of an agent the latest.
//!
//! What a total grew by is worked out once, as its entry is made, and stands in the entry from then on: it
//! is the same however often the entry is folded. Like rows of traces, those of totals go with the entry.

use super::entry::{Group, Table};
use super::keys::fnv;
use super::rows::series_of;
use super::server::{Server, bindable};
use crate::store::running::Total;
use crate::store::{StoreResult, Write};
use model::identity::ProjectId;
use model::telemetry::MetricPoint;
use std::collections::{BTreeMap, HashMap};

/// A hash of project, agent and series.
type Id = [u8; 16];

/// The totals that a group adds to.
pub(super) struct Totals {
    stored: HashMap<Id, Total>,
    /// As the group has them.
    new: BTreeMap<Id, Total>,
}

impl Totals {
    /// Reads what is stored of the totals that points of the group tell.
    pub(super) async fn find(server: &Server, writes: &[Write]) -> StoreResult<Self> {
        let mut ids = Vec::new();
        for Write { project, batch, .. } in writes {
            for point in batch.points.iter().filter(|point| point.running_since.is_some()) {
                ids.push(format!("{:032x}", u128::from_be_bytes(id_of(project, point)?)));
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let mut stored = HashMap::new();
        let find = "SELECT id, since, at, value, count FROM running FINAL \
             WHERE id IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))";
        for ids in bindable(&ids, String::len) {
            let mut answer = server.ask(find).with("ids", ids).rows().await?;
            while !answer.is_empty() {
                let id = answer.fixed()?;
                let (since, at) = (answer.int()?, answer.int()?);
                stored.insert(id, Total { since, at, value: answer.double()?, count: answer.int()? as u64 });
            }
        }
        Ok(Self { stored, new: BTreeMap::new() })
    }

    /// The mean of what a point measured anew, and how many measurements that were; `None` where it did
    /// not.
    pub(super) fn measured(
        &mut self,
        project: &ProjectId,
        point: &MetricPoint,
    ) -> StoreResult<Option<(f64, u64)>> {
        let Some(total) = Total::of(point) else { return Ok(Some((point.value, point.count))) };
        let id = id_of(project, point)?;
        let before = self.new.get(&id).or_else(|| self.stored.get(&id));
        if total.is_late(before) {
            return Ok(None);
        }
        let growth = total.growth(before);
        self.new.insert(id, total);
        Ok(growth)
    }

    /// Puts the rows of those that changed into the group.
    pub(super) fn push(self, group: &mut Group) {
        let version = group.seq;
        for (id, Total { since, at, value, count }) in self.new {
            let row = group.rows(Table::Running).fixed(&id).int(version).int(since).int(at);
            row.double(value).int(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}

fn id_of(project: &ProjectId, point: &MetricPoint) -> StoreResult<Id> {
    // No name ends amid another one.
    let names = [project.as_str(), point.agent.name.as_str()];
    let lengths = names.iter().flat_map(|name| name.len().to_le_bytes());
    let series = series_of(point, None)?;
    let bytes = lengths.chain(names.iter().flat_map(|name| name.bytes())).chain(series);
    Ok(fnv(bytes).to_be_bytes())
}
