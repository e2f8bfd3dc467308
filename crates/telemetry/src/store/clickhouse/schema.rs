//! The tables, and how they are made.

use super::server::Server;
use super::wire::Rows;
use crate::store::{StoreError, StoreResult};

/// Each brings the schema one further. They are only ever added to, and each of their statements does no
/// harm a second time: there is no transaction around them.
const MIGRATIONS: &[&str] = &[include_str!("schema/0001_telemetry.sql")];

const MIGRATION_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS migration (version Int64) ENGINE = MergeTree ORDER BY version";

/// A long-term release. Older ones may do, but nobody has tried.
const NEEDED: (u32, u32) = (25, 8);
const NEEDED_TEXT: &str = "25.8";

/// Refuses a server that lacks what we use.
fn check_version(found: &str) -> StoreResult<()> {
    let mut numbers = found.split('.').map(|part| part.parse().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= NEEDED {
        return Ok(());
    }
    Err(StoreError::OldServer { found: found.to_owned(), needed: NEEDED_TEXT })
}

/// Brings the schema to the newest.
///
/// # Errors
/// [`StoreError::OldServer`]; [`StoreError::NewerSchema`] where a later version of this program was there; nothing is changed then.
pub(super) async fn migrate(server: &Server) -> StoreResult<()> {
    check_version(&server.ask("SELECT version()").rows().await?.text()?)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_are_refused() {
        let check =
            |version: &str, expect: bool| assert_eq!(check_version(version).is_ok(), expect, "{version}");
        check("25.8.1.1", true);
        check("25.10.2.65", true);
        check("26.1.1-lts", true);
        check("25.7.9.1", false);
        check("23.8.16.16", false);
        check("", false);
    }
}
