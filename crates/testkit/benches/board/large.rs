//! One date's board out of a year's workflow rows.

use crate::Setup;
use crate::estate::{Estate, catalog_datasets, today};
use crate::http::Connection;
use crate::table::{Row, number, percentile};
use anyhow::{Context, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Instant;
use testkit::mariadb::{LargeEstate, MariaDb, load_large_estate};

/// In the server's data folder.
const SLOW_LOG: &str = "slow.log";
/// Past dates that are read, each for the first time.
const DATES: usize = 8;

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let datasets = catalog_datasets()?;
    let mut large = LargeEstate::five_million(&today(), datasets);
    large.rows = setup.choose(large.rows, 300_000);
    let server = MariaDb::start_with(&[
        "--innodb-buffer-pool-size=1G",
        "--slow-query-log=ON",
        &format!("--slow-query-log-file={SLOW_LOG}"),
        "--log-slow-verbosity=query_plan,explain",
        // Every query counts as slow: the log tells how each was run.
        "--long-query-time=0",
    ]);
    let started = Instant::now();
    let databases = load_large_estate(&server, "large", &large).await;
    let loaded_s = started.elapsed().as_secs_f64();
    eprintln!("        {} rows loaded in {loaded_s:.0} s", number(large.rows as f64));

    let estate = Estate::new(&server, databases).await?;
    let sentry = estate.start(setup).await?;
    sentry.wait_for_board().await?;
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
    let index = index_used(&server, unread, &mut connection).await?;
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

/// Has the program read one more date, and takes from the server's log how it ran the queries.
async fn index_used(server: &MariaDb, date: &str, connection: &mut Connection) -> anyhow::Result<String> {
    let log = server.dir().join("data").join(SLOW_LOG);
    let read = || std::fs::read_to_string(&log).with_context(|| format!("read {}", log.display()));
    let before = read()?.len();
    let answer = connection.get(&format!("/api/essentials?business_date={date}")).await?;
    ensure!(answer.status == 200, "{date}: {}", answer.status);
    let log = read()?;
    let used = plans(&log[before..]);
    ensure!(!used.is_empty(), "the server has logged no plan of a query on workflow rows");
    Ok(format!("index used, by the server's own log: {}", Vec::from_iter(used).join(", ")))
}

/// Index and access type of every query on workflow rows in `log`. It holds, for each query, the
/// rows of EXPLAIN behind their headings, tabs between the columns.
fn plans(log: &str) -> BTreeSet<String> {
    let mut headings: Vec<&str> = Vec::new();
    let mut used = BTreeSet::new();
    for line in log.lines().filter_map(|line| line.strip_prefix("# explain: ")) {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells.contains(&"possible_keys") {
            headings = cells;
            continue;
        }
        let cell = |name| Some(*cells.get(headings.iter().position(|heading| *heading == name)?)?);
        if cell("table").is_some_and(|table| table.eq_ignore_ascii_case("WORKFLOW_RUN_INSTANCE")) {
            used.insert(format!("{} ({})", cell("key").unwrap_or("?"), cell("type").unwrap_or("?")));
        }
    }
    used
}
