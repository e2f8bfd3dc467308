//! Millions of workflow rows, made by the server itself.

use super::{Databases, MariaDb, estate};
use sqlx::{AssertSqlSafe, Connection, Executor};

/// Rows inserted by one statement: bounds the undo log.
const BATCH_ROWS: u64 = 250_000;

/// A workflow table of the size that a year of work leaves behind.
#[derive(Clone, Debug)]
pub struct LargeEstate {
    /// Rows in all.
    pub rows: u64,
    /// The business dates, oldest first, as `YYYY-MM-DD`. Rows are spread evenly over them.
    pub dates: Vec<String>,
    /// The datasets of the catalog.
    pub catalog_datasets: Vec<String>,
    /// Of every date's rows, this many per dataset of the catalog; all others belong to
    /// datasets that no catalog knows.
    pub runs_per_dataset: u64,
}

impl LargeEstate {
    /// Five million rows over 60 dates up to `last_date`, 20 for each of `catalog_datasets`
    /// a date.
    pub fn five_million(last_date: &str, catalog_datasets: Vec<String>) -> Self {
        let mut date: jiff::civil::Date = last_date.parse().expect("a date");
        let mut dates = Vec::with_capacity(60);
        while dates.len() < 60 {
            dates.push(date.to_string());
            date = date.yesterday().expect("a date long after the first one");
        }
        dates.reverse();
        Self { rows: 5_000_000, dates, catalog_datasets, runs_per_dataset: 20 }
    }

    /// Rows of one date that belong to the catalog.
    pub fn catalog_rows_per_date(&self) -> u64 {
        self.runs_per_dataset * self.catalog_datasets.len() as u64
    }
}

/// Creates the databases `{name}_fgw` and `{name}_airflow` and fills the workflow table.
///
/// Rows stand in the order in which a year would have written them: by date, with every
/// tenth row a late one of up to four dates before. The catalog's rows are spread evenly
/// among the others.
pub async fn load_large_estate(server: &MariaDb, name: &str, estate: &LargeEstate) -> Databases {
    let databases = server.create_databases(name).await;
    let mut admin = server.admin().await;
    let prepare = format!(
        "USE {fgw};
         SET time_zone = '+00:00', unique_checks = 0, foreign_key_checks = 0;
         CREATE TEMPORARY TABLE catalog_dataset (place INT PRIMARY KEY, id VARCHAR(256) NOT NULL);
         CREATE TEMPORARY TABLE business_date (place INT PRIMARY KEY, day DATE NOT NULL);
         DROP TABLE WORKFLOW_RUN_INSTANCE; {table}",
        fgw = databases.fgw,
        table = estate::WORKFLOW_TABLE,
    );
    let run = async |admin: &mut sqlx::MySqlConnection, sql: String| {
        admin
            .execute(sqlx::raw_sql(AssertSqlSafe(sql.clone())))
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    };
    run(&mut admin, prepare).await;
    for (table, values) in [("catalog_dataset", &estate.catalog_datasets), ("business_date", &estate.dates)] {
        for (place, value) in values.iter().enumerate() {
            let sql = format!("INSERT INTO {table} VALUES (?, ?)");
            let insert = sqlx::query(AssertSqlSafe(sql)).bind(place as i64).bind(value);
            insert.execute(&mut admin).await.unwrap_or_else(|error| panic!("{table} {value}: {error}"));
        }
    }
    let mut first = 1;
    while first <= estate.rows {
        let last = (first + BATCH_ROWS - 1).min(estate.rows);
        run(&mut admin, batch(estate, first, last)).await;
        first = last + 1;
    }
    run(&mut admin, estate::WORKFLOW_INDEXES.to_owned()).await;
    run(&mut admin, "ANALYZE TABLE WORKFLOW_RUN_INSTANCE".to_owned()).await;
    admin.close().await.expect("close");
    databases
}

/// Inserts the rows `first` to `last`. Row `n` of a date is the catalog's when it is a
/// multiple of `every`, so that the catalog's rows lie evenly among the others.
fn batch(estate: &LargeEstate, first: u64, last: u64) -> String {
    let dates = estate.dates.len() as u64;
    let rows_per_date = estate.rows / dates;
    let every = (rows_per_date / estate.catalog_rows_per_date().max(1)).max(1);
    let catalog_size = estate.catalog_datasets.len().max(1);
    format!(
        "INSERT INTO WORKFLOW_RUN_INSTANCE
             (WORKFLOW_RUN_INSTANCE_KEY, WORKFLOW_KEY, WORKFLOW_ID, DAG_ID, DAG_RUN_ID, STATUS,
              STATUS_DETAIL, CREATED_DATE, UPDATED_DATE, BUSINESS_DATE, MODEL_BUSINESS_DATE,
              OUTPUT_DATASET_ID, TRIGGER_TYPE, TRIGGER_VALUE)
         SELECT k, w, workflow, CONCAT(workflow, '_V2'), run, state,
                CONCAT(workflow, '_V2 ', run, ' completed with ', state),
                created, created + INTERVAL (60 + k % 5000) SECOND, day, day,
                dataset, ELT(1 + (k DIV 3) % 2, 'ProcessTrigger', 'RerunTrigger'),
                'ALL_DATA|ALL_NEW_MARKER|EACH_USER'
         FROM (
             SELECT k, w, day, dataset, SUBSTRING_INDEX(dataset, '-', -1) AS workflow,
                    CONCAT('FGW_', SUBSTRING_INDEX(dataset, '-', -1), '_V2_', day, '_SLICE-', 1 + k % 10, '_', 1771370000000 + k) AS run,
                    IF(k % 97 = 0, 'FAILED', 'SUCCESS') AS state,
                    day + INTERVAL (k % 86000) SECOND AS created
             FROM (
                 SELECT seq AS k, 70000 + seq % 20000 AS w,
                        LEAST((seq - 1) DIV {rows_per_date}, {last_place}) AS place,
                        COALESCE(catalog_dataset.id, CONCAT('com.example.ct.lri.other-workflow_', seq % 2000, '_v1')) AS dataset
                 FROM seq_{first}_to_{last}
                 LEFT JOIN catalog_dataset
                     ON catalog_dataset.place = IF(seq % {every} = 0, (seq DIV {every}) % {catalog_size}, -1)
             ) AS spread
             JOIN business_date
                 ON business_date.place = GREATEST(0, spread.place - IF(k % 10 = 9, 1 + k % 4, 0))
         ) AS named ORDER BY k",
        last_place = dates - 1,
    )
}
