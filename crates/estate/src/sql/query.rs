//! Every statement that reaches the source databases. Each filters, and each has a LIMIT.

use super::engine::{TextRow, Value};
use model::{BusinessDate, DagId, DatasetId, RunId};

/// Datasets in one IN list: far below the placeholders that an engine allows (SQLite 32,766).
pub(super) const MAX_DATASETS: usize = 1_000;

/// A statement that is run again behind its last row until a page is not full.
#[derive(Clone, Debug)]
pub(super) struct PagedQuery {
    /// Its placeholders are `filter`, then the cursor, then the rows of a page.
    pub(super) sql: String,
    pub(super) filter: Vec<Value>,
    /// What stands before the first row.
    pub(super) first: Vec<Value>,
    /// The cursor behind a row; `None` where the row does not say.
    pub(super) behind: fn(&TextRow) -> Option<Vec<Value>>,
    pub(super) page_rows: usize,
}

/// Runs of one business date. Columns are those that [`super::row::read_run`] takes.
///
/// `index_hint` stands behind the table's name; see [`super::mysql`].
pub(super) fn runs(
    date: BusinessDate,
    datasets: &[&DatasetId],
    max_rows: usize,
    index_hint: &str,
) -> PagedQuery {
    let marks = vec!["?"; datasets.len()].join(",");
    let sql = format!(
        "SELECT CAST(WORKFLOW_RUN_INSTANCE_KEY AS CHAR), CAST(OUTPUT_DATASET_ID AS CHAR), \
         CAST(DAG_ID AS CHAR), CAST(DAG_RUN_ID AS CHAR), CAST(STATUS AS CHAR), \
         CAST(STATUS_DETAIL AS CHAR), CAST(TRIGGER_TYPE AS CHAR), CAST(TRIGGER_VALUE AS CHAR), \
         CAST(CREATED_DATE AS CHAR), CAST(UPDATED_DATE AS CHAR) \
         FROM WORKFLOW_RUN_INSTANCE {index_hint} \
         WHERE BUSINESS_DATE = ? AND OUTPUT_DATASET_ID IN ({marks}) \
         AND WORKFLOW_RUN_INSTANCE_KEY > ? ORDER BY WORKFLOW_RUN_INSTANCE_KEY LIMIT ?"
    );
    let mut filter = vec![Value::Text(date.to_string())];
    filter.extend(datasets.iter().map(|dataset| Value::Text(dataset.as_str().to_owned())));
    PagedQuery {
        sql,
        filter,
        first: vec![Value::Integer(i64::MIN)],
        behind: |row| Some(vec![Value::Integer(integer(row, 0)?)]),
        page_rows: max_rows,
    }
}

/// Tasks of one run. Columns are those that [`super::row::read_task`] takes.
///
/// Gives `dag_id` although `run_id` alone would do: the primary key starts with it, and no
/// index starts with `run_id`. Pages in the order of that key.
pub(super) fn tasks(dag_id: &DagId, run_id: &RunId, max_rows: usize) -> PagedQuery {
    let sql = "SELECT CAST(task_id AS CHAR), CAST(map_index AS CHAR), CAST(task_display_name AS CHAR), \
         CAST(state AS CHAR), CAST(try_number AS CHAR), CAST(max_tries AS CHAR), \
         CAST(operator AS CHAR), CAST(hostname AS CHAR), \
         CAST(start_date AS CHAR), CAST(end_date AS CHAR) \
         FROM task_instance WHERE dag_id = ? AND run_id = ? \
         AND (task_id > ? OR (task_id = ? AND map_index > ?)) \
         ORDER BY task_id, map_index LIMIT ?";
    PagedQuery {
        sql: sql.to_owned(),
        filter: vec![Value::Text(dag_id.as_str().to_owned()), Value::Text(run_id.as_str().to_owned())],
        first: vec![Value::Text(String::new()), Value::Text(String::new()), Value::Integer(i64::MIN)],
        behind: |row| {
            let task_id = Value::Text(row.first()?.clone()?);
            Some(vec![task_id.clone(), task_id, Value::Integer(integer(row, 1)?)])
        },
        page_rows: max_rows,
    }
}

/// Asks for nothing but an answer.
pub(super) fn ping() -> PagedQuery {
    PagedQuery {
        sql: "SELECT CAST(1 AS CHAR) LIMIT ?".to_owned(),
        filter: Vec::new(),
        first: Vec::new(),
        behind: |_| None,
        page_rows: 2,
    }
}

/// The columns of a table, as MySQL tells them.
pub(super) fn mysql_columns(table: &str) -> PagedQuery {
    let sql = "SELECT CAST(COLUMN_NAME AS CHAR) FROM information_schema.COLUMNS \
               WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION LIMIT ?";
    columns(sql, table)
}

/// The columns of a table, as SQLite tells them.
pub(super) fn sqlite_columns(table: &str) -> PagedQuery {
    columns("SELECT name FROM pragma_table_info(?) ORDER BY cid LIMIT ?", table)
}

fn columns(sql: &str, table: &str) -> PagedQuery {
    PagedQuery {
        sql: sql.to_owned(),
        filter: vec![Value::Text(table.to_owned())],
        first: Vec::new(),
        behind: |_| None,
        // More than a table can have: one page.
        page_rows: 5_000,
    }
}

fn integer(row: &TextRow, column: usize) -> Option<i64> {
    row.get(column)?.as_ref()?.parse().ok()
}
