//! What there is to know about the database itself.

use crate::error::Result;
use crate::row::Columns;
use crate::store::{Dialect, Store};

/// The database as an operator sees it. Nothing secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreStatus {
    /// `SQLite` or `PostgreSQL`.
    pub kind: &'static str,
    /// The version of library or server.
    pub server_version: String,
    /// The newest migration that was applied.
    pub schema_version: i64,
    /// What the database takes, without SQLite's write-ahead log.
    pub size_bytes: i64,
    /// Audit records that are not sealed.
    pub audit_records: i64,
}

impl Store {
    /// Describes the database.
    pub async fn describe(&self) -> Result<StoreStatus> {
        let (kind, select) = match self.dialect() {
            Dialect::Sqlite => (
                "SQLite",
                "SELECT sqlite_version() AS server, page_count * page_size AS size_bytes \
                 FROM pragma_page_count(), pragma_page_size()",
            ),
            Dialect::Postgres => (
                "PostgreSQL",
                "SELECT current_setting('server_version') AS server, \
                 pg_database_size(current_database()) AS size_bytes",
            ),
        };
        let server = sqlx::query(select).fetch_one(self.pool()).await?;
        let select = "SELECT (SELECT MAX(version) FROM schema_migration) AS version, \
                      (SELECT seq FROM audit_head) - (SELECT COALESCE(MAX(seq), 0) FROM audit_seal) AS records";
        let ours = sqlx::query(select).fetch_one(self.pool()).await?;
        Ok(StoreStatus {
            kind,
            server_version: server.text("server")?,
            schema_version: ours.number("version")?,
            size_bytes: server.number("size_bytes")?,
            audit_records: ours.number("records")?,
        })
    }
}
