//! Asking: questions, their turns, and the conversations that they make up.
//!
//! A turn lives on the server: [`Service::ask`] begins it and comes back at once,
//! [`Service::follow_turn`] tells what happens in it, as often and as late as somebody likes.
//! What a turn does is decided by the `agent` crate; `runner` carries it out.

mod conversations;
mod gathered;
mod keeper;
mod log;
mod models;
mod prompt;
mod queries;
mod runner;
mod suggest;
mod tally;
mod tools;
mod trace;
mod turns;

pub use log::TurnEvents;
pub use models::{ModelHealth, ModelState};

use crate::audience::Audience;
use crate::settings::ModelSettings;
use crate::{Error, Result, Service};
use agent::{PageFilters, ThreadContext, TurnInput};
use gathered::Gathered;
use identity::token;
use keeper::{Asked, Ended, NewTurn};
use log::TurnLog;
use model::ask::{
    AskError, AskEvent, AskRequest, Outcome, Question, ResponseEvent, ThreadId, TurnId, TurnRef,
};
use model::{Actor, BusinessDate, Capability, Clock, ErrorKind, Identity, Timestamp};
use models::Model;
pub(crate) use queries::Queries;
use std::sync::Arc;
use std::time::Duration;
use store::ThreadRecord;
use tokio::sync::Semaphore;
pub(crate) use trace::{Content, TurnTrace};
use turns::Turns;

/// Dates of the past that are read at once, for everybody.
const PAST_DATES_AT_ONCE: usize = 8;
/// Characters of a conversation's title.
const TITLE_CHARS: usize = 80;
/// Characters of a conversation's id.
const MOST_ID_CHARS: usize = 64;
/// A turn without an answer is lost when it is older than this: longer than any turn takes, since
/// another server may share the database.
const LOST_AFTER: Duration = Duration::from_secs(60);
/// How often a turn that another server answers is looked up.
const OUTCOME_INTERVAL: Duration = Duration::from_millis(500);

/// What asking keeps in memory.
pub(crate) struct Asking {
    turns: Turns,
    asked: Gathered<Asked>,
    ended: Gathered<Ended>,
    queries: Queries,
    model: Option<Model>,
    /// Of the dates of the past that are read at once, for everybody; further ones wait.
    past_places: Semaphore,
}

impl Asking {
    /// # Errors
    /// Settings of the model that cannot work.
    pub(crate) fn open(model: Option<ModelSettings>, queries: Queries, clock: &Clock) -> Result<Self> {
        let model = model.map(|settings| Model::open(settings, clock)).transpose()?;
        Ok(Self {
            turns: Turns::default(),
            asked: Gathered::default(),
            ended: Gathered::default(),
            queries,
            model,
            past_places: Semaphore::new(PAST_DATES_AT_ONCE),
        })
    }
}

fn last_event(outcome: Outcome) -> AskEvent {
    match outcome {
        Outcome::Answered(data) => AskEvent::Response(ResponseEvent { data }),
        Outcome::Failed(error) => AskEvent::Error(error),
    }
}

fn lost() -> AskError {
    AskError {
        cancelled: false,
        kind: ErrorKind::Unavailable,
        message: "The answer was broken off: ask again.".to_owned(),
    }
}

impl Service {
    /// Ends turns that a server began and did not live to answer: those that it left at its start,
    /// and as soon as they count as lost those that were young then.
    pub(crate) async fn keep_lost_turns_ended(&self) {
        loop {
            let before = self.clock().now() - LOST_AFTER;
            match self.0.accounts.store.end_lost_turns(before, &Outcome::Failed(lost())).await {
                Ok(0) => {}
                Ok(count) => tracing::warn!(count, "turns were ended that a server did not live to answer"),
                Err(error) => tracing::error!(%error, "turns of an earlier server cannot be ended"),
            }
            tokio::time::sleep(LOST_AFTER).await;
        }
    }

