//! The command line: `sentry serve`, `sentry check`, `sentry config`.

use crate::api::essentials::RenderedEssentials;
use crate::config::{Config, Given};
use crate::guard::Hosts;
use crate::router::build_router;
use crate::serve::{serve, wait_for_signal};
use crate::state::{AppState, Shutdown};
use crate::{pages, telemetry};
use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use model::source::{SourceName, SourceState, SourceStatus};
use model::{Actor, Clock, Timestamp};
use service::{Service, SourceSettings};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Which business batches are done, late or broken today.
#[derive(Debug, Parser)]
#[command(name = "sentry", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve pages, REST and live updates.
    Serve {
        #[command(flatten)]
        options: Options,
        /// Freeze the clock, for example at 2026-02-18T12:09:40Z.
        #[arg(long, value_name = "TIME")]
        now: Option<Timestamp>,
    },
    /// Try every configured connection and say what to do about those that are down.
    Check {
        #[command(flatten)]
        options: Options,
    },
    /// Print the effective settings, secrets as ***.
    Config {
        #[command(flatten)]
        options: Options,
    },
}

#[derive(Debug, Args)]
struct Options {
    /// Settings file; sentry.toml in the working folder unless given, where there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen on (loopback only).
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Folder for SENTRY's own state (not used yet).
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Show an estate file in place of real sources.
    #[arg(long, value_name = "FILE")]
    estate: Option<PathBuf>,
}

impl Options {
    fn load(self) -> anyhow::Result<Config> {
        let given = Given {
            config: self.config,
            listen: self.listen,
            data_dir: self.data_dir,
            estate: self.estate,
            // A value that is not UTF-8 cannot be one of ours.
            environment: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        };
        Ok(Config::load(&given)?)
    }
}

/// Does what the command line says.
///
/// # Errors
/// Whatever keeps it from being done, in words for the person at the terminal.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve { options, now } => {
            let clock = now.map_or_else(Clock::system, Clock::frozen);
            serve_until_signal(options.load()?, clock).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Check { options } => check(options.load()?).await,
        Command::Config { options } => {
            print!("{}", options.load()?.to_toml());
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn serve_until_signal(config: Config, clock: Clock) -> anyhow::Result<()> {
    telemetry::start_log(config.log_level);
    let metrics = telemetry::metrics();
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("cannot listen on {}: is another program there? Choose another with --listen", config.listen)
    })?;
    let address = listener.local_addr()?;
    let what = describe(&config.service.source);
    let service = Service::open(config.service, clock)?;
    let (switch, shutdown) = Shutdown::new();
    let site_root = config.site_root.unwrap_or_else(pages::default_site_root);
    if !site_root.join("pkg").is_dir() {
        tracing::warn!(site_root = %site_root.display(), "the pages' files are not there: pages come without style and script");
    }
    let state = AppState {
        service: service.clone(),
        leptos: pages::options(&site_root),
        essentials: Arc::new(RenderedEssentials::default()),
        metrics: metrics.clone(),
        shutdown: shutdown.clone(),
    };
    let router = build_router(state, Hosts::of(address));
    let stop = shutdown.clone();
    let pollers = tokio::spawn(async move { service.run(stop.wait()).await });
    let upkeep = tokio::spawn(telemetry::keep_metrics(metrics));
    println!("SENTRY shows {what} on http://{address}");

    let serving = tokio::spawn(serve(listener, router, shutdown));
    wait_for_signal().await?;
    tracing::info!("ending");
    switch.send_replace(true);
    serving.await?;
    pollers.await?;
    upkeep.abort();
    Ok(())
}

fn describe(source: &SourceSettings) -> String {
    match source {
        SourceSettings::Demo { .. } => {
            "the demo estate (made-up data; sentry.example.toml says how to set real sources)".to_owned()
        }
        SourceSettings::File(path) => format!("the estate file {}", path.display()),
        SourceSettings::Real { .. } => "the configured sources".to_owned(),
    }
}

async fn check(config: Config) -> anyhow::Result<ExitCode> {
    println!("Checking {}.", describe(&config.service.source));
    let service = Service::open(config.service, Clock::system())?;
    let health = service.check_sources(&Actor::local_owner()).await?;
    let mut all_up = true;
    for source in &health.checks {
        all_up &= source.state == SourceState::Up;
        println!("{}", check_line(source));
    }
    Ok(if all_up { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `up    workflow database  12 ms`, or why it is down and what to do.
fn check_line(source: &SourceStatus) -> String {
    let state = if source.state == SourceState::Up { "up" } else { "DOWN" };
    let mut line = format!("{state:<4}  {:<17}", source.name.label());
    if let Some(ms) = source.latency_ms {
        let _ = write!(line, "  {ms} ms");
    }
    if let Some(error) = &source.error {
        let _ = write!(line, "  {error}. {}", what_to_do(source.name, error));
    }
    line
}

fn what_to_do(name: SourceName, error: &str) -> &'static str {
    let rejected = error.starts_with("token expired");
    match name {
        SourceName::FgwDatabase | SourceName::AirflowDatabase if rejected => {
            "Put a new token into RDS_PASSWORD, or into the file that RDS_PASSWORD_FILE names."
        }
        SourceName::FgwDatabase => {
            "Check RDS_HOST, RDS_PORT, RDS_PEM_PATH and FGW_DATABASE, and the network between."
        }
        SourceName::AirflowDatabase => {
            "Check RDS_HOST, RDS_PORT, RDS_PEM_PATH and AIRFLOW_DATABASE, and the network between."
        }
        SourceName::LenzApi if error.starts_with("login refused") => {
            "Check LENZ_USERNAME, LENZ_PASSWORD and LENZ_AUTH."
        }
        SourceName::LenzApi if error.starts_with("does not know") => {
            "Check the names under [[essentials]] in sentry.toml, and LENZ_API_BASE_URL."
        }
        SourceName::LenzApi => "Check LENZ_API_BASE_URL and LENZ_AUTH, and the network between.",
    }
}
