//! How long the workflow database takes for one date of the board: MariaDB with five million
//! rows over 60 dates, of which the catalog's 80 datasets are a small part.
//!
//! `cargo bench -p estate --bench sql_large [-- rows]`

use estate::sql::{CertificateCheck, MySqlSettings, QueryLimits, SqlRuns, SqlSettings};
use model::{BusinessDate, DatasetId};
use sqlx::Row;
use std::time::{Duration, Instant};
use testkit::mariadb::{LargeEstate, MariaDb, load_large_estate};

const LIMIT: Duration = Duration::from_millis(300);
const POLLS: usize = 20;

#[tokio::main]
async fn main() {
    let names: Vec<String> = (0..80).map(|n| format!("com.example.ct.lri.catalog-workflow_{n}_v1")).collect();
    let mut large = LargeEstate::five_million("2026-02-18", names.clone());
    if let Some(rows) = std::env::args().skip(1).find_map(|argument| argument.parse().ok()) {
        large.rows = rows;
    }

    let server =
        MariaDb::start_with(&["--innodb-buffer-pool-size=1G", "--innodb-log-file-size=1G", "--userstat=1"]);
    let started = Instant::now();
    let databases = load_large_estate(&server, "large", &large).await;
    println!("{} rows over {} dates loaded in {:.0?}", large.rows, large.dates.len(), started.elapsed());
    // Start as after a restart: nothing of the table is in memory.
    server.stop();
    server.start_again();

    let runs = SqlRuns::open(SqlSettings::MySql(MySqlSettings {
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
    }))
    .expect("open");
    let datasets: Vec<DatasetId> = names.iter().map(DatasetId::new).collect();

    let mut slowest_warm = Duration::ZERO;
    for date in [&large.dates[30], &large.dates[59]] {
        let date = BusinessDate::parse(date).expect("a date");
        let mut times = Vec::with_capacity(POLLS);
        let mut rows = 0;
        for _ in 0..POLLS {
            let started = Instant::now();
            rows = runs.list_runs(date, &datasets).await.expect("list runs").len();
            times.push(started.elapsed());
        }
        let first = times.remove(0);
        times.sort();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{date}: {rows} rows; first {first:.0?}, then median {median:.0?}, worst {worst:.0?}");
        slowest_warm = slowest_warm.max(worst);
    }

    let mut admin = server.admin().await;
    let used = sqlx::query(
        "SELECT index_name, CAST(rows_read AS SIGNED) FROM information_schema.index_statistics \
         WHERE table_schema = ? AND table_name = 'WORKFLOW_RUN_INSTANCE'",
    )
    .bind(&databases.fgw)
    .fetch_all(&mut admin)
    .await
    .expect("index statistics");
    for index in used {
        println!("index {}: {} rows read", index.get::<String, _>(0), index.get::<i64, _>(1));
    }
    assert!(slowest_warm <= LIMIT, "the slowest poll took {slowest_warm:.0?}; the limit is {LIMIT:?}");
}
