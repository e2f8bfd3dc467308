//! Rows from a real MariaDB.

use super::support::{
    expected_runs, expected_tasks, open, reference_datasets, reference_date, settings, sorted,
};
use estate::sql::QueryLimits;
use model::{BusinessDate, DagId, DatasetId, RunId, RunKey};
use serde_json::{Value, json};
use testkit::mariadb::{LargeEstate, MariaDb, load_large_estate};
use testkit::reference::Row;

fn run(key: i64, dataset: &str, fields: Value) -> Row {
    let mut row = json!({
        "WORKFLOW_RUN_INSTANCE_KEY": key, "WORKFLOW_KEY": 1, "WORKFLOW_ID": "w",
        "BUSINESS_DATE": "2026-02-18", "OUTPUT_DATASET_ID": dataset,
        "CREATED_DATE": "2026-02-18T01:00:00Z", "UPDATED_DATE": "2026-02-18T02:00:00Z",
    });
    let object = row.as_object_mut().unwrap();
    object.extend(fields.as_object().unwrap().clone());
    object.clone()
}

#[tokio::test]
async fn rows_are_those_of_the_reference_estate_whatever_the_page_size() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("rows").await;
    for max_rows in [500, 445, 7] {
        let mut settings = settings(server, &databases);
        settings.limits = QueryLimits { max_rows, ..QueryLimits::default() };
        let runs = open(settings);
        let found = runs.list_runs(reference_date(), &reference_datasets()).await.unwrap();
        assert_eq!(sorted(found), expected_runs(), "pages of {max_rows}");
    }
}

#[tokio::test]
async fn tasks_are_those_of_the_reference_estate_whatever_the_page_size() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("tasks").await;
    for max_rows in [500, 2, 1] {
        let mut settings = settings(server, &databases);
        settings.limits = QueryLimits { max_rows, ..QueryLimits::default() };
        let runs = open(settings);
        // Each size on its own part of the runs; one run that never ends is in the last.
        for (dag_id, run_id, expect) in expected_tasks().into_iter().skip(max_rows).take(60) {
            assert_eq!(runs.list_tasks(&dag_id, &run_id).await.unwrap(), expect, "{run_id}");
        }
        let none = runs.list_tasks(&DagId::new("nobody"), &RunId::new("never")).await.unwrap();
        assert_eq!(none, []);
    }
}

