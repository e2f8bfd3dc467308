//! Measures the store: `load DIR spans N`, `load DIR metrics N`; and `load DIR fill N`, `load DIR query`.
//! In place of the folder of SQLite there may be the address of a ClickHouse,
//! `http://user:password@host:8123/database`.
//!
//! Release mode only. Records have the shape of real ones: a trace has ten spans of about ten attributes,
//! ids are random. Times are those of ten minutes, or of thirty days where it is `fill`.

#![allow(clippy::unwrap_used, reason = "it ends where something fails")]

#[path = "load/made.rs"]
mod made;

use made::Maker;
use model::Clock;
use model::identity::ProjectId;
use model::telemetry::{AgentName, UnixNanos};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use telemetry::agent_state::Thresholds;
use telemetry::pipeline::{Pipeline, PipelineSettings, Refused};
use telemetry::store::{
    Batch, ClickHouse, ClickHouseSettings, Grouping, Order, Party, RecordQuery, SeriesQuery, SharedStore,
    Sqlite, TimeRange, TraceQuery,
};
use telemetry::writer::Writer;

const CONNECTIONS: u64 = 64;
const DAY: i64 = 86_400_000_000_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dir, rest @ ..] = &arguments[..] else { return Err("load DIR spans|metrics|fill|query [N]".into()) };
    let opened = Instant::now();
    let store: SharedStore = if dir.contains("://") {
        let settings = ClickHouseSettings::parse(&dir.as_str().into())?;
        Arc::new(ClickHouse::open(&settings).await?)
    } else {
        std::fs::create_dir_all(dir)?;
        Arc::new(Sqlite::open(Path::new(dir))?)
    };
    println!("opened in {:.0?}", opened.elapsed());
    match rest {
        [kind, count] if kind == "spans" => {
            load(store, Path::new(dir), count.parse()?, 100, made::TEN_MINUTES).await
        }
        [kind, count] if kind == "fill" => {
            load(store, Path::new(dir), count.parse()?, 100, made::THIRTY_DAYS).await
        }
        [kind, count] if kind == "metrics" => {
            load(store, Path::new(dir), count.parse()?, 1, made::TEN_MINUTES).await
        }
        _ => query(&store).await?,
    }
    Ok(())
}

/// Sends `count` records in requests of `per_request`, from as many tasks as there are connections.
async fn load(store: SharedStore, dir: &Path, count: u64, per_request: u64, length: f64) {
    let pipeline = Pipeline::start(
        Writer::new(store, Clock::system(), Thresholds::default()),
        Clock::system(),
        PipelineSettings::default(),
    );
    let project = ProjectId::from("bench");
    let sent = Arc::new(AtomicU64::new(0));
    let before = disk_bytes(dir);
    let begin = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let (pipeline, project, sent) = (pipeline.clone(), project.clone(), Arc::clone(&sent));
            tokio::spawn(async move {
                let mut maker = Maker::new(number + Clock::system().now().as_nanosecond() as u64);
                let mut latencies = Vec::new();
                while sent.fetch_add(per_request, Ordering::Relaxed) < count {
                    let at = sent.load(Ordering::Relaxed) as f64 / count as f64;
                    let batch = match per_request {
                        1 => Batch {
                            records: vec![maker.record(at)],
                            key: Some(maker.key()),
                            ..Batch::default()
                        },
                        _ => {
                            Batch { spans: maker.spans(at, per_request as usize, length), ..Batch::default() }
                        }
                    };
                    let begin = Instant::now();
                    loop {
                        match pipeline.submit(project.clone(), batch.clone()).await {
                            Ok(_) => break,
                            Err(Refused::Busy { retry_after }) => tokio::time::sleep(retry_after).await,
                            Err(refused) => panic!("{refused}"),
                        }
                    }
                    latencies.push(begin.elapsed());
                }
                latencies
            })
        })
        .collect();
    let mut latencies: Vec<Duration> = Vec::new();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    let took = begin.elapsed();
    let writer = writer_cpu();
    latencies.sort_unstable();
    let peak = status_kb("VmHWM:") / 1024;
    println!(
        "{count} records in {took:.1?}: {:.0}/s, p50 {:.1?}, p99 {:.1?}, memory {} MB at most",
        count as f64 / took.as_secs_f64(),
        latencies[latencies.len() / 2],
        latencies[latencies.len() * 99 / 100],
        peak,
    );
    if let Some(writer) = writer {
        println!("the writer took {:.2} µs of CPU a record", writer.as_secs_f64() * 1e6 / count as f64);
    }
    let closing = Instant::now();
    pipeline.close().await;
    println!("closed in {:.1?}", closing.elapsed());
    drop(pipeline);
    let after = disk_bytes(dir);
    if after > before {
        println!("{:.0} bytes of disk a record", (after - before) as f64 / count as f64);
    }
}

