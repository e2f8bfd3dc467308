//! The schema's steps, applied at start under a lock.

use crate::error::{Error, Result};
use crate::row::Columns;
use crate::store::Dialect;
use model::Clock;
use sqlx::{AnyConnection, Connection, Executor};

struct Migration {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// The first is version 1. A step that has been released is never edited.
const MIGRATIONS: [Migration; 4] = [
    Migration {
        name: "state",
        sqlite: include_str!("../migrations/0001_state.sql"),
        postgres: include_str!("../migrations/0001_state.sql"),
    },
    Migration {
        name: "audit",
        sqlite: include_str!("../migrations/0002_audit.sqlite.sql"),
        postgres: include_str!("../migrations/0002_audit.postgres.sql"),
    },
    Migration {
        name: "chat",
        sqlite: include_str!("../migrations/0003_chat.sql"),
        postgres: include_str!("../migrations/0003_chat.sql"),
    },
    Migration {
        name: "telemetry_policy",
        sqlite: include_str!("../migrations/0004_telemetry_policy.sql"),
        postgres: include_str!("../migrations/0004_telemetry_policy.sql"),
    },
];

/// The newest version that this program knows.
pub(crate) const KNOWN_VERSION: i64 = MIGRATIONS.len() as i64;

/// Any number that nobody else's advisory locks in this database use.
const LOCK_KEY: i64 = 0x5345_4e54_5259;

/// Brings the schema up to date in one transaction; others who start meanwhile wait for it.
pub(crate) async fn migrate(connection: &mut AnyConnection, dialect: Dialect, clock: &Clock) -> Result<()> {
    let mut transaction = match dialect {
        Dialect::Sqlite => connection.begin_with("BEGIN IMMEDIATE").await?,
        Dialect::Postgres => connection.begin().await?,
    };
    if dialect == Dialect::Postgres {
        // The driver knows no void, hence the cast.
        let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)::text").bind(LOCK_KEY);
        transaction.execute(lock).await?;
    }
    let table = "CREATE TABLE IF NOT EXISTS schema_migration \
                 (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)";
    transaction.execute(table).await?;
    let newest = "SELECT COALESCE(MAX(version), 0) AS version FROM schema_migration";
    let found = transaction.fetch_one(newest).await?.number("version")?;
    let known = KNOWN_VERSION;
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    for (version, migration) in (1..).zip(&MIGRATIONS) {
        if version <= found {
            continue;
        }
        let script = match dialect {
            Dialect::Sqlite => migration.sqlite,
            Dialect::Postgres => migration.postgres,
        };
        transaction.execute(sqlx::raw_sql(script)).await?;
        let applied = "INSERT INTO schema_migration (version, name, applied_at) VALUES ($1, $2, $3)";
        let now = clock.now().as_millisecond();
        transaction.execute(sqlx::query(applied).bind(version).bind(migration.name).bind(now)).await?;
        tracing::info!(version, name = migration.name, "schema migrated");
    }
    transaction.commit().await?;
    Ok(())
}
