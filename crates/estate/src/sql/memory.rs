//! Rows in memory as a database, for queries on estates that have none: an embedded SQLite that
//! lives as long as one query.

use super::engine::Engine;
use super::read::{bounded, too_large};
use super::{QueryLimits, ResultTable};
use crate::error::SourceError;
use model::{DagId, RunId, RunRow, TaskRow, Timestamp};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions};
use sqlx::{ConnectOptions, Connection, Executor, Sqlite, SqliteConnection, query::Query};

/// The columns that a run has.
pub(crate) const RUN_COLUMNS: [&str; 11] = [
    "WORKFLOW_RUN_INSTANCE_KEY",
    "OUTPUT_DATASET_ID",
    "DAG_ID",
    "DAG_RUN_ID",
    "STATUS",
    "STATUS_DETAIL",
    "TRIGGER_TYPE",
    "TRIGGER_VALUE",
    "BUSINESS_DATE",
    "CREATED_DATE",
    "UPDATED_DATE",
];

/// The columns that a task has.
pub(crate) const TASK_COLUMNS: [&str; 13] = [
    "dag_id",
    "run_id",
    "task_id",
    "map_index",
    "task_display_name",
    "state",
    "try_number",
    "max_tries",
    "operator",
    "hostname",
    "start_date",
    "end_date",
    "duration",
];

const TABLES: &str = "
    CREATE TABLE WORKFLOW_RUN_INSTANCE (WORKFLOW_RUN_INSTANCE_KEY INTEGER PRIMARY KEY, OUTPUT_DATASET_ID TEXT,
        DAG_ID TEXT, DAG_RUN_ID TEXT, STATUS TEXT, STATUS_DETAIL TEXT, TRIGGER_TYPE TEXT, TRIGGER_VALUE TEXT,
        BUSINESS_DATE TEXT, CREATED_DATE TEXT, UPDATED_DATE TEXT);
    CREATE TABLE task_instance (dag_id TEXT, run_id TEXT, task_id TEXT, map_index INTEGER,
        task_display_name TEXT, state TEXT, try_number INTEGER, max_tries INTEGER, operator TEXT,
        hostname TEXT, start_date TEXT, end_date TEXT, duration REAL)";

/// Rows of one statement: within SQLite's 32,766 placeholders.
const ROWS_AT_ONCE: usize = 500;

/// Rows that SQLite may have ready before they are asked for: each may be large.
const ROWS_AHEAD: usize = 4;

/// Answers `sql` from these rows and no others, within the time limit.
pub(crate) async fn run_query(
    runs: &[RunRow],
    tasks: &[(DagId, RunId, TaskRow)],
    sql: &str,
    limits: QueryLimits,
) -> Result<ResultTable, SourceError> {
    let answer = async {
        let options = SqliteConnectOptions::new()
            .in_memory(true)
            .row_buffer_size(ROWS_AHEAD)
            .disable_statement_logging();
        let mut database = options.connect().await?;
        fill(&mut database, runs, tasks).await?;
        database.execute("PRAGMA query_only = ON").await?;
        let table = Sqlite::fetch_table(&mut database, sql, limits.timeout).await?;
        database.close().await?;
        Ok(table)
    };
    bounded(limits, answer).await?.ok_or_else(too_large)
}

async fn fill(
    database: &mut SqliteConnection,
    runs: &[RunRow],
    tasks: &[(DagId, RunId, TaskRow)],
) -> sqlx::Result<()> {
    database.execute(TABLES).await?;
    let mut transaction = database.begin().await?;
    for rows in runs.chunks(ROWS_AT_ONCE) {
        let insert = insert("WORKFLOW_RUN_INSTANCE", RUN_COLUMNS.len(), rows.len());
        let query = sqlx::query(sqlx::AssertSqlSafe(insert));
        rows.iter().fold(query, bind_run).execute(&mut *transaction).await?;
    }
    for rows in tasks.chunks(ROWS_AT_ONCE) {
        let insert = insert("task_instance", TASK_COLUMNS.len(), rows.len());
        let query = sqlx::query(sqlx::AssertSqlSafe(insert));
        rows.iter().fold(query, bind_task).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

fn insert(table: &str, columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("INSERT INTO {table} VALUES {}", vec![row; rows].join(","))
}

fn bind_run<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    run: &RunRow,
) -> Query<'q, Sqlite, SqliteArguments> {
    query
        .bind(run.key.0)
        .bind(run.dataset_id.to_string())
        .bind(run.dag_id.to_string())
        .bind(run.run_id.to_string())
        .bind(run.status.clone())
        .bind(run.status_detail.clone())
        .bind(run.trigger_type.clone())
        .bind(run.trigger_value.clone())
        .bind(run.business_date.to_string())
        .bind(time(run.created_at))
        .bind(time(run.updated_at))
}

fn bind_task<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    (dag_id, run_id, task): &(DagId, RunId, TaskRow),
) -> Query<'q, Sqlite, SqliteArguments> {
    let duration = task.started_at.zip(task.ended_at).map(|(start, end)| end.duration_since(start));
    query
        .bind(dag_id.to_string())
        .bind(run_id.to_string())
        .bind(task.task_id.clone())
        .bind(task.map_index)
        .bind(task.display_name.clone())
        .bind(task.state.clone())
        .bind(i64::from(task.try_number))
        .bind(i64::from(task.max_tries))
        .bind(task.operator.clone())
        .bind(task.hostname.clone())
        .bind(task.started_at.map(time))
        .bind(task.ended_at.map(time))
        .bind(duration.map(|duration| duration.as_secs_f64()))
}

/// As MySQL writes it.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
