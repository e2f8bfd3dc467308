//! A SQLite database with the tables of the estate.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Row, ValueRef};

const TABLES: &str = "
CREATE TABLE WORKFLOW_RUN_INSTANCE (
    WORKFLOW_RUN_INSTANCE_KEY INTEGER PRIMARY KEY, WORKFLOW_KEY INTEGER NOT NULL, WORKFLOW_ID TEXT NOT NULL,
    DAG_ID TEXT, DAG_RUN_ID TEXT, STATUS TEXT, STATUS_DETAIL TEXT, CREATED_DATE TEXT NOT NULL,
    UPDATED_DATE TEXT NOT NULL, BUSINESS_DATE TEXT, MODEL_BUSINESS_DATE TEXT, MODEL_AS_OF_DATE TEXT,
    OUTPUT_DATASET_ID TEXT, DATA_PROCESSOR_ID TEXT, OUTPUT_BUSINESS_DATE_RULE TEXT, TRIGGER_TYPE TEXT,
    TRIGGER_VALUE TEXT, OUTPUT_DATASET_EFFECTIVE_DATE TEXT, OUTPUT_DATASET_AS_OF_DATE TEXT
);
CREATE TABLE task_instance (
    task_id TEXT NOT NULL, dag_id TEXT NOT NULL, run_id TEXT NOT NULL, map_index INTEGER NOT NULL DEFAULT -1,
    start_date TEXT, end_date TEXT, duration REAL, state TEXT, try_number INTEGER, max_tries INTEGER DEFAULT -1,
    hostname TEXT, operator TEXT, task_display_name TEXT
);
CREATE TABLE dag_run (
    dag_id TEXT, run_id TEXT, execution_date TEXT, start_date TEXT, end_date TEXT, state TEXT, run_type TEXT
);
INSERT INTO WORKFLOW_RUN_INSTANCE VALUES
(1, 7, 'calc', 'calc_V2', 'FGW_calc_V2_2026-02-18_6G-GLOBAL-SLICE-1_11', 'FAILED', 'it said: 100% UPDATE',
 '2026-02-18T06:00:00Z', '2026-02-18T07:31:30Z', '2026-02-18', '2026-02-18', '2026-02-18', 'x-calc', NULL, NULL,
 'ProcessTrigger', 'v', NULL, NULL),
(2, 7, 'calc', 'calc_V2', 'FGW_calc_V2_2026-02-18_6G-GLOBAL-SLICE-10_12', 'SUCCESS', NULL,
 '2026-02-18 06:00:00', '2026-02-18 07:00:00', '2026-02-18', NULL, NULL, 'x-calc', NULL, NULL,
 'ProcessTrigger', 'v', NULL, NULL),
(3, 8, 'load', NULL, 'FGW_load_V2_2026-02-17_NA_13', 'FAILED', NULL,
 '2026-02-17 23:30:00.25', '2026-02-18 00:29:59.75', '2026-02-17', NULL, NULL, 'x-load', NULL, NULL,
 'RerunTrigger', 'v', NULL, NULL);
INSERT INTO task_instance VALUES
('start', 'calc_V2', 'a', -1, '2026-02-18T06:00:00Z', '2026-02-18T06:00:01.5Z', 1.5, 'success', 1, 1, 'w', 'Init', NULL);
INSERT INTO dag_run VALUES ('calc_V2', 'a', '2026-02-18 05:00:00', '2026-02-18 06:00:00', NULL, 'running', 'manual');
";

/// A database with all tables and a few rows, times in each form that sources write.
pub(crate) async fn connect() -> SqliteConnection {
    let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
    connection.execute(TABLES).await.unwrap();
    connection
}

/// The rows that `sql` answers, as text.
pub(crate) async fn rows(connection: &mut SqliteConnection, sql: &str) -> Vec<Vec<String>> {
    let rows =
        connection.fetch_all(AssertSqlSafe(sql)).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.iter().map(|row| (0..row.len()).map(|at| text(row, at)).collect()).collect()
}

fn text(row: &SqliteRow, at: usize) -> String {
    let value = row.try_get_raw(at).unwrap();
    if value.is_null() {
        return "NULL".to_owned();
    }
    row.try_get_unchecked::<String, _>(at).unwrap()
}
