//! Takes out what is too old, a partition at a time: whole parts are dropped.

use super::fold::level_number;
use super::server::Server;
use crate::rollup::Level;
use crate::store::{RecordKind, StoreResult};
use model::identity::ProjectId;
use model::telemetry::UnixNanos;

/// Rows of one table that are too old.
struct Old {
    table: &'static str,
    /// Which rows, besides those of the project: they call the moment `before`, and a level `level`.
    condition: &'static str,
    before: i64,
    level: u8,
}

/// Takes out what one partition holds; true if there may be more.
pub(super) async fn prune(
    server: &Server,
    project: &ProjectId,
    kind: RecordKind,
    before: UnixNanos,
) -> StoreResult<bool> {
    let rows = |table, condition| Old { table, condition, before: before.0, level: 0 };
    let at = "at < {before:Int64}";
    // The bucket that `before` is in stays whole.
    let sums = |level: Level| Old {
        table: "rollup",
        condition: "level = {level:UInt8} AND start < {before:Int64}",
        before: level.start_of(before).0,
        level: level_number(level),
    };
    let old = match kind {
        RecordKind::Spans => vec![
            rows("span", "started < {before:Int64} AND ended < {before:Int64}"),
            rows("trace", "started < {before:Int64} AND ended < {before:Int64}"),
        ],
        RecordKind::Metrics => vec![rows("metric", at), rows("point", at)],
        RecordKind::Logs => vec![rows("log", at)],
        RecordKind::Events => vec![rows("event", at)],
        RecordKind::Minutes => vec![sums(Level::Minute)],
        RecordKind::Rollups => vec![
            sums(Level::Hour),
            sums(Level::Day),
            rows("party_spend", "day < {before:Int64}"),
            rows("session", "started < {before:Int64} AND last_seen < {before:Int64}"),
        ],
    };
    for old in old {
        if old.take_out(server, project).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Old {
    /// Takes out what the first partition with any of them holds; false if there is none.
    ///
    /// Parts never change: one that is looked at and taken out has had nothing put into it meanwhile, by
    /// whatever process, as a partition might have.
    async fn take_out(&self, server: &Server, project: &ProjectId) -> StoreResult<bool> {
        let Self { table, condition, before, level } = self;
        let ask = |sql: &str| {
            let question = server.ask(sql).with("project", project.as_str());
            question.with("before", *before).with("level", *level)
        };
        let is_old = format!("project = {{project:String}} AND {condition}");
        let find = format!("SELECT _partition_id FROM {table} WHERE {is_old} LIMIT 1");
        let mut found = ask(&find).rows().await?;
        if found.is_empty() {
            return Ok(false);
        }
        let partition = found.text()?;
        let find = format!(
            "SELECT _part, toUInt8(countIf(NOT ({is_old})) > 0) FROM {table} \
             WHERE _partition_id = {{partition:String}} GROUP BY _part HAVING countIf({is_old}) > 0"
        );
        let mut parts = ask(&find).with("partition", &partition).rows().await?;
        let mut has_rest = false;
        while !parts.is_empty() {
            let (part, is_mixed) = (parts.text()?, parts.byte()? != 0);
            has_rest |= is_mixed;
            if !is_mixed {
                let drop = format!("ALTER TABLE {table} DROP PART {{part:String}}");
                server.ask(&drop).with("part", part).run().await?;
            }
        }
        if has_rest {
            // Rows are marked, without a lock, and go when their part is merged.
            let delete =
                format!("DELETE FROM {table} WHERE _partition_id = {{partition:String}} AND {is_old}");
            ask(&delete).with("partition", &partition).run().await?;
        }
        Ok(true)
    }
}
