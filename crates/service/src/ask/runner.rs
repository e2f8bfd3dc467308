//! Carries out what the agent decides: the only place where a turn does anything.

use super::suggest::suggest;
use super::tally::Tally;
use super::tools::Toolbox;
use super::trace::{Notes, TurnOf};
use super::turns::{Place, UnderWay};
use super::{lost, object, person};
use crate::Service;
use agent::machine::LONGEST_TURN_MS;
use agent::{Effect, Event, ThreadContext, Turn, TurnInput};
use model::ask::{AskEvent, Outcome, Question, TurnRef};
use model::{Actor, BusinessDate, Catalog};
use std::sync::Arc;
use std::time::Duration;
use store::TurnEnd;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// How long after the turn's time the agent is reminded of it again.
const REMIND_EVERY: Duration = Duration::from_secs(1);

/// One turn at work. Dropped before the turn is over, it ends it, so that nobody waits for ever.
pub(super) struct Runner {
    service: Service,
    actor: Actor,
    turn: TurnRef,
    today: BusinessDate,
    under_way: Arc<UnderWay>,
    tally: Arc<Tally>,
    _place: Place,
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.under_way.log.push(AskEvent::Error(lost()));
    }
}

impl Runner {
    pub(super) fn new(
        service: Service,
        actor: Actor,
        turn: TurnRef,
        today: BusinessDate,
        (under_way, place): (Arc<UnderWay>, Place),
    ) -> Self {
        Self { service, actor, turn, today, under_way, tally: Arc::default(), _place: place }
    }

    /// Runs the turn to its end.
    pub(super) async fn run(self, input: TurnInput) {
        let started = Instant::now();
        let mut remind_at = started + Duration::from_millis(LONGEST_TURN_MS);
        let (catalog, thread, question) =
            (input.catalog.clone(), input.thread.clone(), input.question.clone());
        let mut notes = Notes::begin(self.service.clock().now().into());
        let (mut turn, mut effects) = Turn::start(input);
        let mut work = JoinSet::new();
        let mut last = None;
        loop {
            for effect in effects {
                if let Some(context) = self.carry_out(effect, &catalog, &mut work, &mut last, &mut notes) {
                    self.finish(last, context, notes, question).await;
                    metrics::histogram!("sentry_turn_duration_seconds")
                        .record(started.elapsed().as_secs_f64());
                    return;
                }
            }
            let event = tokio::select! {
                biased;
                () = self.under_way.cancelled() => Event::Cancel,
                Some(done) = work.join_next() => match done {
                    Ok(event) => event,
                    Err(error) => {
                        tracing::error!(%error, turn = %self.object(), "a step of a turn panicked");
                        return self.finish(None, thread, notes, question).await;
                    }
                },
                () = sleep_until(remind_at) => {
                    remind_at += REMIND_EVERY;
                    Event::Elapsed(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX))
                }
            };
            effects = turn.on(event);
        }
    }

    /// Tells what is to be told, and begins what takes time; gives what to keep when all is done.
    /// The last event waits until the turn is kept: who has read it finds the turn in its
    /// conversation.
    fn carry_out(
        &self,
        effect: Effect,
        catalog: &Arc<Catalog>,
        work: &mut JoinSet<Event>,
        last: &mut Option<AskEvent>,
        notes: &mut Notes,
    ) -> Option<ThreadContext> {
        let (service, actor, today) = (self.service.clone(), self.actor.clone(), self.today);
        match effect {
            Effect::Emit(AskEvent::Response(mut response)) => {
                response.data.usage = self.tally.total();
                response.data.trace_id = Some(notes.trace_id);
                *last = Some(AskEvent::Response(response));
            }
            Effect::Emit(event) if event.is_last() => *last = Some(event),
            Effect::Emit(event) => {
                notes.take(&event);
                self.under_way.log.push(event);
            }
            Effect::CallTool { id, call } => {
                let toolbox = Toolbox { service, actor };
                work.spawn(async move { Event::Tool { id, result: toolbox.answer(&call).await } });
            }
            Effect::AskModel(request) => {
                let (catalog, tally) = (catalog.clone(), self.tally.clone());
                work.spawn(
                    async move { Event::Model(service.ask_model(request, &catalog, today, &tally).await) },
                );
            }
            Effect::GuardAndRun { question, sql } => {
                work.spawn(async move {
                    Event::Query(service.answer_query(&actor, &question, &sql, today).await)
                });
            }
            Effect::SuggestQuery { question, entities } => {
                let catalog = catalog.clone();
                work.spawn(async move {
                    Event::Suggestion(suggest(&service, &actor, &question, &entities, &catalog, today).await)
                });
            }
            Effect::Finish(context) => return Some(context),
        }
        None
    }

    async fn finish(&self, last: Option<AskEvent>, context: ThreadContext, notes: Notes, question: Question) {
        let last = last.unwrap_or_else(|| AskEvent::Error(lost()));
        let outcome = match &last {
            AskEvent::Response(response) => Outcome::Answered(response.data.clone()),
            AskEvent::Error(error) => Outcome::Failed(error.clone()),
            _ => Outcome::Failed(lost()),
        };
        let context = serde_json::to_string(&context).expect("a context has string keys only");
        let TurnRef { thread_id, turn_id } = self.turn.clone();
        self.service.keep_end(TurnEnd { thread_id, turn_id, outcome, context }).await;
        let trace = notes.end(self.describe(question), self.tally.calls(), &last);
        self.under_way.log.push(last);
        self.service.hand_over_turn(trace);
    }

    fn describe(&self, question: Question) -> TurnOf {
        let model = self.service.0.asking.model.as_ref();
        TurnOf {
            project: self.service.asking_project(&self.actor),
            turn: self.turn.clone(),
            user: person(&self.actor),
            question,
            model: model.map(|model| (model.provider(), model.name().to_owned())),
            environment: self.service.0.estate.environment.clone(),
        }
    }

    fn object(&self) -> String {
        object(&self.turn.thread_id, self.turn.turn_id)
    }
}