#[tokio::test]
async fn mapped_tasks_page_by_map_index() {
    let server = MariaDb::shared();
    let databases = server.create_databases("mapped").await;
    let rows: Vec<Row> = (0..10)
        .map(|index| {
            let row = json!({"task_id": "t", "dag_id": "d", "run_id": "r", "map_index": index});
            row.as_object().unwrap().clone()
        })
        .collect();
    server.insert(&databases.airflow, "task_instance", &rows).await;
    let mut settings = settings(server, &databases);
    settings.limits.max_rows = 3;
    let tasks = open(settings).list_tasks(&DagId::new("d"), &RunId::new("r")).await.unwrap();
    assert_eq!(tasks.iter().map(|task| task.map_index).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn only_the_date_and_exactly_the_datasets_asked_for() {
    let server = MariaDb::shared();
    let databases = server.create_databases("filter").await;
    let rows = [
        run(1, "a", json!({})),
        run(2, "b_1", json!({})),
        // The server's collation takes these for the ones asked for.
        run(3, "A", json!({})),
        run(4, "a ", json!({})),
        // `_` is no wildcard.
        run(5, "bx1", json!({})),
        run(6, "a", json!({"BUSINESS_DATE": "2026-02-17"})),
        run(7, "a", json!({"BUSINESS_DATE": null})),
    ];
    server.insert(&databases.fgw, "WORKFLOW_RUN_INSTANCE", &rows).await;
    let runs = open(settings(server, &databases));
    let keys = async |datasets: &[&str]| {
        let datasets: Vec<DatasetId> = datasets.iter().copied().map(DatasetId::from).collect();
        let found = runs.list_runs(reference_date(), &datasets).await.unwrap();
        sorted(found).into_iter().map(|run| run.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(&["a", "b_1", "a"]).await, [RunKey(1), RunKey(2)]);
    assert_eq!(keys(&["A"]).await, [RunKey(3)]);
    assert_eq!(keys(&["c", "' OR '1'='1"]).await, []);
    assert_eq!(keys(&[]).await, []);

    // More datasets than one statement takes.
    let names: Vec<String> = (0..2_500).map(|n| format!("x{n}")).chain(["a".to_owned()]).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(keys(&names).await, [RunKey(1)]);
}

#[tokio::test]
async fn nulls_are_kept_and_a_row_that_cannot_be_read_is_named() {
    let server = MariaDb::shared();
    let databases = server.create_databases("odd").await;
    let unknown = json!({"STATUS": "PAUSED", "STATUS_DETAIL": "läuft ✓", "TRIGGER_TYPE": "OtherTrigger"});
    let rows = [run(1, "d", json!({})), run(2, "d", unknown)];
    server.insert(&databases.fgw, "WORKFLOW_RUN_INSTANCE", &rows).await;
    let runs = open(settings(server, &databases));
    let datasets = [DatasetId::new("d")];
    let found = sorted(runs.list_runs(reference_date(), &datasets).await.unwrap());
    let words = |row: &model::RunRow| (row.dag_id.to_string(), row.status.clone(), row.trigger_type.clone());
    assert_eq!(words(&found[0]), (String::new(), String::new(), String::new()));
    assert_eq!(words(&found[1]), (String::new(), "PAUSED".to_owned(), "OtherTrigger".to_owned()));
    assert_eq!(found[1].status_detail, "läuft ✓");

    let zero = [run(3, "d", json!({"CREATED_DATE": "0000-00-00 00:00:00"}))];
    server.insert(&databases.fgw, "WORKFLOW_RUN_INSTANCE", &zero).await;
    let error = runs.list_runs(reference_date(), &datasets).await.unwrap_err().to_string();
    assert!(error.contains("CREATED_DATE of workflow run 3"), "{error}");
    // The other dates are none the worse.
    let yesterday = BusinessDate::parse("2026-02-17").unwrap();
    assert_eq!(runs.list_runs(yesterday, &datasets).await.unwrap(), []);
}

#[tokio::test]
async fn a_view_serves_as_the_workflow_table() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("view").await;
    let fgw = &databases.fgw;
    server.execute(&format!("RENAME TABLE {fgw}.WORKFLOW_RUN_INSTANCE TO {fgw}.base")).await;
    server.execute(&format!("CREATE VIEW {fgw}.WORKFLOW_RUN_INSTANCE AS SELECT * FROM {fgw}.base")).await;
    let runs = open(settings(server, &databases));
    for _ in 0..2 {
        let found = runs.list_runs(reference_date(), &reference_datasets()).await.unwrap();
        assert_eq!(sorted(found), expected_runs());
    }
}

#[tokio::test]
async fn the_generated_estate_holds_what_it_says() {
    let names: Vec<String> = (0..4).map(|n| format!("com.example.catalog-workflow_{n}_v1")).collect();
    let mut large = LargeEstate::five_million("2026-02-18", names.clone());
    large.rows = 60_000;
    large.runs_per_dataset = 50;
    let server = MariaDb::shared();
    let databases = load_large_estate(server, "generated", &large).await;
    let runs = open(settings(server, &databases));
    let datasets: Vec<DatasetId> = names.iter().map(DatasetId::new).collect();
    let mut found = 0;
    for date in &large.dates {
        let date = BusinessDate::parse(date).unwrap();
        let rows = runs.list_runs(date, &datasets).await.unwrap();
        for row in &rows {
            let slice = model::run::slice_in_run_id(&row.run_id, &row.dag_id, date);
            assert!(slice.is_some(), "{row:?}");
        }
        found += rows.len();
    }
    assert_eq!(found as u64, 60 * large.catalog_rows_per_date());
    let count = format!("SELECT COUNT(*) FROM {}.WORKFLOW_RUN_INSTANCE", databases.fgw);
    let count = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(count));
    assert_eq!(count.fetch_one(&mut server.admin().await).await.unwrap(), 60_000);
}