    /// Begins a turn; `today` is the reader's date, in the reader's zone. A conversation is made
    /// where the request names none, or one that there is not yet. The question is recorded before
    /// anything is done for it.
    ///
    /// # Errors
    /// Invalid for an empty or overlong question; not found for a conversation that is not there
    /// for the actor; forbidden for one that somebody else has shared; conflict while the turn
    /// before is being answered; limited where too many are under way.
    pub async fn ask(&self, actor: &Actor, request: AskRequest, today: BusinessDate) -> Result<TurnRef> {
        self.require(actor, Capability::Ask)?;
        let question = Question::parse(&request.message)
            .map_err(|error| Error::Invalid { field: "message", message: error.to_string() })?;
        let asking = &self.0.asking;
        let place = asking.turns.reserve(&person(actor))?;
        let known = match &request.thread_id {
            Some(id) => self.find_named_thread(actor, id).await?,
            None => None,
        };
        let parent = match &known {
            Some(thread) => self.find_parent(thread, &request).await?,
            None => match request.edits.or(request.parent) {
                Some(turn) => return Err(no_turn(turn)),
                None => None,
            },
        };
        let context = match (&known, parent) {
            (Some(thread), Some(parent)) => self.find_context(&thread.id, parent).await?,
            _ => ThreadContext::default(),
        };
        self.wait_for_catalog().await;
        let catalog = Audience::of(actor).narrow_catalog(&self.0.sources.catalog.current()).catalog;

        let now = self.clock().now();
        let is_first = known.is_none();
        let thread = known.unwrap_or_else(|| self.new_thread(actor, request.thread_id, &question));
        let unseen = thread.unseen.intersection(&actor.hidden).cloned().collect();
        let input = TurnInput {
            question,
            catalog: Arc::new(catalog),
            thread: context,
            filters: PageFilters {
                essential: request.essential,
                date: request.business_date,
                phase: request.processing_type,
            },
            today,
            now,
            model: asking.model.as_ref().map(|model| model.name().to_owned()),
            may_query: queries::may_query(actor),
        };
        self.begin_turn(NewTurn {
            actor: actor.clone(),
            thread,
            is_first,
            parent,
            unseen,
            today,
            place,
            input,
        })
        .await
    }

    /// The events of a turn with their ids, from behind `last_event_id` (0 for all); ends after
    /// the last one, which always comes.
    pub async fn follow_turn(
        &self,
        actor: &Actor,
        thread: &ThreadId,
        turn: TurnId,
        last_event_id: u64,
    ) -> Result<TurnEvents> {
        self.require(actor, Capability::Ask)?;
        let thread = self.find_thread(actor, thread).await?;
        let place = TurnRef { thread_id: thread.id.clone(), turn_id: turn };
        if let Some(under_way) = self.0.asking.turns.find(&place) {
            return Ok(under_way.log.follow(last_event_id));
        }
        let found = self.0.accounts.store.find_turn(&thread.id, turn).await?;
        let found = found.ok_or_else(|| no_turn(turn))?;
        let log = Arc::new(TurnLog::default());
        match found.outcome {
            Some(outcome) => log.push(last_event(outcome)),
            None => drop(tokio::spawn(self.clone().await_outcome(place, found.asked_at, log.clone()))),
        }
        Ok(log.follow(0).numbered_after(last_event_id))
    }

    /// Tells how a turn ended that another server of the same database answers.
    async fn await_outcome(self, turn: TurnRef, asked_at: Timestamp, log: Arc<TurnLog>) {
        let give_up = tokio::time::Instant::now() + LOST_AFTER;
        loop {
            let is_lost = self.clock().now().duration_since(asked_at).unsigned_abs() > LOST_AFTER
                || tokio::time::Instant::now() > give_up;
            let found = self.0.accounts.store.find_turn(&turn.thread_id, turn.turn_id).await;
            let outcome = match found {
                Ok(found) => found.and_then(|found| found.outcome),
                Err(error) => {
                    tracing::warn!(%error, "whether a turn is over could not be looked up");
                    None
                }
            };
            match outcome {
                Some(outcome) => return log.push(last_event(outcome)),
                None if is_lost => return log.push(AskEvent::Error(lost())),
                None => tokio::time::sleep(OUTCOME_INTERVAL).await,
            }
        }
    }

