//! `sentry ingest` and `sentry process`: the work on telemetry, by processes that do nothing else.

use super::{DeadCommand, listen, refuse_strangers};
use crate::api::essentials::RenderedEssentials;
use crate::config::Config;
use crate::guard::{Hosts, host_of};
use crate::identify::Gate;
use crate::router::build_part_router;
use crate::serve::{serve, wait_for_signal};
use crate::state::{AppState, Shutdown};
use crate::{pages, telemetry};
use anyhow::Context;
use model::Clock;
use service::settings::QueueSettings;
use service::telemetry::{Part, Queue};
use service::{Service, SourceSettings};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs until a signal says to end.
pub(super) async fn run(config: Config, part: Part) -> anyhow::Result<()> {
    queue_settings(&config)?;
    telemetry::start_log(config.log_level);
    let metrics = telemetry::metrics();
    let listener = listen(config.listen).await?;
    let address = listener.local_addr()?;
    // Of the estate neither part needs anything.
    let settings = service::Settings { source: SourceSettings::Demo { seed: 0 }, ..config.service };
    let service = Service::open(settings, Clock::system()).await?;
    refuse_strangers(address, &service)?;
    let (switch, shutdown) = Shutdown::new();
    let state = AppState {
        service: service.clone(),
        leptos: pages::options(Path::new("")),
        essentials: Arc::new(RenderedEssentials::default()),
        metrics: metrics.clone(),
        shutdown: shutdown.clone(),
    };
    let public = config.public_url.as_deref();
    let gate = Gate::new(service.clone(), public, config.trusted_proxies);
    let router = build_part_router(part, state, Hosts::of(address, public.and_then(host_of)), gate);
    let stop = shutdown.clone();
    let worked = service.clone();
    let work = tokio::spawn(async move { worked.run_part(part, stop.wait()).await });
    let upkeep = tokio::spawn(telemetry::keep_metrics(metrics));
    match part {
        Part::Ingest => println!("SENTRY takes what agents send on http://{address}"),
        Part::Process => println!("SENTRY stores what agents sent; probes and metrics on http://{address}"),
    }

    let serving = tokio::spawn(serve(listener, router, shutdown));
    wait_for_signal().await?;
    tracing::info!("ending");
    switch.send_replace(true);
    serving.await?;
    work.await?;
    service.close_telemetry().await;
    upkeep.abort();
    Ok(())
}

/// `sentry process dead-letters` and `requeue`.
pub(super) async fn handle_dead(command: DeadCommand) -> anyhow::Result<ExitCode> {
    let open = async |config: Config| anyhow::Ok(Queue::open(queue_settings(&config)?.clone()).await?);
    match command {
        DeadCommand::DeadLetters { options } => {
            for letter in all_dead_letters(&open(options.load()?).await?).await? {
                let content = letter.content.map_or_else(
                    || "unreadable".to_owned(),
                    |(project, records)| format!("project {project}, {records} records"),
                );
                println!("{}  {}  {content}  {}", letter.id, letter.at, letter.reason);
            }
        }
        DeadCommand::Requeue { options, mut ids } => {
            let queue = open(options.load()?).await?;
            if ids.is_empty() {
                ids = all_dead_letters(&queue).await?.into_iter().map(|letter| letter.id).collect();
            }
            for id in &ids {
                anyhow::ensure!(queue.requeue(id).await?, "there is no dead letter {id}");
            }
            println!("{} batches are in the queue again.", ids.len());
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn all_dead_letters(queue: &Queue) -> anyhow::Result<Vec<service::telemetry::DeadLetter>> {
    let mut letters: Vec<service::telemetry::DeadLetter> = Vec::new();
    loop {
        let after = letters.last().map(|letter| letter.id.as_str());
        let page = queue.dead_letters(after).await?;
        if page.is_empty() {
            return Ok(letters);
        }
        letters.extend(page);
    }
}

fn queue_settings(config: &Config) -> anyhow::Result<&QueueSettings> {
    config.service.telemetry.queue.as_ref().context(
        "REDIS_URL is not set: `sentry ingest` puts what agents send into Redis, and `sentry process` stores \
         it. Without Redis, `sentry serve` takes and stores it itself",
    )
}
