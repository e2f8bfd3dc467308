//! The model, where one is set up: asked in few places at once, and never waited for long.

use super::prompt;
use super::tally::{ModelCall, Said, Tally};
use crate::settings::ModelSettings;
use crate::{Error, Result, Service};
use agent::{ModelFailure, ModelRequest};
use llm::{Client, Message, Outage, Provider, Reply, Request};
use model::ask::ModelUsage;
use model::{Actor, BusinessDate, Capability, Catalog, Clock, Timestamp};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

/// Calls under way at once.
const CALLS_AT_ONCE: usize = 8;
/// How long a call waits for its place.
const PLACE_WAIT: Duration = Duration::from_secs(2);
/// Tokens of an answer at the most.
const MOST_TOKENS: u32 = 1_024;

/// Whether the model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// None is set up: the built-in understanding answers.
    NotConfigured,
    /// Not asked yet.
    Starting,
    /// The last call succeeded.
    Up,
    /// The last call failed.
    Down,
}

/// The last that is known of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelHealth {
    /// Whether its last call succeeded.
    pub state: ModelState,
    /// How long the last call took.
    pub latency_ms: Option<u64>,
    /// When a call last succeeded.
    pub last_success: Option<Timestamp>,
    /// When the first of the calls failed that have failed in a row; `None` when the last did not.
    pub down_since: Option<Timestamp>,
    /// Until when nothing is sent, after repeated failures.
    pub paused_until: Option<Timestamp>,
    /// Why the last call failed; `None` when it did not.
    pub error: Option<String>,
}

impl ModelHealth {
    fn new(state: ModelState) -> Self {
        Self {
            state,
            latency_ms: None,
            last_success: None,
            down_since: None,
            paused_until: None,
            error: None,
        }
    }
}

pub(super) struct Model {
    client: Client,
    name: String,
    provider: &'static str,
    places: Semaphore,
    health: Mutex<ModelHealth>,
    clock: Clock,
}

impl Model {
    pub(super) fn open(settings: ModelSettings, clock: &Clock) -> Result<Self> {
        let name = settings.name().to_owned();
        // As the conventions of telemetry call them.
        let provider = match &settings.0.provider {
            Provider::Azure(_) => "azure.ai.openai",
            Provider::Compatible(_) => "openai",
        };
        let client = Client::new(settings.0, clock.clone())?;
        Ok(Self {
            client,
            name,
            provider,
            places: Semaphore::new(CALLS_AT_ONCE),
            health: Mutex::new(ModelHealth::new(ModelState::Starting)),
            clock: clock.clone(),
        })
    }

    /// Deployment or model, as the operator calls it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whose interface it speaks, as telemetry names it.
    pub(super) fn provider(&self) -> &'static str {
        self.provider
    }

    async fn complete(&self, request: &Request) -> std::result::Result<Reply, ModelFailure> {
        let place = timeout(PLACE_WAIT, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(ModelFailure::Slow) };
        let started = Instant::now();
        let reply = self.client.complete(request).await;
        let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.note(&reply, latency_ms);
        reply.map_err(|error| failure(&error))
    }

    fn health(&self) -> ModelHealth {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ModelHealth { paused_until: self.client.paused_until(), ..health }
    }

    fn note(&self, reply: &std::result::Result<Reply, llm::Error>, latency_ms: u64) {
        if let Err(llm::Error::Unavailable { outage: Outage::Paused, .. }) = reply {
            return; // nothing was sent, so nothing is learned
        }
        let now = self.clock.now();
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.latency_ms = Some(latency_ms);
        match reply {
            Err(error) if is_outage(error) => {
                health.state = ModelState::Down;
                health.down_since.get_or_insert(now);
                health.error = Some(error.to_string());
            }
            _ => {
                health.state = ModelState::Up;
                health.last_success = Some(now);
                health.down_since = None;
                health.error = None;
            }
        }
        if let Ok(reply) = reply {
            count(reply);
            tracing::info!(
                model = reply.model,
                prompt_tokens = reply.usage.map(|usage| usage.prompt_tokens),
                completion_tokens = reply.usage.map(|usage| usage.completion_tokens),
                cost = reply.cost.map(tracing::field::display),
                latency_ms,
                "the model has answered"
            );
        }
    }
}

