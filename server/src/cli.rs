//! The command line: `sentry serve`, `sentry check`, `sentry config`, `sentry sql` …

mod part;

use crate::api::essentials::RenderedEssentials;
use crate::config::{Config, Given};
use crate::guard::{Hosts, host_of};
use crate::identify::Gate;
use crate::router::build_router;
use crate::serve::{serve, wait_for_signal};
use crate::state::{AppState, Shutdown};
use crate::{pages, telemetry};
use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use model::ask::SqlCard;
use model::audit::ChainVerdict;
use model::source::{SourceName, SourceState, SourceStatus};
use model::{Actor, Clock, Timestamp};
use service::ask::{ModelHealth, ModelState};
use service::settings::StoreKind;
use service::telemetry::{Part, TelemetryCheck};
use service::{Service, SourceSettings, storage};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
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
    /// Only take what agents send, and put it into the queue in Redis.
    Ingest {
        #[command(flatten)]
        options: Options,
    },
    /// Only store what is in the queue in Redis.
    #[command(args_conflicts_with_subcommands = true)]
    Process {
        #[command(flatten)]
        options: Options,
        #[command(subcommand)]
        dead: Option<DeadCommand>,
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
    /// Say how a query on the source databases would be sent, or why it is refused (exit status 1).
    Sql {
        #[command(flatten)]
        options: Options,
        /// Freeze the clock, for example at 2026-02-18T12:09:40Z.
        #[arg(long, value_name = "TIME")]
        now: Option<Timestamp>,
        /// Send it, and print its rows.
        #[arg(long)]
        run: bool,
        /// One SELECT in MySQL's dialect; `-` reads it from standard input.
        #[arg(value_name = "QUERY")]
        query: String,
    },
    /// Copy the database of SENTRY's own state to a new file, and telemetry to FILE.telemetry, while the
    /// server runs (SQLite).
    Backup {
        #[command(flatten)]
        options: Options,
        /// The file to write.
        file: PathBuf,
    },
    /// Put a copy in the place of the database, and FILE.telemetry in the place of telemetry, while no server
    /// runs (SQLite).
    Restore {
        #[command(flatten)]
        options: Options,
        /// The file to read.
        file: PathBuf,
    },
    /// Write all rated answers with their questions as JSON lines to standard output.
    Ratings {
        #[command(flatten)]
        options: Options,
    },
    /// Verify, export and seal the audit trail.
    #[command(subcommand)]
    Audit(AuditCommand),
}

