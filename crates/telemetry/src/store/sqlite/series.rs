//! Reads sums over time.

use super::fold::{level_number, party_number};
use super::names::{decode_or_lose, find_project};
use crate::rollup::{Bucket, Level, Spend};
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

/// A part of a range that buckets of one level cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    level: Level,
    from: i64,
    until: i64,
}

/// Covers a range with the longest buckets that fit into it and into one step each: days inside, hours at
/// their sides, minutes at the ends.
fn pieces(range: TimeRange, step_ns: i64) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let minute = Level::Minute.nanos();
    let from = Level::Minute.start_of(range.from).0;
    let until = range.until.0.saturating_add(minute - 1).div_euclid(minute) * minute;
    cover(&[Level::Day, Level::Hour, Level::Minute], from, until, step_ns, &mut pieces);
    pieces
}

fn cover(levels: &[Level], from: i64, until: i64, step_ns: i64, pieces: &mut Vec<Piece>) {
    let Some((level, finer)) = levels.split_first() else { return };
    if from >= until {
        return;
    }
    let nanos = level.nanos();
    let first = from.saturating_add(nanos - 1).div_euclid(nanos) * nanos;
    let last = until.div_euclid(nanos) * nanos;
    // The shortest always fits: steps and ends are whole minutes.
    if step_ns % nanos != 0 || first >= last {
        return cover(finer, from, until, step_ns, pieces);
    }
    cover(finer, from, first, step_ns, pieces);
    pieces.push(Piece { level: *level, from: first, until: last });
    cover(finer, last, until, step_ns, pieces);
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000_000_000;

    fn range(from: i64, until: i64) -> TimeRange {
        TimeRange { from: UnixNanos(from), until: UnixNanos(until) }
    }

    #[test]
    fn the_longest_buckets_that_fit_are_taken() {
        let check = |from: i64, until: i64, step: i64, expect: &[(Level, i64, i64)]| {
            let found = pieces(range(from * MINUTE, until * MINUTE), step * MINUTE);
            let found: Vec<_> = found
                .into_iter()
                .map(|piece| (piece.level, piece.from / MINUTE, piece.until / MINUTE))
                .collect();
            assert_eq!(found, expect, "{from}..{until} by {step}");
        };
        check(0, 60, 60, &[(Level::Hour, 0, 60)]);
        check(0, 60, 1, &[(Level::Minute, 0, 60)]);
        check(0, 1_440, 60, &[(Level::Hour, 0, 1_440)]);
        check(0, 1_440, 1_440, &[(Level::Day, 0, 1_440)]);
        check(10, 70, 60, &[(Level::Minute, 10, 70)]);
        check(
            50,
            3_000,
            1_440,
            &[
                (Level::Minute, 50, 60),
                (Level::Hour, 60, 1_440),
                (Level::Day, 1_440, 2_880),
                (Level::Hour, 2_880, 3_000),
            ],
        );
        check(5, 5, 60, &[]);
        check(7, 5, 60, &[]);
    }

    proptest! {
        #[test]
        fn pieces_cover_every_minute_once(from in 0..4_000_i64, length in 0..6_000_i64, step in 1..2_000_i64) {
            let pieces = pieces(range(from * MINUTE + 7, (from + length) * MINUTE + 7), step * MINUTE);
            let mut next = from * MINUTE;
            for piece in pieces {
                prop_assert_eq!(piece.from, next);
                prop_assert!(piece.until > piece.from && piece.from % piece.level.nanos() == 0);
                prop_assert_eq!(step * MINUTE % piece.level.nanos(), 0);
                next = piece.until;
            }
            prop_assert_eq!(next, (from + length + 1) * MINUTE);
        }
    }
}
