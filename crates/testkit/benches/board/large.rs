//! One date's board out of a year's workflow rows.

use crate::Setup;
use crate::estate::{Estate, catalog_datasets, today};
use crate::http::Connection;
use crate::table::{Row, number, percentile};
use anyhow::{Context, ensure};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor, MySqlConnection, Row as _};
use std::collections::BTreeSet;
use std::time::Instant;
use testkit::mariadb::{LargeEstate, MariaDb, load_large_estate};

/// Past dates that are read, each for the first time.
const DATES: usize = 8;

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let datasets = catalog_datasets()?;
    let mut large = LargeEstate::five_million(&today(), datasets);
    large.rows = setup.choose(large.rows, 300_000);
    let server = MariaDb::start_with(&["--innodb-buffer-pool-size=1G"]);
    let started = Instant::now();
    let databases = load_large_estate(&server, "large", &large).await;
    let loaded_s = started.elapsed().as_secs_f64();
    eprintln!("        {} rows loaded in {loaded_s:.0} s", number(large.rows as f64));

    let estate = Estate::new(&server, databases).await?;
    let sentry = estate.start(setup).await?;
    let mut connection = Connection::open(sentry.address).await?;
    // Spread over the whole time; the newest two are left out: today is polled already, and
    // late rows of the next dates lie beside them.
    let step = (large.dates.len() - 2) / DATES;
    let dates: Vec<&String> = large.dates.iter().step_by(step).take(DATES).collect();
    let mut took_ms = Vec::new();
    for date in &dates {
        let path = format!("/api/essentials?business_date={date}");
        let answer = connection.get(&path).await?;
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(answer.status == 200, "{path}: {} {text}", answer.status);
        let board: Value = serde_json::from_str(&text)?;
        ensure!(board["business_date"] == **date, "{path} answers for {}", board["business_date"]);
        ensure!(board["summary"]["not_started"] != board["summary"]["total"], "{path}: nothing ran");
        took_ms.push(answer.total.as_secs_f64() * 1e3);
    }
    let unread = large.dates.iter().rev().nth(1).context("too few dates")?;
    let index = index_used(&server, &estate, unread, &mut connection).await?;
    let slowest = percentile(&mut took_ms, 100.0)?;
    Ok(vec![Row::at_most(
        &format!("board of one date out of {} workflow rows", number(large.rows as f64)),
        slowest,
        300.0,
        "ms",
        format!(
            "GET /api/essentials?business_date= of {DATES} past dates (of {}), each read for the first time: \
             slowest, p50 {} ms; {} runs a date; MariaDB with TLS, buffer pool 1 GB; {index}",
            large.dates.len(),
            number(percentile(&mut took_ms, 50.0)?),
            large.catalog_rows_per_date(),
        ),
    )])
}

/// Has the program read one more date, takes its query from the server's log, and asks the server
/// how it runs that.
async fn index_used(
    server: &MariaDb,
    estate: &Estate,
    date: &str,
    connection: &mut Connection,
) -> anyhow::Result<String> {
    server.execute("SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1").await;
    let answer = connection.get(&format!("/api/essentials?business_date={date}")).await?;
    server.execute("SET GLOBAL general_log = 0").await;
    ensure!(answer.status == 200, "{date}: {}", answer.status);
    let mut admin = server.admin().await;
    let queries = queries_on_runs(&mut admin, date).await?;
    let query = queries.first().with_context(|| format!("the server has logged no query for {date}"))?;
    admin.execute(sqlx::raw_sql(AssertSqlSafe(format!("USE {}", estate.databases.fgw)))).await?;
    let plan = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN {query}"))).fetch_all(&mut admin).await?;
    let mut used = BTreeSet::new();
    for step in plan {
        let text = |column: &str| step.try_get::<Option<String>, _>(column);
        if let Some(table) = text("table")? {
            let key = text("key")?.unwrap_or_else(|| "none".to_owned());
            used.insert(format!("{key} ({} on {table})", text("type")?.unwrap_or_default()));
        }
    }
    ensure!(!used.is_empty(), "EXPLAIN says nothing about {query}");
    let used = Vec::from_iter(used).join(", ");
    Ok(format!("index by EXPLAIN of the {} logged queries' first: {used}", queries.len()))
}

async fn queries_on_runs(admin: &mut MySqlConnection, date: &str) -> anyhow::Result<Vec<String>> {
    let logged: Vec<(String,)> = sqlx::query_as(
        "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log \
         WHERE command_type IN ('Execute', 'Query') AND argument LIKE '%WORKFLOW_RUN_INSTANCE%' \
         AND argument LIKE CONCAT('%', ?, '%') ORDER BY event_time",
    )
    .bind(date)
    .fetch_all(admin)
    .await?;
    // From SELECT on: EXPLAIN takes no `SET STATEMENT … FOR` before it.
    let select = |text: &String| text.to_uppercase().find("SELECT").map(|at| text[at..].to_owned());
    Ok(logged.iter().filter_map(|(text,)| select(text)).collect())
}