    /// Ends a turn at once; one that is over stays as it is.
    pub async fn cancel_turn(&self, actor: &Actor, thread: &ThreadId, turn: TurnId) -> Result<()> {
        self.require(actor, Capability::Ask)?;
        let thread = self.find_own_thread(actor, thread).await?;
        let place = TurnRef { thread_id: thread.id.clone(), turn_id: turn };
        match self.0.asking.turns.find(&place) {
            Some(under_way) => under_way.cancel().await,
            None if self.0.accounts.store.find_turn(&thread.id, turn).await?.is_none() => {
                return Err(no_turn(turn));
            }
            None => {}
        }
        Ok(())
    }

    /// The name of the model that helps, where one is set up.
    pub fn get_model_name(&self, actor: &Actor) -> Result<Option<String>> {
        self.require(actor, Capability::Ask)?;
        Ok(self.0.asking.model.as_ref().map(|model| model.name().to_owned()))
    }

    /// The actor's conversation of that id; `None` where it may be made. Whoever asks may choose
    /// the id.
    async fn find_named_thread(&self, actor: &Actor, id: &ThreadId) -> Result<Option<ThreadRecord>> {
        let text = id.as_str();
        let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if text.is_empty() || text.len() > MOST_ID_CHARS || !text.chars().all(is_inside) {
            let message = format!("write 1 to {MOST_ID_CHARS} letters, digits, `-` and `_`");
            return Err(Error::Invalid { field: "thread_id", message });
        }
        match self.find_own_thread(actor, id).await {
            Ok(thread) => Ok(Some(thread)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn new_thread(&self, actor: &Actor, id: Option<ThreadId>, question: &Question) -> ThreadRecord {
        ThreadRecord {
            id: id.unwrap_or_else(|| ThreadId::new(token::new_id("thr_"))),
            project_id: self.asking_project(actor),
            owner: person(actor),
            title: title(question),
            is_shared: false,
            unseen: (*actor.hidden).clone(),
            updated_at: self.clock().now(),
            turn_count: 0,
        }
    }

    /// The turn that the new one is asked after.
    async fn find_parent(&self, thread: &ThreadRecord, request: &AskRequest) -> Result<Option<TurnId>> {
        let store = &self.0.accounts.store;
        if let Some(edited) = request.edits {
            let edited = store.find_turn(&thread.id, edited).await?.ok_or_else(|| no_turn(edited))?;
            return Ok(edited.parent);
        }
        let newest = u64::try_from(thread.turn_count).ok().filter(|count| *count > 0).map(TurnId);
        Ok(request.parent.or(newest))
    }

    /// What a turn leaves for the one after it.
    async fn find_context(&self, thread: &ThreadId, turn: TurnId) -> Result<ThreadContext> {
        let store = &self.0.accounts.store;
        if let Some(context) = store.find_context(thread, turn).await? {
            // A context of another version is as good as none.
            return Ok(serde_json::from_str(&context).unwrap_or_default());
        }
        store.find_turn(thread, turn).await?.ok_or_else(|| no_turn(turn))?;
        let place = TurnRef { thread_id: thread.clone(), turn_id: turn };
        if self.0.asking.turns.find(&place).is_some_and(|under_way| !under_way.log.is_over()) {
            let message = "the question before is being answered: wait for the answer, or stop it";
            return Err(Error::Conflict(message.to_owned()));
        }
        // Broken off: it has left nothing.
        Ok(ThreadContext::default())
    }
}

/// Who it is, as the owner of conversations.
fn person(actor: &Actor) -> String {
    match &actor.identity {
        Identity::User { id, .. } => format!("user:{id}"),
        Identity::Key { id, .. } => format!("key:{id}"),
        Identity::LocalOwner => "local".to_owned(),
        Identity::Anonymous => "nobody".to_owned(),
    }
}

fn title(question: &Question) -> String {
    let line = question.as_str().split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TITLE_CHARS {
        return line;
    }
    line.chars().take(TITLE_CHARS - 1).chain(['…']).collect()
}

fn object(thread: &ThreadId, turn: TurnId) -> String {
    format!("thread:{thread}#{}", turn.0)
}

fn no_thread(thread: &ThreadId) -> Error {
    Error::not_found("conversation", thread.as_str(), Vec::new())
}

fn no_turn(turn: TurnId) -> Error {
    Error::not_found("turn", &turn.0.to_string(), Vec::new())
}