#[derive(Debug, Subcommand)]
enum DeadCommand {
    /// List the batches that could not be stored, with the reasons.
    DeadLetters {
        #[command(flatten)]
        options: Options,
    },
    /// Put such batches back into the queue, once the reason is mended.
    Requeue {
        #[command(flatten)]
        options: Options,
        /// Which; all of them unless given.
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Say whether every record is as it was written, or name the first that is not.
    Verify {
        #[command(flatten)]
        options: Options,
        /// An exported file, in place of the database.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Write all records with their chain as JSON lines to standard output.
    Export {
        #[command(flatten)]
        options: Options,
    },
    /// Move the records up to a place into a new file and keep their sealing hash.
    Seal {
        #[command(flatten)]
        options: Options,
        /// The last record to move.
        #[arg(long, value_name = "SEQ")]
        up_to: i64,
        /// The file to write.
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Options {
    /// Settings file; sentry.toml in the working folder unless given, where there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen on; other than loopback only with accounts.
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Folder for SENTRY's own state.
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
        Command::Ingest { options } => {
            part::run(options.load()?, Part::Ingest).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Process { options, dead: None } => {
            part::run(options.load()?, Part::Process).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Process { dead: Some(command), .. } => part::handle_dead(command).await,
        Command::Check { options } => check(options.load()?).await,
        Command::Config { options } => {
            print!("{}", options.load()?.to_toml());
            Ok(ExitCode::SUCCESS)
        }
        Command::Sql { options, now, run, query } => {
            let clock = now.map_or_else(Clock::system, Clock::frozen);
            sql(options.load()?, clock, &query, run).await
        }
        Command::Backup { options, file } => {
            let telemetry = storage::backup(&options.load()?.service, &file).await?;
            println!("The database is copied to {}.", file.display());
            if let Some(telemetry) = telemetry {
                println!("Telemetry is copied to {}.", telemetry.display());
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Restore { options, file } => restore(&options.load()?, &file).await,
        Command::Ratings { options } => {
            let mut out = tokio::io::BufWriter::new(tokio::io::stdout());
            let ratings = storage::export_ratings(&options.load()?.service.store, &mut out).await?;
            tokio::io::AsyncWriteExt::flush(&mut out).await?;
            eprintln!("{ratings} ratings");
            Ok(ExitCode::SUCCESS)
        }
        Command::Audit(command) => audit(command).await,
    }
}

async fn sql(config: Config, clock: Clock, query: &str, run: bool) -> anyhow::Result<ExitCode> {
    let query = match query {
        "-" => std::io::read_to_string(std::io::stdin()).context("standard input cannot be read")?,
        query => query.to_owned(),
    };
    let service = Service::open(config.service, clock).await?;
    let (actor, today) = (Actor::local_owner(), service.today());
    let answer = if run {
        let answer = service.run_query(&actor, "sentry sql --run", &query, today).await;
        answer.map(|answer| (answer.card.sql.clone(), Some(answer.card)))
    } else {
        service.check_query(&actor, &query, today).await.map(|sql| (sql, None))
    };
    match answer {
        Ok((sql, rows)) => {
            println!("{sql}");
            if let Some(card) = rows {
                println!("\n{}", rows_as_text(&card));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(service::Error::Invalid { message, .. }) => {
            println!("refused: {message}");
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error.into()),
    }
}

/// A line a row, columns separated by tabs, their names first. A value takes one line.
fn rows_as_text(card: &SqlCard) -> String {
    let value = |value: &Option<String>| match value {
        None => "NULL".to_owned(),
        Some(text) => text.replace(['\t', '\n', '\r'], " "),
    };
    let row = |row: &Vec<Option<String>>| row.iter().map(value).collect::<Vec<_>>().join("\t");
    std::iter::once(card.columns.join("\t")).chain(card.rows.iter().map(row)).collect::<Vec<_>>().join("\n")
}

async fn restore(config: &Config, file: &Path) -> anyhow::Result<ExitCode> {
    let StoreKind::Sqlite { dir } = &config.service.store.kind else {
        anyhow::bail!("DATABASE_URL is set: restore PostgreSQL with pg_restore or psql");
    };
    let restored = storage::restore(file, dir).await?;
    println!("{} is the database in {} now.", file.display(), dir.display());
    if let Some(before) = restored.state {
        println!("The one before is kept as {}.", before.display());
    }
    match restored.telemetry {
        None => println!("Telemetry is as it was: the backup has none beside it."),
        Some(before) => {
            println!("Telemetry is restored too.");
            if let Some(before) = before {
                println!("The one before is kept as {}.", before.display());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn audit(command: AuditCommand) -> anyhow::Result<ExitCode> {
    let verdict = match command {
        AuditCommand::Verify { file: Some(file), .. } => {
            let reader =
                std::fs::File::open(&file).with_context(|| format!("cannot read {}", file.display()))?;
            storage::verify_export(std::io::BufReader::new(reader))?
        }
        AuditCommand::Verify { options, file: None } => {
            let progress = |records| tracing::debug!(records, "verifying");
            storage::verify_audit(&options.load()?.service.store, progress).await?
        }
        AuditCommand::Export { options } => {
            let mut out = tokio::io::BufWriter::new(tokio::io::stdout());
            let records = storage::export_audit(&options.load()?.service.store, &mut out).await?;
            tokio::io::AsyncWriteExt::flush(&mut out).await?;
            eprintln!("{records} records");
            return Ok(ExitCode::SUCCESS);
        }
        AuditCommand::Seal { options, up_to, file } => {
            let records = storage::seal_audit(&options.load()?.service.store, up_to, &file).await?;
            println!(
                "{records} records are in {}: keep that file; their sealing hash stays.",
                file.display()
            );
            return Ok(ExitCode::SUCCESS);
        }
    };
    Ok(match verdict {
        ChainVerdict::Intact { records, last_seq, head } => {
            println!("intact: {records} records, the last is {last_seq}, hash {head}");
            ExitCode::SUCCESS
        }
        ChainVerdict::Broken { seq, reason } => {
            println!("BROKEN at record {seq}: {reason}");
            ExitCode::FAILURE
        }
    })
}

async fn serve_until_signal(config: Config, clock: Clock) -> anyhow::Result<()> {
    telemetry::start_log(config.log_level);
    let metrics = telemetry::metrics();
    let listener = listen(config.listen).await?;
    let address = listener.local_addr()?;
    let what = describe(&config.service.source);
    let service = Service::open(config.service, clock).await?;
    refuse_strangers(address, &service)?;
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
    let public = config.public_url.as_deref();
    let gate = Gate::new(service.clone(), public, config.trusted_proxies);
    let router = build_router(state, Hosts::of(address, public.and_then(host_of)), gate);
    let stop = shutdown.clone();
    let setup_path = service.setup_path();
    let polled = service.clone();
    let pollers = tokio::spawn(async move { polled.run(stop.wait()).await });
    let upkeep = tokio::spawn(telemetry::keep_metrics(metrics));
    if let Some(path) = setup_path {
        println!(
            "Nobody has an account: whoever uses this machine owns everything. To make the first owner: http://{address}{path}"
        );
    }
    // Last, so that who waits for it has read the rest.
    println!("SENTRY shows {what} on http://{address}");

    let serving = tokio::spawn(serve(listener, router, shutdown));
    wait_for_signal().await?;
    tracing::info!("ending");
    switch.send_replace(true);
    serving.await?;
    pollers.await?;
    service.close_telemetry().await;
    upkeep.abort();
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: is another program there? Choose another with --listen")
    })
}

/// Where nobody has an account, only this machine may ask.
fn refuse_strangers(address: SocketAddr, service: &Service) -> anyhow::Result<()> {
    if !address.ip().is_loopback() && service.setup_path().is_some() {
        anyhow::bail!(
            "{address} can be reached from other machines, and nobody has an account yet: whoever reached it \
             would own it. Start once with --listen 127.0.0.1:{0}, open the link that it prints, make the first \
             owner, then listen on {address} (from elsewhere: `ssh -L {0}:127.0.0.1:{0} this-host`)",
            address.port()
        );
    }
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
    let service = Service::open(config.service, Clock::system()).await?;
    let health = service.check_sources(&Actor::local_owner()).await?;
    let mut all_up = true;
    for source in &health.checks {
        all_up &= source.state == SourceState::Up;
        println!("{}", check_line(source));
    }
    let model = service.check_model(&Actor::local_owner()).await?;
    all_up &= model.state != ModelState::Down;
    println!("{}", model_line(&model));
    for check in service.check_telemetry(&Actor::local_owner()).await? {
        all_up &= check.error.is_none();
        println!("{}", telemetry_line(&check));
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

/// The same for the model.
fn model_line(model: &ModelHealth) -> String {
    let mut line = match model.state {
        ModelState::NotConfigured => {
            return "none  model              no model: the built-in understanding answers".to_owned();
        }
        ModelState::Up | ModelState::Starting => format!("{:<4}  {:<17}", "up", "model"),
        ModelState::Down => format!("{:<4}  {:<17}", "DOWN", "model"),
    };
    if let Some(ms) = model.latency_ms {
        let _ = write!(line, "  {ms} ms");
    }
    if let Some(error) = &model.error {
        let _ = write!(line, "  {error}. Check AZURE_OPENAI_… or OPENAI_…, and the network between.");
    }
    line
}

/// The same for a server that telemetry needs.
fn telemetry_line(check: &TelemetryCheck) -> String {
    let TelemetryCheck { name, setting, error } = check;
    match error {
        None => format!("{:<4}  {name:<17}", "up"),
        Some(error) => {
            format!("{:<4}  {name:<17}  {error}. Check {setting}, and the network between.", "DOWN")
        }
    }
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
