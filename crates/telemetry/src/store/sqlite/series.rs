//! Reads sums over time.

use super::fold::{level_number, party_number};
use super::names::{decode_or_lose, find_project};
use crate::rollup::{Bucket, Level, Spend};
use crate::store::cover::pieces;
use crate::store::{
    Grouping, MAX_PAGE, Party, PartySpend, SeriesQuery, StoreError, StoreResult, Sum, TimeRange,
};
use model::identity::ProjectId;
use model::telemetry::{AgentName, UnixNanos};
use rusqlite::Connection;
use std::collections::BTreeMap;

pub(super) fn series(
    connection: &Connection,
    project: &ProjectId,
    query: &SeriesQuery,
) -> StoreResult<Vec<Sum>> {
    let minute = Level::Minute.nanos();
    if query.step_ns < minute || query.step_ns % minute != 0 {
        return Err(StoreError::Invalid("a step is a multiple of a minute"));
    }
    let Some(project) = find_project(connection, project)? else { return Ok(Vec::new()) };
    let step_of = |at: i64| at.div_euclid(query.step_ns) * query.step_ns;
    let mut sums: BTreeMap<(i64, Option<&AgentName>), Bucket> = BTreeMap::new();
    let agents = agents(connection, project, query.agents.as_deref())?;
    let pieces = pieces(query.range, query.step_ns);
    let find = "SELECT start, body FROM rollup WHERE agent = ? AND level = ? AND start >= ? AND start < ?";
    let mut find = connection.prepare_cached(find)?;
    for (agent, name) in &agents {
        let name = (query.grouping == Grouping::ByAgent).then_some(name);
        for piece in &pieces {
            let range = (agent, level_number(piece.level), piece.from, piece.until);
            let mut rows = find.query(range)?;
            while let Some(row) = rows.next()? {
                let body = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                let Some(bucket) = decode_or_lose::<Bucket>(body, "a sum") else { continue };
                sums.entry((step_of(row.get(0)?), name)).or_default().merge(&bucket);
            }
        }
    }
    let sum = |((start, agent), bucket): ((i64, Option<&AgentName>), Bucket)| Sum {
        agent: agent.cloned(),
        start: UnixNanos(start),
        bucket,
    };
    Ok(sums.into_iter().map(sum).collect())
}

fn agents(
    connection: &Connection,
    project: i64,
    wanted: Option<&[AgentName]>,
) -> StoreResult<Vec<(i64, AgentName)>> {
    let mut find = connection.prepare_cached("SELECT id, name FROM agent WHERE project = ? ORDER BY name")?;
    let rows = find
        .query_map([project], |row| Ok((row.get::<_, i64>(0)?, AgentName::new(row.get::<_, String>(1)?))))?;
    let mut agents = rows.collect::<Result<Vec<_>, _>>()?;
    if let Some(wanted) = wanted {
        agents.retain(|(_, name)| wanted.contains(name));
    }
    Ok(agents)
}

pub(super) fn spend_by(
    connection: &Connection,
    project: &ProjectId,
    party: Party,
    range: TimeRange,
    limit: usize,
) -> StoreResult<Vec<PartySpend>> {
    let Some(project) = find_project(connection, project)? else { return Ok(Vec::new()) };
    let (party, limit) = (party_number(party), limit.min(MAX_PAGE) as i64);
    let next = "SELECT min(day) FROM party_spend WHERE project = ? AND party = ? AND day >= ? AND day < ?";
    let mut next = connection.prepare_cached(next)?;
    let find = "SELECT name, spend FROM party_spend WHERE project = ? AND party = ? AND day = ? \
         ORDER BY cost_picos DESC, name DESC LIMIT ?";
    let mut find = connection.prepare_cached(find)?;
    let mut found = Vec::new();
    let mut from = Level::Day.start_of(range.from).0;
    // Day by day, each in the order of its index: there may be a million sessions a month.
    while let Some(day) =
        next.query_row((project, party, from, range.until.0), |row| row.get::<_, Option<i64>>(0))?
    {
        let mut rows = find.query((project, party, day, limit))?;
        while let Some(row) = rows.next()? {
            let body = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let Some(spend) = decode_or_lose::<Spend>(body, "a cost") else { continue };
            found.push(PartySpend { day: UnixNanos(day), name: row.get(0)?, spend });
        }
        from = day.saturating_add(Level::Day.nanos());
    }
    Ok(found)
}
