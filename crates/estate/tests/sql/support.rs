//! The reference estate as rows of the model, read here from the fixture alone; and ways to
//! open a test's databases.

use estate::sql::{CertificateCheck, MySqlSettings, QueryLimits, SqlRuns, SqlSettings};
use model::{BusinessDate, DagId, DatasetId, RunId, RunKey, RunRow, TaskRow, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use testkit::mariadb::{Databases, MariaDb};
use testkit::reference::{self, Row};

/// Settings for `databases` with everything verified.
pub(crate) fn settings(server: &MariaDb, databases: &Databases) -> MySqlSettings {
    MySqlSettings {
        host: server.host().to_owned(),
        port: server.port(),
        user: databases.user.clone(),
        password: databases.password.clone().into(),
        password_file: None,
        pem_path: Some(server.pem_path()),
        certificate_check: CertificateCheck::Host,
        fgw_database: databases.fgw.clone(),
        airflow_database: databases.airflow.clone(),
        limits: QueryLimits::default(),
    }
}

pub(crate) fn open(settings: MySqlSettings) -> SqlRuns {
    SqlRuns::open(SqlSettings::MySql(settings)).unwrap()
}

pub(crate) fn reference_date() -> BusinessDate {
    BusinessDate::parse("2026-02-18").unwrap()
}

pub(crate) fn reference_datasets() -> Vec<DatasetId> {
    expected_runs().into_iter().map(|run| run.dataset_id).collect::<BTreeSet<_>>().into_iter().collect()
}

pub(crate) fn sorted(mut runs: Vec<RunRow>) -> Vec<RunRow> {
    runs.sort_by_key(|run| run.key);
    runs
}

/// Every run of the fixture, by key.
pub(crate) fn expected_runs() -> Vec<RunRow> {
    let runs = reference::rows("workflow_run_instance").into_iter().map(|row| RunRow {
        key: RunKey(row["WORKFLOW_RUN_INSTANCE_KEY"].as_i64().unwrap()),
        dataset_id: DatasetId::new(text(&row, "OUTPUT_DATASET_ID")),
        dag_id: DagId::new(text(&row, "DAG_ID")),
        run_id: RunId::new(text(&row, "DAG_RUN_ID")),
        status: text(&row, "STATUS"),
        status_detail: text(&row, "STATUS_DETAIL"),
        trigger_type: text(&row, "TRIGGER_TYPE"),
        trigger_value: text(&row, "TRIGGER_VALUE"),
        business_date: BusinessDate::parse(&text(&row, "BUSINESS_DATE")).unwrap(),
        created_at: time(&row, "CREATED_DATE").unwrap(),
        updated_at: time(&row, "UPDATED_DATE").unwrap(),
    });
    sorted(runs.collect())
}

/// Every run of the fixture that has tasks, with them: by start, then task id.
pub(crate) fn expected_tasks() -> Vec<(DagId, RunId, Vec<TaskRow>)> {
    let mut by_run: BTreeMap<(String, String), Vec<TaskRow>> = BTreeMap::new();
    for row in reference::rows("task_instance") {
        let task = TaskRow {
            task_id: text(&row, "task_id"),
            display_name: text(&row, "task_display_name"),
            map_index: row["map_index"].as_i64().unwrap().try_into().unwrap(),
            state: row["state"].as_str().map(str::to_owned),
            try_number: row["try_number"].as_u64().unwrap().try_into().unwrap(),
            max_tries: row["max_tries"].as_u64().unwrap().try_into().unwrap(),
            operator: text(&row, "operator"),
            hostname: text(&row, "hostname"),
            started_at: time(&row, "start_date"),
            ended_at: time(&row, "end_date"),
        };
        by_run.entry((text(&row, "dag_id"), text(&row, "run_id"))).or_default().push(task);
    }
    let by_start = |task: &TaskRow| (task.started_at.is_none(), task.started_at, task.task_id.clone());
    by_run
        .into_iter()
        .map(|((dag_id, run_id), mut tasks)| {
            tasks.sort_by_key(by_start);
            (DagId::new(dag_id), RunId::new(run_id), tasks)
        })
        .collect()
}

fn text(row: &Row, column: &str) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}

fn time(row: &Row, column: &str) -> Option<Timestamp> {
    row[column].as_str().map(|text| text.parse().unwrap())
}
