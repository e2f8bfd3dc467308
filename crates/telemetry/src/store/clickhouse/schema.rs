//! The tables, and how they are made.

use super::server::Server;
use super::wire::Rows;
use crate::store::{StoreError, StoreResult};

/// Each brings the schema one further. They are only ever added to, and each of their statements does no
/// harm a second time: there is no transaction around them.
const MIGRATIONS: &[&str] = &[include_str!("schema/0001_telemetry.sql")];

const MIGRATION_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS migration (version Int64) ENGINE = MergeTree ORDER BY version";

/// Brings the schema to the newest.
///
/// # Errors
/// [`StoreError::NewerSchema`] where a later version of this program was there; nothing is changed then.
pub(super) async fn migrate(server: &Server) -> StoreResult<()> {
    let known = MIGRATIONS.len() as i64;
    let find = "SELECT toInt64(count()) FROM system.tables WHERE database = currentDatabase() AND name = 'migration'";
    let is_new = server.ask(find).rows().await?.int()? == 0;
    let found = match is_new {
        true => 0,
        false => server.ask("SELECT max(version) FROM migration").rows().await?.int()?,
    };
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    if found == known {
        return Ok(());
    }
    server.ask(MIGRATION_TABLE).run().await?;
    for (migration, version) in MIGRATIONS.iter().zip(1_i64..).skip(found as usize) {
        for statement in migration.split_terminator(";\n") {
            server.ask(statement).run().await?;
        }
        let mut rows = Rows::default();
        rows.int(version);
        let token = format!("migration {version}");
        server.insert("migration (version)", &token, rows.into_bytes().into()).await?;
    }
    Ok(())
}
