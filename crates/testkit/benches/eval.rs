//! `EVAL_MODEL=1 make eval`: the questions of `evals/`, through the whole service, with the model
//! that the environment (or `sentry.toml`) sets up. There is no bar: it says how good the model is
//! here. Without one the built-in understanding answers, whose bar is a test of `agent`.

use anyhow::{Context, bail};
use futures::{StreamExt, stream};
use model::ask::{AskEvent, AskRequest, ModelUsage, Response, ThreadId};
use model::{Actor, BusinessDate, Clock};
use server::config::{Config, Given};
use service::Service;
use service::settings::ModelLimits;
use testkit::app::{REFERENCE_NOW, fixture};
use testkit::evals::{self, Case, Scores};

/// Questions under way at once.
const AT_ONCE: usize = 4;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let data = tempfile::tempdir().context("make a folder")?;
    let environment = std::env::vars_os();
    let given = Given {
        estate: Some(fixture("estate.json")),
        data_dir: Some(data.path().to_owned()),
        environment: environment
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        ..Given::default()
    };
    let mut config = Config::load(&given)?;
    let Some(model) = config.service.model.take() else {
        bail!("no model is set up: set AZURE_OPENAI_… or OPENAI_…, as for `sentry serve`");
    };
    println!("{} answers over the reference estate, as on {}", model.name(), evals::TODAY);
    // Every question is to reach it; and a pause would never end, as the clock stands still.
    let limits = ModelLimits { failures_to_pause: u32::MAX, ..model.limits().clone() };
    config.service.model = Some(model.with_limits(limits));
    let service = Service::open(config.service, Clock::frozen(REFERENCE_NOW.parse()?)).await?;
    service.refresh_catalog(&Actor::local_owner(), None).await?;

    let show_held_out = std::env::var_os("EVAL_HELD_OUT").is_some();
    let (mut scores, mut with_model, mut asked) = (Scores::default(), 0, 0);
    let mut usage: Option<ModelUsage> = None;
    let cases = evals::cases();
    let service = &service;
    let answer = |case| async move { (case, answer(service, case).await) };
    let mut answers = stream::iter(&cases).map(answer).buffered(AT_ONCE);
    while let Some((case, response)) = answers.next().await {
        let response = response.with_context(|| case.question().to_owned())?;
        let wrong = case.judge(&response);
        scores.add(case, wrong.is_empty());
        asked += 1;
        if let Some(took) = response.usage {
            with_model += 1;
            usage = Some(usage.map_or(took, |usage| usage + took));
        }
        if !wrong.is_empty() && (show_held_out || !case.is_held_out) {
            println!("{}: {:?}\n    {}", case.file, case.question(), wrong.join("\n    "));
        }
    }
    println!("{scores}");
    println!("{with_model} of {asked} questions had answers of the model");
    if let Some(usage) = usage {
        let cost = usage.cost.map(|cost| format!(", cost {cost}")).unwrap_or_default();
        let ModelUsage { answers, input_tokens, output_tokens, .. } = usage;
        println!(
            "{answers} answers of the model: {input_tokens} tokens sent, {output_tokens} answered{cost}"
        );
    }
    Ok(())
}

/// Asks what comes before, then the question itself.
async fn answer(service: &Service, case: &Case) -> anyhow::Result<Response> {
    let mut thread = None;
    for before in case.before() {
        thread = Some(ask(service, thread, before).await?.0);
    }
    ask(service, thread, case.question()).await.map(|(_, response)| response)
}

async fn ask(
    service: &Service,
    thread_id: Option<ThreadId>,
    message: &str,
) -> anyhow::Result<(ThreadId, Response)> {
    let (owner, today) = (Actor::local_owner(), BusinessDate::parse(evals::TODAY)?);
    let request = AskRequest { message: message.to_owned(), thread_id, ..AskRequest::default() };
    let turn = service.ask(&owner, request, today).await?;
    let events: Vec<_> = service.follow_turn(&owner, &turn.thread_id, turn.turn_id, 0).await?.collect().await;
    match events.last().map(|(_, event)| &**event) {
        Some(AskEvent::Response(response)) => Ok((turn.thread_id, (*response.data).clone())),
        other => bail!("no answer: {other:?}"),
    }
}
