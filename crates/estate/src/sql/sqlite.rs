//! Both tables in one SQLite file, opened read-only.

use super::engine::TextRow;
use super::query::PagedQuery;
use super::{QueryLimits, ResultTable, SqliteSettings, fault, read};
use crate::error::SourceError;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

/// Readers of a local file gain nothing from more.
const MAX_CONNECTIONS: u32 = 4;

#[derive(Clone)]
pub(super) struct SqliteDatabase {
    pool: SqlitePool,
    limits: QueryLimits,
}

impl SqliteDatabase {
    pub(super) fn open(settings: &SqliteSettings) -> Self {
        let limits = settings.limits;
        let options = SqliteConnectOptions::new()
            .filename(&settings.path)
            .read_only(true)
            .create_if_missing(false)
            .busy_timeout(limits.timeout);
        let pool = SqlitePoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(limits.timeout)
            .connect_lazy_with(options);
        Self { pool, limits }
    }

    pub(super) async fn run(&self, sql: &str, max_examined_rows: u64) -> Result<ResultTable, SourceError> {
        let connection = self.pool.acquire().await.map_err(|error| fault::classify(error, self.limits))?;
        read::run_checked(connection, sql, max_examined_rows, self.limits).await
    }

    pub(super) async fn read(&self, query: &PagedQuery) -> Result<Vec<TextRow>, SourceError> {
        let connection = self.pool.acquire().await.map_err(|error| fault::classify(error, self.limits))?;
        read::read_pages(connection, query, self.limits).await
    }
}
