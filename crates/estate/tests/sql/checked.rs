//! Queries that a guard let through, on each kind of estate.

use super::support::{expected_runs, open, reference_date, settings};
use estate::demo::DemoEstate;
use estate::file::EstateFile;
use estate::sql::{CheckedQuery, QueryLimits, ResultTable, SqlRuns, SqlSettings, SqliteSettings};
use estate::{Runs, SourceError, receipt};
use model::source::SourceName;
use model::{BusinessDate, Clock, DatasetId, RunId};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use testkit::mariadb::MariaDb;

const COUNT: &str = "SELECT STATUS, COUNT(*) AS runs, NULL AS missing \
                     FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2026-02-18' GROUP BY STATUS \
                     ORDER BY STATUS LIMIT 500";

fn query(sql: &str) -> CheckedQuery {
    let database =
        if sql.contains("task_instance") { SourceName::AirflowDatabase } else { SourceName::FgwDatabase };
    CheckedQuery {
        mysql: sql.to_owned(),
        sqlite: sql.to_owned(),
        database,
        span: Some((reference_date().yesterday(), reference_date())),
        run_ids: Vec::new(),
        max_examined_rows: 100_000,
    }
}

/// What `COUNT` answers for the reference estate.
fn check_counts(table: &ResultTable) {
    assert_eq!(table.columns, ["STATUS", "runs", "missing"]);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for run in expected_runs() {
        *counts.entry(run.status).or_default() += 1;
    }
    let expect: Vec<_> =
        counts.into_iter().map(|(status, count)| vec![Some(status), Some(count.to_string()), None]).collect();
    assert_eq!(table.rows, expect);
}

async fn sqlite(dir: &Path) -> Runs {
    let path = dir.join("estate.sqlite");
    testkit::sqlite::create_reference(&path).await;
    let limits = QueryLimits { timeout: Duration::from_secs(2), max_rows: 500 };
    Runs::Sql(SqlRuns::open(SqlSettings::Sqlite(SqliteSettings { path, limits })).unwrap())
}

fn file() -> Runs {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../testkit/fixtures/estate.json");
    Runs::File(EstateFile::load(Path::new(path)).unwrap().runs)
}

