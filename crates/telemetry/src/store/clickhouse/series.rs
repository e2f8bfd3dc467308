//! Reads sums over time.

use super::fold::{level_number, party_number};
use super::rows::decode;
use super::server::{Server, bindable};
use crate::rollup::{Bucket, Level};
use crate::store::cover::pieces;
use crate::store::{
    Grouping, MAX_PAGE, Party, PartySpend, SeriesQuery, StoreError, StoreResult, Sum, TimeRange,
};
use model::identity::ProjectId;
use model::telemetry::{AgentName, UnixNanos};
use std::collections::BTreeMap;

pub(super) async fn series(
    server: &Server,
    project: &ProjectId,
    query: &SeriesQuery,
) -> StoreResult<Vec<Sum>> {
    let minute = Level::Minute.nanos();
    if query.step_ns < minute || query.step_ns % minute != 0 {
        return Err(StoreError::Invalid("a step is a multiple of a minute"));
    }
    let step_of = |at: i64| at.div_euclid(query.step_ns) * query.step_ns;
    let agents: Option<Vec<&str>> =
        query.agents.as_ref().map(|agents| agents.iter().map(AgentName::as_str).collect());
    let (of_agents, agents) = match &agents {
        Some(agents) => {
            (" AND agent IN {agents:Array(String)}", bindable(agents, |name| name.len()).collect())
        }
        None => ("", vec![&[][..]]),
    };
    let find = format!(
        "SELECT start, agent, body FROM rollup FINAL WHERE project = {{project:String}} \
         AND level = {{level:UInt8}} AND start >= {{from:Int64}} AND start < {{until:Int64}}{of_agents} \
         ORDER BY start, agent"
    );
    let mut sums: BTreeMap<(i64, Option<AgentName>), Bucket> = BTreeMap::new();
    for piece in pieces(query.range, query.step_ns) {
        for agents in &agents {
            let find = server.ask(&find).with("project", project.as_str()).with("agents", agents);
            let find = find.with("level", level_number(piece.level));
            let mut answer = find.with("from", piece.from).with("until", piece.until).rows().await?;
            while !answer.is_empty() {
                let (start, agent) = (answer.int()?, AgentName::new(answer.text()?));
                let bucket: Bucket = decode(&answer.bytes()?, "a sum")?;
                let agent = (query.grouping == Grouping::ByAgent).then_some(agent);
                sums.entry((step_of(start), agent)).or_default().merge(&bucket);
            }
        }
    }
    let sums = sums.into_iter();
    Ok(sums.map(|((start, agent), bucket)| Sum { agent, start: UnixNanos(start), bucket }).collect())
}

pub(super) async fn spend_by(
    server: &Server,
    project: &ProjectId,
    party: Party,
    range: TimeRange,
    limit: usize,
) -> StoreResult<Vec<PartySpend>> {
    let find = "SELECT day, name, spend FROM party_spend FINAL WHERE project = {project:String} \
         AND party = {party:UInt8} AND day >= {from:Int64} AND day < {until:Int64} \
         ORDER BY day, cost_picos DESC, name LIMIT {limit:UInt64} BY day";
    let find = server.ask(find).with("project", project.as_str()).with("party", party_number(party));
    let find = find.with("from", Level::Day.start_of(range.from).0).with("until", range.until.0);
    let mut answer = find.with("limit", limit.min(MAX_PAGE) as u64).rows().await?;
    let mut found = Vec::new();
    while !answer.is_empty() {
        found.push(PartySpend {
            day: UnixNanos(answer.int()?),
            name: answer.text()?,
            spend: decode(&answer.bytes()?, "a cost")?,
        });
    }
    Ok(found)
}