async fn query(store: &SharedStore) -> Result<(), Box<dyn std::error::Error>> {
    let project = ProjectId::from("bench");
    let until = made::BEGIN + 30 * DAY;
    let range = |days: i64| TimeRange { from: UnixNanos(until - days * DAY), until: UnixNanos(until) };
    let records = |days| RecordQuery {
        range: range(days),
        agent: None,
        order: Order::NewestFirst,
        limit: 50,
        cursor: None,
    };
    let series =
        |days, step_ns, grouping| SeriesQuery { range: range(days), agents: None, step_ns, grouping };
    for _ in 0..2 {
        timed("agents", store.agents(&project)).await?;
        let sparks = series(30, DAY, Grouping::ByAgent);
        timed("agents: 30 days by agent", store.series(&project, sparks)).await?;
        let sparks = SeriesQuery {
            range: TimeRange { from: UnixNanos(until - DAY / 48), ..range(1) },
            ..series(1, 60_000_000_000, Grouping::ByAgent)
        };
        timed("agents: 30 minutes by agent", store.series(&project, sparks)).await?;
        let overview = series(30, 30 * DAY, Grouping::Together);
        timed("overview of 30 days", store.series(&project, overview)).await?;
        let hours = series(1, DAY / 24, Grouping::ByAgent);
        timed("one day by hour and agent", store.series(&project, hours)).await?;
        timed("cost by user", store.spend_by(&project, Party::User, range(30), 100)).await?;
        timed("cost by session", store.spend_by(&project, Party::Session, range(30), 100)).await?;
        timed("sessions", store.sessions(&project, records(30))).await?;
        let page = timed("traces", store.traces(&project, TraceQuery::of(records(30)))).await?;
        let mut of_agent = TraceQuery::of(records(30));
        of_agent.records.agent = Some(AgentName::new("agent-7"));
        timed("traces of an agent", store.traces(&project, of_agent)).await?;
        let mut failed = TraceQuery::of(records(30));
        failed.has_errors = Some(true);
        timed("failed traces", store.traces(&project, failed)).await?;
        let mut searched = TraceQuery::of(records(30));
        searched.search = Some("no such name".to_owned());
        timed("traces by a name that none has", store.traces(&project, searched)).await?;
        if let Some(first) = page.items.first() {
            timed("a small trace", store.trace(&project, first.trace_id)).await?;
        }
        let large = timed("the large trace", store.trace(&project, made::large_trace())).await?;
        println!("  it has {} spans", large.map_or(0, |trace| trace.spans.len()));
        timed(
            "export of 1,000 traces",
            store.export_traces(&project, RecordQuery { limit: 1_000, ..records(1) }),
        )
        .await?;
    }
    Ok(())
}

async fn timed<T>(what: &str, query: impl Future<Output = T>) -> T {
    let begin = Instant::now();
    let answer = query.await;
    println!("{what}: {:.1?}", begin.elapsed());
    answer
}

fn disk_bytes(dir: &Path) -> u64 {
    std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|file| file.metadata().ok())
        .map(|file| file.len())
        .sum()
}

fn status_kb(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// CPU time of the thread that writes, where there is one: fields 14 and 15 of its `stat`, in hundredths of
/// a second.
fn writer_cpu() -> Option<Duration> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks.into_iter().find_map(|task| {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        let (_, fields) = stat.split_once("(telemetry-write) ")?;
        let number = |place: usize| fields.split(' ').nth(place).and_then(|field| field.parse::<u64>().ok());
        Some(Duration::from_millis(10 * (number(11).unwrap_or(0) + number(12).unwrap_or(0))))
    })
}
