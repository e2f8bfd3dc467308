//! The two source databases: their tables as the real ones are, and the reference rows.

use super::MariaDb;
use crate::reference::{self, Row};
use serde_json::Value;
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

/// Documented columns and indexes. The indexes are single-column, as in the real schema.
pub(super) const WORKFLOW_TABLE: &str = "
CREATE TABLE WORKFLOW_RUN_INSTANCE (
    WORKFLOW_RUN_INSTANCE_KEY INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    WORKFLOW_KEY INT NOT NULL,
    WORKFLOW_ID VARCHAR(256) NOT NULL,
    DAG_ID VARCHAR(256),
    DAG_RUN_ID VARCHAR(256),
    STATUS VARCHAR(256),
    STATUS_DETAIL VARCHAR(1024),
    CREATED_DATE TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UPDATED_DATE TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    BUSINESS_DATE DATE,
    MODEL_BUSINESS_DATE DATE,
    MODEL_AS_OF_DATE DATE,
    OUTPUT_DATASET_ID VARCHAR(256),
    DATA_PROCESSOR_ID VARCHAR(256),
    OUTPUT_BUSINESS_DATE_RULE VARCHAR(256),
    TRIGGER_TYPE VARCHAR(256),
    TRIGGER_VALUE VARCHAR(256),
    OUTPUT_DATASET_EFFECTIVE_DATE DATETIME,
    OUTPUT_DATASET_AS_OF_DATE DATETIME
) ENGINE=InnoDB";

pub(super) const WORKFLOW_INDEXES: &str = "
ALTER TABLE WORKFLOW_RUN_INSTANCE
    ADD INDEX IDX_BUSINESS_DATE (BUSINESS_DATE),
    ADD INDEX IDX_OUTPUT_DATASET_ID (OUTPUT_DATASET_ID)";

const TASK_TABLE: &str = "
CREATE TABLE task_instance (
    task_id VARCHAR(250) NOT NULL,
    dag_id VARCHAR(250) NOT NULL,
    run_id VARCHAR(250) NOT NULL,
    map_index INT NOT NULL DEFAULT -1,
    start_date TIMESTAMP(6) NULL,
    end_date TIMESTAMP(6) NULL,
    duration FLOAT,
    state VARCHAR(20),
    try_number INT,
    max_tries INT DEFAULT -1,
    hostname VARCHAR(1000),
    operator VARCHAR(1000),
    task_display_name VARCHAR(2000),
    PRIMARY KEY (dag_id, task_id, run_id, map_index)
) ENGINE=InnoDB CHARACTER SET utf8mb3 COLLATE utf8mb3_bin";

const DAG_RUN_TABLE: &str = "
CREATE TABLE dag_run (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    dag_id VARCHAR(250) NOT NULL,
    run_id VARCHAR(250) NOT NULL,
    execution_date TIMESTAMP(6) NOT NULL,
    start_date TIMESTAMP(6) NULL,
    end_date TIMESTAMP(6) NULL,
    state VARCHAR(50),
    run_type VARCHAR(50) NOT NULL,
    UNIQUE KEY dag_run_dag_id_run_id_key (dag_id, run_id)
) ENGINE=InnoDB CHARACTER SET utf8mb3 COLLATE utf8mb3_bin";

/// A workflow database, an Airflow database and a user who reads both.
#[derive(Clone, Debug)]
pub struct Databases {
    /// Holds `WORKFLOW_RUN_INSTANCE`.
    pub fgw: String,
    /// Holds `task_instance` and `dag_run`.
    pub airflow: String,
    /// May read and, like the real one (`AuroraReadWrite`), write: what keeps us from
    /// writing must be ours.
    pub user: String,
    /// Holds the characters that break connection URLs, as IAM tokens do.
    pub password: String,
}

impl MariaDb {
    /// Creates the databases `{name}_fgw` and `{name}_airflow` with empty tables, and a user.
    pub async fn create_databases(&self, name: &str) -> Databases {
        let databases = Databases {
            fgw: format!("{name}_fgw"),
            airflow: format!("{name}_airflow"),
            user: format!("{name}_reader"),
            password: format!("{name}/p%40@ss&w?rd=:#"),
        };
        let Databases { fgw, airflow, user, password } = &databases;
        for statement in [
            format!("CREATE DATABASE {fgw}"),
            format!("CREATE DATABASE {airflow}"),
            format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{password}'"),
            format!("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP ON {fgw}.* TO '{user}'@'%'"),
            format!("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP ON {airflow}.* TO '{user}'@'%'"),
            format!("USE {fgw}; {WORKFLOW_TABLE}; {WORKFLOW_INDEXES}"),
            format!("USE {airflow}; {TASK_TABLE}; {DAG_RUN_TABLE}"),
        ] {
            self.execute(&statement).await;
        }
        databases
    }

    /// Creates databases with the rows of the reference estate.
    pub async fn create_reference_databases(&self, name: &str) -> Databases {
        let databases = self.create_databases(name).await;
        let runs = reference::rows("workflow_run_instance");
        self.insert(&databases.fgw, "WORKFLOW_RUN_INSTANCE", &runs).await;
        self.insert(&databases.airflow, "task_instance", &reference::rows("task_instance")).await;
        databases
    }

    /// Inserts rows; times are UTC in the form `2026-02-18T12:09:40Z`.
    pub async fn insert(&self, database: &str, table: &str, rows: &[Row]) {
        let mut admin = self.admin().await;
        // Lets a test store what a strict server refuses, such as the date 0000-00-00.
        admin.execute("SET time_zone = '+00:00', sql_mode = ''").await.expect("prepare the session");
        let mut transaction = admin.begin().await.expect("begin");
        for row in rows {
            insert_row(&mut transaction, &format!("{database}.{table}"), row).await;
        }
        transaction.commit().await.expect("commit");
    }
}

async fn insert_row(connection: &mut MySqlConnection, table: &str, row: &Row) {
    let columns: Vec<&str> = row.keys().map(String::as_str).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!("INSERT INTO {table} ({}) VALUES ({marks})", columns.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (column, value) in row {
        let is_time = column.ends_with("_DATE") || column.ends_with("_date");
        query = match value {
            Value::Null => query.bind(None::<String>),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => query.bind(integer),
                None => query.bind(number.as_f64()),
            },
            Value::String(text) if is_time => query.bind(text.replace('T', " ").replace('Z', "")),
            Value::String(text) => query.bind(text.clone()),
            other => panic!("{other} is no column value"),
        };
    }
    query.execute(connection).await.unwrap_or_else(|error| panic!("insert {row:?}: {error}"));
}
