//! Viewers cost the databases nothing.

use crate::Setup;
use crate::estate::{Estate, POLL_SECONDS, today};
use crate::http::Connection;
use crate::sentry::Sentry;
use crate::table::{Reached, Row, number};
use anyhow::{Context, ensure};
use sqlx::MySqlConnection;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use testkit::mariadb::MariaDb;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// What the viewers look at, over and over. All of it is read from the board's snapshot.
const PATHS: &[&str] = &[
    "/",
    "/?phase=ALL",
    "/api/essentials",
    "/essentials/TB-Derivatives",
    "/api/status/DERIV",
    "/explorer",
    "/api/health",
];
/// What they look at besides in the last round: it opens the tasks of a failed run, which no
/// poll reads. However many open them, they are asked for once in a while.
const PATHS_WITH_TASKS: &[&str] = &["/rca"];
/// A viewer asks for the next page this long after it has one.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let server = MariaDb::shared();
    let estate = Estate::today(server, "viewers").await?;
    let sentry = estate.start(setup).await?;
    sentry.wait_for_board().await?;
    let mut admin = server.admin().await;
    let polls = setup.choose(30, 4);
    let window = Duration::from_secs(POLL_SECONDS * polls);

    let alone = count_selects(&mut admin, window).await?;
    let viewers = setup.choose(200, 20);
    let (watched, seen) = watch(&mut admin, &sentry, viewers, PATHS, window).await?;
    let (with_tasks, _) = watch(&mut admin, &sentry, viewers, PATHS_WITH_TASKS, window).await?;

    ensure!(alone > 0, "no query was counted: the program does not read this database");
    ensure!(seen > viewers, "{viewers} viewers got only {seen} answers");
    // A poll, and a look at whether both databases are up, may fall just inside or outside a window.
    let edge = alone / polls + 2;
    let per_minute = |selects: u64| number(selects as f64 * 60.0 / window.as_secs_f64());
    Ok(vec![
        Row::holds(
            &format!("database queries a minute with 0 and with {viewers} viewers"),
            "the same",
            Reached::from(alone.abs_diff(watched) <= edge),
            format!("{} and {}", per_minute(alone), per_minute(watched)),
            format!(
                "MariaDB's Com_select over {} s each, a poll every {POLL_SECONDS} s: {alone} and {watched} (± {edge} \
                 at the edges); meanwhile the viewers followed /api/live and got {} answers of {} pages and REST paths",
                window.as_secs(),
                number(seen as f64),
                PATHS.len()
            ),
        ),
        Row::information(
            &format!("the same with {viewers} viewers of the RCA page"),
            per_minute(with_tasks),
            "it shows the tasks of a failed run, which no poll reads; they are kept for a while for everyone",
        ),
    ])
}

/// Queries within `window`, and answers, while `viewers` look at `paths` and follow the board.
async fn watch(
    admin: &mut MySqlConnection,
    sentry: &Sentry,
    viewers: u64,
    paths: &'static [&'static str],
    window: Duration,
) -> anyhow::Result<(u64, u64)> {
    let answers = Arc::new(AtomicU64::new(0));
    let mut watching = JoinSet::new();
    for viewer in 0..viewers {
        watching.spawn(view(viewer, sentry.address, paths, answers.clone()));
        watching.spawn(follow(sentry.address));
    }
    // Everybody is there.
    sleep(PAUSE * 3).await;
    let before = answers.load(Ordering::Relaxed);
    let selects = count_selects(admin, window).await?;
    let seen = answers.load(Ordering::Relaxed) - before;
    if let Some(gone) = watching.try_join_next() {
        gone?.context("a viewer gave up")?;
    }
    watching.shutdown().await;
    Ok((selects, seen))
}

/// Queries that the server ran within `window`, which begins between two polls.
async fn count_selects(admin: &mut MySqlConnection, window: Duration) -> anyhow::Result<u64> {
    let limit = Duration::from_secs(POLL_SECONDS * 3);
    timeout(limit, next_poll(admin)).await.context("the program polls nothing")??;
    sleep(Duration::from_millis(400)).await;
    let end = Instant::now() + window;
    let before = selects(admin).await?;
    sleep_until(end).await;
    Ok(selects(admin).await? - before)
}

/// Returns when a poll has just asked.
async fn next_poll(admin: &mut MySqlConnection) -> anyhow::Result<()> {
    let before = selects(admin).await?;
    while selects(admin).await? == before {
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// All queries that the server ever ran. Asking is none itself: `SHOW` counts apart.
async fn selects(admin: &mut MySqlConnection) -> anyhow::Result<u64> {
    let (_, count): (String, String) =
        sqlx::query_as("SHOW GLOBAL STATUS LIKE 'Com_select'").fetch_one(admin).await?;
    count.parse().with_context(|| format!("`{count}` is no count"))
}

async fn view(
    viewer: u64,
    address: SocketAddr,
    paths: &[&str],
    answers: Arc<AtomicU64>,
) -> anyhow::Result<()> {
    let mut connection = Connection::open(address).await?;
    // Not all at the same time, nor all at the same page.
    sleep(PAUSE.mul_f64(viewer as f64 / 200.0)).await;
    for path in paths.iter().cycle().skip(viewer as usize % paths.len()) {
        let answer = connection.get(path).await?;
        let said = || String::from_utf8_lossy(&answer.body);
        ensure!(answer.status == 200, "{path}: {} {}", answer.status, said());
        answers.fetch_add(1, Ordering::Relaxed);
        sleep(PAUSE).await;
    }
    Ok(())
}

async fn follow(address: SocketAddr) -> anyhow::Result<()> {
    let path = format!("/api/live?date={}", today());
    let mut events = Connection::open(address).await?.follow(&path).await?;
    loop {
        events.next().await?;
    }
}
