//! Asking: questions, their turns, and the conversations that they make up.
//!
//! A turn lives on the server: [`Service::ask`] begins it and comes back at once,
//! [`Service::follow_turn`] tells what happens in it, as often and as late as somebody likes.
//! What a turn does is decided by the `agent` crate; the `runner` carries it out.

mod conversations;
mod log;
mod models;
mod queries;
mod runner;
mod start;
mod tools;

pub use log::TurnEvents;
pub use models::ModelHealth;

use crate::{Result, Service};
use model::ask::{AskRequest, QueryRun, Rating, Thread, ThreadId, ThreadItem, TurnId, TurnRef};
use model::{Actor, BusinessDate};

// The signatures; the bodies stand in the modules.
impl Service {
    /// Begins a turn; `today` is the reader's date, in the reader's zone. A thread is made where
    /// the request names none.
    pub async fn ask(&self, actor: &Actor, request: AskRequest, today: BusinessDate) -> Result<TurnRef>;

    /// The events of a turn with their ids, from behind `last_event_id` (0 for all); ends after the
    /// last one, which always comes. Items: `(u64, Arc<AskEvent>)`.
    pub async fn follow_turn(
        &self,
        actor: &Actor,
        thread: &ThreadId,
        turn: TurnId,
        last_event_id: u64,
    ) -> Result<TurnEvents>;

    /// Ends a turn at once; one that is over stays as it is.
    pub async fn cancel_turn(&self, actor: &Actor, thread: &ThreadId, turn: TurnId) -> Result<()>;

    /// A conversation with its newest turns, or those before `before`.
    pub async fn get_thread(&self, actor: &Actor, thread: &ThreadId, before: Option<TurnId>) -> Result<Thread>;

    /// The actor's own conversations and those shared in the project, newest first; `search` is
    /// looked for in titles and questions.
    pub async fn list_threads(&self, actor: &Actor, search: &str) -> Result<Vec<ThreadItem>>;

    /// Gives a conversation of the actor's another title.
    pub async fn rename_thread(&self, actor: &Actor, thread: &ThreadId, title: &str) -> Result<()>;

    /// Deletes a conversation of the actor's for good.
    pub async fn delete_thread(&self, actor: &Actor, thread: &ThreadId) -> Result<()>;

    /// Lets everybody in the project read a conversation of the actor's.
    pub async fn share_thread(&self, actor: &Actor, thread: &ThreadId) -> Result<()>;

    /// Keeps a conversation of the actor's from everybody else again.
    pub async fn unshare_thread(&self, actor: &Actor, thread: &ThreadId) -> Result<()>;

    /// Keeps what the actor thinks of an answer; `None` takes it back.
    pub async fn rate_turn(
        &self,
        actor: &Actor,
        thread: &ThreadId,
        turn: TurnId,
        rating: Option<Rating>,
    ) -> Result<()>;

    /// The statement as it would run. A refusal is `Error::Invalid` about `sql`, with the reason.
    pub async fn check_query(&self, actor: &Actor, sql: &str, today: BusinessDate) -> Result<String>;

    /// Guards a query and runs it; `question` is what it answers, for card and trail.
    pub async fn run_query(
        &self,
        actor: &Actor,
        question: &str,
        sql: &str,
        today: BusinessDate,
    ) -> Result<QueryRun>;

    /// The name of the model that helps, where one is set up.
    pub fn get_model_name(&self, actor: &Actor) -> Result<Option<String>>;
}
