//! The tables of both source databases in one SQLite file.

use crate::reference::{self, Row};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::path::Path;

const SCHEMA: &str = "
CREATE TABLE WORKFLOW_RUN_INSTANCE (
    WORKFLOW_RUN_INSTANCE_KEY INTEGER PRIMARY KEY,
    WORKFLOW_KEY INTEGER NOT NULL,
    WORKFLOW_ID TEXT NOT NULL,
    DAG_ID TEXT,
    DAG_RUN_ID TEXT,
    STATUS TEXT,
    STATUS_DETAIL TEXT,
    CREATED_DATE TEXT NOT NULL,
    UPDATED_DATE TEXT NOT NULL,
    BUSINESS_DATE TEXT,
    OUTPUT_DATASET_ID TEXT,
    TRIGGER_TYPE TEXT,
    TRIGGER_VALUE TEXT
);
CREATE INDEX WORKFLOW_RUN_INSTANCE_BUSINESS_DATE ON WORKFLOW_RUN_INSTANCE (BUSINESS_DATE);
CREATE INDEX WORKFLOW_RUN_INSTANCE_OUTPUT_DATASET_ID ON WORKFLOW_RUN_INSTANCE (OUTPUT_DATASET_ID);
CREATE TABLE task_instance (
    task_id TEXT NOT NULL,
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    map_index INTEGER NOT NULL DEFAULT -1,
    start_date TEXT,
    end_date TEXT,
    duration REAL,
    state TEXT,
    try_number INTEGER,
    max_tries INTEGER DEFAULT -1,
    hostname TEXT,
    operator TEXT,
    task_display_name TEXT,
    PRIMARY KEY (dag_id, task_id, run_id, map_index)
);
";

/// Creates the file `path` with both tables, empty, and opens it for writing.
pub async fn create(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.expect("create the SQLite file");
    connection.execute(SCHEMA).await.expect("create the tables");
    connection
}

/// Creates the file `path` with both tables and the rows of the reference estate.
pub async fn create_reference(path: &Path) {
    let mut connection = create(path).await;
    for (table, name) in
        [("WORKFLOW_RUN_INSTANCE", "workflow_run_instance"), ("task_instance", "task_instance")]
    {
        let mut transaction = connection.begin().await.expect("begin");
        for row in reference::rows(name) {
            insert(&mut transaction, table, &row).await;
        }
        transaction.commit().await.expect("commit");
    }
    connection.close().await.expect("close");
}

/// Inserts one row.
pub async fn insert(connection: &mut SqliteConnection, table: &str, row: &Row) {
    let columns: Vec<&str> = row.keys().map(String::as_str).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!("INSERT INTO {table} ({}) VALUES ({marks})", columns.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in row.values() {
        query = match value {
            Value::Null => query.bind(None::<String>),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => query.bind(integer),
                None => query.bind(number.as_f64()),
            },
            Value::String(text) => query.bind(text.clone()),
            other => panic!("{other} is no column value"),
        };
    }
    query.execute(connection).await.unwrap_or_else(|error| panic!("insert {row:?}: {error}"));
}
