//! A change in the database reaching every live client.

use crate::Setup;
use crate::estate::{Estate, POLL_SECONDS, today};
use crate::http::Connection;
use crate::table::{Row, number, percentile};
use anyhow::{Context, bail, ensure};
use model::Clock;
use serde_json::Value;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use testkit::mariadb::MariaDb;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Connections being made at once.
const CONNECTING: usize = 64;
/// After a change everyone must have heard of it within the next poll and this.
const HEARING_LIMIT: Duration = Duration::from_secs(10);

/// What a client says.
enum Heard {
    /// Its stream has begun.
    Connected,
    /// The board `id` came at this time.
    Diff { client: usize, id: String, at_ms: i64 },
    /// The sources had answered for the board `id` at this time.
    Polled { id: String, polled_at_ms: i64 },
    /// It gave up.
    Lost { client: usize, error: anyhow::Error },
}

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let server = MariaDb::shared();
    let estate = Estate::today(server, "live").await?;
    let sentry = estate.start(setup).await?;
    // From the first board on streams begin with it.
    sentry.wait_for_board().await?;
    let clients = setup.choose(2000, 200);
    let changes = setup.choose(10, 2);

    let (say, mut heard) = unbounded_channel();
    let mut following = JoinSet::new();
    let places = Arc::new(Semaphore::new(CONNECTING));
    for client in 0..clients {
        following.spawn(follow(client, sentry.address, places.clone(), say.clone()));
    }
    drop(say);
    let connected = wait_for_connections(&mut heard, clients);
    timeout(Duration::from_secs(60), connected).await.context("the clients did not connect in 60 s")??;

    let mut delays_ms = Vec::new();
    for change in 0..changes {
        // At another moment between two polls each time.
        sleep(Duration::from_millis(300 + 170 * change)).await;
        change_newest_run(server, &estate).await?;
        let limit = Duration::from_secs(POLL_SECONDS) + HEARING_LIMIT;
        let round = timeout(limit, hear_everyone(&mut heard, clients)).await;
        delays_ms.extend(round.context("not every client heard of the change in time")??);
    }
    let memory_mb = sentry.memory_mb("VmRSS")?;
    following.shutdown().await;

    let slowest = percentile(&mut delays_ms, 100.0)?;
    let how = format!(
        "{clients} TCP clients of /api/live in one process, {changes} changed rows in MariaDB; from when the \
         sources had answered (the heartbeat's polled_at) to the whole event; slowest of {} receptions, \
         p50 {} ms, p99 {} ms",
        delays_ms.len(),
        number(percentile(&mut delays_ms, 50.0)?),
        number(percentile(&mut delays_ms, 99.0)?)
    );
    Ok(vec![
        Row::at_most(&format!("{clients} live clients get a change"), slowest, 1000.0, "ms", how),
        Row::information(
            &format!("memory with {clients} live clients"),
            format!("{} MB", number(memory_mb)),
            "VmRSS of the server",
        ),
    ])
}

/// One client, until it is stopped. The first one also reads the heartbeats.
async fn follow(client: usize, address: SocketAddr, places: Arc<Semaphore>, say: UnboundedSender<Heard>) {
    if let Err(error) = try_follow(client, address, places, &say).await {
        let _ = say.send(Heard::Lost { client, error });
    }
}

async fn try_follow(
    client: usize,
    address: SocketAddr,
    places: Arc<Semaphore>,
    say: &UnboundedSender<Heard>,
) -> anyhow::Result<()> {
    let place = places.acquire().await?;
    let mut events = Connection::open(address).await?.follow(&format!("/api/live?date={}", today())).await?;
    let first = events.next().await?;
    ensure!(first.name == "snapshot", "the stream begins with `{}`", first.name);
    drop(place);
    say.send(Heard::Connected)?;
    let clock = Clock::system();
    let mut changed = false;
    loop {
        let event = events.next().await?;
        let at_ms = clock.now().as_millisecond();
        match event.name.as_str() {
            "diff" => {
                let id = event.id.context("a diff without id")?;
                if client == 0 {
                    let diff: Value = serde_json::from_str(&event.data)?;
                    changed = diff["changed"].as_array().is_some_and(|changed| !changed.is_empty());
                    ensure!(changed, "a diff that changes nothing: {diff}");
                }
                say.send(Heard::Diff { client, id, at_ms })?;
            }
            "heartbeat" if client == 0 && changed => {
                let pulse: Value = serde_json::from_str(&event.data)?;
                let polled_at: jiff::Timestamp =
                    pulse["polled_at"].as_str().context("a heartbeat without polled_at")?.parse()?;
                let polled_at_ms = polled_at.as_millisecond();
                say.send(Heard::Polled { id: pulse["id"].to_string(), polled_at_ms })?;
                changed = false;
            }
            "heartbeat" => {}
            other => bail!("a `{other}` event amid the stream: this client fell behind"),
        }
    }
}

async fn wait_for_connections(heard: &mut UnboundedReceiver<Heard>, clients: usize) -> anyhow::Result<()> {
    let mut connected = 0;
    while connected < clients {
        match heard.recv().await.context("all clients are gone")? {
            Heard::Connected => connected += 1,
            Heard::Lost { client, error } => return Err(error.context(format!("client {client}"))),
            Heard::Diff { .. } | Heard::Polled { .. } => {}
        }
    }
    Ok(())
}

/// Waits until every client has the next board; milliseconds each took.
async fn hear_everyone(heard: &mut UnboundedReceiver<Heard>, clients: usize) -> anyhow::Result<Vec<f64>> {
    let mut board = None;
    let mut polled = None;
    let mut received = Vec::new();
    let mut who = HashSet::new();
    while received.len() < clients || polled.is_none() {
        match heard.recv().await.context("all clients are gone")? {
            Heard::Diff { client, id, at_ms } => {
                let board: &String = board.get_or_insert(id.clone());
                ensure!(*board == id, "client {client} got board {id}, others {board}");
                ensure!(who.insert(client), "client {client} got board {id} twice");
                received.push(at_ms);
            }
            Heard::Polled { id, polled_at_ms } => polled = Some((id, polled_at_ms)),
            Heard::Lost { client, error } => return Err(error.context(format!("client {client}"))),
            Heard::Connected => {}
        }
    }
    let (id, polled_at_ms) = polled.context("no heartbeat came")?;
    ensure!(board.as_ref() == Some(&id), "the heartbeat is of board {id}, the diff of {board:?}");
    Ok(received.into_iter().map(|at_ms| (at_ms - polled_at_ms) as f64).collect())
}

/// Turns the newest run from running to success or back: its dataset and essential change.
async fn change_newest_run(server: &MariaDb, estate: &Estate) -> anyhow::Result<()> {
    let sql = format!(
        "UPDATE {}.WORKFLOW_RUN_INSTANCE
         SET STATUS = IF(STATUS = 'RUNNING', 'SUCCESS', 'RUNNING'), UPDATED_DATE = UPDATED_DATE + INTERVAL 1 SECOND
         WHERE BUSINESS_DATE = '{}' ORDER BY CREATED_DATE DESC, WORKFLOW_RUN_INSTANCE_KEY DESC LIMIT 1",
        estate.databases.fgw,
        today()
    );
    server.execute(&sql).await;
    Ok(())
}