/// Counts what is known: without a price there is no counter of cost.
fn count(reply: &Reply) {
    if let Some(usage) = reply.usage {
        metrics::counter!("sentry_model_prompt_tokens_total").increment(usage.prompt_tokens);
        metrics::counter!("sentry_model_cached_tokens_total").increment(usage.cached_tokens);
        metrics::counter!("sentry_model_completion_tokens_total").increment(usage.completion_tokens);
    }
    if let Some(cost) = reply.cost {
        metrics::counter!("sentry_model_cost_picos_total").increment(cost.picos());
    }
}

fn usage_of(reply: &Reply) -> Option<ModelUsage> {
    let usage = reply.usage?;
    Some(ModelUsage {
        answers: 1,
        input_tokens: usage.prompt_tokens,
        cached_input_tokens: usage.cached_tokens,
        output_tokens: usage.completion_tokens,
        cost: reply.cost,
    })
}

/// Whether it says something about the server, and not about what was asked.
fn is_outage(error: &llm::Error) -> bool {
    !matches!(error, llm::Error::Refused | llm::Error::TooLong)
}

fn failure(error: &llm::Error) -> ModelFailure {
    match error {
        llm::Error::Unavailable { outage: Outage::Slow { .. }, .. } => ModelFailure::Slow,
        llm::Error::Unavailable { .. }
        | llm::Error::Unauthorized { .. }
        | llm::Error::Rejected { .. }
        | llm::Error::Settings(_) => ModelFailure::Down,
        llm::Error::Refused => ModelFailure::Refused,
        llm::Error::Malformed { .. } | llm::Error::TooLong => ModelFailure::Malformed,
    }
}

impl From<llm::Error> for Error {
    fn from(error: llm::Error) -> Self {
        Self::Model(error)
    }
}

impl Service {
    /// How the model is, as of its last call.
    pub fn get_model_health(&self, actor: &Actor) -> Result<ModelHealth> {
        self.require(actor, Capability::ViewEstate)?;
        Ok(match &self.0.asking.model {
            None => ModelHealth::new(ModelState::NotConfigured),
            Some(model) => model.health(),
        })
    }

    /// Calls the model once, now, where one is set up: for `sentry check`.
    pub async fn check_model(&self, actor: &Actor) -> Result<ModelHealth> {
        self.require(actor, Capability::ViewEstate)?;
        if let Some(model) = &self.0.asking.model {
            let ask = vec![Message::User("Answer with the one word OK.".to_owned())];
            // How it went is in its health.
            let _ = model.complete(&Request { max_tokens: 16, ..Request::new(ask) }).await;
        }
        self.get_model_health(actor)
    }

    /// Has the model understand, write a query or word an answer; `tally` counts what that takes.
    pub(super) async fn ask_model(
        &self,
        request: ModelRequest,
        catalog: &Catalog,
        today: BusinessDate,
        tally: &Tally,
    ) -> std::result::Result<String, ModelFailure> {
        let model = self.0.asking.model.as_ref().ok_or(ModelFailure::Down)?;
        let purpose = match &request {
            ModelRequest::Understand { .. } => "understand",
            ModelRequest::WriteQuery { .. } => "write_query",
            ModelRequest::Word { .. } => "word",
        };
        let request = match request {
            ModelRequest::Understand { system, user, schema } => prompt::understand(system, user, schema),
            ModelRequest::Word { system, user } => {
                Request::new(vec![Message::System(system), Message::User(user)])
            }
            ModelRequest::WriteQuery { question, entities, refusals } => {
                let guard = self.guard().await;
                prompt::write_query(&guard, &question, &entities, &refusals, catalog, today)
            }
        };
        let began = Instant::now();
        let reply = model.complete(&Request { max_tokens: MOST_TOKENS, ..request }).await;
        let said = reply.as_ref().map(|reply| Said {
            model: reply.model.clone(),
            usage: usage_of(reply),
            is_truncated: reply.is_truncated,
        });
        tally.add(ModelCall {
            purpose,
            began,
            ended: Instant::now(),
            said: said.map_err(|failure| *failure),
        });
        let reply = reply?;
        if reply.is_truncated || reply.text.trim().is_empty() {
            Err(ModelFailure::Malformed)
        } else {
            Ok(reply.text)
        }
    }
}