#[tokio::test]
async fn every_estate_answers_a_query() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("checked").await;
    let dir = tempfile::tempdir().unwrap();
    let none = "SELECT DAG_ID FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2001-01-01' LIMIT 500";
    for runs in [Runs::Sql(open(settings(server, &databases))), sqlite(dir.path()).await, file()] {
        check_counts(&runs.run_query(&query(COUNT)).await.unwrap());
        let empty = runs.run_query(&query(none)).await.unwrap();
        assert_eq!((empty.columns, empty.rows), (vec!["DAG_ID".to_owned()], Vec::new()));
        let tasks = "SELECT COUNT(*) AS tasks FROM task_instance WHERE start_date IS NOT NULL LIMIT 500";
        let tasks = runs.run_query(&query(tasks)).await.unwrap();
        let started = testkit::reference::rows("task_instance")
            .iter()
            .filter(|row| !row["start_date"].is_null())
            .count();
        assert_eq!(tasks.rows, [[Some(started.to_string())]]);
        let refused = runs.run_query(&query("SELECT x FROM WORKFLOW_RUN_INSTANCE LIMIT 1")).await;
        assert!(matches!(refused, Err(SourceError::Refused(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn the_columns_of_a_table_are_found() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("columns").await;
    let dir = tempfile::tempdir().unwrap();
    for runs in [Runs::Sql(open(settings(server, &databases))), sqlite(dir.path()).await, file()] {
        let workflow = runs.list_columns(SourceName::FgwDatabase, "WORKFLOW_RUN_INSTANCE").await.unwrap();
        assert!(workflow.iter().any(|column| column == "OUTPUT_DATASET_ID"), "{workflow:?}");
        let tasks = runs.list_columns(SourceName::AirflowDatabase, "task_instance").await.unwrap();
        assert!(tasks.iter().any(|column| column == "try_number"), "{tasks:?}");
        let none = runs.list_columns(SourceName::AirflowDatabase, "nothing").await.unwrap();
        assert_eq!(none, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_query_that_would_read_too_much_is_not_run() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("examined").await;
    let runs = open(settings(server, &databases));
    let cross = "SELECT COUNT(*) AS pairs FROM WORKFLOW_RUN_INSTANCE AS a CROSS JOIN WORKFLOW_RUN_INSTANCE AS b \
                 WHERE a.BUSINESS_DATE = '2026-02-18' AND b.BUSINESS_DATE = '2026-02-18' LIMIT 500";
    let answer = runs.run_query(&CheckedQuery { max_examined_rows: 10_000, ..query(cross) }).await;
    assert!(matches!(answer, Err(SourceError::TooManyRows { limit: 10_000, .. })), "{answer:?}");
    let answer = runs.run_query(&query("SELECT 1 AS one LIMIT 1")).await.unwrap();
    assert_eq!(answer.rows, [[Some("1".to_owned())]], "and the connection is good still");
}

#[tokio::test]
async fn no_query_writes_or_outlasts_its_time() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("readonly").await;
    let mut quick = settings(server, &databases);
    quick.limits.timeout = Duration::from_secs(1);
    let dir = tempfile::tempdir().unwrap();
    // What the guard never lets through is stopped here once more.
    for runs in [Runs::Sql(open(quick)), sqlite(dir.path()).await, file()] {
        for sql in
            ["DELETE FROM WORKFLOW_RUN_INSTANCE", "UPDATE WORKFLOW_RUN_INSTANCE SET STATUS = 'SUCCESS'"]
        {
            let answer = runs.run_query(&query(sql)).await;
            assert!(answer.is_err(), "{sql}: {answer:?}");
        }
        check_total(&runs).await;
    }
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";
    let dir = tempfile::tempdir().unwrap();
    let answer = sqlite(dir.path()).await.run_query(&query(endless)).await;
    assert!(matches!(answer, Err(SourceError::TimedOut { .. })), "{answer:?}");
}

/// LIMIT bounds the rows and not what is in them.
#[tokio::test]
async fn an_answer_is_taken_up_to_its_size() {
    let server = MariaDb::shared();
    let databases = server.create_reference_databases("large").await;
    let dir = tempfile::tempdir().unwrap();
    let long = |bytes: usize| format!("CONCAT('{}', STATUS)", "x".repeat(bytes));
    let concat = |bytes| format!("SELECT {} AS x FROM WORKFLOW_RUN_INSTANCE LIMIT 500", long(bytes));
    for runs in [Runs::Sql(open(settings(server, &databases))), sqlite(dir.path()).await, file()] {
        let small = runs.run_query(&query(&concat(1_000))).await.unwrap();
        assert!(small.rows.len() >= 100, "{}", small.rows.len());
        let large = runs.run_query(&query(&concat(20_000))).await;
        assert!(matches!(large, Err(SourceError::TooLarge { limit_kb: 1_024 })), "{large:?}");
        check_total(&runs).await;
    }
}

/// Time stands still but for what waits: nobody waits for an estate in memory beyond the limit.
#[tokio::test(start_paused = true)]
async fn a_file_is_given_up_at_the_limit() {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";
    let answer = file().run_query(&query(endless)).await;
    assert!(matches!(answer, Err(SourceError::TimedOut { limit_s: 10 })), "{answer:?}");
}

async fn check_total(runs: &Runs) {
    let count = "SELECT COUNT(*) AS runs FROM WORKFLOW_RUN_INSTANCE WHERE STATUS <> '' LIMIT 1";
    let table = runs.run_query(&query(count)).await.unwrap();
    assert_eq!(table.rows[0][0].as_deref(), Some(expected_runs().len().to_string().as_str()));
}

#[tokio::test]
async fn the_demo_answers_from_its_history() {
    let clock = Clock::frozen("2026-02-18T12:09:40Z".parse().unwrap());
    let demo = DemoEstate::new(7, clock).into_runs();
    let from = BusinessDate::parse("2026-02-01").unwrap();
    let runs = Runs::Demo(demo);
    let sql = "SELECT COUNT(DISTINCT BUSINESS_DATE) AS dates FROM WORKFLOW_RUN_INSTANCE LIMIT 1";
    let spanned = CheckedQuery { span: Some((from, reference_date())), ..query(sql) };
    let table = runs.run_query(&spanned).await.unwrap();
    // Monday 2 to Wednesday 18 February.
    assert_eq!(table.rows, [[Some("13".to_owned())]]);
    let tasks = "SELECT COUNT(*) > 1000 AS many FROM task_instance LIMIT 1";
    assert_eq!(runs.run_query(&query(tasks)).await.unwrap().rows, [[Some("1".to_owned())]]);
}

/// Estates in memory lay out for a query the rows that it reads, and no others.
#[tokio::test]
async fn a_query_sees_the_tasks_of_its_days_and_runs() {
    let clock = Clock::frozen("2026-02-18T12:09:40Z".parse().unwrap());
    for runs in [file(), Runs::Demo(DemoEstate::new(7, clock).into_runs())] {
        let list = "SELECT run_id, substr(start_date, 1, 10), task_id FROM task_instance ORDER BY 1, 2, 3";
        let day = CheckedQuery { span: Some((reference_date(), reference_date())), ..query(list) };
        let of_day = runs.run_query(&day).await.unwrap().rows;
        let run_id = of_day[0][0].clone().unwrap();
        let started = of_day.iter().filter(|row| row[1].as_deref() == Some("2026-02-18")).count();
        assert!(started > 1_000, "{started} tasks");

        let named = CheckedQuery { span: None, run_ids: vec![RunId::new(&run_id)], ..query(list) };
        let of_run = runs.run_query(&named).await.unwrap().rows;
        assert!(of_run.iter().all(|row| row[0].as_ref() == Some(&run_id)), "{of_run:?}");
        assert!(!of_run.is_empty() && of_run.len() < 20, "{of_run:?}");

        let none = CheckedQuery { span: None, ..query(list) };
        assert!(runs.run_query(&none).await.unwrap().rows.is_empty());
        let workflow = "SELECT (SELECT COUNT(*) FROM task_instance), COUNT(*) > 0 FROM WORKFLOW_RUN_INSTANCE";
        let workflow = CheckedQuery { database: SourceName::FgwDatabase, ..query(workflow) };
        let counts = runs.run_query(&workflow).await.unwrap().rows;
        assert_eq!(counts, [[Some("0".to_owned()), Some("1".to_owned())]]);
    }
}

#[test]
fn receipts_hold_whatever_is_in_a_name() {
    let ids = [DatasetId::new("it's"), DatasetId::new("back\\slash")];
    let sql = receipt::runs(reference_date(), reference_date(), &ids);
    assert!(
        sql.contains("BUSINESS_DATE = '2026-02-18' AND OUTPUT_DATASET_ID IN ('it''s', 'back\\\\slash')"),
        "{sql}"
    );
    let many: Vec<DatasetId> = (0..51).map(|number| DatasetId::new(number.to_string())).collect();
    let sql = receipt::runs(reference_date().yesterday(), reference_date(), &many);
    assert!(
        sql.contains("BETWEEN '2026-02-17' AND '2026-02-18'") && sql.contains("all 51 datasets"),
        "{sql}"
    );
}
