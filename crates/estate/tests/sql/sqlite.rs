//! The same rows from a SQLite file.

use super::support::{expected_runs, expected_tasks, reference_datasets, reference_date, sorted};
use estate::SourceError;
use estate::sql::{QueryLimits, SqlRuns, SqlSettings, SqliteSettings};
use model::{BusinessDate, DagId, DatasetId, RunId};
use serde_json::json;
use sqlx::Executor;
use std::path::Path;
use std::time::{Duration, Instant};

fn open(path: &Path, limits: QueryLimits) -> SqlRuns {
    SqlRuns::open(SqlSettings::Sqlite(SqliteSettings { path: path.to_owned(), limits })).unwrap()
}

#[tokio::test]
async fn rows_are_those_of_the_reference_estate_whatever_the_page_size() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("estate.sqlite");
    testkit::sqlite::create_reference(&path).await;
    for max_rows in [500, 7, 1] {
        let runs = open(&path, QueryLimits { max_rows, ..QueryLimits::default() });
        let found = runs.list_runs(reference_date(), &reference_datasets()).await.unwrap();
        assert_eq!(sorted(found), expected_runs(), "pages of {max_rows}");
        for (dag_id, run_id, expect) in expected_tasks().into_iter().take(20) {
            let found = runs.list_tasks(&dag_id, &run_id).await.unwrap();
            assert_eq!(found, expect, "{run_id}, pages of {max_rows}");
        }
        let (workflow, airflow) = tokio::join!(runs.check_workflow(), runs.check_airflow());
        assert!(workflow.is_ok() && airflow.is_ok());
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_unreachable_and_is_not_created() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("estate.sqlite");
    let runs = open(&path, QueryLimits::default());
    let workflow = runs.check_workflow().await;
    assert!(matches!(workflow, Err(SourceError::Unreachable(_))), "{workflow:?}");
    assert!(!path.exists());
    testkit::sqlite::create_reference(&path).await;
    assert!(runs.check_workflow().await.is_ok());
}

#[tokio::test]
async fn a_slow_query_ends_at_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("slow.sqlite");
    let mut connection = testkit::sqlite::create(&path).await;
    let endless = "DROP TABLE task_instance;
        CREATE VIEW task_instance AS
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
        SELECT i AS task_id, 'd' AS dag_id, 'r' AS run_id, -1 AS map_index, NULL AS start_date, NULL AS end_date,
            NULL AS state, 1 AS try_number, 1 AS max_tries, '' AS hostname, '' AS operator, '' AS task_display_name
        FROM n WHERE i < 0";
    connection.execute(endless).await.unwrap();
    let limits = QueryLimits { timeout: Duration::from_secs(1), ..QueryLimits::default() };
    let runs = open(&path, limits);
    let started = Instant::now();
    let result = runs.list_tasks(&DagId::new("d"), &RunId::new("r")).await;
    assert!(matches!(result, Err(SourceError::TimedOut { limit_s: 1 })), "{result:?}");
    // Ended by SQLite itself, not given up by us a second later.
    assert!(started.elapsed() < Duration::from_millis(1_900), "{:?}", started.elapsed());
    assert!(runs.check_workflow().await.is_ok());
}

#[tokio::test]
async fn nulls_are_kept_and_unreadable_times_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("odd.sqlite");
    let mut connection = testkit::sqlite::create(&path).await;
    let row = |key: i64, created: &str| {
        let row = json!({"WORKFLOW_RUN_INSTANCE_KEY": key, "WORKFLOW_KEY": 1, "WORKFLOW_ID": "w", "DAG_ID": null,
            "BUSINESS_DATE": "2026-02-18", "OUTPUT_DATASET_ID": "d", "CREATED_DATE": created,
            "UPDATED_DATE": "2026-02-18 01:00:00"});
        row.as_object().unwrap().clone()
    };
    testkit::sqlite::insert(&mut connection, "WORKFLOW_RUN_INSTANCE", &row(1, "2026-02-18 00:00:00")).await;
    let runs = open(&path, QueryLimits::default());
    let date = BusinessDate::parse("2026-02-18").unwrap();
    let datasets = [DatasetId::new("d")];
    let found = runs.list_runs(date, &datasets).await.unwrap();
    assert_eq!((found.len(), found[0].dag_id.as_str(), found[0].status.as_str()), (1, "", ""));

    testkit::sqlite::insert(&mut connection, "WORKFLOW_RUN_INSTANCE", &row(2, "0000-00-00 00:00:00")).await;
    let error = runs.list_runs(date, &datasets).await.unwrap_err().to_string();
    assert!(error.contains("CREATED_DATE of workflow run 2"), "{error}");
}
