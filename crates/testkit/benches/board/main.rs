//! `make bench`: the bars of the board, measured from outside on the release binary.
//!
//! Every part starts its own `sentry serve` on a free loopback port (and, where it needs them,
//! a private MariaDB and a catalog), drives it as users do, and answers with rows of one table.
//! Nothing here reaches into the program, and no figure is written down beforehand: a part that
//! cannot run says why and counts as failed. Start with [`Part`].

mod ask;
mod browser;
mod estate;
mod http;
mod ingest;
mod large;
mod lenz;
mod live;
mod memory;
mod page;
mod rest;
mod scroll;
mod sentry;
mod signed_in;
mod start;
mod table;
mod viewers;
mod wrk;

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use table::Row;

/// No part may take longer; the slowest loads five million rows or ten million spans.
const PART_LIMIT: Duration = Duration::from_secs(900);

/// Measures the board.
#[derive(Parser)]
struct Arguments {
    /// Only these parts; all unless named.
    parts: Vec<Part>,
    /// Shorter runs and less data: shows that everything works, proves no bar.
    #[arg(long)]
    quick: bool,
    /// The program to measure.
    #[arg(long, default_value_os_t = workspace().join("target/release/sentry"))]
    sentry: PathBuf,
    /// Where the table is written; nowhere unless given.
    #[arg(long)]
    write: Option<PathBuf>,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is measured, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Time from start to ready.
    Start,
    /// Memory while idle.
    Memory,
    /// Requests a second of the REST answer.
    Rest,
    /// Rendered pages a second and time to first byte.
    Page,
    /// The same with a session, and what it costs.
    SignedIn,
    /// Answers of the assistant without a model.
    Ask,
    /// First paint, hydration and transfer in a browser.
    Browser,
    /// 20,000 runs under the wheel.
    Scroll,
    /// A change reaching 2,000 live clients.
    Live,
    /// Database queries without and with viewers.
    Viewers,
    /// A board out of five million workflow rows.
    Large,
    /// What AI agents send.
    Ingest,
    /// What is asked of ten million spans.
    Stored,
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    async fn measure(self, setup: Setup) -> anyhow::Result<Vec<Row>> {
        match self {
            Self::Start => start::measure(&setup).await,
            Self::Memory => memory::measure(&setup).await,
            Self::Rest => rest::measure(&setup).await,
            Self::Page => page::measure(&setup).await,
            Self::SignedIn => signed_in::measure(&setup).await,
            Self::Ask => ask::measure(&setup).await,
            Self::Browser => browser::measure(&setup).await,
            Self::Scroll => scroll::measure(&setup).await,
            Self::Live => live::measure(&setup).await,
            Self::Viewers => viewers::measure(&setup).await,
            Self::Large => large::measure(&setup).await,
            Self::Ingest => ingest::measure(&setup).await,
            Self::Stored => ingest::measure_stored(&setup).await,
        }
    }
}

/// What every part is given.
#[derive(Clone)]
struct Setup {
    /// The program to measure.
    sentry: PathBuf,
    /// Shorter runs and less data.
    quick: bool,
}

impl Setup {
    /// `whole`, or `quick` where a short run is asked for.
    fn choose<T>(&self, whole: T, quick: T) -> T {
        if self.quick { quick } else { whole }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if !arguments.sentry.is_file() {
        bail!("{} is not there: build it with `make build`", arguments.sentry.display());
    }
    let circumstances = table::circumstances()?;
    let setup = Setup { sentry: arguments.sentry, quick: arguments.quick };
    let named = if arguments.parts.is_empty() { Part::value_variants() } else { &arguments.parts };
    let mut rows = Vec::new();
    for (place, part) in named.iter().enumerate() {
        let started = Instant::now();
        eprintln!("[{}/{}] {} …", place + 1, named.len(), part.name());
        let measured = measure_part(*part, setup.clone()).await;
        let took = started.elapsed().as_secs_f64();
        match measured {
            Ok(measured) => {
                let missed = measured.iter().filter(|row| row.failed()).count();
                eprintln!("        {took:.0} s, {missed} missed");
                rows.extend(measured);
            }
            Err(error) => {
                eprintln!("        {took:.0} s, NOT MEASURED: {error:#}");
                rows.push(Row::not_measured(&part.name(), &error));
            }
        }
    }
    let report = table::report(&circumstances, &rows, arguments.quick);
    println!("\n{report}");
    if let Some(path) = &arguments.write {
        std::fs::write(path, &report).with_context(|| format!("write {}", path.display()))?;
    }
    let reached = !rows.iter().any(Row::failed);
    Ok(if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One part as a task of its own: the test harness for MariaDB panics where it cannot start.
async fn measure_part(part: Part, setup: Setup) -> anyhow::Result<Vec<Row>> {
    let task = tokio::spawn(async move { part.measure(setup).await });
    let stop = task.abort_handle();
    match tokio::time::timeout(PART_LIMIT, task).await {
        Ok(Ok(measured)) => measured,
        Ok(Err(failure)) => {
            let panic = failure.into_panic();
            let said = panic.downcast_ref::<String>().map(String::as_str);
            bail!("{}", said.or_else(|| panic.downcast_ref().copied()).unwrap_or("it panicked"))
        }
        Err(_) => {
            stop.abort();
            bail!("not done within {} s", PART_LIMIT.as_secs())
        }
    }
}

/// The root of the project.
fn workspace() -> &'static Path {
    let testkit = Path::new(env!("CARGO_MANIFEST_DIR"));
    testkit.ancestors().nth(2).expect("this package lies two folders deep")
}
